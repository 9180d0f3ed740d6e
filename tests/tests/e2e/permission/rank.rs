//! Ranks: whom one may remove, ban, mute and silence, and which roles one may give.

use super::cast::Cast;
use super::cast::World;
use anyhow::Result;
use klatch_tests::code;
use serde_json::{Value, json};

/// What one does to a member.
const DEEDS: [&str; 6] = ["member_remove", "ban", "mute", "unmute", "delete", "member_role"];

/// Who does it, to whom, and which of [`DEEDS`] are granted. A deed needs a role above the other's; only owners give
/// roles, and a message falls to moderators unless its author is above them.
const RANKS: [(&str, &str, [bool; 6]); 12] = [
    ("owner", "second owner", [false, false, false, false, true, false]),
    ("owner", "second moderator", [true, true, true, true, true, true]),
    ("owner", "member", [true, true, true, true, true, true]),
    ("owner", "guest", [true, true, true, true, true, true]),
    ("moderator", "owner", [false, false, false, false, false, false]),
    (
        "moderator",
        "second moderator",
        [false, false, false, false, true, false],
    ),
    ("moderator", "member", [true, true, true, true, true, false]),
    ("moderator", "guest", [true, true, true, true, true, false]),
    ("member", "owner", [false; 6]),
    ("member", "moderator", [false; 6]),
    ("member", "second member", [false; 6]),
    ("member", "guest", [false; 6]),
];

/// Who gives which role to a newcomer, and who may.
const GIFTS: [(&str, &str, bool); 12] = [
    ("owner", "owner", true),
    ("owner", "moderator", true),
    ("owner", "member", true),
    ("owner", "guest", true),
    ("moderator", "owner", false),
    ("moderator", "moderator", false),
    ("moderator", "member", true),
    ("moderator", "guest", true),
    ("member", "owner", false),
    ("member", "moderator", false),
    ("member", "member", true),
    ("member", "guest", true),
];

/// The person of the cast who plays a part.
fn player(part: &str) -> &'static str {
    match part {
        "owner" => "owner",
        "second owner" => "target",
        "moderator" => "moderator",
        "second moderator" => "silenced",
        "member" => "member",
        "second member" => "exile",
        "guest" => "guest",
        other => panic!("`{other}` is no part"),
    }
}

/// A group in which every part is played, and the position of a message of each.
async fn group(cast: &Cast, subject: &str) -> Result<(String, u64)> {
    let members: Vec<&str> = ["moderator", "member", "guest", "target", "silenced", "exile"]
        .into_iter()
        .map(|name| cast.id(name))
        .collect();
    let owner = &cast.of("owner").api;
    let body = json!({ "kind": "group", "name": "ranks", "members": members });
    let channel = owner.must("POST", "/v1/channels", Some(body)).await?.text("id")?;
    let ranks = [
        ("moderator", "moderator"),
        ("silenced", "moderator"),
        ("guest", "guest"),
        ("target", "owner"),
    ];
    for (name, role) in ranks {
        let path = format!("/v1/channels/{channel}/members/{}", cast.id(name));
        owner.must("PATCH", &path, Some(json!({ "role": role }))).await?;
    }
    let message = cast.of(player(subject)).api.send(&channel, "mine").await?;
    Ok((channel, message))
}

fn deed(name: &str, channel: &str, user: &str, message: u64) -> Value {
    match name {
        "delete" => json!({ "op": name, "channel": channel, "target": message }),
        "member_role" => json!({ "op": name, "channel": channel, "user": user, "role": "guest" }),
        _ => json!({ "op": name, "channel": channel, "user": user }),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_acts_only_on_those_below() -> Result<()> {
    let world = World::new().await?;
    let cast = Cast::new(&world, 0).await?;
    for (actor, subject, granted) in RANKS {
        for (name, granted) in DEEDS.into_iter().zip(granted) {
            let (channel, message) = group(&cast, subject).await?;
            let command = deed(name, &channel, cast.id(player(subject)), message);
            let answer = cast.of(player(actor)).socket.ask(command).await?;
            let expected = if granted { "ok" } else { "forbidden" };
            assert_eq!(code(&answer), expected, "{actor}, {name} to {subject}: {answer}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_gives_no_role_above_ones_own() -> Result<()> {
    let world = World::new().await?;
    let cast = Cast::new(&world, 0).await?;
    for (actor, role, granted) in GIFTS {
        let (channel, _) = group(&cast, "guest").await?;
        let command =
            json!({ "op": "member_add", "channel": channel, "user": cast.id("newcomer"), "role": role });
        let answer = cast.of(player(actor)).socket.ask(command).await?;
        let expected = if granted { "ok" } else { "forbidden" };
        assert_eq!(
            code(&answer),
            expected,
            "{actor} makes a newcomer {role}: {answer}"
        );
    }
    // Nobody but an owner raises anyone, least of all themselves.
    for actor in ["moderator", "member", "guest"] {
        for role in ["owner", "moderator"] {
            let (channel, _) = group(&cast, "guest").await?;
            let command =
                json!({ "op": "member_role", "channel": channel, "user": cast.id(actor), "role": role });
            let answer = cast.of(actor).socket.ask(command).await?;
            assert_eq!(
                code(&answer),
                "forbidden",
                "{actor} makes themselves {role}: {answer}"
            );
        }
    }
    // An invitation makes members at most.
    for (role, expected) in [
        ("owner", "invalid"),
        ("moderator", "invalid"),
        ("member", "ok"),
        ("guest", "ok"),
    ] {
        let (channel, _) = group(&cast, "guest").await?;
        let command = json!({ "op": "invite_create", "channel": channel, "role": role });
        let answer = cast.of("owner").socket.ask(command).await?;
        assert_eq!(code(&answer), expected, "an invitation for a {role}: {answer}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_steps_down_when_another_is_left() -> Result<()> {
    let world = World::new().await?;
    let cast = Cast::new(&world, 0).await?;
    let (channel, _) = group(&cast, "guest").await?;
    let owner = cast.of("owner");
    let step_down = json!({ "op": "member_role", "channel": channel, "user": owner.user, "role": "member" });
    assert_eq!(code(&owner.socket.ask(step_down).await?), "ok");
    let second = cast.of("target");
    for command in [
        json!({ "op": "member_role", "channel": channel, "user": second.user, "role": "member" }),
        json!({ "op": "leave", "channel": channel }),
    ] {
        let answer = second.socket.ask(command).await?;
        assert_eq!(code(&answer), "limit_reached", "the last owner: {answer}");
    }
    // Who stepped down has the rank they gave themselves.
    let archive = json!({ "op": "channel_archive", "channel": channel });
    assert_eq!(code(&owner.socket.ask(archive).await?), "forbidden");
    Ok(())
}
