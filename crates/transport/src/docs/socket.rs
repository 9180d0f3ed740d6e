//! The page of the socket, made from its AsyncAPI document.

use super::html::{self, Place, escape, sentence, table};
use serde_json::{Map, Value};

/// Where the document keeps its schemas.
const SCHEMAS: &str = "#/components/schemas/";

/// Groups of messages: what their names begin with, a title, and a word of what they are.
const GROUPS: [(&str, &str, &str); 5] = [
    ("hello", "The first frame", "From the client, within ten seconds."),
    (
        "command.",
        "Commands",
        "From the client, each with an `id` of its choice; answered by `ok` or `error`.",
    ),
    (
        "answer.",
        "Answers",
        "From the server; `re` is the command's `id`.",
    ),
    (
        "event.",
        "Events",
        "From the server, in `events`: the entries of channels' logs, in order.",
    ),
    ("frame.", "Other frames", "From the server."),
];

/// The page of a document that `cargo xtask gen` made.
pub(super) fn page(asyncapi: &str) -> String {
    let document: Value = serde_json::from_str(asyncapi).unwrap_or_default();
    let none = Map::new();
    let messages = document["components"]["messages"].as_object().unwrap_or(&none);
    let schemas = document["components"]["schemas"].as_object().unwrap_or(&none);
    let text = |value: &Value| sentence(value.as_str().unwrap_or_default());
    let mut body = format!(
        "<h1>The socket <code>/v1/ws</code></h1><p>{}</p><p>{}</p><p>A socket that is closed tells why by a \
         <a href=\"/docs/errors#closes\">code</a>.</p>",
        text(&document["channels"]["socket"]["description"]),
        text(&document["info"]["description"]),
    );
    for (prefix, title, about) in GROUPS {
        let here = messages.iter().filter(|(name, _)| name.starts_with(prefix));
        let here: String = here.map(|(name, told)| message(name, told, schemas)).collect();
        body.push_str(&format!("<h2>{title}</h2><p>{}</p>{here}", sentence(about)));
    }
    body.push_str("<h2>Types</h2><p>Named in the fields above; <code>client</code> and <code>server</code> say who sends them.</p>");
    body.extend(schemas.iter().map(|(name, schema)| kind(name, schema, schemas)));
    html::page(Place::Socket, "Socket", "", &body)
}

fn message(name: &str, told: &Value, schemas: &Map<String, Value>) -> String {
    let example = serde_json::to_string_pretty(&told["examples"][0]["payload"]).unwrap_or_default();
    format!(
        "<details id=\"{}\"><summary><code>{}</code> <span>{}</span></summary><div><h3>Fields</h3>{}\
         <h3>Example</h3><pre tabindex=\"0\">{}</pre></div></details>",
        escape(name),
        escape(told["title"].as_str().unwrap_or(name)),
        sentence(told["summary"].as_str().unwrap_or_default()),
        fields(&told["payload"], schemas),
        escape(&example),
    )
}

fn kind(name: &str, schema: &Value, schemas: &Map<String, Value>) -> String {
    let about = schema["description"].as_str().unwrap_or_default();
    format!(
        "<details id=\"type-{0}\"><summary><code>{0}</code> <span>{1}</span></summary><div>{2}</div></details>",
        escape(name),
        sentence(about),
        fields(schema, schemas)
    )
}

/// A table of the fields of an object, or a line that says what else it is.
fn fields(schema: &Value, schemas: &Map<String, Value>) -> String {
    let mut rows = Vec::new();
    collect(schema, schemas, &mut rows);
    if rows.is_empty() {
        return format!("<p>{}</p>", type_of(schema));
    }
    table(&["Field", "Type", "Meaning"], &rows)
}

/// The fields of an object, those of the parts it is joined from too.
fn collect(schema: &Value, schemas: &Map<String, Value>, rows: &mut Vec<Vec<String>>) {
    if let Some(target) = reference(schema)
        && let Some(referred) = schemas.get(target)
    {
        collect(referred, schemas, rows);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        collect(part, schemas, rows);
    }
    let required = |name: &str| {
        let names = schema["required"].as_array();
        names.is_some_and(|names| names.iter().any(|required| required == name))
    };
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let optional = if required(name) {
            ""
        } else {
            " <span class=\"soft\">optional</span>"
        };
        rows.push(vec![
            format!("<code>{}</code>{optional}", escape(name)),
            type_of(field),
            sentence(&description(field)),
        ]);
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix(SCHEMAS)
}

fn description(field: &Value) -> String {
    let own = field["description"].as_str();
    let inner = || {
        let variants = field["oneOf"].as_array().into_iter().flatten();
        variants
            .filter_map(|variant| variant["description"].as_str())
            .next()
    };
    own.or_else(inner).unwrap_or_default().to_owned()
}

/// A type in a few words, as HTML.
fn type_of(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        let name = escape(name);
        return format!("<a href=\"#type-{name}\">{name}</a>");
    }
    if let Some(values) = schema["enum"].as_array() {
        let values = values
            .iter()
            .map(|value| format!("<code>{}</code>", escape(&value.to_string())));
        return values.collect::<Vec<_>>().join(" or ");
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(variants) = schema[key].as_array() {
            return variants.iter().map(type_of).collect::<Vec<_>>().join(" or ");
        }
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => format!("list of {}", type_of(&schema["items"])),
        Value::String(kind) => with_format(kind, schema),
        Value::Array(kinds) => {
            let kinds: Vec<String> = kinds
                .iter()
                .filter_map(Value::as_str)
                .map(|kind| with_format(kind, schema))
                .collect();
            kinds.join(" or ")
        }
        _ => "object".to_owned(),
    }
}

fn with_format(kind: &str, schema: &Value) -> String {
    match schema["format"].as_str() {
        Some(format) if kind == "string" => format!("{} ({})", escape(kind), escape(format)),
        _ => escape(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S0.7: a reader finds every message of the document on the page, and every link of a type leads somewhere.
    #[test]
    fn every_message_and_type_is_on_the_page() {
        let document: Value = serde_json::from_str(super::super::ASYNCAPI).unwrap();
        let page = page(super::super::ASYNCAPI);
        let messages = document["components"]["messages"].as_object().unwrap();
        assert!(messages.len() > 60);
        for name in messages.keys() {
            assert_eq!(
                page.matches(&format!("<details id=\"{name}\">")).count(),
                1,
                "{name}"
            );
        }
        for target in page
            .split("href=\"#")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
        }
    }
}
