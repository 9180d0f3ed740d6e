//! A golden frame of each event.

use super::super::sample::{AT, LATER, ana, event, invite_id, marta, rui};
use klatch_protocol::event::{EventBody, InitialMember};
use klatch_types::{ChannelKind, HistoryVisibility, Millis, Role, Rules, Seq, Visibility};
use serde_json::Value;

macro_rules! kinds {
    ($($kind:literal $variant:ident { $($field:ident: $value:expr),* $(,)? };)+) => {
        /// Every type of event.
        #[cfg(test)]
        pub(super) const KINDS: &[&str] = &[$($kind),+];

        /// The type of an event.
        #[cfg(test)]
        pub(super) fn kind(body: &EventBody) -> &'static str {
            match body { $(EventBody::$variant { .. } => $kind),+ }
        }

        /// Every type with its frame.
        pub(super) fn all() -> Vec<(&'static str, Value)> {
            vec![$(($kind, {
                let event = event(EventBody::$variant { $($field: $value),* });
                serde_json::to_value(event).expect("an event can be written")
            })),+]
        }
    };
}

kinds! {
    "message.posted" MessagePosted {
        ordinal: 30, text: "See you at the library, @ana".into(), reply_to: Some(Seq(40)), mentions: vec![ana()],
        mention_all: false, tombstone: false,
    };
    "message.edited" MessageEdited { target: Seq(40), text: "See you at the café".into(), tombstone: false };
    "message.deleted" MessageDeleted { target: Seq(40) };
    "reaction.added" ReactionAdded { target: Seq(40), emoji: "👍".into() };
    "reaction.removed" ReactionRemoved { target: Seq(40), emoji: "👍".into() };
    "channel.created" ChannelCreated {
        kind: ChannelKind::Group, name: Some("general".into()), topic: Some("Everything and nothing".into()),
        visibility: Visibility::Open,
        members: vec![
            InitialMember { user: rui(), role: Role::Owner },
            InitialMember { user: ana(), role: Role::Member },
        ],
        rules: Some(Rules { slow_mode_s: 30, ..Rules::default() }),
    };
    "channel.updated" ChannelUpdated { name: Some("Exams".into()), topic: None, visibility: Some(Visibility::Private) };
    "channel.rules_changed" RulesChanged {
        rules: Rules {
            starts_at: Some(Millis(AT)), ends_at: Some(Millis(LATER)), lobby: true, muted_all: true, slow_mode_s: 30,
            history: Some(HistoryVisibility::SinceJoin),
        },
    };
    "channel.archived" ChannelArchived {};
    "member.joined" MemberJoined { user: marta(), role: Role::Guest, invite: Some(invite_id()) };
    "member.left" MemberLeft { user: marta() };
    "member.removed" MemberRemoved { user: marta(), reason: Some("wrong group".into()) };
    "member.banned" MemberBanned { user: marta(), reason: Some("advertising".into()), until: Some(LATER) };
    "member.unbanned" MemberUnbanned { user: marta() };
    "member.muted" MemberMuted { user: marta(), until: Some(LATER) };
    "member.unmuted" MemberUnmuted { user: marta() };
    "member.role_changed" MemberRoleChanged { user: marta(), role: Role::Moderator };
}
