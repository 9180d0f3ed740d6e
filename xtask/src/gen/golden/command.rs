//! A golden frame of each command.

use super::super::sample::{AT, EPOCH, LATER, ana, channel, invite_id, key, marta, name, rui};
use klatch_protocol::Command;
use klatch_protocol::command::{
    channel as channels, circle, cursor, history, invite, lobby, member, message, presence, reaction,
    receipt, rules, transcript, typing, user,
};
use klatch_protocol::frame::Hello;
use klatch_types::{ChannelKind, HistoryVisibility, Millis, Role, RulesChange, Seq, Visibility};
use serde::Serialize;
use serde_json::{Value, json};

macro_rules! ops {
    ($($variant:ident $op:literal $value:expr;)+) => {
        /// Every op.
        #[cfg(test)]
        pub(super) const OPS: &[&str] = &[$($op),+];

        /// The op of a command.
        #[cfg(test)]
        pub(super) fn op(command: &Command) -> &'static str {
            match command { $(Command::$variant(_) => $op),+ }
        }

        /// Every op with its frame.
        pub(super) fn all() -> Vec<(&'static str, Value)> {
            // Ties each value to its variant: the wrong struct does not compile.
            vec![$(($op, {
                let value = $value;
                let frame = frame($op, &value);
                drop(Command::$variant(value));
                frame
            })),+]
        }
    };
}

/// A command is read only, so its frame is its fields with `id` and `op` before them.
fn frame(op: &str, fields: &impl Serialize) -> Value {
    let mut frame = json!({ "id": 7, "op": op });
    let fields = serde_json::to_value(fields).expect("a command can be written");
    if let (Some(frame), Value::Object(fields)) = (frame.as_object_mut(), fields) {
        frame.extend(fields);
    }
    frame
}

/// The first frame of a client that comes back.
pub(super) fn hello() -> Value {
    let hello = Hello {
        token: Some("eyJ.access.token".into()),
        client: Some("klatch-page".into()),
        shape: None,
        epoch: Some(EPOCH.into()),
        cursors: [(channel(), Seq(40))].into(),
        pull: true,
    };
    let mut frame = json!({ "op": "hello" });
    let fields = serde_json::to_value(&hello).expect("a hello can be written");
    if let (Some(frame), Value::Object(fields)) = (frame.as_object_mut(), fields) {
        frame.extend(fields);
    }
    frame
}

ops! {
    Send "send" message::Send {
        channel: channel(), key: key(), text: "See you at the library, @ana".into(), reply_to: Some(Seq(40)),
    };
    Edit "edit" message::Edit { channel: channel(), target: Seq(42), text: "See you at the café".into(), key: Some(key()) };
    Delete "delete" message::Delete { channel: channel(), target: Seq(42), key: Some(key()) };
    React "react" reaction::React { channel: channel(), target: Seq(42), emoji: "👍".into(), key: Some(key()) };
    Unreact "unreact" reaction::Unreact { channel: channel(), target: Seq(42), emoji: "👍".into(), key: None };
    History "history" history::History {
        channel: channel(), before: Some(Seq(42)), after: None, since: None, limit: Some(50),
    };
    MessageGet "message_get" history::MessageGet { channel: channel(), target: Seq(42) };
    Events "events" history::Events {
        channel: channel(), after: Seq(40), limit: Some(200), epoch: Some(EPOCH.into()), until: Some(Seq(42)),
    };
    Read "read" cursor::Read { channel: channel(), seq: Seq(42) };
    Received "received" cursor::Received { channel: channel(), seq: Seq(42) };
    Receipts "receipts" receipt::Receipts { channel: channel(), target: Seq(42) };
    Typing "typing" typing::Typing { channel: channel(), stop: true };
    PresenceGet "presence_get" presence::PresenceGet { channel: channel(), watch: Some(true) };
    PresenceSet "presence_set" presence::PresenceSet { status: presence::Presentness::Away };
    ChannelCreate "channel_create" channels::ChannelCreate {
        kind: ChannelKind::Group, name: Some(name("Study group")), topic: Some("Exams".into()),
        visibility: Some(Visibility::Private), members: vec![rui(), marta()],
        rules: Some(RulesChange { slow_mode_s: Some(30), ..RulesChange::default() }), key: Some(key()),
    };
    ChannelGet "channel_get" channels::ChannelGet { channel: channel() };
    ChannelList "channel_list" channels::ChannelList { scope: channels::ChannelScope::Open, limit: Some(100) };
    ChannelUpdate "channel_update" channels::ChannelUpdate {
        channel: channel(), name: Some(name("Exams")), topic: None, visibility: Some(Visibility::Open), key: Some(key()),
    };
    ChannelArchive "channel_archive" channels::ChannelArchive { channel: channel(), key: Some(key()) };
    ChannelRules "channel_rules" rules::ChannelRules {
        channel: channel(),
        rules: RulesChange {
            starts_at: Some(Millis(AT)), ends_at: Some(Millis(LATER)), lobby: Some(true), muted_all: Some(false),
            slow_mode_s: Some(30), history: Some(HistoryVisibility::SinceJoin),
        },
        key: Some(key()),
    };
    LobbyList "lobby_list" lobby::LobbyList { channel: channel() };
    LobbyAdmit "lobby_admit" lobby::LobbyAdmit { channel: channel(), user: Some(marta()) };
    LobbyDeny "lobby_deny" lobby::LobbyDeny { channel: channel(), user: marta() };
    Transcript "transcript" transcript::Transcript { channel: channel(), after: Some(Seq(40)), limit: Some(200) };
    Join "join" member::Join { channel: channel(), key: Some(key()) };
    Leave "leave" member::Leave { channel: channel(), key: Some(key()) };
    MemberList "member_list" member::MemberList { channel: channel(), after: Some(ana()), limit: Some(100) };
    MemberAdd "member_add" member::MemberAdd {
        channel: channel(), user: marta(), role: Some(Role::Moderator), key: Some(key()),
    };
    MemberRemove "member_remove" member::MemberRemove {
        channel: channel(), user: rui(), reason: Some("wrong group".into()), key: Some(key()),
    };
    MemberRole "member_role" member::MemberRole { channel: channel(), user: rui(), role: Role::Owner, key: Some(key()) };
    Ban "ban" member::Ban {
        channel: channel(), user: rui(), reason: Some("advertising".into()), until: Some(LATER), key: Some(key()),
    };
    Unban "unban" member::Unban { channel: channel(), user: rui(), key: Some(key()) };
    BanList "ban_list" member::BanList { channel: channel() };
    Mute "mute" member::Mute { channel: channel(), user: rui(), until: Some(LATER), key: Some(key()) };
    Unmute "unmute" member::Unmute { channel: channel(), user: rui(), key: Some(key()) };
    InviteCreate "invite_create" invite::InviteCreate {
        channel: channel(), role: Some(Role::Guest), expires_in_s: Some(86_400), uses_max: Some(10),
    };
    InviteList "invite_list" invite::InviteList { channel: channel() };
    InviteRevoke "invite_revoke" invite::InviteRevoke { channel: channel(), invite: invite_id() };
    InvitePreview "invite_preview" invite::InvitePreview { code: "q4Zt8mWc".into() };
    InviteAccept "invite_accept" invite::InviteAccept { code: "q4Zt8mWc".into(), key: Some(key()) };
    UserGet "user_get" user::UserGet { user: rui() };
    UserSearch "user_search" user::UserSearch { query: "ru".into(), limit: Some(20) };
    Circle "circle" circle::Circle { limit: Some(20) };
    CircleCreate "circle_create" circle::CircleCreate {
        name: name("Study group"), users: Some(vec![rui(), marta()]), nearest: None, key: Some(key()),
    };
}
