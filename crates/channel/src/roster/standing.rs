//! What is there, as a plan needs to know it.

use crate::channels::SharedState;
use crate::state::REMOVED;
use crate::{ChannelError, ChannelState, Channels};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use klatch_log::LogError;
use klatch_roster::{Account, Blocked, Entry, Place, Standing, StandingGroup, Wanted};
use klatch_store::StoreError;
use klatch_store::row::{RosterGroupRow, RosterMemberRow, RosterPlace, UserRow};
use klatch_types::{ChannelId, Millis, SpaceId, UserId, UserKind, Username, limits};
use std::collections::{BTreeMap, HashMap};

/// What is there, and what its names stand for.
pub(super) struct Known {
    /// For the plan.
    pub(super) standing: Standing,
    /// Channels of groups, by the groups' ids.
    pub(super) groups: BTreeMap<String, RosterGroupRow>,
    /// Accounts by username.
    pub(super) people: HashMap<Username, UserId>,
    /// Whom rosters put where.
    pub(super) rows: HashMap<(ChannelId, UserId), RosterMemberRow>,
    /// How many members each channel has.
    pub(super) sizes: HashMap<ChannelId, usize>,
}

impl Channels {
    /// What is there of what rosters made, and of those whom this one wants.
    pub(super) async fn known(&self, space: SpaceId, wanted: &Wanted) -> Result<Known, ChannelError> {
        let groups = self.parts.directory.roster_groups(space).await?;
        let rows = self.parts.directory.roster_members(space).await?;
        let accounts = self.accounts(space, &wanted.usernames()).await?;
        let states = self.states_of(&groups).await?;
        let mut people: HashMap<Username, UserId> = accounts
            .iter()
            .map(|(name, row)| (name.clone(), row.id))
            .collect();
        let mut placed: HashMap<ChannelId, BTreeMap<Username, Entry>> = HashMap::new();
        for row in &rows {
            let Ok(name) = row.username.parse::<Username>() else {
                continue;
            };
            people.insert(name.clone(), row.user);
            let entry = Entry {
                role: row.role,
                place: place(row.place),
            };
            placed.entry(row.channel).or_default().insert(name, entry);
        }
        let mut standing = Standing {
            accounts: accounts
                .into_iter()
                .map(|(name, row)| (name, account(&row)))
                .collect(),
            groups: BTreeMap::new(),
        };
        let mut sizes = HashMap::new();
        for group in &groups {
            let places = placed.remove(&group.channel).unwrap_or_default();
            let state = states.get(&group.channel).map(|state| state.read());
            sizes.insert(
                group.channel,
                state.as_ref().map_or(0, |state| state.members.len()),
            );
            let wants = wanted.groups.get(&group.source);
            let names = wants.into_iter().flat_map(|wants| wants.members.keys());
            let mut stands = StandingGroup {
                kind: group.kind,
                name: group.name.clone(),
                gone: group.gone,
                closed: state.as_ref().is_some_and(|state| state.archived),
                members: HashMap::new(),
                blocked: HashMap::new(),
                places: BTreeMap::new(),
            };
            if let Some(state) = state {
                for name in places.keys().chain(names) {
                    if let Some(user) = people.get(name) {
                        stand(&mut stands, &state, name, *user, self.now());
                    }
                }
            }
            stands.places = places;
            standing.groups.insert(group.source.clone(), stands);
        }
        Ok(Known {
            standing,
            groups: groups.into_iter().map(|row| (row.source.clone(), row)).collect(),
            people,
            rows: rows
                .into_iter()
                .map(|row| ((row.channel, row.user), row))
                .collect(),
            sizes,
        })
    }

    /// The accounts of these usernames, as far as there are some.
    pub(super) async fn accounts(
        &self,
        space: SpaceId,
        names: &[Username],
    ) -> Result<HashMap<Username, UserRow>, ChannelError> {
        let mut accounts = HashMap::with_capacity(names.len());
        for some in names.chunks(limits::ROSTER_ROWS_AT_ONCE) {
            let texts: Vec<String> = some.iter().map(|name| name.as_str().to_owned()).collect();
            for row in self.parts.directory.users_by_username(space, &texts).await? {
                if let Ok(name) = row.username.parse() {
                    accounts.insert(name, row);
                }
            }
        }
        Ok(accounts)
    }

    async fn states_of(
        &self,
        groups: &[RosterGroupRow],
    ) -> Result<HashMap<ChannelId, SharedState>, ChannelError> {
        let channels: Vec<ChannelId> = groups.iter().map(|group| group.channel).collect();
        let states = stream::iter(channels.into_iter().map(|channel| async move {
            match self.state(channel).await {
                Ok(state) => Ok(Some((channel, state))),
                // Noted, and not made before the import ended.
                Err(
                    ChannelError::NotFound
                    | ChannelError::Store(StoreError::NotFound)
                    | ChannelError::Log(LogError::NotFound),
                ) => Ok(None),
                Err(error) => Err(error),
            }
        }));
        let states: Vec<_> = states
            .buffer_unordered(limits::ROSTER_CHANNELS_AT_ONCE)
            .try_collect()
            .await?;
        Ok(states.into_iter().flatten().collect())
    }
}

fn account(row: &UserRow) -> Account {
    match row.kind {
        UserKind::Person if row.disabled_at.is_none() => Account::Person,
        _ => Account::Unfit,
    }
}

fn place(place: RosterPlace) -> Place {
    match place {
        RosterPlace::Joining => Place::Joining,
        RosterPlace::In => Place::In,
        RosterPlace::Out => Place::Out,
    }
}

/// Notes how someone stands in a channel.
fn stand(stands: &mut StandingGroup, state: &ChannelState, name: &Username, user: UserId, now: Millis) {
    if let Some(member) = state.members.get(&user) {
        stands.members.insert(name.clone(), member.role);
        return;
    }
    let blocked = match state.bans.get(&user) {
        Some(until) if *until > now => Blocked::Banned,
        Some(until) if *until == REMOVED => Blocked::Removed,
        _ => return,
    };
    stands.blocked.insert(name.clone(), blocked);
}
