//! The frame around the pages, and text made safe for it.

/// Which of the pages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// REST to try out.
    Api,
    /// The socket.
    Socket,
    /// Errors and close codes.
    Errors,
}

const PAGES: [(Place, &str, &str); 3] = [
    (Place::Api, "/docs", "REST"),
    (Place::Socket, "/docs/socket", "Socket"),
    (Place::Errors, "/docs/errors", "Errors"),
];

/// A whole page; `head` and `body` are HTML, `title` is text.
pub(super) fn page(place: Place, title: &str, head: &str, body: &str) -> String {
    let links: String = PAGES
        .iter()
        .map(|(other, path, name)| {
            let here = if *other == place {
                " aria-current=\"page\""
            } else {
                ""
            };
            format!("<a href=\"{path}\"{here}>{name}</a>")
        })
        .collect();
    let class = if place == Place::Api { "api" } else { "read" };
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title} · Klatch</title>\
         <link rel=\"icon\" href=\"/assets/icon.svg\" type=\"image/svg+xml\">{head}\
         <link rel=\"stylesheet\" href=\"/docs/docs.css\"></head>\n<body><header>\
         <a href=\"/\"><img src=\"/assets/icon.svg\" alt=\"\" width=\"24\" height=\"24\">Klatch</a>\
         <nav aria-label=\"Descriptions\">{links}<a href=\"/openapi.json\">openapi.json</a>\
         <a href=\"/asyncapi.json\">asyncapi.json</a></nav></header>\n<main class=\"{class}\">{body}</main></body></html>\n"
    )
}

/// Text as HTML.
pub(super) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            letter => html.push(letter),
        }
    }
    html
}

/// A sentence as HTML: what stands between backticks is code, and the paths of Rust's documentation links are left out.
pub(super) fn sentence(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(place, part)| {
        if place % 2 == 0 {
            let part = if place > 0 {
                part.strip_prefix(']').unwrap_or(part)
            } else {
                part
            };
            escape(part.strip_suffix('[').unwrap_or(part))
        } else {
            let name = part.rsplit("::").next().unwrap_or(part);
            format!("<code>{}</code>", escape(name))
        }
    });
    parts.collect()
}

/// A table whose cells are HTML.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: String = head
        .iter()
        .map(|name| format!("<th scope=\"col\">{name}</th>"))
        .collect();
    let row = |cells: &Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        format!("<tr>{cells}</tr>")
    };
    let rows: String = rows.iter().map(row).collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(
            escape("<b a='1' c=\"2\">&"),
            "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;"
        );
        assert_eq!(sentence("`<i>` & x"), "<code>&lt;i&gt;</code> &amp; x");
    }

    #[test]
    fn links_of_the_code_become_names() {
        assert_eq!(
            sentence("Answered with [`crate::view::Ack`] then."),
            "Answered with <code>Ack</code> then."
        );
    }
}
