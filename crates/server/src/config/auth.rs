//! `[auth]`: the server's own tokens, and the cookie that may carry one.

use super::section::section;
use super::{Problem, problem};
use klatch_types::limits;

section! {
    /// The server's own tokens, and the cookie that may carry one.
    pub struct Auth = "auth" {
        /// Life of an access token, seconds; at most ten minutes.
        pub access_token_life_s: u64 = limits::ACCESS_TOKEN_LIFE.as_secs(),
        /// Life of a refresh token that is not used, seconds.
        pub refresh_token_life_s: u64 = limits::REFRESH_TOKEN_LIFE.as_secs(),
        /// The `iss` of the server's own tokens; servers that must not accept each other's tokens need different ones.
        pub issuer: String = "klatch".to_owned(),
        /// Cookie that may carry the token of a page's socket; the name begins with "__Host-". A product on the same host
        /// that keeps its own token in such a cookie can be named here. Empty: no cookie does.
        pub cookie: String = "__Host-klatch".to_owned(),
    }
}

/// Shortest access token that clients can renew in time.
const ACCESS_TOKEN_LIFE_S_MIN: u64 = 30;
/// Longest life of an unused refresh token.
const REFRESH_TOKEN_LIFE_S_MAX: u64 = 400 * 24 * 3600;
/// Longest `iss`.
const ISSUER_CHARS_MAX: usize = 200;

/// How the name of the cookie begins: browsers then see to it that nobody but this host sets it (RFC 6265bis section
/// 4.1.3.2).
const COOKIE_PREFIX: &str = "__Host-";
/// Longest name of the cookie.
const COOKIE_NAME_CHARS_MAX: usize = 100;

impl Auth {
    /// Refuses values out of range.
    pub fn check(&self) -> Result<(), Problem> {
        let most = limits::ACCESS_TOKEN_LIFE.as_secs();
        if !(ACCESS_TOKEN_LIFE_S_MIN..=most).contains(&self.access_token_life_s) {
            return problem(
                "auth.access_token_life_s",
                format!("must be from {ACCESS_TOKEN_LIFE_S_MIN} to {most}"),
            );
        }
        if !(self.access_token_life_s..=REFRESH_TOKEN_LIFE_S_MAX).contains(&self.refresh_token_life_s) {
            return problem(
                "auth.refresh_token_life_s",
                format!("must be from auth.access_token_life_s to {REFRESH_TOKEN_LIFE_S_MAX}"),
            );
        }
        let printable = self.issuer.chars().all(|c| c.is_ascii_graphic());
        if self.issuer.is_empty() || self.issuer.len() > ISSUER_CHARS_MAX || !printable {
            return problem("auth.issuer", "must be a short name or a URL without spaces");
        }
        if !self.cookie.is_empty() && !is_host_cookie(&self.cookie) {
            return problem(
                "auth.cookie",
                format!(
                    "must begin with `{COOKIE_PREFIX}`, followed by letters, digits, `-`, `_` or `.`, of at most \
                     {COOKIE_NAME_CHARS_MAX} characters in all; or be empty for none"
                ),
            );
        }
        Ok(())
    }
}

/// Whether a text is the name of a cookie of one host.
fn is_host_cookie(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let rest = name.strip_prefix(COOKIE_PREFIX);
    name.len() <= COOKIE_NAME_CHARS_MAX
        && rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(plain))
}
