//! From stored events to the wire: the one place where the two meet.

use crate::fact::Fact;
use klatch_engine::row::EventRow;
use klatch_protocol::event::InitialMember;
use klatch_protocol::{Event, EventBody};
use klatch_types::{Rules, Seq};

/// The wire's picture of a stored event. `None` for an event this version does not know.
pub(crate) fn event(row: &EventRow) -> Option<Event> {
    Some(Event {
        channel: row.channel,
        seq: row.seq,
        prev: row.seq.prev(),
        at: row.at.0,
        actor: row.actor,
        key: row.key,
        body: body(row)?,
    })
}

fn body(row: &EventRow) -> Option<EventBody> {
    let target = row.target.unwrap_or(Seq::ZERO);
    let tombstone = row.tombstone;
    Some(match Fact::of(row)? {
        Fact::MessagePosted {
            text,
            reply_to,
            mentions,
            mention_all,
        } => EventBody::MessagePosted {
            ordinal: row.ordinal.0,
            text,
            reply_to,
            mentions,
            mention_all,
            tombstone,
        },
        Fact::MessageEdited { text } => EventBody::MessageEdited {
            target,
            text,
            tombstone,
        },
        Fact::MessageDeleted => EventBody::MessageDeleted { target },
        Fact::ReactionAdded { emoji } => EventBody::ReactionAdded { target, emoji },
        Fact::ReactionRemoved { emoji } => EventBody::ReactionRemoved { target, emoji },
        Fact::ChannelCreated {
            kind,
            name,
            topic,
            visibility,
            members,
            rules,
        } => EventBody::ChannelCreated {
            kind,
            name,
            topic,
            visibility,
            members: members
                .into_iter()
                .map(|(user, role)| InitialMember { user, role })
                .collect(),
            rules: (rules != Rules::default()).then_some(rules),
        },
        Fact::ChannelUpdated {
            name,
            topic,
            visibility,
        } => EventBody::ChannelUpdated {
            name,
            topic,
            visibility,
        },
        Fact::RulesChanged { rules } => EventBody::RulesChanged { rules },
        Fact::ChannelArchived => EventBody::ChannelArchived {},
        Fact::MemberJoined {
            user, role, invite, ..
        } => EventBody::MemberJoined { user, role, invite },
        Fact::MemberLeft { user } => EventBody::MemberLeft { user },
        Fact::MemberRemoved { user, reason } => EventBody::MemberRemoved { user, reason },
        Fact::MemberBanned { user, reason, until } => EventBody::MemberBanned { user, reason, until },
        Fact::MemberUnbanned { user } => EventBody::MemberUnbanned { user },
        Fact::MemberMuted { user, until } => EventBody::MemberMuted { user, until },
        Fact::MemberUnmuted { user } => EventBody::MemberUnmuted { user },
        Fact::MemberRoleChanged { user, role } => EventBody::MemberRoleChanged { user, role },
    })
}
