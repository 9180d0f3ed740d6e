//! S1.4: the meeting chat's routes.

use super::Town;
use anyhow::{Result, ensure};
use klatch_tests::{Answer, Api};
use serde_json::{Value, json};

async fn send(api: &Api, from: &str, to: &str, text: &str) -> Result<Answer> {
    let body = json!({ "sender_ID": from, "receiver_ID": to, "type": "text", "text": text });
    api.call("POST", "/messages", Some(body)).await
}

fn texts(messages: &Value) -> Vec<&str> {
    let messages = messages.as_array().map(Vec::as_slice).unwrap_or_default();
    messages.iter().filter_map(|m| m["text"].as_str()).collect()
}

/// S1.4: ids such as `+1234567890` and `@johndoe` reach users, and what was read is not unread again.
#[tokio::test]
async fn a_message_is_unread_until_it_was_fetched() -> Result<()> {
    let town = Town::new().await?;
    let (jane, john) = (town.api(&town.jane)?, town.api(&town.john)?);
    for text in ["Hello, how are you?", "Are you there?"] {
        let sent = send(&jane, "+1234567890", "@johndoe", text).await?;
        ensure!(
            sent.status == 201 && sent.body["receiver_ID"] == "johndoe",
            "{sent:?}"
        );
    }
    let peeked = john.must("GET", "/messages/@johndoe?mark=none", None).await?.body;
    let unread = john.must("GET", "/messages/@johndoe", None).await?.body;
    ensure!(peeked == unread, "{peeked}");
    ensure!(
        texts(&unread) == ["Hello, how are you?", "Are you there?"],
        "{unread}"
    );
    ensure!(
        unread[0]["sender_ID"] == "+1234567890" && unread[0]["receiver_ID"] == "johndoe",
        "{unread}"
    );
    ensure!(unread[0]["type"] == "text", "{unread}");
    let again = john.must("GET", "/messages/johndoe", None).await?.body;
    ensure!(again == json!([]), "{again}");
    // Answers go the same way, and one's own are not unread.
    send(&john, "@johndoe", "+1234567890", "Fine!").await?;
    let unread = jane.must("GET", "/messages/+1234567890", None).await?.body;
    ensure!(texts(&unread) == ["Fine!"], "{unread}");
    ensure!(
        unread[0]["channel"] == again_channel(&peeked),
        "one direct channel of the two"
    );
    Ok(())
}

fn again_channel(messages: &Value) -> Value {
    messages[0]["channel"].clone()
}

/// S1.4: a meeting or group is a receiver too, by name or by id.
#[tokio::test]
async fn a_group_is_a_receiver() -> Result<()> {
    let town = Town::new().await?;
    let (jane, john) = (town.api(&town.jane)?, town.api(&town.john)?);
    for receiver in ["Maths", &town.group] {
        let sent = send(&jane, "+1234567890", receiver, "to all").await?;
        ensure!(sent.body["receiver_ID"] == *town.group, "{sent:?}");
    }
    let unread = john.must("GET", "/messages/johndoe", None).await?.body;
    ensure!(texts(&unread) == ["to all", "to all"], "{unread}");
    ensure!(unread[0]["receiver_ID"] == *town.group, "{unread}");
    Ok(())
}

/// S1.4: the sender must be the token's user, and nobody reads for another.
#[tokio::test]
async fn nobody_is_another() -> Result<()> {
    let town = Town::new().await?;
    let jane = town.api(&town.jane)?;
    for (from, to, text, expected) in [
        ("johndoe", "@johndoe", "x", (403, "forbidden")),
        ("", "@johndoe", "x", (403, "forbidden")),
        ("+1234567890", "nobody", "x", (404, "not_found")),
        ("+1234567890", "+1234567890", "x", (422, "invalid")),
        ("+1234567890", "@johndoe", "", (422, "invalid")),
        ("+1234567890", "@johndoe", &"x".repeat(4_001), (413, "too_large")),
    ] {
        let answer = send(&jane, from, to, text).await?;
        ensure!(
            (answer.status, answer.code()) == expected,
            "{from} {to}: {answer:?}"
        );
    }
    let image =
        json!({ "sender_ID": "+1234567890", "receiver_ID": "@johndoe", "type": "image", "text": "x" });
    let answer = jane.call("POST", "/messages", Some(image)).await?;
    ensure!((answer.status, answer.code()) == (422, "invalid"), "{answer:?}");
    let answer = jane.call("GET", "/messages/johndoe", None).await?;
    ensure!((answer.status, answer.code()) == (403, "forbidden"), "{answer:?}");
    Ok(())
}

/// S1.4: a retry with the same key is one message.
#[tokio::test]
async fn a_key_makes_a_retry_one_message() -> Result<()> {
    let town = Town::new().await?;
    let key = uuid::Uuid::now_v7().to_string();
    let body = json!({ "sender_ID": "+1234567890", "receiver_ID": "@johndoe", "text": "once" });
    let http = reqwest::Client::builder().no_proxy().build()?;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let request = http.post(format!("{}/messages", town.server.base()));
        let request = request
            .bearer_auth(&town.jane.token)
            .header("Idempotency-Key", &key);
        let answer: Value = request.json(&body).send().await?.json().await?;
        ids.push(answer["id"].clone());
    }
    ensure!(ids[0].is_string() && ids[0] == ids[1], "{ids:?}");
    Ok(())
}
