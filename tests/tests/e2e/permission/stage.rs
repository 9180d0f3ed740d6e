//! Setting the scene: a channel in which everyone has their part.

use super::cast::Cast;
use super::operation::{Aim, Operation};
use super::table::{WAITING, columns, has_lobby};
use anyhow::{Result, bail, ensure};
use klatch_tests::{Answer, Api};
use klatch_types::{Clock as _, SystemClock};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Callers who are or were members.
const INSIDERS: [&str; 6] = ["moderator", "member", "guest", "visitor", "muted", "banned"];

/// How soon after it was set the end of a meeting comes.
const ENDS_IN_MS: i64 = 200;
/// How often that is doubled for a server that is too busy.
const ENDS_LATER_MAX: u32 = 5;
/// How soon the end must be noted.
const ENDED_WITHIN: Duration = Duration::from_secs(30);

/// A channel and what can be aimed at in it.
pub(super) struct Stage {
    aim: Aim,
    own: HashMap<&'static str, u64>,
    /// The direct channel of the visitor, in that scene.
    visitors: Option<Box<Stage>>,
}

impl Stage {
    /// A channel with everyone in it, for callers who change nothing.
    pub(super) async fn for_all(cast: &Cast, scene: &str) -> Result<Self> {
        if scene == "direct" {
            let mut stage = direct(cast, "member").await?;
            stage.visitors = Some(Box::new(direct(cast, "visitor").await?));
            return Ok(stage);
        }
        build(cast, scene, &columns(scene), None).await
    }

    /// A channel of its own for one caller who is granted one operation.
    pub(super) async fn for_one(
        cast: &Cast,
        scene: &str,
        caller: &'static str,
        operation: &Operation,
    ) -> Result<Self> {
        if scene == "direct" {
            return direct(cast, caller).await;
        }
        build(cast, scene, &[caller], Some(operation.name)).await
    }

    /// What the caller aims at.
    pub(super) fn aim(&self, cast: &Cast, caller: &str) -> Aim {
        match &self.visitors {
            Some(stage) if caller == "visitor" => stage.aim(cast, caller),
            _ => Aim {
                own: self.own.get(caller).copied().unwrap_or(self.aim.other),
                caller: cast.id(caller).to_owned(),
                ..self.aim.clone()
            },
        }
    }

    /// Position of the last event of each channel.
    pub(super) async fn heads(&self, cast: &Cast) -> Result<Vec<u64>> {
        let mut heads = Vec::new();
        for stage in [Some(self), self.visitors.as_deref()].into_iter().flatten() {
            let path = format!("/v1/channels/{}", stage.aim.channel);
            heads.push(
                cast.of("target")
                    .api
                    .must("GET", &path, None)
                    .await?
                    .number("head")?,
            );
        }
        Ok(heads)
    }
}

/// The direct channel of `caller` and the target, with a message of each. The target makes it: guests may not.
async fn direct(cast: &Cast, caller: &'static str) -> Result<Stage> {
    let target = &cast.of("target").api;
    let body = json!({ "kind": "direct", "members": [cast.id(caller)] });
    let channel = target
        .must("POST", "/v1/channels", Some(body))
        .await?
        .text("id")?;
    let other = target.send(&channel, "from the target").await?;
    let own = cast.of(caller).api.send(&channel, "from the caller").await?;
    // For `unreact`; a reaction that is there already may be given again.
    let aim = Aim {
        other,
        ..aim(cast, channel)
    };
    Ok(Stage {
        aim,
        own: HashMap::from([(caller, own)]),
        visitors: None,
    })
}

async fn build(cast: &Cast, scene: &str, callers: &[&'static str], only: Option<&str>) -> Result<Stage> {
    let wants = |names: &[&str]| only.is_none_or(|only| names.contains(&only));
    let plays = |name: &str| callers.contains(&name);
    let mut words = scene.split(' ');
    let (kind, visibility) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());

    let mut members: Vec<&str> = INSIDERS.into_iter().filter(|name| plays(name)).collect();
    members.push("target");
    if wants(&["unmute"]) {
        members.push("silenced");
    }
    let name = format!("scene {}", Uuid::now_v7());
    let channel = create(cast, kind, visibility, &name, &members).await?;
    let owner = &cast.of("owner").api;
    let at = |rest: &str| format!("/v1/channels/{channel}{rest}");

    // Who is granted something alone is mostly granted it of the channel, not of a message.
    let other = match only {
        None | Some("delete_other" | "edit_other" | "react" | "unreact") => {
            cast.of("target").api.send(&channel, "from the target").await?
        }
        Some(_) => 0,
    };
    // Where one must wait between two messages, the one that is asked about is the second.
    let own = if wants(&["edit_own", "delete_own"]) || (wants(&["send"]) && scene.ends_with("slow")) {
        messages_of(cast, &channel, callers).await?
    } else {
        HashMap::new()
    };
    if only == Some("unreact") {
        let path = at(&format!("/messages/{other}/reactions/%F0%9F%91%8D"));
        cast.of(callers[0]).api.must("PUT", &path, None).await?;
    }
    for role in ["moderator", "guest"].into_iter().filter(|role| plays(role)) {
        owner
            .must(
                "PATCH",
                &at(&format!("/members/{}", cast.id(role))),
                Some(json!({ "role": role })),
            )
            .await?;
    }
    let muted = [("muted", plays("muted")), ("silenced", wants(&["unmute"]))];
    for (name, _) in muted.into_iter().filter(|(_, wanted)| *wanted) {
        owner
            .must("PUT", &at(&format!("/mutes/{}", cast.id(name))), None)
            .await?;
    }
    let banned = [
        ("banned", plays("banned")),
        ("exile", wants(&["unban", "ban_list"])),
    ];
    for (name, _) in banned.into_iter().filter(|(_, wanted)| *wanted) {
        owner
            .must("PUT", &at(&format!("/bans/{}", cast.id(name))), None)
            .await?;
    }
    let invite = if wants(&["invite_list", "invite_revoke"]) {
        owner.must("POST", &at("/invites"), None).await?.text("id")?
    } else {
        cast.id("target").to_owned()
    };
    become_so(cast, scene, &channel).await?;
    if has_lobby(scene) {
        let mut waiting = vec!["newcomer"];
        waiting.extend(plays(WAITING).then_some(WAITING));
        wait(cast, &channel, &waiting).await?;
    }
    let aim = Aim {
        other,
        name,
        invite,
        ..aim(cast, channel)
    };
    Ok(Stage {
        aim,
        own,
        visitors: None,
    })
}

/// A message of each caller who may send.
async fn messages_of(
    cast: &Cast,
    channel: &str,
    callers: &[&'static str],
) -> Result<HashMap<&'static str, u64>> {
    let mut own = HashMap::new();
    for caller in callers
        .iter()
        .filter(|name| INSIDERS.contains(name) || ["owner", "system"].contains(name))
    {
        let sent = cast.of(caller).api.send(channel, "from the caller").await?;
        own.insert(*caller, sent);
    }
    Ok(own)
}

/// Brings the channel into the state that the last word of the scene names.
async fn become_so(cast: &Cast, scene: &str, channel: &str) -> Result<()> {
    let owner = &cast.of("owner").api;
    let path = format!("/v1/channels/{channel}");
    let now = SystemClock.now().0;
    let rules = match scene.split(' ').nth(2) {
        None => return Ok(()),
        Some("archived") => return owner.must("DELETE", &path, None).await.map(drop),
        Some("not_begun") => json!({ "starts_at": now + 3_600_000 }),
        Some("lobby") => json!({ "lobby": true }),
        Some("ended") => json!({ "ends_at": now + ENDS_IN_MS }),
        Some("muted_all") => json!({ "muted_all": true }),
        Some("slow") => json!({ "slow_mode_s": 3_600 }),
        Some(other) => bail!("`{other}` is no state"),
    };
    let changed = change(owner, &path, rules).await?.number("seq")?;
    // That a meeting ended is noted in the log, and only then its log stands still.
    let until = Instant::now() + ENDED_WITHIN;
    while scene.ends_with("ended") && owner.must("GET", &path, None).await?.number("head")? == changed {
        ensure!(Instant::now() < until, "the meeting does not end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Changes the rules of a channel. One that is to end soon may be over before a busy server is told so; then it ends later.
async fn change(owner: &Api, path: &str, mut rules: Value) -> Result<Answer> {
    let path = format!("{path}/rules");
    for later in 1.. {
        let body = json!({ "rules": rules });
        let answer = owner.call("PATCH", &path, Some(body)).await?;
        let is_late = answer.code() == "invalid" && rules.get("ends_at").is_some();
        if !is_late || later > ENDS_LATER_MAX {
            ensure!(answer.status < 300, "{rules}: {answer:?}");
            return Ok(answer);
        }
        rules["ends_at"] = json!(SystemClock.now().0 + (ENDS_IN_MS << later));
    }
    bail!("the rules are changed or not")
}

/// These accept an invitation, and wait.
async fn wait(cast: &Cast, channel: &str, names: &[&str]) -> Result<()> {
    let owner = &cast.of("owner").api;
    let path = format!("/v1/channels/{channel}/invites");
    let invite = owner.must("POST", &path, None).await?;
    let (id, code) = (invite.text("id")?, invite.text("code")?);
    for name in names {
        let accept = format!("/v1/invites/{code}/accept");
        let answer = cast.of(name).api.call("POST", &accept, None).await?;
        ensure!(answer.code() == "waiting", "{name} was answered {answer:?}");
    }
    owner.must("DELETE", &format!("{path}/{id}"), None).await?;
    Ok(())
}

/// Makes the channel. A course is made by the back end, which then says whose it is.
async fn create(cast: &Cast, kind: &str, visibility: &str, name: &str, members: &[&str]) -> Result<String> {
    let mut ids: Vec<&str> = members.iter().map(|member| cast.id(member)).collect();
    let by_system = kind == "course";
    if by_system {
        ids.push(cast.id("owner"));
    }
    let maker: &Api = &cast.of(if by_system { "system" } else { "owner" }).api;
    let body: Value = json!({ "kind": kind, "name": name, "visibility": visibility, "members": ids });
    let channel = maker.must("POST", "/v1/channels", Some(body)).await?.text("id")?;
    if by_system {
        let path = format!("/v1/channels/{channel}/members/{}", cast.id("owner"));
        maker
            .must("PATCH", &path, Some(json!({ "role": "owner" })))
            .await?;
    }
    Ok(channel)
}

fn aim(cast: &Cast, channel: String) -> Aim {
    let id = |name: &str| cast.id(name).to_owned();
    Aim {
        channel,
        newcomer: id("newcomer"),
        target: id("target"),
        exile: id("exile"),
        silenced: id("silenced"),
        // Replaced where there is one: an id that is well formed and names none.
        invite: id("target"),
        ..Aim::default()
    }
}
