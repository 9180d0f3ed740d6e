//! Rosters, for back ends. They come over REST, gRPC and the command line, and are no commands of a socket.

use super::page;
use crate::{Principal, SessionError, Sessions};
use klatch_channel::{Actor, ChannelError, RosterAsked, RosterOrder, RosterOutcome, RosterStarted, access};
use klatch_protocol::ErrorCode;
use klatch_protocol::command::roster as wire;
use klatch_protocol::view::{
    RosterChange, RosterChangeKind, RosterCounts, RosterImport, RosterImports, RosterReport, RosterSettings,
    RosterStatus,
};
use klatch_roster::{Changes, Enrolment, Group, Person, Plan, Roster, Settings, read};
use klatch_store::row::RosterImportRow;
use klatch_types::{RosterImportState, limits};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// Imports in a list when the caller does not say.
const IMPORTS_DEFAULT: u32 = 20;

impl Sessions {
    /// Room to read a roster, which may be large. Asked for before its body is read, and kept until it is understood.
    ///
    /// # Errors
    /// `forbidden` for all but back ends and administrators, `overloaded` if others are read for too long.
    pub async fn roster_room(&self, who: &Principal) -> Result<OwnedSemaphorePermit, SessionError> {
        access::may_keep_rosters(&who.actor())?;
        let room = self.roster_room.clone().acquire_owned();
        match tokio::time::timeout(limits::ROSTER_BODY_WAIT, room).await {
            Ok(Ok(room)) => Ok(room),
            _ => Err(SessionError::refused(
                ErrorCode::Overloaded,
                "other rosters are being read",
            )),
        }
    }

    /// Puts a roster in the place of the one before, or tells what would change. Waits for `wait` for the end; an import
    /// that takes longer goes on, and is told as running.
    ///
    /// # Errors
    /// `forbidden` for all but back ends and administrators, `roster_busy`, `roster_unsafe`, `invalid`.
    pub async fn roster_put(
        &self,
        who: &Principal,
        roster: Roster,
        order: RosterOrder,
        wait: Duration,
    ) -> Result<RosterReport, SessionError> {
        self.roster_do(who, RosterAsked::Whole(roster), order, wait).await
    }

    /// Changes a roster here and there. Errors as for [`Sessions::roster_put`]; drops need no allowance.
    pub async fn roster_change(
        &self,
        who: &Principal,
        changes: wire::RosterChanges,
        order: RosterOrder,
        wait: Duration,
    ) -> Result<RosterReport, SessionError> {
        let changes = Changes {
            users: changes.users.into_iter().map(person).collect(),
            groups: changes.groups.into_iter().map(group).collect(),
            enrol: changes.enrol.into_iter().map(enrolment).collect(),
            drop: changes
                .drop
                .into_iter()
                .map(|drop| (drop.user, drop.group))
                .collect(),
        };
        self.roster_do(who, RosterAsked::Changes(changes), order, wait)
            .await
    }

    /// Takes the last import back. Errors as for [`Sessions::roster_put`]; `invalid` if there is nothing to undo.
    pub async fn roster_undo(
        &self,
        who: &Principal,
        order: RosterOrder,
        wait: Duration,
    ) -> Result<RosterReport, SessionError> {
        self.roster_do(who, RosterAsked::Undo, order, wait).await
    }

    /// How the roster of the caller's space stands.
    ///
    /// # Errors
    /// `forbidden` for all but back ends and administrators.
    pub async fn roster_status(&self, who: &Principal) -> Result<RosterStatus, SessionError> {
        let stands = self.channels.roster_standing(&who.actor()).await?;
        Ok(RosterStatus {
            settings: settings_view(stands.settings),
            groups: stands.groups as u64,
            members: stands.members as u64,
            leaving: stands.leaving as u64,
            last: stands.last.as_ref().map(import_view),
        })
    }

    /// The imports of the caller's space, newest first.
    ///
    /// # Errors
    /// `forbidden` for all but back ends and administrators, `invalid` for the limit.
    pub async fn roster_imports(
        &self,
        who: &Principal,
        limit: Option<u32>,
    ) -> Result<RosterImports, SessionError> {
        let limit = page(limit, IMPORTS_DEFAULT, limits::ROSTER_IMPORTS_LISTED_MAX)?;
        let imports = self.channels.roster_imports(&who.actor(), limit).await?;
        Ok(RosterImports {
            imports: imports.iter().map(import_view).collect(),
        })
    }

    /// How the caller's space follows its rosters.
    ///
    /// # Errors
    /// `forbidden` for all but back ends and administrators.
    pub async fn roster_settings(&self, who: &Principal) -> Result<RosterSettings, SessionError> {
        Ok(settings_view(self.channels.roster_settings(&who.actor()).await?))
    }

    /// Changes it, from the next import on.
    ///
    /// # Errors
    /// `forbidden` for all but back ends and administrators, `invalid`.
    pub async fn roster_settings_put(
        &self,
        who: &Principal,
        settings: RosterSettings,
    ) -> Result<RosterSettings, SessionError> {
        let wanted = Settings {
            grace_s: settings.grace_s,
            removals_percent: settings.removals_percent,
            degree: settings.degree.clone(),
            course: settings.course.clone(),
            class: settings.class.clone(),
        };
        self.channels.roster_settings_put(&who.actor(), &wanted).await?;
        Ok(settings)
    }

    async fn roster_do(
        &self,
        who: &Principal,
        asked: RosterAsked,
        order: RosterOrder,
        wait: Duration,
    ) -> Result<RosterReport, SessionError> {
        let actor: Actor = who.actor();
        let RosterStarted { outcome, end } = self.channels.roster_start(&actor, asked, order).await?;
        let state = match tokio::time::timeout(wait, end).await {
            Ok(Ok(done)) => done.map(|()| RosterImportState::Done)?,
            Ok(Err(_closed)) => RosterImportState::Unfinished,
            Err(_elapsed) => RosterImportState::Running,
        };
        Ok(report(outcome, order.dry_run, state))
    }
}

/// The roster that a student system sends.
///
/// # Errors
/// `invalid`, with the first faults.
pub fn roster_of(body: wire::RosterPut) -> Result<Roster, SessionError> {
    let users = body.users.into_iter().map(person).collect();
    let groups = body.groups.into_iter().map(group).collect();
    let enrolments = body.enrolments.into_iter().map(enrolment).collect();
    Roster::new(users, groups, enrolments)
        .map_err(|error| SessionError::refused(ErrorCode::Invalid, error.to_string()))
}

/// The same roster as a student system would send it.
pub fn roster_body(roster: Roster) -> wire::RosterPut {
    let (users, groups, enrolments) = roster.into_parts();
    wire::RosterPut {
        users: users
            .into_iter()
            .map(|user| wire::RosterUser {
                username: user.username,
                name: user.name,
            })
            .collect(),
        groups: groups
            .into_iter()
            .map(|group| wire::RosterGroup {
                id: group.id,
                kind: group.kind,
                title: group.title,
                code: group.code,
                term: group.term,
                parent: group.parent,
            })
            .collect(),
        enrolments: enrolments
            .into_iter()
            .map(|one| wire::RosterEnrolment {
                user: one.user,
                group: one.group,
                role: one.role,
            })
            .collect(),
    }
}

/// The roster in an archive of OneRoster. `today` tells which enrolments count.
///
/// # Errors
/// `invalid`, with the first faults.
pub fn roster_of_archive(bytes: &[u8], today: &str) -> Result<Roster, SessionError> {
    read::archive(bytes, today).map_err(|error| SessionError::refused(ErrorCode::Invalid, error.to_string()))
}

/// The roster in a plain CSV file.
///
/// # Errors
/// `invalid`, with the first faults.
pub fn roster_of_csv(bytes: &[u8]) -> Result<Roster, SessionError> {
    read::plain("roster.csv", bytes)
        .map_err(|error| SessionError::refused(ErrorCode::Invalid, error.to_string()))
}

fn person(user: wire::RosterUser) -> Person {
    Person {
        username: user.username,
        name: user.name,
    }
}

fn group(group: wire::RosterGroup) -> Group {
    Group {
        id: group.id,
        kind: group.kind,
        title: group.title,
        code: group.code,
        term: group.term,
        parent: group.parent,
    }
}

fn enrolment(one: wire::RosterEnrolment) -> Enrolment {
    Enrolment {
        user: one.user,
        group: one.group,
        role: one.role,
    }
}

fn settings_view(settings: Settings) -> RosterSettings {
    RosterSettings {
        grace_s: settings.grace_s,
        removals_percent: settings.removals_percent,
        degree: settings.degree,
        course: settings.course,
        class: settings.class,
    }
}

fn import_view(row: &RosterImportRow) -> RosterImport {
    RosterImport {
        import: row.no,
        at: row.at.0,
        by: row.by,
        kind: row.kind,
        state: row.state,
        // Written by the domain; an older one may have said less.
        counts: serde_json::from_str(&row.counts).unwrap_or_default(),
    }
}

fn report(outcome: RosterOutcome, dry_run: bool, state: RosterImportState) -> RosterReport {
    let RosterOutcome { no, plan } = outcome;
    let counts = plan.counts();
    let mut all = changes(&plan);
    let changes: Vec<RosterChange> = all.by_ref().take(limits::ROSTER_CHANGES_TOLD_MAX).collect();
    let more = all.count() as u64;
    RosterReport {
        import: no,
        state,
        dry_run,
        counts: RosterCounts {
            accounts: counts.accounts as u64,
            channels: counts.channels as u64,
            renames: counts.renames as u64,
            back: counts.back as u64,
            gone: counts.gone as u64,
            joins: counts.joins as u64,
            returns: counts.returns as u64,
            roles: counts.roles as u64,
            drops: counts.drops as u64,
            barred: counts.barred as u64,
            closed: counts.closed as u64,
            kept: counts.kept as u64,
            unchanged: counts.unchanged as u64,
        },
        changes,
        more,
    }
}

/// The changes of a plan one by one, those of channels first.
fn changes(plan: &Plan) -> impl Iterator<Item = RosterChange> + '_ {
    let bare = |change| RosterChange {
        change,
        group: None,
        kind: None,
        name: None,
        user: None,
        role: None,
    };
    let of_group = move |change, id: &String| RosterChange {
        group: Some(id.clone()),
        ..bare(change)
    };
    let channels = plan.channels.iter().map(move |(id, kind, name)| RosterChange {
        kind: Some(*kind),
        name: Some(name.clone()),
        ..of_group(RosterChangeKind::Channel, id)
    });
    let renames = plan.renames.iter().map(move |(id, name)| RosterChange {
        name: Some(name.clone()),
        ..of_group(RosterChangeKind::Rename, id)
    });
    let back = plan
        .back
        .iter()
        .map(move |id| of_group(RosterChangeKind::Back, id));
    let gone = plan
        .gone
        .iter()
        .map(move |id| of_group(RosterChangeKind::Gone, id));
    let accounts = plan.accounts.iter().map(move |user| RosterChange {
        user: Some(user.to_string()),
        ..bare(RosterChangeKind::Account)
    });
    let with_roles = [
        (RosterChangeKind::Join, &plan.joins),
        (RosterChangeKind::Return, &plan.returns),
        (RosterChangeKind::Role, &plan.roles),
    ];
    let members = with_roles.into_iter().flat_map(move |(change, list)| {
        list.iter().map(move |(id, user, role)| RosterChange {
            user: Some(user.to_string()),
            role: Some(*role),
            ..of_group(change, id)
        })
    });
    let without = [
        (RosterChangeKind::Drop, &plan.drops),
        (RosterChangeKind::Barred, &plan.barred),
        (RosterChangeKind::Closed, &plan.closed),
    ];
    let others = without.into_iter().flat_map(move |(change, list)| {
        list.iter().map(move |(id, user)| RosterChange {
            user: Some(user.to_string()),
            ..of_group(change, id)
        })
    });
    channels
        .chain(renames)
        .chain(back)
        .chain(gone)
        .chain(others)
        .chain(members)
        .chain(accounts)
}

impl Sessions {
    /// Removes members whose grace is over; how many. See [`klatch_channel::Channels::roster_sweep`].
    ///
    /// # Errors
    /// If log or directory fail.
    pub async fn roster_sweep(&self) -> Result<usize, ChannelError> {
        self.channels.roster_sweep().await
    }
}
