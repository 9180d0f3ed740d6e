//! A golden frame of each kind that the server sends, and of each reply.

use super::super::sample::{
    AT, EPOCH, LATER, ana, channel, cursor, device, direct, event, group, invite, marta, message, rui, user,
};
use klatch_protocol::event::EventBody;
use klatch_protocol::frame::{
    Answer, Behind, ChannelHead, LobbySignal, LobbyState, Outcome, Problem, Ready, ReadyChannel, Receipt,
    ReceiptSignal, ServerFrame, TypingSignal,
};
use klatch_protocol::view::{self, Reply};
use klatch_protocol::{ErrorCode, Event};
use klatch_types::{ChannelKind, Role, RosterKind, Seq, UserKind};
use serde_json::Value;

macro_rules! samples {
    ($list:ident, $all:ident, $kind_of:ident, $enum:ident: $($kind:literal $pattern:pat => $value:expr;)+) => {
        /// Every kind.
        #[cfg(test)]
        pub(super) const $list: &[&str] = &[$($kind),+];

        /// Every kind with its frame.
        pub(super) fn $all() -> Vec<(&'static str, Value)> {
            let samples: Vec<$enum> = vec![$($value),+];
            samples.into_iter().map(|sample| ($kind_of(&sample), written(sample))).collect()
        }

        fn $kind_of(sample: &$enum) -> &'static str {
            match sample { $($pattern => $kind),+ }
        }
    };
}

samples! { FRAMES, all, kind_of_frame, ServerFrame:
    "ready" ServerFrame::Ready(_) => ServerFrame::Ready(Ready {
        user: user(),
        device: Some(device()),
        epoch: EPOCH.into(),
        heartbeat_ms: 25_000,
        channels: vec![ReadyChannel { channel: channel(), head: Seq(42), read: Seq(40), unread: 2 }],
    });
    "events" ServerFrame::Events(_) => ServerFrame::Events(two_events());
    "behind" ServerFrame::Behind(_) => ServerFrame::Behind(vec![Behind { channel: channel(), after: Seq(2), head: Seq(4_200) }]);
    "head" ServerFrame::Head(_) => ServerFrame::Head(ChannelHead { channel: channel(), head: Seq(4_200), spread_ms: 500 });
    "typing" ServerFrame::Typing(_) => ServerFrame::Typing(TypingSignal {
        channel: channel(), user: rui(), expires_in_ms: 6_000,
    });
    "presence" ServerFrame::Presence(_) => ServerFrame::Presence(vec![
        view::UserPresence { user: rui(), status: view::PresenceStatus::Offline, last_active: Some(AT) },
        view::UserPresence { user: marta(), status: view::PresenceStatus::Away, last_active: Some(AT) },
    ]);
    "channel_presence" ServerFrame::ChannelPresence(_) => ServerFrame::ChannelPresence(view::ChannelPresence {
        channel: channel(), members: 10_000, online: 5_000, away: 40, users: None, sample: Some(vec![rui(), marta()]),
    });
    "receipts" ServerFrame::Receipts(_) => ServerFrame::Receipts(ReceiptSignal {
        channel: channel(),
        members: vec![
            Receipt { user: rui(), read: Some(Seq(41)), received: Seq(42) },
            Receipt { user: marta(), read: None, received: Seq(42) },
        ],
    });
    "lobby" ServerFrame::Lobby(_) => ServerFrame::Lobby(LobbySignal { channel: channel(), user: user(), state: LobbyState::Waiting });
    "cursor" ServerFrame::Cursor(_) => ServerFrame::Cursor(cursor());
    "reconnect" ServerFrame::Reconnect { .. } => ServerFrame::Reconnect { delay_ms: 2_750 };
    "refused" ServerFrame::Refused(_) => ServerFrame::Refused(Problem::new(ErrorCode::TokenExpired, None));
    "ok" ServerFrame::Answer(Answer { outcome: Outcome::Ok(_), .. }) => answer(Outcome::Ok(Reply::Ack(ack())));
    "error" ServerFrame::Answer(Answer { outcome: Outcome::Error(_), .. }) => answer(Outcome::Error(Problem {
        retry_after_ms: Some(400),
        ..Problem::new(ErrorCode::RateLimited, Some("Sends: 10 per second.".into()))
    }));
}

samples! { REPLIES, replies, kind_of_reply, Reply:
    "ack" Reply::Ack(_) => Reply::Ack(ack());
    "done" Reply::Done(_) => Reply::Done(view::Done {});
    "cursor" Reply::Cursor(_) => Reply::Cursor(cursor());
    "channel_presence" Reply::Presence(_) => Reply::Presence(view::ChannelPresence {
        channel: channel(),
        members: 2,
        online: 1,
        away: 0,
        users: Some(vec![
            view::UserPresence { user: rui(), status: view::PresenceStatus::Online, last_active: Some(AT) },
            view::UserPresence { user: marta(), status: view::PresenceStatus::Offline, last_active: None },
        ]),
        sample: None,
    });
    "receipts" Reply::Receipts(_) => Reply::Receipts(view::Receipts {
        members: 2,
        received_count: 2,
        read_count: Some(1),
        users: Some(vec![
            view::ReceiptOfMember { user: rui(), received: true, read: Some(true) },
            view::ReceiptOfMember { user: marta(), received: true, read: None },
        ]),
    });
    "channel" Reply::Channel(_) => Reply::Channel(group());
    "channel_created" Reply::ChannelCreated(_) => Reply::ChannelCreated(view::ChannelCreated { channel: pair(), existed: true });
    "channels" Reply::Channels(_) => Reply::Channels(view::Channels { channels: vec![group(), pair()] });
    "message" Reply::Message(_) => Reply::Message(message());
    "messages" Reply::Messages(_) => Reply::Messages(view::Messages {
        messages: vec![message(), deleted()], more: true, head: Seq(42), epoch: EPOCH.into(),
    });
    "events" Reply::Events(_) => Reply::Events(view::Events { events: two_events(), more: false, head: Seq(42), epoch: EPOCH.into() });
    "members" Reply::Members(_) => Reply::Members(view::Members {
        members: vec![view::Member {
            user: user(), role: Role::Owner, joined_at: AT, muted_until: Some(LATER), read: Some(Seq(40)), received: Some(Seq(42)),
        }],
        more: false,
    });
    "bans" Reply::Bans(_) => Reply::Bans(view::Bans {
        bans: vec![view::Ban { user: rui(), by: ana(), at: AT, until: Some(LATER), reason: Some("advertising".into()) }],
    });
    "invite" Reply::Invite(_) => Reply::Invite(invite());
    "invites" Reply::Invites(_) => Reply::Invites(view::Invites { invites: vec![invite()] });
    "invite_preview" Reply::InvitePreview(_) => Reply::InvitePreview(view::InvitePreview {
        channel: channel(), kind: ChannelKind::Group, name: "general".into(), members: 3, expires_at: LATER,
    });
    "lobby" Reply::Lobby(_) => Reply::Lobby(view::Lobby {
        waiting: vec![view::LobbyEntry { user: user(), role: Role::Guest, invite: Some(invite().id), at: AT }],
    });
    "transcript" Reply::Transcript(_) => Reply::Transcript(view::Transcript { messages: vec![line()], more: true });
    "user" Reply::User(_) => Reply::User(user());
    "users" Reply::Users(_) => Reply::Users(view::Users {
        users: vec![user(), view::User { id: rui(), username: "rui".into(), name: "Rui".into(), kind: UserKind::Guest }],
    });
    "circle" Reply::Circle(_) => Reply::Circle(view::Circle {
        people: vec![view::CirclePerson {
            user: user(),
            shared: vec![view::CircleShared { channel: channel(), kind: RosterKind::Class }],
        }],
    });
}

fn written(sample: impl serde::Serialize) -> Value {
    serde_json::to_value(sample).expect("a frame can be written")
}

fn answer(outcome: Outcome) -> ServerFrame {
    ServerFrame::Answer(Answer { re: Some(7), outcome })
}

fn ack() -> view::Ack {
    view::Ack {
        seq: Seq(42),
        prev: Seq(41),
        at: AT,
        duplicate: false,
    }
}

fn two_events() -> Vec<Event> {
    let added = EventBody::ReactionAdded {
        target: Seq(40),
        emoji: "👍".into(),
    };
    let deleted = EventBody::MessageDeleted { target: Seq(40) };
    vec![
        Event {
            seq: Seq(41),
            prev: Seq(40),
            ..event(added)
        },
        event(deleted),
    ]
}

fn line() -> view::TranscriptLine {
    view::TranscriptLine {
        seq: Seq(42),
        at: "2026-11-20T12:00:00.000Z".into(),
        sender: rui(),
        username: "rui".into(),
        name: "Rui".into(),
        text: "See you at the library".into(),
        reply_to: Some(Seq(40)),
        edited_at: Some("2026-11-20T12:05:00.000Z".into()),
        deleted: false,
        reactions: vec![view::ReactionCount {
            emoji: "👍".into(),
            count: 2,
        }],
    }
}

fn pair() -> view::Channel {
    view::Channel {
        id: direct(),
        kind: ChannelKind::Direct,
        name: "Rui".into(),
        topic: None,
        peer: Some(rui()),
        peer_read: Some(Seq(41)),
        peer_received: Some(Seq(42)),
        members: 2,
        ..group()
    }
}

fn deleted() -> view::Message {
    view::Message {
        seq: Seq(41),
        prev: Seq(40),
        ordinal: 29,
        text: String::new(),
        reply_to: None,
        mentions: vec![],
        edited_at: None,
        deleted: true,
        reactions: vec![],
        ..message()
    }
}
