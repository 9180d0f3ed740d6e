//! Rosters and what is told of them.

use super::{proto, read, read_optional};
use crate::grpc::refusal::invalid;
use klatch_protocol::command::roster as wire;
use klatch_protocol::view;
use klatch_protocol::view::RosterChangeKind;
use klatch_types::{RosterImportKind, RosterImportState, RosterKind, RosterRole};
use tonic::Status;

/// Each of these as the wire has it; the first that is not valid is told.
pub(in crate::grpc) fn each<P, W>(
    them: Vec<P>,
    convert: impl Fn(P) -> Result<W, Status>,
) -> Result<Vec<W>, Status> {
    them.into_iter().map(convert).collect()
}

pub(in crate::grpc) fn changes(asked: proto::ChangeRosterRequest) -> Result<wire::RosterChanges, Status> {
    Ok(wire::RosterChanges {
        users: each(asked.users, |user| person(&user))?,
        groups: each(asked.groups, group)?,
        enrol: each(asked.enrol, enrolment)?,
        drop: each(asked.drop, |one| {
            Ok(wire::RosterDrop {
                user: read("user", &one.user)?,
                group: one.group,
            })
        })?,
    })
}

pub(in crate::grpc) fn person(user: &proto::RosterUser) -> Result<wire::RosterUser, Status> {
    Ok(wire::RosterUser {
        username: read("username", &user.username)?,
        name: read_optional("name", user.name.as_deref())?,
    })
}

pub(in crate::grpc) fn group(group: proto::RosterGroup) -> Result<wire::RosterGroup, Status> {
    let kind = match group.kind() {
        proto::RosterKind::Degree => RosterKind::Degree,
        proto::RosterKind::Course => RosterKind::Course,
        proto::RosterKind::Class => RosterKind::Class,
        proto::RosterKind::Unspecified => {
            return Err(invalid("`kind` must be a degree, a course or a class"));
        }
    };
    Ok(wire::RosterGroup {
        id: group.id,
        kind,
        title: group.title,
        code: group.code,
        term: group.term,
        parent: group.parent,
    })
}

pub(in crate::grpc) fn enrolment(one: proto::RosterEnrolment) -> Result<wire::RosterEnrolment, Status> {
    let role = match proto::RosterRole::try_from(one.role) {
        Ok(proto::RosterRole::Unspecified | proto::RosterRole::Student) => RosterRole::Student,
        Ok(proto::RosterRole::Assistant) => RosterRole::Assistant,
        Ok(proto::RosterRole::Teacher) => RosterRole::Teacher,
        Err(_) => return Err(invalid("`role` is none that this server knows")),
    };
    Ok(wire::RosterEnrolment {
        user: read("user", &one.user)?,
        group: one.group,
        role,
    })
}

pub(in crate::grpc) fn report(report: view::RosterReport) -> proto::RosterReport {
    proto::RosterReport {
        import: report.import,
        state: state(report.state).into(),
        dry_run: report.dry_run,
        counts: Some(counts(report.counts)),
        changes: report.changes.into_iter().map(change).collect(),
        more: report.more,
    }
}

pub(in crate::grpc) fn status(status: view::RosterStatus) -> proto::RosterStatus {
    let settings = status.settings;
    proto::RosterStatus {
        settings: Some(proto::RosterSettings {
            grace_s: settings.grace_s,
            removals_percent: settings.removals_percent,
            degree: settings.degree,
            course: settings.course,
            class: settings.class,
        }),
        groups: status.groups,
        members: status.members,
        leaving: status.leaving,
        last: status.last.as_ref().map(import),
    }
}

fn import(import: &view::RosterImport) -> proto::RosterImport {
    let kind = match import.kind {
        RosterImportKind::Whole => proto::RosterImportKind::Whole,
        RosterImportKind::Changes => proto::RosterImportKind::Changes,
        RosterImportKind::Undo => proto::RosterImportKind::Undo,
    };
    proto::RosterImport {
        import: import.import,
        at_ms: import.at,
        by: import.by.to_string(),
        kind: kind.into(),
        state: state(import.state).into(),
        counts: Some(counts(import.counts)),
    }
}

fn state(state: RosterImportState) -> proto::RosterImportState {
    match state {
        RosterImportState::Running => proto::RosterImportState::Running,
        RosterImportState::Done => proto::RosterImportState::Done,
        RosterImportState::Unfinished => proto::RosterImportState::Unfinished,
    }
}

fn counts(counts: view::RosterCounts) -> proto::RosterCounts {
    proto::RosterCounts {
        accounts: counts.accounts,
        channels: counts.channels,
        renames: counts.renames,
        back: counts.back,
        gone: counts.gone,
        joins: counts.joins,
        returns: counts.returns,
        roles: counts.roles,
        drops: counts.drops,
        barred: counts.barred,
        closed: counts.closed,
        kept: counts.kept,
        unchanged: counts.unchanged,
    }
}

fn change(change: view::RosterChange) -> proto::RosterChange {
    let what = match change.change {
        RosterChangeKind::Account => proto::RosterChangeKind::Account,
        RosterChangeKind::Channel => proto::RosterChangeKind::Channel,
        RosterChangeKind::Rename => proto::RosterChangeKind::Rename,
        RosterChangeKind::Back => proto::RosterChangeKind::Back,
        RosterChangeKind::Gone => proto::RosterChangeKind::Gone,
        RosterChangeKind::Join => proto::RosterChangeKind::Join,
        RosterChangeKind::Return => proto::RosterChangeKind::Return,
        RosterChangeKind::Role => proto::RosterChangeKind::Role,
        RosterChangeKind::Drop => proto::RosterChangeKind::Drop,
        RosterChangeKind::Barred => proto::RosterChangeKind::Barred,
        RosterChangeKind::Closed => proto::RosterChangeKind::Closed,
    };
    let kind = match change.kind {
        None => proto::RosterKind::Unspecified,
        Some(RosterKind::Degree) => proto::RosterKind::Degree,
        Some(RosterKind::Course) => proto::RosterKind::Course,
        Some(RosterKind::Class) => proto::RosterKind::Class,
    };
    let role = match change.role {
        None => proto::RosterRole::Unspecified,
        Some(RosterRole::Student) => proto::RosterRole::Student,
        Some(RosterRole::Assistant) => proto::RosterRole::Assistant,
        Some(RosterRole::Teacher) => proto::RosterRole::Teacher,
    };
    proto::RosterChange {
        change: what.into(),
        group: change.group,
        kind: kind.into(),
        name: change.name,
        user: change.user,
        role: role.into(),
    }
}
