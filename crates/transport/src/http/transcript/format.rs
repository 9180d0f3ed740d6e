//! The three forms of a transcript.

use klatch_protocol::codec;
use klatch_protocol::view::{Channel, TranscriptLine};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use utoipa::ToSchema;

/// Policy of the file: it needs nothing and may do nothing.
pub(super) const CSP: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// The form of a transcript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// One object: the channel, and a list of messages.
    #[default]
    Json,
    /// A line for each message (RFC 4180).
    Csv,
    /// A page that stands by itself.
    Html,
}

/// The channel, as the file in JSON begins.
#[derive(Serialize)]
struct About<'a> {
    id: klatch_types::ChannelId,
    kind: klatch_types::ChannelKind,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
}

impl Format {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Html => "text/html; charset=utf-8",
        }
    }

    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Html => "html",
        }
    }

    /// How the file begins.
    pub(super) fn head(self, channel: &Channel) -> String {
        match self {
            Self::Json => {
                let about = About {
                    id: channel.id,
                    kind: channel.kind,
                    name: &channel.name,
                    topic: channel.topic.as_deref(),
                };
                format!("{{\"channel\":{},\"messages\":[", json(&about))
            }
            Self::Csv => {
                "seq,at,sender,username,name,text,reply_to,edited_at,deleted,reactions\r\n".to_owned()
            }
            Self::Html => {
                let name = escaped(&channel.name);
                let topic = channel.topic.as_deref().map(escaped).unwrap_or_default();
                format!(
                    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
                     <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">\
                     <title>{name}</title></head>\n<body><h1>{name}</h1><p>{topic}</p>\n\
                     <table border=\"1\"><thead><tr><th>No.</th><th>Time</th><th>Name</th><th>Text</th>\
                     <th>Reactions</th></tr></thead>\n<tbody>\n"
                )
            }
        }
    }

    /// How it ends.
    pub(super) fn tail(self) -> &'static str {
        match self {
            Self::Json => "]}",
            Self::Csv => "",
            Self::Html => "</tbody></table></body></html>\n",
        }
    }

    /// Adds messages; `is_first` if none was added before.
    pub(super) fn lines(self, text: &mut String, messages: &[TranscriptLine], is_first: bool) {
        for (place, message) in messages.iter().enumerate() {
            match self {
                Self::Json => {
                    if !(is_first && place == 0) {
                        text.push(',');
                    }
                    text.push_str(&json(message));
                }
                Self::Csv => csv(text, message),
                Self::Html => html(text, message),
            }
        }
    }
}

fn json(value: &impl Serialize) -> String {
    String::from_utf8(codec::write(value)).expect("JSON is UTF-8")
}

fn reactions(message: &TranscriptLine) -> String {
    let each = message.reactions.iter();
    let each = each.map(|reaction| format!("{} {}", reaction.emoji, reaction.count));
    each.collect::<Vec<_>>().join("; ")
}

fn csv(text: &mut String, message: &TranscriptLine) {
    let number = |seq: klatch_types::Seq| seq.0.to_string();
    let cells = [
        number(message.seq),
        message.at.clone(),
        message.sender.to_string(),
        message.username.clone(),
        message.name.clone(),
        message.text.clone(),
        message.reply_to.map(number).unwrap_or_default(),
        message.edited_at.clone().unwrap_or_default(),
        message.deleted.to_string(),
        reactions(message),
    ];
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    text.push_str(&cells.join(","));
    text.push_str("\r\n");
}

/// A cell that is text to whoever opens the file: what a spreadsheet would take for a formula gets an apostrophe before it.
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let guard = if is_formula { "'" } else { "" };
    if is_formula || cell.contains([',', '"', '\r', '\n']) {
        format!("\"{guard}{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

fn html(text: &mut String, message: &TranscriptLine) {
    let said = if message.deleted {
        "<em>deleted</em>".to_owned()
    } else {
        escaped(&message.text).replace('\n', "<br>")
    };
    let answers = message
        .reply_to
        .map(|seq| format!("re {seq}: "))
        .unwrap_or_default();
    let edited = message
        .edited_at
        .as_ref()
        .map(|at| format!(" <em>(edited {at})</em>"));
    let row = writeln!(
        text,
        "<tr><td>{}</td><td>{}</td><td>{} ({})</td><td>{answers}{said}{}</td><td>{}</td></tr>",
        message.seq,
        message.at,
        escaped(&message.name),
        escaped(&message.username),
        edited.unwrap_or_default(),
        escaped(&reactions(message)),
    );
    row.expect("a string takes everything");
}

/// Text that is no markup, in an element or an attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_text_to_a_spreadsheet() {
        for (cell, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "\"'=1+1\""),
            ("+49 30", "\"'+49 30\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
        ] {
            assert_eq!(quoted(cell), expected);
        }
    }

    #[test]
    fn text_is_no_markup() {
        assert_eq!(
            escaped("<b a='1' c=\"2\">&</b>"),
            "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;&lt;/b&gt;"
        );
    }
}
