//! The catalogue of errors and close codes, as a page and as data.

use klatch_protocol::{CloseCode, ErrorCode};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// For people.
pub(super) fn markdown() -> String {
    let mut page = "<!-- Made by `cargo xtask gen` from crates/protocol/src/catalogue.rs; do not edit. -->\n\
        # Errors and close codes\n\n\
        The same codes come over REST (as `application/problem+json`, RFC 9457) and over the socket (in `error` and \
        `refused`).\n\n\
        | code | HTTP | meaning | what to do |\n|---|---|---|---|\n"
        .to_owned();
    for code in ErrorCode::ALL {
        let (name, status, title, advice) = (code.as_str(), code.status(), code.title(), code.advice());
        writeln!(page, "| `{name}` | {status} | {title} | {advice} |").expect("a text can grow");
    }
    page.push_str(
        "\n## Close codes of the socket\n\n\
         | code | reason | come back by itself | when |\n|---|---|---|---|\n",
    );
    for code in CloseCode::ALL {
        let back = if code.reconnect() { "yes" } else { "no" };
        writeln!(
            page,
            "| {} | `{}` | {back} | {} |",
            code.code(),
            code.reason(),
            code.when()
        )
        .expect("a text can grow");
    }
    page
}

/// For programs, such as the TypeScript client.
pub(super) fn json() -> Value {
    let error = |code: &ErrorCode| json!({ "code": code.as_str(), "status": code.status(), "title": code.title(), "advice": code.advice() });
    let close = |code: &CloseCode| json!({ "code": code.code(), "reason": code.reason(), "reconnect": code.reconnect(), "when": code.when() });
    json!({
        "errors": ErrorCode::ALL.iter().map(error).collect::<Vec<_>>(),
        "closes": CloseCode::ALL.iter().map(close).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_told_in_both_forms() {
        let (page, data) = (markdown(), json().to_string());
        for code in ErrorCode::ALL {
            assert!(page.contains(&format!("| `{}` |", code.as_str())), "{code:?}");
            assert!(data.contains(&format!("\"{}\"", code.as_str())), "{code:?}");
        }
        for code in CloseCode::ALL {
            assert!(
                page.contains(&format!("| {} | `{}` |", code.code(), code.reason())),
                "{code:?}"
            );
            assert!(data.contains(&format!("\"{}\"", code.reason())), "{code:?}");
        }
    }
}
