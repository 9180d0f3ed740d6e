//! What a batch writes: the second of its two round trips.

use super::placing::{ChannelHead, Outcome, created};
use super::queue::Queued;
use super::session::{Ask, Value, buckets};
use super::statements;
use crate::{Append, Change, NewChannel, NewWork};
use klatch_engine::postgres::{Spread, int, small};
use klatch_types::{ChannelId, InviteId, Millis, Ordinal, Role, Rules, Seq, UserId};
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// An append with the head it moved its channel to.
type Placed<'a, 'b> = (&'a Append, &'b ChannelHead);

/// The statements of a batch, the last of them its commit.
pub(super) fn writes<'a>(batch: &'a [Queued], outcomes: &[Outcome], spread: Spread) -> Vec<Ask<'a>> {
    let placed: Vec<Placed<'a, '_>> = added(batch, outcomes).collect();
    let mut asks = Vec::new();
    if !placed.is_empty() {
        for (append, head) in &placed {
            if head.seq.prev() == Seq::ZERO
                && let Some(new) = created(append)
            {
                asks.push(create(append.channel, new, append.at));
            }
        }
        asks.push(insert_events(&placed, spread));
        for (append, head) in &placed {
            change(append, head, &mut asks);
        }
        asks.extend(insert_work(&placed, spread));
        asks.push(move_heads(&placed, spread));
        asks.extend(own_cursors(&placed, spread));
    }
    asks.push(Ask::plain("COMMIT"));
    asks
}

/// Those appends of a batch that become events.
pub(super) fn added<'a, 'b>(
    batch: &'a [Queued],
    outcomes: &'b [Outcome],
) -> impl Iterator<Item = Placed<'a, 'b>> {
    batch
        .iter()
        .zip(outcomes)
        .filter_map(|(queued, outcome)| match outcome {
            Outcome::Added(head) => Some((&queued.append, head)),
            Outcome::Answered(_) => None,
        })
}

fn value<'a, T: tokio_postgres::types::ToSql + Sync + Send + 'a>(value: T) -> Value<'a> {
    Box::new(value)
}

/// One column of some rows.
fn column<'a, R, T>(rows: &[R], of: impl Fn(&R) -> T) -> Value<'a>
where
    T: tokio_postgres::types::ToSql + Sync + Send + 'a,
{
    Box::new(rows.iter().map(of).collect::<Vec<T>>())
}

fn insert_events<'a>(placed: &[Placed<'a, '_>], spread: Spread) -> Ask<'a> {
    let of = placed.iter().map(|(append, _)| append.channel.bucket()).collect();
    let values = vec![
        buckets(spread, of),
        column(placed, |(append, _)| append.channel.0),
        column(placed, |(_, head)| int(head.seq.0)),
        column(placed, |(_, head)| int(head.ordinal.0)),
        column(placed, |(append, _)| append.at.0),
        column(placed, |(append, _)| append.actor.0),
        column(placed, |(append, _)| append.key.map(|key| key.0)),
        column(placed, |(append, _)| small(append.kind)),
        column(placed, |(append, _)| append.message),
        column(placed, |(append, _)| append.target.map(|target| int(target.0))),
        column(placed, |(append, _)| append.digest.cast_signed()),
        column(placed, |(append, _)| append.payload.as_slice()),
    ];
    Ask::new(statements::INSERT_EVENTS, values)
}

/// All late work of a batch, if there is any.
fn insert_work<'a>(placed: &[Placed<'a, '_>], spread: Spread) -> Option<Ask<'a>> {
    let rows: Vec<(ChannelId, Seq, u8, &'a NewWork)> = placed
        .iter()
        .flat_map(|(append, head)| {
            let seq = head.seq;
            append
                .work_by_place()
                .map(move |(place, work)| (append.channel, seq, place, work))
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let values = vec![
        buckets(
            spread,
            rows.iter().map(|(channel, ..)| channel.bucket()).collect(),
        ),
        column(&rows, |(channel, ..)| channel.0),
        column(&rows, |(_, seq, ..)| int(seq.0)),
        column(&rows, |(_, _, place, _)| small(*place)),
        column(&rows, |(.., work)| small(work.kind)),
        column(&rows, |(.., work)| work.due_at.0),
        column(&rows, |(.., work)| work.payload.as_slice()),
    ];
    Some(Ask::new(statements::INSERT_WORK, values))
}

/// Each channel's row once, in the order of its key.
fn move_heads<'a>(placed: &[Placed<'_, '_>], spread: Spread) -> Ask<'a> {
    let last: BTreeMap<(i16, ChannelId), ChannelHead> = placed
        .iter()
        .map(|(append, head)| ((append.channel.bucket(), append.channel), **head))
        .collect();
    let rows: Vec<_> = last.into_iter().collect();
    let values = vec![
        buckets(spread, rows.iter().map(|((bucket, _), _)| *bucket).collect()),
        column(&rows, |((_, channel), _)| channel.0),
        column(&rows, |(_, head)| int(head.seq.0)),
        column(&rows, |(_, head)| int(head.ordinal.0)),
        column(&rows, |(_, head)| int(head.broadcasts.0)),
        column(&rows, |(_, head)| int(head.access_seq.0)),
        column(&rows, |(_, head)| head.active_at.0),
        column(&rows, |(_, head)| head.last_message.map(|seq| int(seq.0))),
    ];
    Ask::new(statements::MOVE_HEADS, values)
}

/// Each sender's cursor once, in the order of the table's key.
fn own_cursors<'a>(placed: &[Placed<'_, '_>], spread: Spread) -> Option<Ask<'a>> {
    let last: BTreeMap<(i16, ChannelId, UserId), ChannelHead> = placed
        .iter()
        .filter(|(append, _)| append.message)
        .map(|(append, head)| ((append.channel.bucket(), append.channel, append.actor), **head))
        .collect();
    let rows: Vec<_> = last.into_iter().collect();
    let values = vec![
        buckets(spread, rows.iter().map(|((bucket, ..), _)| *bucket).collect()),
        column(&rows, |((_, channel, _), _)| channel.0),
        column(&rows, |((.., user), _)| user.0),
        column(&rows, |(_, head)| int(head.seq.0)),
        column(&rows, |(_, head)| int(head.ordinal.0)),
        column(&rows, |(_, head)| int(head.broadcasts.0)),
    ];
    (!rows.is_empty()).then(|| Ask::new(statements::OWN_CURSORS, values))
}

fn create<'a>(channel: ChannelId, new: &'a NewChannel, at: Millis) -> Ask<'a> {
    let (low, high) = new.pair.unzip();
    let values = vec![
        value(channel.bucket()),
        value(channel.0),
        value(new.space.0),
        value(small(new.kind.code())),
        value(small(new.visibility.code())),
        value(new.name.as_deref()),
        value(new.topic.as_deref().filter(|topic| !topic.is_empty())),
        value(low.map(|user| user.0)),
        value(high.map(|user| user.0)),
        value(at.0),
    ];
    Ask::new(statements::CREATE, values)
}

/// The changes of one append, in their order.
fn change<'a>(append: &'a Append, head: &ChannelHead, asks: &mut Vec<Ask<'a>>) {
    let mut event = Event {
        channel: append.channel,
        at: append.at,
        head: *head,
        asks,
    };
    let mut broadcast = append.changes.contains(&Change::MentionAll);
    if broadcast {
        event.head.broadcasts.0 -= 1; // as it was before
    }
    let mut changes = append.changes.as_slice();
    while let Some((first, rest)) = changes.split_first() {
        let comers = comers(changes);
        if !comers.is_empty() {
            changes = &changes[comers.len()..];
            event.members_put(&comers);
            continue;
        }
        changes = rest;
        if matches!(first, Change::MentionAll) {
            if std::mem::take(&mut broadcast) {
                event.broadcast();
            }
        } else {
            event.apply(first);
        }
    }
}

/// Someone who is put among the members.
#[derive(Clone, Copy)]
struct Comer {
    user: UserId,
    role: Role,
    sees_history: bool,
    invite: Option<InviteId>,
}

/// The members whom the first changes put: different ones, so that one statement can add them all.
fn comers(changes: &[Change]) -> Vec<Comer> {
    let mut seen = HashSet::new();
    let comer = |change: &Change| match change {
        Change::MemberPut {
            user,
            role,
            sees_history,
            invite,
        } if seen.insert(*user) => Some(Comer {
            user: *user,
            role: *role,
            sees_history: *sees_history,
            invite: *invite,
        }),
        _ => None,
    };
    changes.iter().map_while(comer).collect()
}

/// The event whose changes are written.
struct Event<'a, 'b> {
    channel: ChannelId,
    at: Millis,
    head: ChannelHead,
    asks: &'b mut Vec<Ask<'a>>,
}

impl<'a> Event<'a, '_> {
    /// A statement about the event's channel: its bucket and id come first.
    fn ask(&mut self, sql: &'static str, values: Vec<Value<'a>>) {
        let channel = [value(self.channel.bucket()), value(self.channel.0)];
        self.asks
            .push(Ask::new(sql, channel.into_iter().chain(values).collect()));
    }

    fn seq(&self) -> i64 {
        int(self.head.seq.0)
    }

    fn apply(&mut self, change: &'a Change) {
        match change {
            // Made before its first event; put and counted by others.
            Change::Create(_) | Change::MemberPut { .. } | Change::MentionAll => {}
            Change::Update {
                name,
                topic,
                visibility,
            } => {
                let visibility = visibility.map(|visibility| small(visibility.code()));
                let values = vec![value(name.as_deref()), value(topic.as_deref()), value(visibility)];
                self.ask(statements::UPDATE, values);
            }
            Change::Rules(rules) => {
                let text = (*rules != Rules::default()).then(|| rules.to_json());
                self.ask(statements::SET_RULES, vec![value(text)]);
            }
            Change::Archive => self.ask(statements::ARCHIVE, vec![value(self.at.0)]),
            Change::MemberRemove { user } => {
                self.ask(statements::COUNT_REMOVED, vec![value(user.0)]);
                self.ask(statements::REMOVE_MEMBER, vec![value(user.0)]);
            }
            Change::MemberRole { user, role } => {
                let values = vec![value(vec![user.0]), value(vec![small(role.code())])];
                self.ask(statements::SET_ROLES, values);
            }
            Change::MemberMute { user, until } => {
                let values = vec![value(user.0), value(until.map(|until| until.0))];
                self.ask(statements::MUTE, values);
            }
            Change::BanPut(ban) => {
                let values = vec![
                    value(ban.user.0),
                    value(ban.by.0),
                    value(ban.at.0),
                    value(ban.until.0),
                    value(ban.reason.as_deref()),
                ];
                self.ask(statements::BAN, values);
            }
            Change::BanRemove { user } => self.ask(statements::UNBAN, vec![value(user.0)]),
            Change::Mention { users } => self.mention(users),
            Change::Erase { target, edit_kind } => {
                let target = int(target.0);
                self.ask(statements::ERASE, vec![value(target), value(self.seq())]);
                let values = vec![value(target), value(small(*edit_kind)), value(self.seq())];
                self.ask(statements::ERASE_EDITS, values);
            }
        }
    }

    /// Adds members, or gives those who are there their roles and nothing else.
    fn members_put(&mut self, comers: &[Comer]) {
        let users = || column(comers, |comer| comer.user.0);
        let roles = || column(comers, |comer| small(comer.role.code()));
        if comers.iter().any(|comer| comer.invite.is_some()) {
            let invites = column(comers, |comer| comer.invite.map(|invite| invite.0));
            self.ask(statements::USE_INVITES, vec![users(), invites]);
        }
        self.ask(statements::COUNT_ADDED, vec![users()]);
        self.ask(statements::SET_ROLES, vec![users(), roles()]);
        let before = int(self.head.seq.prev().0);
        let values = vec![
            users(),
            roles(),
            column(comers, |comer| if comer.sees_history { 0 } else { before }),
            value(self.at.0),
            value(self.seq()),
            value(int(self.head.ordinal.0)),
            value(int(self.head.broadcasts.0)),
        ];
        self.ask(statements::ADD_MEMBERS, values);
    }

    /// Counts a mention of each member among `users`.
    fn mention(&mut self, users: &[UserId]) {
        let users: Vec<Uuid> = users.iter().map(|user| user.0).collect();
        self.ask(statements::MENTION, vec![value(users.clone()), value(self.seq())]);
        self.ask(statements::COUNT_MENTIONS, vec![value(users), value(self.seq())]);
    }

    /// Counts a mention of everyone.
    fn broadcast(&mut self) {
        self.head.broadcasts = Ordinal(self.head.broadcasts.0 + 1);
        let count = int(self.head.broadcasts.0);
        self.ask(statements::BROADCAST, vec![value(self.seq()), value(count)]);
    }
}
