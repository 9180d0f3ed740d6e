//! The values in golden frames: small, fixed, and each different where mixing them up would matter.

use klatch_protocol::event::{Event, EventBody};
use klatch_protocol::view;
use klatch_types::{
    ChannelId, ChannelKind, ClientKey, DeviceId, DisplayName, InviteId, Role, Seq, UserId, UserKind,
    Visibility,
};

/// When things happen in golden frames: 2026-01-05T09:00:00Z, Unix milliseconds.
pub(super) const AT: i64 = 1_767_603_600_000;
/// A day later.
pub(super) const LATER: i64 = AT + 86_400_000;
/// The epoch of the history in golden frames.
pub(super) const EPOCH: &str = "4f2a9c01";

macro_rules! ids {
    ($($name:ident: $kind:ty = $text:literal;)+) => {
        $(pub(super) fn $name() -> $kind {
            $text.parse().expect("a sample id is a UUID")
        })+
    };
}

ids! {
    channel: ChannelId = "0190f3a1-7c1e-7000-8000-00000000c001";
    direct: ChannelId = "0190f3a1-7c1e-7000-8000-00000000c002";
    ana: UserId = "0190f3a1-7c1e-7000-8000-00000000a001";
    rui: UserId = "0190f3a1-7c1e-7000-8000-00000000a002";
    marta: UserId = "0190f3a1-7c1e-7000-8000-00000000a003";
    device: DeviceId = "0190f3a1-7c1e-7000-8000-00000000d001";
    invite_id: InviteId = "0190f3a1-7c1e-7000-8000-00000000e001";
    key: ClientKey = "0190f3a1-7c1e-7000-8000-00000000f001";
}

pub(super) fn name(text: &str) -> DisplayName {
    text.parse().expect("a sample name is valid")
}

pub(super) fn user() -> view::User {
    view::User {
        id: ana(),
        username: "ana".into(),
        name: "Ana Sousa".into(),
        kind: UserKind::Person,
    }
}

pub(super) fn preview() -> view::Preview {
    view::Preview {
        seq: Seq(42),
        at: AT,
        actor: rui(),
        text: "See you at the library".into(),
        deleted: false,
    }
}

pub(super) fn group() -> view::Channel {
    view::Channel {
        id: channel(),
        kind: ChannelKind::Group,
        name: "general".into(),
        topic: Some("Everything and nothing".into()),
        visibility: Visibility::Open,
        peer: None,
        peer_read: None,
        peer_received: None,
        role: Some(Role::Member),
        members: 3,
        head: Seq(42),
        read: Seq(40),
        received: Seq(42),
        unread: 2,
        mentions: 1,
        active_at: AT,
        rules: None,
        archived: false,
        preview: Some(preview()),
    }
}

pub(super) fn message() -> view::Message {
    view::Message {
        channel: channel(),
        seq: Seq(42),
        prev: Seq(41),
        at: AT,
        actor: rui(),
        key: Some(key()),
        ordinal: 30,
        text: "See you at the library, @ana".into(),
        reply_to: Some(Seq(40)),
        mentions: vec![ana()],
        mention_all: false,
        edited_at: Some(LATER),
        deleted: false,
        reactions: vec![view::Reaction {
            emoji: "👍".into(),
            users: vec![ana(), marta()],
        }],
    }
}

pub(super) fn cursor() -> view::Cursor {
    view::Cursor {
        channel: channel(),
        read: Seq(41),
        received: Seq(42),
        unread: 1,
        mentions: 0,
    }
}

pub(super) fn invite() -> view::Invite {
    view::Invite {
        id: invite_id(),
        channel: channel(),
        code: "q4Zt8mWc".into(),
        role: Role::Member,
        by: ana(),
        expires_at: LATER,
        uses_max: Some(10),
        uses: 2,
    }
}

/// An event with this body.
pub(super) fn event(body: EventBody) -> Event {
    Event {
        channel: channel(),
        seq: Seq(42),
        prev: Seq(41),
        at: AT,
        actor: rui(),
        key: Some(key()),
        body,
    }
}
