//! The JSON Schema of the socket's frames, made from the same types that read and write them.

use anyhow::Context;
use klatch_protocol::frame::{ClientFrame, Hello, ServerFrame};
use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Where utoipa's references point.
const OPENAPI_REFERENCE: &str = "#/components/schemas/";

/// Definitions by name.
pub(super) type Definitions = Map<String, Value>;

/// The document. What clients send and what the server sends have each their own definitions: some names, such as
/// `Ban`, are a command on one side and a view on the other.
pub(super) fn document() -> anyhow::Result<Value> {
    let (client, server) = sides("#/$defs/client/", "#/$defs/server/")?;
    Ok(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Frames of the socket /v1/ws, subprotocol klatch.v1",
        "description": "Made by `cargo xtask gen` from crates/protocol; do not edit.",
        "oneOf": [
            { "$ref": "#/$defs/client/Hello", "unevaluatedProperties": false },
            { "$ref": "#/$defs/client/ClientFrame", "unevaluatedProperties": false },
            { "$ref": "#/$defs/server/ServerFrame" },
        ],
        "$defs": { "client": client, "server": server },
    }))
}

/// What clients send and what the server sends; the definitions of each refer to each other at these places.
pub(super) fn sides(client_at: &str, server_at: &str) -> anyhow::Result<(Definitions, Definitions)> {
    let mut client = definitions::<Hello>(client_at)?;
    client.extend(definitions::<ClientFrame>(client_at)?);
    for definition in client.values_mut() {
        open(definition);
    }
    tag_hello(&mut client)?;
    let mut server = definitions::<ServerFrame>(server_at)?;
    untag(&mut server, server_at)?;
    Ok((client, server))
}

/// A type and all it refers to, by name.
fn definitions<T: ToSchema>(place: &str) -> anyhow::Result<Definitions> {
    let mut found: Vec<(String, RefOr<Schema>)> =
        vec![(T::name().into_owned(), <T as PartialSchema>::schema())];
    T::schemas(&mut found);
    let mut definitions = Map::new();
    for (name, schema) in found {
        let mut schema = serde_json::to_value(schema).context("a schema can be written")?;
        refer(&mut schema, place);
        definitions.insert(name, schema);
    }
    Ok(definitions)
}

/// Points references to where the definitions are.
fn refer(schema: &mut Value, place: &str) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(target) if name == "$ref" => {
                        *target = target.replace(OPENAPI_REFERENCE, place);
                    }
                    value => refer(value, place),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| refer(item, place)),
        _ => {}
    }
}

/// A command is closed as a whole, with its `id` and `op`: its parts must not each refuse the others' fields.
fn open(definition: &mut Value) {
    if let Some(fields) = definition.as_object_mut()
        && fields.get("additionalProperties") == Some(&Value::Bool(false))
    {
        fields.remove("additionalProperties");
    }
}

/// The first frame has an `op` too, which the codec takes off before the rest is read.
fn tag_hello(client: &mut Definitions) -> anyhow::Result<()> {
    let hello = client.get_mut("Hello").context("`Hello` has a schema")?;
    hello["properties"]["op"] = json!({ "type": "string", "enum": ["hello"] });
    let fields = hello.as_object_mut().context("`Hello` is an object")?;
    let required = fields.entry("required").or_insert_with(|| json!([]));
    required
        .as_array_mut()
        .context("required fields are a list")?
        .push("op".into());
    Ok(())
}

/// Two things of serde that utoipa does not see: an answer is a frame of its own, not the field `answer` of one; and
/// which reply it holds is said by the command, so that several may fit.
fn untag(server: &mut Definitions, place: &str) -> anyhow::Result<()> {
    let frame = server
        .get_mut("ServerFrame")
        .context("`ServerFrame` has a schema")?;
    let variants = frame["oneOf"]
        .as_array_mut()
        .context("`ServerFrame` is one of several")?;
    let answer = variants
        .iter_mut()
        .find(|variant| variant["properties"].get("answer").is_some());
    *answer.context("`ServerFrame` has answers")? = json!({ "$ref": format!("{place}Answer") });
    let reply = server
        .get_mut("Reply")
        .and_then(Value::as_object_mut)
        .context("`Reply` has a schema")?;
    let replies = reply.remove("oneOf").context("`Reply` is one of several")?;
    reply.insert("anyOf".into(), replies);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::String(target) if name == "$ref" => found.push(target.clone()),
                        value => references(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document().unwrap();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 50, "hardly any references: {found:?}");
        for target in found {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{target}");
        }
    }
}
