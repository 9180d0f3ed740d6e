//! The social circle: people whom one shares classes and courses with (S0.12).

use crate::access;
use crate::membership::user_view;
use crate::{Actor, ChannelError, Channels, NewChannelRequest};
use klatch_protocol::view;
use klatch_store::row::{CircleRow, UserRow};
use klatch_types::{
    ChannelId, ChannelKind, ClientKey, DisplayName, RosterKind, RulesChange, UserId, UserKind, Visibility,
    limits,
};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// Whom a channel is made of.
#[derive(Clone, Debug)]
pub enum CircleMembers {
    /// These.
    Users(Vec<UserId>),
    /// The nearest so many.
    Nearest(u32),
}

impl Channels {
    /// The people nearest to the actor: those of the most and the smallest shared groups first.
    ///
    /// # Errors
    /// `Forbidden` for guests and back ends.
    pub async fn circle(&self, actor: &Actor, limit: u32) -> Result<view::Circle, ChannelError> {
        access::may_have_circle(actor)?;
        let ranked = ranked(&self.circle_rows(actor).await?);
        // Some of them may be disabled; nobody is told of those.
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let ids: Vec<UserId> = ranked
            .iter()
            .take(most.saturating_mul(2))
            .map(|near| near.user)
            .collect();
        let users = self.parts.directory.users(&ids).await?;
        let users: HashMap<UserId, UserRow> = users.into_iter().map(|user| (user.id, user)).collect();
        let people = ranked.into_iter().filter_map(|near| {
            let user = users.get(&near.user).filter(|user| is_fit(user))?;
            Some(view::CirclePerson {
                user: user_view(user),
                shared: near.shared,
            })
        });
        Ok(view::Circle {
            people: people.take(most).collect(),
        })
    }

    /// Makes a group of people of the actor's circle; its id, and whether it was there before.
    ///
    /// # Errors
    /// `Forbidden` for guests and back ends, `Invalid` for people who are not of the circle, and as for
    /// [`Channels::create`].
    pub async fn circle_create(
        &self,
        actor: &Actor,
        name: DisplayName,
        members: CircleMembers,
        key: Option<ClientKey>,
    ) -> Result<(ChannelId, bool), ChannelError> {
        access::may_have_circle(actor)?;
        let members = match members {
            CircleMembers::Nearest(count) => {
                let circle = self.circle(actor, count).await?;
                circle.people.into_iter().map(|person| person.user.id).collect()
            }
            CircleMembers::Users(users) => {
                let rows = self.circle_rows(actor).await?;
                let circle: HashSet<UserId> = rows.iter().map(|row| row.user).collect();
                if users.iter().any(|user| !circle.contains(user)) {
                    return Err(ChannelError::Invalid(
                        "`users` must be people of your circle".into(),
                    ));
                }
                users
            }
        };
        if members.is_empty() {
            return Err(ChannelError::Invalid(
                "nobody is in your circle yet: make a channel by naming its members".into(),
            ));
        }
        let request = NewChannelRequest {
            kind: ChannelKind::Group,
            name: Some(name),
            topic: None,
            visibility: Visibility::Private,
            rules: RulesChange::default(),
            members,
            key,
        };
        self.create(actor, request).await
    }

    async fn circle_rows(&self, actor: &Actor) -> Result<Vec<CircleRow>, ChannelError> {
        let (members_max, channels_max) = (limits::CIRCLE_CHANNEL_MEMBERS_MAX, limits::CIRCLE_CHANNELS_MAX);
        let directory = &self.parts.directory;
        Ok(directory.circle(actor.user, members_max, channels_max).await?)
    }
}

fn is_fit(user: &UserRow) -> bool {
    user.kind == UserKind::Person && user.disabled_at.is_none()
}

/// Someone near, and what is shared with them.
struct Near {
    user: UserId,
    weight: u32,
    shared: Vec<view::CircleShared>,
}

/// Who is in one's class is nearer than who is in one's course.
fn weight(kind: RosterKind) -> u32 {
    match kind {
        RosterKind::Class => 4,
        RosterKind::Course => 2,
        RosterKind::Degree => 1,
    }
}

fn ranked(rows: &[CircleRow]) -> Vec<Near> {
    let mut near: HashMap<UserId, Near> = HashMap::new();
    for row in rows {
        let person = near.entry(row.user).or_insert_with(|| Near {
            user: row.user,
            weight: 0,
            shared: Vec::new(),
        });
        person.weight += weight(row.kind);
        person.shared.push(view::CircleShared {
            channel: row.channel,
            kind: row.kind,
        });
    }
    let mut near: Vec<Near> = near.into_values().collect();
    near.sort_unstable_by_key(|person| (Reverse(person.weight), Reverse(person.shared.len()), person.user));
    near
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_and_close_groups_come_first() {
        let id = |n: u128| UserId(uuid::Uuid::from_u128(n));
        let row = |kind, user| CircleRow {
            channel: ChannelId(uuid::Uuid::from_u128(9)),
            kind,
            user: id(user),
        };
        let rows = [
            row(RosterKind::Degree, 1),
            row(RosterKind::Class, 2),
            row(RosterKind::Class, 3),
            row(RosterKind::Course, 3),
            row(RosterKind::Course, 1),
        ];
        let order: Vec<UserId> = ranked(&rows).into_iter().map(|near| near.user).collect();
        assert_eq!(order, [id(3), id(2), id(1)]);
    }
}
