//! The AsyncAPI 3 document of the socket: an operation and a message for each command, answer, event and frame, with the
//! schemas of the types and the golden frames as examples.

use super::{golden, schema};
use anyhow::Context;
use serde_json::{Map, Value, json};

/// Where the schemas of what clients send are, and of what the server sends.
const CLIENT: &str = "#/components/schemas/client.";
const SERVER: &str = "#/components/schemas/server.";
/// The one channel, and how operations refer to it and to its messages.
const CHANNEL: &str = "#/channels/socket";

const ABOUT: &str = "The socket of Klatch, seen from the server: it receives commands, and sends answers, events and \
    other frames. Every frame is a text frame of JSON. The first is `hello`, answered by `ready`; then commands with an \
    `id` of the client's choice, each answered by a frame whose `re` is that `id`. Events of a channel come in the order \
    of `seq`; one whose `prev` is not the last `seq` that the client has means that something is missing: read \
    `/v1/channels/{id}/events?after=…` over REST. Errors carry a `code` of the catalogue, the same as over REST.";

/// The document.
pub(super) fn document() -> anyhow::Result<Value> {
    let (client, server) = schema::sides(CLIENT, SERVER)?;
    let messages = messages(&client, &server)?;
    let mut operations = Map::new();
    for message in &messages {
        operations.insert(message.name.clone(), message.operation());
    }
    let at = |name: &str| json!({ "$ref": format!("#/components/messages/{name}") });
    let in_channel: Map<String, Value> = messages.iter().map(|m| (m.name.clone(), at(&m.name))).collect();
    let told: Map<String, Value> = messages.iter().map(|m| (m.name.clone(), m.told())).collect();
    let named = |side: &str, all: schema::Definitions| {
        let named = move |(name, schema): (String, Value)| (format!("{side}.{name}"), schema);
        all.into_iter().map(named).collect::<Vec<_>>()
    };
    let schemas: Map<String, Value> = [named("client", client), named("server", server)]
        .concat()
        .into_iter()
        .collect();
    Ok(json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Klatch socket",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" },
        },
        "defaultContentType": "application/json",
        "servers": { "server": {
            "host": "{host}",
            "protocol": "ws",
            "protocolVersion": "13",
            "description": "A server of Klatch; `wss` where a proxy in front of it speaks TLS.",
            "variables": { "host": { "default": "127.0.0.1:8080", "description": "Its public listener." } },
        } },
        "channels": { "socket": {
            "address": "/v1/ws",
            "title": "The socket",
            "description": "WebSocket (RFC 6455) with the subprotocol `klatch.v1`. The access token is in the first \
                frame, or, for a page that an `Origin` names, in the cookie that `PUT /v1/auth/cookie` sets; never in the \
                address.",
            "servers": [{ "$ref": "#/servers/server" }],
            "messages": in_channel,
            "bindings": { "ws": { "method": "GET", "bindingVersion": "0.1.0" } },
        } },
        "operations": operations,
        "components": { "messages": told, "schemas": schemas },
    }))
}

/// Who sends a message, and what answers it.
enum Way {
    /// The client; these messages answer.
    In(&'static [&'static str]),
    /// The server.
    Out,
}

/// A message of the document.
struct Message {
    name: String,
    title: String,
    summary: String,
    way: Way,
    payload: Value,
    example: Value,
}

impl Message {
    fn told(&self) -> Value {
        json!({
            "name": self.name,
            "title": self.title,
            "summary": self.summary,
            "contentType": "application/json",
            "payload": self.payload,
            "examples": [{ "name": "golden", "payload": self.example }],
        })
    }

    fn operation(&self) -> Value {
        let at = |name: &str| json!({ "$ref": format!("{CHANNEL}/messages/{name}") });
        let channel = json!({ "$ref": CHANNEL });
        let mut operation = json!({
            "action": match self.way { Way::In(_) => "receive", Way::Out => "send" },
            "title": self.title,
            "summary": self.summary,
            "channel": channel,
            "messages": [at(&self.name)],
        });
        if let Way::In(answers) = self.way {
            let answers: Vec<Value> = answers.iter().map(|name| at(name)).collect();
            operation["reply"] = json!({ "channel": channel, "messages": answers });
        }
        operation
    }
}

/// Every message with its golden frame.
fn messages(client: &schema::Definitions, server: &schema::Definitions) -> anyhow::Result<Vec<Message>> {
    let mut messages = Vec::new();
    for (name, example) in golden::frames() {
        let (room, kind) = name.split_once('/').context("a golden frame has a room")?;
        messages.push(match (room, kind) {
            ("command", "hello") => hello(client, example),
            ("command", op) => command(client, op, example)?,
            ("event", kind) => event(server, kind, &example)?,
            ("reply", kind) => reply(server, kind, &example)?,
            ("server", "ok" | "error") => answer(server, kind, example),
            _ => frame(server, kind, example)?,
        });
    }
    Ok(messages)
}

fn hello(client: &schema::Definitions, example: Value) -> Message {
    Message {
        name: "hello".to_owned(),
        title: "hello".to_owned(),
        summary: sentence(&client["Hello"]),
        way: Way::In(&["frame.ready", "frame.refused"]),
        payload: json!({ "$ref": format!("{CLIENT}Hello") }),
        example,
    }
}

/// A command: its variant, and the `id` that all have.
fn command(client: &schema::Definitions, op: &str, example: Value) -> anyhow::Result<Message> {
    let tagged = |variant: &&Value| parts(variant).any(|part| part["properties"]["op"]["enum"][0] == op);
    let variant = variants(&client["Command"])?.iter().find(tagged);
    let variant = variant.with_context(|| format!("`Command` has `{op}`"))?;
    let fields = parts(variant)
        .find_map(|part| part["$ref"].as_str())
        .and_then(|at| at.strip_prefix(CLIENT));
    let summary = fields.and_then(|name| client.get(name)).map(sentence);
    Ok(Message {
        name: format!("command.{op}"),
        title: op.to_owned(),
        summary: summary.with_context(|| format!("`{op}` is described"))?,
        way: Way::In(&["answer.ok", "answer.error"]),
        payload: json!({ "allOf": [variant, own_part(&client["ClientFrame"])?] }),
        example,
    })
}

/// An event alone in its frame.
fn event(server: &schema::Definitions, kind: &str, example: &Value) -> anyhow::Result<Message> {
    let tagged = |variant: &&Value| variant["properties"]["type"]["enum"][0] == kind;
    let variant = variants(&server["EventBody"])?.iter().find(tagged);
    let variant = variant.with_context(|| format!("`EventBody` has `{kind}`"))?;
    let item = json!({ "allOf": [variant, own_part(&server["Event"])?] });
    Ok(Message {
        name: format!("event.{kind}"),
        title: kind.to_owned(),
        summary: sentence(variant),
        way: Way::Out,
        payload: one_field("events", &json!({ "type": "array", "items": item })),
        example: json!({ "events": [example] }),
    })
}

/// A reply in the answer to its command.
fn reply(server: &schema::Definitions, kind: &str, example: &Value) -> anyhow::Result<Message> {
    let of_kind = |variant: &&Value| {
        let name = variant["$ref"].as_str().and_then(|at| at.strip_prefix(SERVER));
        name.is_some_and(|name| snake_case(name) == kind)
    };
    let variants = server["Reply"]["anyOf"]
        .as_array()
        .context("`Reply` is one of several")?;
    let variant = variants
        .iter()
        .find(of_kind)
        .with_context(|| format!("`Reply` has `{kind}`"))?;
    let name = variant["$ref"]
        .as_str()
        .and_then(|at| at.strip_prefix(SERVER))
        .unwrap_or_default();
    let re = own_part(&server["Answer"])?;
    Ok(Message {
        name: format!("answer.ok.{kind}"),
        title: format!("ok: {kind}"),
        summary: sentence(&server[name]),
        way: Way::Out,
        payload: json!({ "allOf": [one_field("ok", variant), re] }),
        example: json!({ "re": 7, "ok": example }),
    })
}

fn answer(server: &schema::Definitions, kind: &str, example: Value) -> Message {
    let outcomes = server["Outcome"]["oneOf"].as_array();
    let outcome = outcomes.and_then(|all| {
        all.iter()
            .find(|outcome| outcome["properties"].get(kind).is_some())
    });
    Message {
        name: format!("answer.{kind}"),
        title: kind.to_owned(),
        summary: outcome.map(sentence).unwrap_or_default(),
        way: Way::Out,
        payload: json!({ "allOf": [{ "$ref": format!("{SERVER}Answer") }, { "type": "object", "required": [kind] }] }),
        example,
    }
}

/// Any other frame: its variant.
fn frame(server: &schema::Definitions, kind: &str, example: Value) -> anyhow::Result<Message> {
    let of_kind = |variant: &&Value| variant["properties"].get(kind).is_some();
    let variant = variants(&server["ServerFrame"])?.iter().find(of_kind);
    let variant = variant.with_context(|| format!("`ServerFrame` has `{kind}`"))?;
    Ok(Message {
        name: format!("frame.{kind}"),
        title: kind.to_owned(),
        summary: sentence(variant),
        way: Way::Out,
        payload: variant.clone(),
        example,
    })
}

fn variants(schema: &Value) -> anyhow::Result<&Vec<Value>> {
    schema["oneOf"].as_array().context("an enum is one of several")
}

/// The parts of a schema that joins some.
fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    schema["allOf"].as_array().into_iter().flatten()
}

/// The fields of a type beside those that it takes over from another.
fn own_part(schema: &Value) -> anyhow::Result<&Value> {
    let own = parts(schema).find(|part| part.get("properties").is_some());
    own.context("the type has fields of its own")
}

fn one_field(name: &str, schema: &Value) -> Value {
    json!({ "type": "object", "properties": { name: schema }, "required": [name] })
}

/// What a schema says of itself, in one paragraph.
fn sentence(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S0.7: the document names everything that crosses the socket.
    #[test]
    fn every_golden_frame_is_an_operation_with_its_example() {
        let document = document().unwrap();
        let (operations, messages) = (&document["operations"], &document["components"]["messages"]);
        let frames = golden::frames();
        assert_eq!(operations.as_object().unwrap().len(), frames.len());
        for (name, frame) in frames {
            let name = match name.split_once('/').unwrap() {
                ("command", "hello") => "hello".to_owned(),
                ("server", kind @ ("ok" | "error")) => format!("answer.{kind}"),
                ("server", kind) => format!("frame.{kind}"),
                ("reply", kind) => format!("answer.ok.{kind}"),
                (room, kind) => format!("{room}.{kind}"),
            };
            let example = messages[&name]["examples"][0]["payload"].to_string();
            assert!(example.contains(&frame.to_string()), "{name}: {example}");
            let summary = messages[&name]["summary"].as_str().unwrap();
            assert!(summary.len() > 5, "{name} says nothing of itself");
            let received = name == "hello" || name.starts_with("command.");
            assert_eq!(operations[&name]["action"] == "receive", received, "{name}");
            assert_eq!(operations[&name].get("reply").is_some(), received, "{name}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document().unwrap();
        let text = document.to_string();
        let targets: Vec<&str> = text
            .split("\"$ref\":\"#")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert!(targets.len() > 200, "{}", targets.len());
        for target in targets {
            assert!(document.pointer(target).is_some(), "{target}");
        }
    }
}
