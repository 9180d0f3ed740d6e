//! Between the messages of gRPC and the types of the wire.

pub(super) mod roster;

use super::proto;
use super::refusal::invalid;
use klatch_protocol::{Event, codec, view};
use klatch_types::{ChannelKind, Role, UserKind, Visibility};
use std::str::FromStr;
use tonic::Status;

/// A value that is written as text, such as an id; `name` is the field's.
pub(super) fn read<T: FromStr<Err: std::fmt::Display>>(name: &str, text: &str) -> Result<T, Status> {
    text.parse()
        .map_err(|error| invalid(format!("`{name}`: {error}")))
}

/// The same where it may be left out.
pub(super) fn read_optional<T: FromStr<Err: std::fmt::Display>>(
    name: &str,
    text: Option<&str>,
) -> Result<Option<T>, Status> {
    text.map(|text| read(name, text)).transpose()
}

/// A role; none if it is not said.
pub(super) fn role(number: i32) -> Result<Option<Role>, Status> {
    match proto::Role::try_from(number) {
        Ok(proto::Role::Unspecified) => Ok(None),
        Ok(proto::Role::Guest) => Ok(Some(Role::Guest)),
        Ok(proto::Role::Member) => Ok(Some(Role::Member)),
        Ok(proto::Role::Moderator) => Ok(Some(Role::Moderator)),
        Ok(proto::Role::Owner) => Ok(Some(Role::Owner)),
        Err(_) => Err(invalid("`role` is none that this server knows")),
    }
}

/// A kind of channel that back ends make.
pub(super) fn channel_kind(number: i32) -> Result<ChannelKind, Status> {
    match proto::ChannelKind::try_from(number) {
        Ok(proto::ChannelKind::Group) => Ok(ChannelKind::Group),
        Ok(proto::ChannelKind::Meeting) => Ok(ChannelKind::Meeting),
        Ok(proto::ChannelKind::Course) => Ok(ChannelKind::Course),
        Ok(proto::ChannelKind::Unspecified) | Err(_) => {
            Err(invalid("`kind` must be a group, a meeting or a course"))
        }
    }
}

pub(super) fn channel(channel: view::Channel) -> proto::Channel {
    let kind = match channel.kind {
        ChannelKind::Group => proto::ChannelKind::Group,
        ChannelKind::Meeting => proto::ChannelKind::Meeting,
        ChannelKind::Course => proto::ChannelKind::Course,
        ChannelKind::Direct => proto::ChannelKind::Unspecified,
    };
    proto::Channel {
        id: channel.id.to_string(),
        kind: kind.into(),
        name: channel.name,
        topic: channel.topic,
        open: channel.visibility == Visibility::Open,
        members: u64::from(channel.members),
        head: channel.head.0,
        archived: channel.archived,
    }
}

pub(super) fn user(user: view::User) -> proto::User {
    let kind = match user.kind {
        UserKind::Person => proto::UserKind::Person,
        UserKind::Guest => proto::UserKind::Guest,
        UserKind::System => proto::UserKind::System,
    };
    proto::User {
        id: user.id.to_string(),
        username: user.username,
        name: user.name,
        kind: kind.into(),
    }
}

pub(super) fn token(token: view::Token) -> proto::Token {
    proto::Token {
        user: Some(user(token.user)),
        access_token: token.access_token,
        expires_in_s: token.expires_in_s,
    }
}

pub(super) fn ack(ack: &view::Ack) -> proto::Ack {
    proto::Ack {
        seq: ack.seq.0,
        prev: ack.prev.0,
        at_ms: ack.at,
        duplicate: ack.duplicate,
    }
}

pub(super) fn event(event: &Event) -> proto::Event {
    #[derive(serde::Deserialize)]
    struct Named {
        #[serde(rename = "type")]
        name: String,
    }
    let json = codec::write(event);
    let named: Named = serde_json::from_slice(&json).expect("every event has a type");
    proto::Event {
        channel: event.channel.to_string(),
        seq: event.seq.0,
        prev: event.prev.0,
        at_ms: event.at,
        actor: event.actor.to_string(),
        r#type: named.name,
        json: String::from_utf8(json).expect("JSON is UTF-8"),
    }
}
