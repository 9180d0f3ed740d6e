//! The last fence before the disk: what looks like a secret is not written, whoever passed it (S0.8).
//!
//! No code logs secrets on purpose; this is for the day somebody does by mistake.

use std::borrow::Cow;

/// What stands in a secret's place.
pub(crate) const REDACTED: &str = "[redacted]";

/// Parts of names of fields that hold secrets.
const SECRET_NAMES: [&str; 7] = [
    "password",
    "token",
    "secret",
    "authorization",
    "cookie",
    "api_key",
    "credential",
];

/// Ways a secret is introduced in running text; what follows, up to a delimiter, goes.
const INTRODUCTIONS: [&str; 10] = [
    "bearer ",
    "basic ",
    "password=",
    "password\":\"",
    "token=",
    "token\":\"",
    "secret=",
    "secret\":\"",
    "apikey ",
    "api_key=",
];

/// Whether a field with this name must not be written.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// The text without JSON Web Tokens (RFC 7519) and without what follows a word such as `Bearer` or `password=`.
pub(super) fn without_tokens(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase(); // same length, same boundaries
    let mut out = String::new();
    let mut from = 0;
    let mut at = 0;
    while at < text.len() {
        match secret_at(text, &lower, at) {
            Some((start, end)) => {
                out.push_str(&text[from..start]);
                out.push_str(REDACTED);
                (from, at) = (end, end);
            }
            None => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// Where the secret that is announced at `at` begins and ends.
fn secret_at(text: &str, lower: &str, at: usize) -> Option<(usize, usize)> {
    let word = |from: usize| {
        let stops = |c: char| c.is_whitespace() || c.is_control() || "\"'&,;)}]".contains(c);
        from + text[from..].find(stops).unwrap_or(text.len() - from)
    };
    if text[at..].starts_with("eyJ") {
        let end = word(at);
        // A token has three parts; ordinary text that happens to begin so has not.
        return (text[at..end].bytes().filter(|b| *b == b'.').count() >= 2).then_some((at, end));
    }
    let introduction = INTRODUCTIONS.iter().find(|i| lower[at..].starts_with(**i))?;
    let start = at + introduction.len();
    let end = word(start);
    (end > start).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_passwords_in_running_text_are_taken_out() {
        let cases = [
            (
                "header Authorization: Bearer canary.x-y, again",
                "header Authorization: Bearer [redacted], again",
            ),
            (
                "got eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln here",
                "got [redacted] here",
            ),
            ("GET /v1/ws?token=canary&a=1", "GET /v1/ws?token=[redacted]&a=1"),
            (
                r#"body {"password":"canary","a":1}"#,
                r#"body {"password":"[redacted]","a":1}"#,
            ),
            ("Password=canary", "Password=[redacted]"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_tokens(text), expected);
        }
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        for text in [
            "",
            "eyJust a name",
            "the bearer",
            "naïve café ☕",
            "password too short",
            "wrong token",
        ] {
            assert!(
                matches!(without_tokens(text), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
    }

    #[test]
    fn names_of_secrets_are_known() {
        for name in [
            "password",
            "new_password",
            "refresh_token",
            "Authorization",
            "set-cookie",
            "hs256_secret",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["user", "path", "kid", "seq"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
