//! The page of errors and close codes, made from the catalogue.

use super::html::{self, Place, escape, sentence, table};
use klatch_protocol::{CloseCode, ErrorCode};

/// The page.
pub(super) fn page() -> String {
    let errors: Vec<Vec<String>> = ErrorCode::ALL.iter().map(error).collect();
    let closes: Vec<Vec<String>> = CloseCode::ALL.iter().map(close).collect();
    let body = format!(
        "<h1>Errors</h1><p>The same codes come over REST, as <code>application/problem+json</code> of RFC 9457, and over \
         the socket, in <code>error</code> and <code>refused</code>. Programs look at the code; the sentence is for \
         people, and a <code>detail</code> says what exactly.</p>{}\
         <h2 id=\"closes\">Close codes of the socket</h2><p>Whether to connect again without being asked is told by the \
         code. Wait a random time of up to half a second first, and up to twice as long after each failure, or the delay \
         that the server gave.</p>{}",
        table(&["Code", "HTTP", "Meaning", "What to do"], &errors),
        table(&["Code", "Reason", "Reconnect", "When"], &closes),
    );
    html::page(Place::Errors, "Errors", "", &body)
}

fn error(code: &ErrorCode) -> Vec<String> {
    let name = escape(code.as_str());
    vec![
        format!("<code id=\"{name}\">{name}</code>"),
        code.status().to_string(),
        sentence(code.title()),
        sentence(code.advice()),
    ]
}

fn close(code: &CloseCode) -> Vec<String> {
    let reconnect = if code.reconnect() {
        "<span class=\"yes\">yes</span>"
    } else {
        "no"
    };
    vec![
        format!("<code id=\"close-{0}\">{0}</code>", code.code()),
        format!("<code>{}</code>", escape(code.reason())),
        reconnect.to_owned(),
        sentence(code.when()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S0.8: every code has a short sentence for people.
    #[test]
    fn every_code_is_on_the_page() {
        let page = page();
        for code in ErrorCode::ALL {
            assert!(page.contains(&format!("id=\"{}\"", code.as_str())), "{code:?}");
            assert!(page.contains(&sentence(code.title())), "{code:?}");
        }
        for code in CloseCode::ALL {
            assert!(
                page.contains(&format!("id=\"close-{}\"", code.code())),
                "{code:?}"
            );
        }
    }
}
