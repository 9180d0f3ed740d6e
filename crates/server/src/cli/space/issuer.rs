//! `klatch space issuer`: external issuers whose tokens are accepted.

use crate::cli::table::table;
use crate::cli::{Global, pick_space, say};
use crate::compose::Operator;
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use klatch_session::auth::NewIssuer;
use klatch_store::row::{ClaimNames, IssuerKeys};
use klatch_types::{IssuerId, Slug};
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
/// What to do with issuers.
pub(super) enum Issuer {
    /// Accept the tokens of an issuer; a server on SQLite must be stopped
    Add(IssuerAdd),
    /// List the issuers of a space
    List {
        /// Short name of the space
        slug: Slug,
    },
    /// Accept an issuer's tokens no longer; a server on SQLite must be stopped
    Remove {
        /// Short name of the space
        slug: Slug,
        /// Id of the issuer, as `klatch space issuer list` prints it
        id: IssuerId,
    },
}

#[derive(Debug, Args)]
pub(super) struct IssuerAdd {
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

impl Issuer {
    /// Runs it.
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => global.write(async |operator| add.run(&operator).await),
            Self::List { slug } => global.read(async |directory| {
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
            Self::Remove { slug, id } => global.write(async |operator| {
                let space = pick_space(&*operator.directory, Some(&slug)).await?;
                operator
                    .auth
                    .remove_issuer(space.id, id)
                    .await
                    .context("see `klatch space issuer list`")
            }),
        }
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
