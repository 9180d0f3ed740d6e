//! Which channels with which members follow from a roster.

use crate::roster::{Roster, by_id};
use crate::settings::Settings;
use crate::template::TemplateError;
use klatch_types::{RosterKind, RosterRole, Username};
use std::collections::BTreeMap;

/// What a roster wants there to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Groups that have a channel, by id.
    pub groups: BTreeMap<String, WantedGroup>,
}

/// A channel that a roster wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedGroup {
    /// What it is.
    pub kind: RosterKind,
    /// Its name.
    pub name: String,
    /// Its members.
    pub members: BTreeMap<Username, RosterRole>,
}

impl Wanted {
    /// Who is in a class is in its course and its degree, too, with the strongest of their roles.
    ///
    /// # Errors
    /// The settings have a template that is none.
    pub fn of(roster: &Roster, settings: &Settings) -> Result<Self, TemplateError> {
        let groups = by_id(roster.groups());
        let mut wanted = Self::default();
        for group in roster.groups() {
            let template = settings.template(group.kind)?;
            if !template.is_empty() {
                let wants = WantedGroup {
                    kind: group.kind,
                    name: template.name(group, &groups),
                    members: BTreeMap::new(),
                };
                wanted.groups.insert(group.id.clone(), wants);
            }
        }
        for one in roster.enrolments() {
            let mut next = groups.get(one.group.as_str());
            while let Some(group) = next {
                if let Some(wants) = wanted.groups.get_mut(&group.id) {
                    let role = wants.members.entry(one.user.clone()).or_insert(one.role);
                    *role = (*role).max(one.role);
                }
                next = group.parent.as_deref().and_then(|parent| groups.get(parent));
            }
        }
        Ok(wanted)
    }

    /// Everyone who is to be a member of something, once each, in order.
    pub fn usernames(&self) -> Vec<Username> {
        let mut names: Vec<Username> = self
            .groups
            .values()
            .flat_map(|group| group.members.keys().cloned())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
