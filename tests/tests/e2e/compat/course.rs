//! S2.3: the course chat's calls, in a space with its limits.

use super::Town;
use anyhow::{Result, ensure};
use klatch_testkit::ServerOptions;
use serde_json::{Value, json};

async fn town() -> Result<Town> {
    Town::with(ServerOptions {
        profile: "course".to_owned(),
        ..ServerOptions::default()
    })
    .await
}

fn contents(messages: &Value) -> Vec<&str> {
    let messages = messages.as_array().map(Vec::as_slice).unwrap_or_default();
    messages.iter().filter_map(|m| m["content"].as_str()).collect()
}

/// S2.3: a message is sent, and a screen shows the newest.
#[tokio::test]
async fn a_screen_shows_the_newest_messages() -> Result<()> {
    let town = town().await?;
    let john = town.api(&town.john)?;
    for number in 0..5 {
        let body =
            json!({ "sender_userID": "johndoe", "receiver_groupID": "Maths", "text": format!("m{number}") });
        let sent = john.must("POST", "/send_message", Some(body)).await?;
        ensure!(
            sent.status == 201 && sent.body["channel_id"] == *town.group,
            "{sent:?}"
        );
        ensure!(
            sent.body["user_id"] == "johndoe" && sent.body["message_id"].is_u64(),
            "{sent:?}"
        );
    }
    let path = format!("/get_message?groupID={}&screen_size=3", town.group);
    let screen = john.must("GET", &path, None).await?.body;
    ensure!(contents(&screen) == ["m4", "m3", "m2"], "{screen}");
    let body = json!({ "groupID": "Maths", "screen_size": 3 });
    let asked = john.must("POST", "/get_message", Some(body)).await?;
    ensure!(asked.status == 200 && asked.body == screen, "{asked:?}");
    Ok(())
}

/// S2.2, S2.3: 400 characters, no other sender, no other screen.
#[tokio::test]
async fn the_limits_of_a_course_hold() -> Result<()> {
    let town = town().await?;
    let john = town.api(&town.john)?;
    for (sender, group, text, expected) in [
        ("johndoe", "Maths", "x".repeat(400), (201, "ok")),
        ("johndoe", "Maths", "x".repeat(401), (413, "too_large")),
        ("up201906680", "Maths", "x".to_owned(), (403, "forbidden")),
        ("johndoe", "Physics", "x".to_owned(), (404, "not_found")),
    ] {
        let body = json!({ "sender_userID": sender, "receiver_groupID": group, "text": text });
        let answer = john.call("POST", "/send_message", Some(body)).await?;
        ensure!(
            (answer.status, answer.code()) == expected,
            "{sender} {group}: {answer:?}"
        );
    }
    for (query, expected) in [
        ("groupID=Maths", (422, "invalid")),
        ("screen_size=3", (422, "invalid")),
        ("groupID=Maths&screen_size=0", (422, "invalid")),
        ("groupID=Maths&screen_size=201", (422, "invalid")),
        ("groupID=Physics&screen_size=3", (404, "not_found")),
    ] {
        let answer = john.call("GET", &format!("/get_message?{query}"), None).await?;
        ensure!((answer.status, answer.code()) == expected, "{query}: {answer:?}");
    }
    Ok(())
}
