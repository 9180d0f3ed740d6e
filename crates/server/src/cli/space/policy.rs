//! `klatch space policy`: the rules of a space.

use crate::cli::{pick_space, say};
use anyhow::{Context, bail};
use klatch_store::Directory;
use klatch_types::{Policy, Slug};

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
    directory: &dyn Directory,
    slug: &Slug,
    rules: &[String],
    origins: Option<Vec<String>>,
) -> anyhow::Result<()> {
    let space = pick_space(directory, Some(slug)).await?;
    let policy = with_rules(&space.policy, rules)?;
    let origins = origins.unwrap_or(space.origins);
    if let Some(wrong) = origins.iter().find(|origin| !crate::config::is_origin(origin)) {
        bail!("`{wrong}` is not an exact origin such as https://www.example.org");
    }
    Ok(directory.space_update(space.id, policy, origins).await?)
}

/// The policy with rules changed, each `RULE=VALUE` with the value in JSON or a bare word.
fn with_rules(policy: &Policy, rules: &[String]) -> anyhow::Result<Policy> {
    let mut object = serde_json::to_value(policy)?;
    for rule in rules {
        let (name, value) = rule
            .split_once('=')
            .with_context(|| format!("`{rule}` is not RULE=VALUE"))?;
        let slot = object
            .get_mut(name)
            .with_context(|| format!("`{name}` is not a rule: see `klatch space policy`"))?;
        *slot = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        // A rule with parameters may be given by its kind alone.
        if name == "retention" && slot.is_string() {
            *slot = serde_json::json!({ "kind": slot.take() });
        }
    }
    let policy: Policy = serde_json::from_value(object).context("that is not a policy")?;
    policy.check()?;
    Ok(policy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_types::{HistoryVisibility, Profile, Retention};

    fn rules(rules: &[&str]) -> anyhow::Result<Policy> {
        with_rules(
            &Policy::of(Profile::App),
            &rules.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>(),
        )
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
