//! The operations that concern a channel, as both transports spell them.

use serde_json::{Value, json};
use uuid::Uuid;

/// One row of the table and what it is called on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    /// Name in the table.
    pub(super) name: &'static str,
    /// `op` of the socket.
    pub(super) command: &'static str,
    /// Method of REST.
    pub(super) method: &'static str,
    /// Template of REST, as the OpenAPI document has it.
    pub(super) template: &'static str,
    /// Whether being granted changes something for the next caller.
    pub(super) changes: bool,
}

const fn reads(
    name: &'static str,
    command: &'static str,
    method: &'static str,
    template: &'static str,
) -> Operation {
    Operation {
        name,
        command,
        method,
        template,
        changes: false,
    }
}

const fn does(
    name: &'static str,
    command: &'static str,
    method: &'static str,
    template: &'static str,
) -> Operation {
    Operation {
        name,
        command,
        method,
        template,
        changes: true,
    }
}

const MESSAGES: &str = "/v1/channels/{id}/messages";
const MESSAGE: &str = "/v1/channels/{id}/messages/{seq}";
const REACTION: &str = "/v1/channels/{id}/messages/{seq}/reactions/{emoji}";
const CURSOR: &str = "/v1/channels/{id}/cursor";
const CHANNEL: &str = "/v1/channels/{id}";
const MEMBERS: &str = "/v1/channels/{id}/members";
const MEMBER: &str = "/v1/channels/{id}/members/{user}";
const BANS: &str = "/v1/channels/{id}/bans";
const BAN: &str = "/v1/channels/{id}/bans/{user}";
const MUTE: &str = "/v1/channels/{id}/mutes/{user}";
const LOBBY: &str = "/v1/channels/{id}/lobby";
const WAITS: &str = "/v1/channels/{id}/lobby/{user}";
const INVITES: &str = "/v1/channels/{id}/invites";
const INVITE: &str = "/v1/channels/{id}/invites/{invite}";

/// Every operation of the table.
pub(super) const OPERATIONS: [Operation; 39] = [
    does("send", "send", "POST", MESSAGES),
    does("edit_own", "edit", "PATCH", MESSAGE),
    does("edit_other", "edit", "PATCH", MESSAGE),
    does("delete_own", "delete", "DELETE", MESSAGE),
    does("delete_other", "delete", "DELETE", MESSAGE),
    does("react", "react", "PUT", REACTION),
    does("unreact", "unreact", "DELETE", REACTION),
    reads("history", "history", "GET", MESSAGES),
    reads("message_get", "message_get", "GET", MESSAGE),
    reads(
        "receipts",
        "receipts",
        "GET",
        "/v1/channels/{id}/messages/{seq}/receipts",
    ),
    reads("events", "events", "GET", "/v1/channels/{id}/events"),
    reads("read", "read", "PUT", CURSOR),
    reads("received", "received", "PUT", CURSOR),
    reads(
        "presence_get",
        "presence_get",
        "GET",
        "/v1/channels/{id}/presence",
    ),
    reads("typing", "typing", "POST", "/v1/channels/{id}/typing"),
    reads("channel_get", "channel_get", "GET", CHANNEL),
    does("rename", "channel_update", "PATCH", CHANNEL),
    does("visibility", "channel_update", "PATCH", CHANNEL),
    does("archive", "channel_archive", "DELETE", CHANNEL),
    does("rules", "channel_rules", "PATCH", "/v1/channels/{id}/rules"),
    reads("lobby_list", "lobby_list", "GET", LOBBY),
    does("lobby_admit", "lobby_admit", "POST", LOBBY),
    does("lobby_deny", "lobby_deny", "DELETE", WAITS),
    does("lobby_leave", "lobby_deny", "DELETE", WAITS),
    reads("transcript", "transcript", "GET", "/v1/channels/{id}/transcript"),
    does("join", "join", "POST", "/v1/channels/{id}/join"),
    does("leave", "leave", "POST", "/v1/channels/{id}/leave"),
    reads("member_list", "member_list", "GET", MEMBERS),
    does("member_add", "member_add", "POST", MEMBERS),
    does("member_remove", "member_remove", "DELETE", MEMBER),
    does("member_role", "member_role", "PATCH", MEMBER),
    does("ban", "ban", "PUT", BAN),
    does("unban", "unban", "DELETE", BAN),
    reads("ban_list", "ban_list", "GET", BANS),
    does("mute", "mute", "PUT", MUTE),
    does("unmute", "unmute", "DELETE", MUTE),
    does("invite_create", "invite_create", "POST", INVITES),
    reads("invite_list", "invite_list", "GET", INVITES),
    does("invite_revoke", "invite_revoke", "DELETE", INVITE),
];

/// What an operation is aimed at.
#[derive(Clone, Debug, Default)]
pub(super) struct Aim {
    /// The channel.
    pub(super) channel: String,
    /// Its name.
    pub(super) name: String,
    /// A message of the caller, or of another if they have none.
    pub(super) own: u64,
    /// A message of the target.
    pub(super) other: u64,
    /// The caller.
    pub(super) caller: String,
    /// A user of the space who is no member, and waits where there is a lobby.
    pub(super) newcomer: String,
    /// A member of the lowest rank but guests.
    pub(super) target: String,
    /// A banned user.
    pub(super) exile: String,
    /// A muted member.
    pub(super) silenced: String,
    /// A live invitation.
    pub(super) invite: String,
}

impl Aim {
    /// The same at a channel that does not exist.
    pub(super) fn at_nothing(&self) -> Self {
        Self {
            channel: Uuid::now_v7().to_string(),
            ..self.clone()
        }
    }
}

const THUMB: &str = "👍";
const THUMB_ENCODED: &str = "%F0%9F%91%8D";

impl Operation {
    /// Path and body of the REST call.
    pub(super) fn call(&self, aim: &Aim) -> (String, Option<Value>) {
        let command = self.frame(aim);
        let user = command["user"].as_str().unwrap_or_default();
        let path = self
            .template
            .replace("{id}", &aim.channel)
            .replace("{seq}", &command["target"].to_string())
            .replace("{emoji}", THUMB_ENCODED)
            .replace("{user}", user)
            .replace("{invite}", &aim.invite);
        let body = match self.name {
            "read" => Some(json!({ "read": 1 })),
            "received" => Some(json!({ "received": 1 })),
            "send" | "edit_own" | "edit_other" | "rename" | "visibility" | "rules" | "member_role"
            | "member_add" => {
                let mut body = command;
                let object = body.as_object_mut().expect("a frame is an object");
                // What the path says is not said again.
                for said in ["op", "channel", "target"] {
                    object.remove(said);
                }
                if self.name == "member_role" {
                    object.remove("user");
                }
                Some(body)
            }
            _ => None,
        };
        (path, body)
    }

    /// The frame of the socket, without its `id`.
    pub(super) fn frame(&self, aim: &Aim) -> Value {
        let rest = match self.name {
            "send" => json!({ "key": Uuid::now_v7(), "text": "hello" }),
            "edit_own" => json!({ "target": aim.own, "text": "better" }),
            "edit_other" => json!({ "target": aim.other, "text": "forged" }),
            "delete_own" => json!({ "target": aim.own }),
            "delete_other" | "message_get" | "receipts" => json!({ "target": aim.other }),
            "react" | "unreact" => json!({ "target": aim.other, "emoji": THUMB }),
            "read" | "received" => json!({ "seq": 1 }),
            "rename" => json!({ "name": "another" }),
            "visibility" => json!({ "visibility": "open" }),
            "rules" => json!({ "rules": { "muted_all": true } }),
            "lobby_deny" => json!({ "user": aim.newcomer }),
            "lobby_leave" => json!({ "user": aim.caller }),
            "member_add" => json!({ "user": aim.newcomer }),
            "member_remove" | "ban" | "mute" => json!({ "user": aim.target }),
            "member_role" => json!({ "user": aim.target, "role": "guest" }),
            "unban" => json!({ "user": aim.exile }),
            "unmute" => json!({ "user": aim.silenced }),
            "invite_revoke" => json!({ "invite": aim.invite }),
            _ => json!({}),
        };
        let mut frame = json!({ "op": self.command, "channel": aim.channel });
        for (name, value) in rest.as_object().expect("it is an object") {
            frame[name] = value.clone();
        }
        frame
    }
}
