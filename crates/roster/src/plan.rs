//! What must change so that what is there becomes what a roster wants.

use crate::wanted::{Wanted, WantedGroup};
use klatch_types::{RosterKind, RosterRole, Username};
use std::collections::{BTreeMap, HashMap};

/// What is there.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Accounts of those who are wanted somewhere; who is not in it has none.
    pub accounts: HashMap<Username, Account>,
    /// Channels that rosters made, by the id of their group.
    pub groups: BTreeMap<String, Group>,
}

/// What an account is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// A person's.
    Person,
    /// Disabled, a guest's or a back end's: rosters leave it alone.
    Unfit,
}

/// A channel that a roster made.
#[derive(Clone, Debug)]
pub struct Group {
    /// What it is.
    pub kind: RosterKind,
    /// Its name, as the roster last gave it.
    pub name: String,
    /// Whether the last roster did not have it.
    pub gone: bool,
    /// Whether someone closed it.
    pub closed: bool,
    /// Whom rosters put there and have not removed since.
    pub places: BTreeMap<Username, Entry>,
    /// Of those and of those who are wanted: who is a member.
    pub members: HashMap<Username, klatch_types::Role>,
    /// Of those and of those who are wanted: who is kept out.
    pub blocked: HashMap<Username, Blocked>,
}

/// That a roster put someone somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// As what.
    pub role: RosterRole,
    /// How it stands.
    pub place: Place,
}

/// How an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Noted and perhaps not done: the import was ended in the middle.
    Joining,
    /// Put in.
    In,
    /// Dropped from the roster, and to be removed when the grace is over.
    Out,
}

/// Why someone is kept out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// Banned.
    Banned,
    /// Removed by whoever may do so, or by a roster.
    Removed,
}

/// A member to be: (id of the group, who, as what).
pub type Member = (String, Username, RosterRole);

/// What is to be done, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Accounts to make.
    pub accounts: Vec<Username>,
    /// Channels to make: id of the group, kind, name.
    pub channels: Vec<(String, RosterKind, String)>,
    /// Channels to rename: id of the group, new name.
    pub renames: Vec<(String, String)>,
    /// Groups that the roster has again.
    pub back: Vec<String>,
    /// Groups that the roster no longer has: the channel stays, its people go.
    pub gone: Vec<String>,
    /// Whom to put in.
    pub joins: Vec<Member>,
    /// Whose grace ends well: dropped before, wanted again, and still there.
    pub returns: Vec<Member>,
    /// Whose role changes.
    pub roles: Vec<Member>,
    /// Whom to remove once the grace is over.
    pub drops: Vec<(String, Username)>,
    /// Wanted, but banned, removed by hand, or without a fit account.
    pub barred: Vec<(String, Username)>,
    /// Wanted, but the channel is closed.
    pub closed: Vec<(String, Username)>,
    /// Members by hand, whom the roster would have put in: they stay what they are.
    pub kept: usize,
    /// Members who stay as they are.
    pub unchanged: usize,
    /// Members that rosters put in before this.
    pub before: usize,
}

/// How much is to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // as the lists of `Plan`
pub struct Counts {
    pub accounts: usize,
    pub channels: usize,
    pub renames: usize,
    pub back: usize,
    pub gone: usize,
    pub joins: usize,
    pub returns: usize,
    pub roles: usize,
    pub drops: usize,
    pub barred: usize,
    pub closed: usize,
    pub kept: usize,
    pub unchanged: usize,
}

impl Plan {
    /// What must change. A function of its arguments: the same plan whether it is carried out or only shown.
    pub fn of(standing: &Standing, wanted: &Wanted) -> Self {
        let mut plan = Self::default();
        for name in wanted.usernames() {
            if !standing.accounts.contains_key(&name) {
                plan.accounts.push(name);
            }
        }
        for (id, wants) in &wanted.groups {
            match standing.groups.get(id) {
                Some(group) => plan.follow(standing, id, group, wants),
                None => plan.make(standing, id, wants),
            }
        }
        for (id, group) in &standing.groups {
            let wants = wanted.groups.get(id);
            if wants.is_none() && !group.gone {
                plan.gone.push(id.clone());
            }
            plan.drop_others(id, group, wants);
        }
        plan
    }

    /// Whether one import may drop so many without being told: at most `percent` in a hundred of those who were there.
    pub fn is_safe(&self, percent: u32) -> bool {
        let (drops, before) = (self.drops.len() as u128, self.before as u128);
        drops * 100 <= before * u128::from(percent)
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        let counts = Counts {
            barred: 0,
            closed: 0,
            kept: 0,
            unchanged: 0,
            ..self.counts()
        };
        counts == Counts::default()
    }

    /// How much there is of each.
    pub fn counts(&self) -> Counts {
        Counts {
            accounts: self.accounts.len(),
            channels: self.channels.len(),
            renames: self.renames.len(),
            back: self.back.len(),
            gone: self.gone.len(),
            joins: self.joins.len(),
            returns: self.returns.len(),
            roles: self.roles.len(),
            drops: self.drops.len(),
            barred: self.barred.len(),
            closed: self.closed.len(),
            kept: self.kept,
            unchanged: self.unchanged,
        }
    }

    fn make(&mut self, standing: &Standing, id: &str, wants: &WantedGroup) {
        let fit = |user: &Username| standing.accounts.get(user) != Some(&Account::Unfit);
        let joins = self.joins.len();
        for (user, role) in &wants.members {
            if fit(user) {
                self.joins.push((id.to_owned(), user.clone(), *role));
            } else {
                self.barred.push((id.to_owned(), user.clone()));
            }
        }
        if self.joins.len() > joins {
            self.channels
                .push((id.to_owned(), wants.kind, wants.name.clone()));
        }
    }

    fn follow(&mut self, standing: &Standing, id: &str, group: &Group, wants: &WantedGroup) {
        if group.gone {
            self.back.push(id.to_owned());
        }
        if group.name != wants.name && !group.closed {
            self.renames.push((id.to_owned(), wants.name.clone()));
        }
        for (user, role) in &wants.members {
            let fit = standing.accounts.get(user) != Some(&Account::Unfit);
            self.place(id, group, user, *role, fit);
        }
    }

    fn place(&mut self, id: &str, group: &Group, user: &Username, role: RosterRole, fit: bool) {
        let entry = group.places.get(user);
        let is_member = group.members.contains_key(user);
        let member = || (id.to_owned(), user.clone(), role);
        match entry {
            _ if !fit => match entry {
                Some(_) => self.unchanged += 1,
                None => self.barred.push((id.to_owned(), user.clone())),
            },
            None if is_member => self.kept += 1,
            Some(entry) if is_member => match entry.place {
                Place::Joining => self.joins.push(member()),
                Place::Out => self.returns.push(member()),
                Place::In if entry.role != role => self.roles.push(member()),
                Place::In => self.unchanged += 1,
            },
            _ => {
                let removed_by_hand = entry.is_some_and(|entry| entry.place == Place::In);
                let barred = match group.blocked.get(user) {
                    Some(Blocked::Banned) => true,
                    Some(Blocked::Removed) => removed_by_hand,
                    None => false,
                };
                if barred {
                    self.barred.push((id.to_owned(), user.clone()));
                } else if group.closed {
                    self.closed.push((id.to_owned(), user.clone()));
                } else {
                    self.joins.push(member());
                }
            }
        }
    }

    fn drop_others(&mut self, id: &str, group: &Group, wants: Option<&WantedGroup>) {
        for (user, entry) in &group.places {
            if entry.place == Place::Out {
                continue;
            }
            self.before += 1;
            if !wants.is_some_and(|wants| wants.members.contains_key(user)) {
                self.drops.push((id.to_owned(), user.clone()));
            }
        }
    }
}
