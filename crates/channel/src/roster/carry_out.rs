//! Carrying out what a plan says: accounts, then channels and their members, then who is to go.

use super::standing::Known;
use crate::{Actor, ChannelError, Channels};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use klatch_roster::{Plan, Roster, Wanted};
use klatch_store::row::{RosterGroupRow, RosterImportRow, RosterMemberRow, RosterPlace, UserRow};
use klatch_types::{
    ChannelId, DisplayName, Role, RosterImportState, RosterRole, UserId, UserKind, Username, limits,
};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// An import that is noted, and is to be carried out.
pub(super) struct Import {
    pub(super) row: RosterImportRow,
    pub(super) grace: Duration,
    pub(super) roster: Roster,
    pub(super) wanted: Wanted,
    pub(super) known: Known,
    pub(super) plan: Plan,
}

/// What is to be done in one channel.
struct Errand {
    group: RosterGroupRow,
    rename: bool,
    joins: Vec<(UserId, Role)>,
    /// Who, the role that a roster gave them last, the role that it gives them now.
    roles: Vec<(UserId, Role, Role)>,
    /// How those whom this concerns stand afterwards.
    after: Vec<RosterMemberRow>,
}

impl Channels {
    pub(super) async fn carry_out(&self, actor: &Actor, mut import: Import) -> Result<(), ChannelError> {
        let space = actor.space;
        self.make_accounts(actor, &mut import).await?;
        let groups = groups_after(&import, actor);
        let noted: Vec<RosterGroupRow> = groups
            .values()
            .map(|group| RosterGroupRow {
                // The new name is noted once it is given.
                name: import
                    .known
                    .groups
                    .get(&group.source)
                    .map_or(&group.name, |known| &known.name)
                    .clone(),
                ..group.clone()
            })
            .collect();
        for some in noted.chunks(limits::ROSTER_ROWS_AT_ONCE) {
            self.parts
                .directory
                .roster_groups_put(space, some.to_vec())
                .await?;
        }
        let errands = errands(&import, &groups);
        let joining = errands.iter().flat_map(|errand| {
            let joins: HashMap<UserId, Role> = errand.joins.iter().copied().collect();
            let rows = errand
                .after
                .iter()
                .filter(move |row| joins.contains_key(&row.user));
            rows.map(|row| RosterMemberRow {
                place: RosterPlace::Joining,
                ..row.clone()
            })
        });
        self.note_members(actor, joining.collect()).await?;
        let errands = errands.into_iter().map(|errand| self.run_errand(actor, errand));
        let done: Vec<()> = stream::iter(errands)
            .buffer_unordered(limits::ROSTER_CHANNELS_AT_ONCE)
            .try_collect()
            .await?;
        drop(done);
        self.note_members(actor, leaving(&import, self.now().plus(import.grace)))
            .await?;
        if import.grace.is_zero() {
            while self.remove_due(actor).await? > 0 {}
        }
        let done = RosterImportRow {
            state: RosterImportState::Done,
            ..import.row
        };
        self.parts
            .directory
            .roster_bodies_forget(space, done.no.saturating_sub(1))
            .await?;
        Ok(self.parts.directory.roster_import_update(done).await?)
    }

    /// Makes the accounts that there are not. Someone else may make one of them at the same time.
    async fn make_accounts(&self, actor: &Actor, import: &mut Import) -> Result<(), ChannelError> {
        let names: HashMap<&Username, &DisplayName> = import
            .roster
            .users()
            .iter()
            .filter_map(|user| Some((&user.username, user.name.as_ref()?)))
            .collect();
        let now = self.now();
        for some in import.plan.accounts.chunks(limits::ROSTER_ROWS_AT_ONCE) {
            let rows = some.iter().map(|username| UserRow {
                id: UserId::new(now, &*self.parts.entropy),
                space: actor.space,
                username: username.as_str().to_owned(),
                name: names
                    .get(username)
                    .map_or(username.as_str(), |name| name.as_str())
                    .to_owned(),
                kind: UserKind::Person,
                external: None,
                password_hash: None,
                created_at: now,
                disabled_at: None,
            });
            self.parts.directory.roster_users_add(rows.collect()).await?;
        }
        let made = self.accounts(actor.space, &import.plan.accounts).await?;
        import.known.people.extend(
            made.into_iter()
                .filter(|(_, row)| row.kind == UserKind::Person)
                .map(|(name, row)| (name, row.id)),
        );
        Ok(())
    }

    async fn note_members(&self, actor: &Actor, rows: Vec<RosterMemberRow>) -> Result<(), ChannelError> {
        for some in rows.chunks(limits::ROSTER_ROWS_AT_ONCE) {
            self.parts
                .directory
                .roster_members_put(actor.space, some.to_vec())
                .await?;
        }
        Ok(())
    }

    /// One channel: made if it is not there, then change by change.
    async fn run_errand(&self, actor: &Actor, errand: Errand) -> Result<(), ChannelError> {
        let Errand {
            group,
            rename,
            joins,
            roles,
            after,
        } = errand;
        let line = self.roster_line(actor, group.channel).await?;
        let (mut line, rest) = match line {
            Some(line) => (line, joins.as_slice()),
            None if joins.is_empty() => return Ok(()),
            None => {
                let (first, rest) = joins.split_at(joins.len().min(limits::CHANNEL_CREATE_MEMBERS_MAX));
                self.make_group(actor, group.channel, &group.name, first).await?;
                let line = self
                    .roster_line(actor, group.channel)
                    .await?
                    .ok_or(ChannelError::NotFound)?;
                (line, rest)
            }
        };
        if rename {
            if let Ok(name) = group.name.parse() {
                line.rename(&name).await?;
            }
            self.parts
                .directory
                .roster_groups_put(actor.space, vec![group])
                .await?;
        }
        let policy = &self.space(actor.space).await?.policy;
        for (user, role) in rest {
            line.join(policy, *user, *role).await?;
        }
        for (user, from, to) in roles {
            line.change_role(user, from, to).await?;
        }
        self.note_members(actor, after).await
    }
}

/// The groups that change or whose members do, as they are after the import.
fn groups_after(import: &Import, actor: &Actor) -> BTreeMap<String, RosterGroupRow> {
    let Import {
        plan, known, wanted, ..
    } = import;
    let mut groups: BTreeMap<String, RosterGroupRow> = BTreeMap::new();
    for (id, kind, name) in &plan.channels {
        let made = RosterGroupRow {
            source: id.clone(),
            kind: *kind,
            channel: ChannelId::of_roster(actor.space, id),
            name: name.clone(),
            gone: false,
        };
        groups.insert(id.clone(), made);
    }
    let members = plan.joins.iter().chain(&plan.returns).chain(&plan.roles);
    let ids = members
        .map(|(id, _, _)| id)
        .chain(plan.renames.iter().map(|(id, _)| id))
        .chain(plan.back.iter().chain(&plan.gone));
    for id in ids {
        let Some(row) = known.groups.get(id) else { continue };
        let wants = wanted.groups.get(id);
        let after = RosterGroupRow {
            name: wants.map_or(&row.name, |wants| &wants.name).clone(),
            gone: wants.is_none(),
            ..row.clone()
        };
        groups.insert(id.clone(), after);
    }
    groups
}

/// What is to be done in each channel.
fn errands(import: &Import, groups: &BTreeMap<String, RosterGroupRow>) -> Vec<Errand> {
    let Import { plan, known, .. } = import;
    let mut errands: BTreeMap<&str, Errand> = BTreeMap::new();
    for (id, group) in groups {
        let errand = Errand {
            group: group.clone(),
            rename: plan
                .renames
                .binary_search_by(|(renamed, _)| renamed.cmp(id))
                .is_ok(),
            joins: Vec::new(),
            roles: Vec::new(),
            after: Vec::new(),
        };
        errands.insert(id, errand);
    }
    for (id, name, role) in &plan.joins {
        if let Some((errand, user)) = errands.get_mut(id.as_str()).zip(known.people.get(name)) {
            errand.joins.push((*user, role.in_channel(errand.group.kind)));
            errand.after.push(placed(&errand.group, *user, name, *role));
        }
    }
    for (id, name, role) in plan.returns.iter().chain(&plan.roles) {
        if let Some((errand, user)) = errands.get_mut(id.as_str()).zip(known.people.get(name)) {
            let kind = errand.group.kind;
            let before = known
                .rows
                .get(&(errand.group.channel, *user))
                .map_or(*role, |row| row.role);
            errand
                .roles
                .push((*user, before.in_channel(kind), role.in_channel(kind)));
            errand.after.push(placed(&errand.group, *user, name, *role));
        }
    }
    errands
        .into_values()
        .filter(|errand| errand.rename || !errand.after.is_empty())
        .collect()
}

fn placed(group: &RosterGroupRow, user: UserId, name: &Username, role: RosterRole) -> RosterMemberRow {
    RosterMemberRow {
        channel: group.channel,
        user,
        username: name.as_str().to_owned(),
        role,
        place: RosterPlace::In,
        due_at: None,
    }
}

/// Those who were dropped, as they stand until their grace is over.
fn leaving(import: &Import, due_at: klatch_types::Millis) -> Vec<RosterMemberRow> {
    let Import { plan, known, .. } = import;
    let row = |(id, name): &(String, Username)| {
        let (group, user) = known.groups.get(id).zip(known.people.get(name))?;
        known.rows.get(&(group.channel, *user))
    };
    let rows = plan.drops.iter().filter_map(row);
    rows.map(|row| RosterMemberRow {
        place: RosterPlace::Out,
        due_at: Some(due_at),
        ..row.clone()
    })
    .collect()
}
