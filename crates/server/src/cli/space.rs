//! `klatch space`: spaces, their rules, keys of back ends, external issuers.

use super::table::table;
use super::{Global, pick_space, say};
use crate::compose::Operator;
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use klatch_session::auth::NewIssuer;
use klatch_store::Directory;
use klatch_store::row::{ClaimNames, IssuerKeys};
use klatch_types::{ApiKeyId, DisplayName, IssuerId, Policy, Profile, Slug};
use std::path::{Path, PathBuf};

/// Spaces: add, list, policy, key, issuer
#[derive(Debug, Args)]
pub(super) struct Space {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a space; the server must be stopped
    Add {
        /// Short name, unique on the server
        slug: Slug,
        /// Name to show; the short name if left out
        #[arg(long)]
        name: Option<DisplayName>,
        /// Defaults of its rules: campus, meeting, course or app
        #[arg(long, default_value = "app")]
        profile: Profile,
    },
    /// List the spaces
    List,
    /// Print the rules of a space, or change some; to change, the server must be stopped
    Policy {
        /// Short name of the space
        slug: Slug,
        /// A rule to change, such as characters_max=400, history=since_join or retention='{"kind":"days","days":30}'
        #[arg(long = "set", value_name = "RULE=VALUE")]
        rules: Vec<String>,
        /// Origin of a page that may connect, such as https://www.example.org; all of them, in place of those before
        #[arg(long = "origin", value_name = "ORIGIN")]
        origins: Vec<String>,
        /// Let no other page connect
        #[arg(long, conflicts_with = "origins")]
        no_origins: bool,
    },
    /// Keys of a product's back end
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// External issuers whose tokens are accepted
    Issuer {
        #[command(subcommand)]
        command: IssuerCommand,
    },
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Make a key and print it, this once; the server must be stopped
    Add {
        /// Short name of the space
        slug: Slug,
        /// What the key is for
        name: DisplayName,
    },
    /// List the keys of a space
    List {
        /// Short name of the space
        slug: Slug,
    },
    /// Revoke a key; the server must be stopped
    Revoke {
        /// Short name of the space
        slug: Slug,
        /// Id of the key, as `klatch space key list` prints it
        id: ApiKeyId,
    },
}

#[derive(Debug, Subcommand)]
enum IssuerCommand {
    /// Accept the tokens of an issuer; the server must be stopped
    Add(IssuerAdd),
    /// List the issuers of a space
    List {
        /// Short name of the space
        slug: Slug,
    },
    /// Accept an issuer's tokens no longer; the server must be stopped
    Remove {
        /// Short name of the space
        slug: Slug,
        /// Id of the issuer, as `klatch space issuer list` prints it
        id: IssuerId,
    },
}

#[derive(Debug, Args)]
struct IssuerAdd {
    /// Short name of the space
    slug: Slug,
    /// The exact `iss` of its tokens
    issuer: String,
    /// File that holds the HS256 secret, at least 32 bytes
    #[arg(long, value_name = "FILE", required_unless_present = "jwks")]
    secret_file: Option<PathBuf>,
    /// Address of its key set
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "secret_file",
        requires = "algorithm"
    )]
    jwks: Option<String>,
    /// The one algorithm of its key set: ES256, EdDSA or RS256
    #[arg(long, requires = "jwks")]
    algorithm: Option<String>,
    /// The exact `aud` that its tokens must have
    #[arg(long)]
    audience: Option<String>,
    /// A claim's name, such as subject=uid; of subject, username, name, role and channels
    #[arg(long = "claim", value_name = "WHAT=NAME")]
    claims: Vec<String>,
}

impl Space {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        match self.command {
            Command::Add { slug, name, profile } => global.write_first(async |operator| {
                let name = name.map_or_else(|| slug.as_str().parse(), Ok)?;
                let made = operator
                    .auth
                    .create_space(slug.clone(), name, Policy::of(profile), Vec::new())
                    .await;
                let space = made.with_context(|| format!("cannot make space `{slug}`"))?;
                say(&format!("{}\n", space.id));
                Ok(())
            }),
            Command::List => global.read(async |directory| list(&*directory).await),
            Command::Policy {
                slug,
                rules,
                origins,
                no_origins,
            } => {
                if rules.is_empty() && origins.is_empty() && !no_origins {
                    return global.read(async |directory| print_policy(&*directory, &slug).await);
                }
                let origins = (no_origins || !origins.is_empty()).then_some(origins);
                global.write(async |operator| {
                    change_policy(&*operator.directory, &slug, &rules, origins).await?;
                    print_policy(&*operator.directory, &slug).await
                })
            }
            Command::Key { command } => key(command, global),
            Command::Issuer { command } => issuer(command, global),
        }
    }
}

async fn list(directory: &dyn Directory) -> anyhow::Result<()> {
    let rows: Vec<_> = directory
        .spaces()
        .await?
        .into_iter()
        .map(|space| {
            vec![
                space.slug,
                space.name,
                space.policy.profile.as_str().to_owned(),
                space.id.to_string(),
            ]
        })
        .collect();
    say(&table(&["SPACE", "NAME", "PROFILE", "ID"], &rows));
    Ok(())
}

async fn print_policy(directory: &dyn Directory, slug: &Slug) -> anyhow::Result<()> {
    let space = pick_space(directory, Some(slug)).await?;
    let mut text = serde_json::to_value(&space.policy)?;
    text["origins"] = space.origins.into();
    say(&format!("{text:#}\n"));
    Ok(())
}

async fn change_policy(
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

fn key(command: KeyCommand, global: &Global) -> anyhow::Result<()> {
    match command {
        KeyCommand::Add { slug, name } => global.write(async |operator| {
            let space = pick_space(&*operator.directory, Some(&slug)).await?;
            let (_, key) = operator.auth.create_api_key(space.id, name).await?;
            say(&format!("{key}\n"));
            Ok(())
        }),
        KeyCommand::List { slug } => global.read(async |directory| {
            let space = pick_space(&*directory, Some(&slug)).await?;
            let keys = directory.api_keys_of(space.id).await?;
            let state = |revoked: bool| if revoked { "revoked" } else { "active" }.to_owned();
            let rows: Vec<_> = keys
                .into_iter()
                .map(|k| vec![k.id.to_string(), state(k.revoked_at.is_some()), k.name])
                .collect();
            say(&table(&["ID", "STATE", "NAME"], &rows));
            Ok(())
        }),
        KeyCommand::Revoke { slug, id } => global.write(async |operator| {
            let space = pick_space(&*operator.directory, Some(&slug)).await?;
            operator
                .auth
                .revoke_api_key(space.id, id)
                .await
                .context("see `klatch space key list`")
        }),
    }
}

fn issuer(command: IssuerCommand, global: &Global) -> anyhow::Result<()> {
    match command {
        IssuerCommand::Add(add) => global.write(async |operator| add.run(&operator).await),
        IssuerCommand::List { slug } => global.read(async |directory| {
            let space = pick_space(&*directory, Some(&slug)).await?;
            let issuers = directory.issuers_of(space.id).await?;
            let keys = |keys: IssuerKeys| match keys {
                IssuerKeys::Hs256 { .. } => "HS256".to_owned(),
                IssuerKeys::Jwks { url, algorithm } => format!("{algorithm} {url}"),
            };
            let rows: Vec<_> = issuers
                .into_iter()
                .map(|i| vec![i.id.to_string(), i.issuer, keys(i.keys)])
                .collect();
            say(&table(&["ID", "ISSUER", "KEYS"], &rows));
            Ok(())
        }),
        IssuerCommand::Remove { slug, id } => global.write(async |operator| {
            let space = pick_space(&*operator.directory, Some(&slug)).await?;
            operator
                .auth
                .remove_issuer(space.id, id)
                .await
                .context("see `klatch space issuer list`")
        }),
    }
}

impl IssuerAdd {
    async fn run(self, operator: &Operator) -> anyhow::Result<()> {
        let keys = match (self.secret_file, self.jwks, self.algorithm) {
            (Some(file), _, _) => IssuerKeys::Hs256 {
                secret: secret(&file)?,
            },
            (None, Some(url), Some(algorithm)) => IssuerKeys::Jwks { url, algorithm },
            _ => bail!("give --secret-file, or --jwks with --algorithm"),
        };
        let claims = claim_names(&self.claims)?;
        let space = pick_space(&*operator.directory, Some(&self.slug)).await?;
        let new = NewIssuer {
            issuer: self.issuer,
            audience: self.audience,
            keys,
            claims,
        };
        let row = operator
            .auth
            .add_issuer(space.id, new)
            .await
            .context("cannot add the issuer")?;
        say(&format!("{}\n", row.id));
        Ok(())
    }
}

fn claim_names(claims: &[String]) -> anyhow::Result<ClaimNames> {
    let mut object = serde_json::to_value(ClaimNames::default())?;
    for claim in claims {
        let (what, name) = claim
            .split_once('=')
            .with_context(|| format!("`{claim}` is not WHAT=NAME"))?;
        let slot = object
            .get_mut(what)
            .with_context(|| format!("`{what}` is none of: subject, username, name, role, channels"))?;
        *slot = name.into();
    }
    Ok(serde_json::from_value(object)?)
}

/// Fewest different bytes in a secret that was made at random: of 32 random bytes, fewer than 12 differ never.
const SECRET_DIFFERENT_BYTES_MIN: usize = 12;
/// Largest secret file; more is not a secret.
const SECRET_BYTES_MAX: usize = 4_096;
/// Fewest bytes of an HS256 secret (RFC 7518 section 3.2).
const SECRET_BYTES_MIN: usize = 32;

/// The secret in a file, without a line end; weak ones are refused.
fn secret(file: &Path) -> anyhow::Result<Vec<u8>> {
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let secret = text.strip_suffix(b"\n").unwrap_or(&text);
    let secret = secret.strip_suffix(b"\r").unwrap_or(secret);
    let different = secret.iter().collect::<std::collections::HashSet<_>>().len();
    if !(SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&secret.len())
        || different < SECRET_DIFFERENT_BYTES_MIN
    {
        bail!(
            "the secret in {} is weak: it needs at least {SECRET_BYTES_MIN} random bytes; \
             `openssl rand -base64 48` makes some",
            file.display()
        );
    }
    Ok(secret.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_types::{HistoryVisibility, Retention};

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

    #[test]
    fn weak_secrets_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let weak = ["", "secret", &"changeme".repeat(8), &"a".repeat(64)];
        for text in weak {
            std::fs::write(&file, text).unwrap();
            assert!(secret(&file).unwrap_err().to_string().contains("weak"), "{text}");
        }
        std::fs::write(&file, "q8Zr1v0Xo2Kd7Lw5Jt9Gm3Hs6Fy4BnCe\r\n").unwrap();
        assert_eq!(secret(&file).unwrap(), b"q8Zr1v0Xo2Kd7Lw5Jt9Gm3Hs6Fy4BnCe");
    }

    #[test]
    fn claims_are_renamed_by_what_they_mean() {
        let claims = claim_names(&["subject=uid".into(), "username=login".into()]).unwrap();
        assert_eq!(
            (claims.subject.as_str(), claims.username.as_deref()),
            ("uid", Some("login"))
        );
        assert_eq!(claims.name, "name");
        assert!(claim_names(&["who=uid".into()]).is_err());
    }
}
