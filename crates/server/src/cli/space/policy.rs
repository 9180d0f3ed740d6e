//! `klatch space policy`: the rules of a space.

use crate::cli::{pick_space, say};
use crate::compose::Operator;
use anyhow::{Context, bail};
use klatch_protocol::command::admin::AdminSpaceUpdate;
use klatch_store::Directory;
use klatch_types::{Policy, PolicyChange, Profile, Slug};

/// Prints the rules and origins of a space as JSON.
pub(super) async fn print(directory: &dyn Directory, slug: &Slug) -> anyhow::Result<()> {
    let space = pick_space(directory, Some(slug)).await?;
    let mut text = serde_json::to_value(&space.policy)?;
    text["origins"] = space.origins.into();
    say(&format!("{text:#}\n"));
    Ok(())
}

/// Changes rules, and the origins if given.
pub(super) async fn change(
    operator: &Operator,
    slug: &Slug,
    rules: &[String],
    origins: Option<Vec<String>>,
) -> anyhow::Result<()> {
    let space = pick_space(&*operator.directory, Some(slug)).await?;
    if let Some(wrong) = origins.iter().flatten().find(|o| !crate::config::is_origin(o)) {
        bail!("`{wrong}` is not an exact origin such as https://www.example.org");
    }
    let policy = Some(rules_of(rules)?);
    let change = AdminSpaceUpdate { policy, origins };
    operator.auth.update_space(space.id, change).await?;
    Ok(())
}

/// The change that rules ask for, each `RULE=VALUE` with the value in JSON or a bare word.
fn rules_of(rules: &[String]) -> anyhow::Result<PolicyChange> {
    let known = serde_json::to_value(Policy::of(Profile::App))?;
    let mut change = serde_json::Map::new();
    for rule in rules {
        let (name, value) = rule
            .split_once('=')
            .with_context(|| format!("`{rule}` is not RULE=VALUE"))?;
        if known.get(name).is_none() {
            bail!("`{name}` is not a rule: see `klatch space policy`");
        }
        let mut value: serde_json::Value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        // A rule with parameters may be given by its kind alone.
        if name == "retention" && value.is_string() {
            value = serde_json::json!({ "kind": value });
        }
        change.insert(name.to_owned(), value);
    }
    serde_json::from_value(change.into()).context("that is not a policy")
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_types::{HistoryVisibility, Retention};

    fn rules(rules: &[&str]) -> anyhow::Result<Policy> {
        let rules: Vec<String> = rules.iter().map(|rule| (*rule).to_owned()).collect();
        Ok(rules_of(&rules)?.of(&Policy::of(Profile::App))?)
    }

    #[test]
    fn rules_are_numbers_words_switches_and_objects() {
        let policy = rules(&[
            "characters_max=400",
            "history=since_join",
            "presence=false",
            "retention=until_read",
        ])
        .unwrap();
        assert_eq!(policy.characters_max, 400);
        assert_eq!(policy.history, HistoryVisibility::SinceJoin);
        assert!(!policy.presence);
        assert_eq!(policy.retention, Retention::UntilRead);
        let days = rules(&[r#"retention={"kind":"days","days":30}"#]).unwrap();
        assert_eq!(days.retention, Retention::Days { days: 30 });
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for wrong in [
            "characters_max",
            "charactersmax=4",
            "characters_max=0",
            "history=some",
            "retention=days",
        ] {
            assert!(rules(&[wrong]).is_err(), "{wrong}");
        }
    }
}
