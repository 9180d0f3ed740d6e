//! Rosters between gRPC and the types of the wire (S2.1).

use super::convert::{read, read_optional};
use super::proto;
use super::refusal::invalid;
use klatch_protocol::command::roster::{RosterChanges, RosterDrop, RosterEnrolment, RosterGroup, RosterUser};
use klatch_protocol::view;
use klatch_types::{RosterImportState, RosterKind, RosterRole};
use tonic::Status;

/// The changes that are asked for.
pub(super) fn changes(asked: proto::ChangeRosterRequest) -> Result<RosterChanges, Status> {
    Ok(RosterChanges {
        users: asked.users.iter().map(user).collect::<Result<_, _>>()?,
        groups: asked.groups.into_iter().map(group).collect::<Result<_, _>>()?,
        enrol: asked.enrol.into_iter().map(enrolment).collect::<Result<_, _>>()?,
        drop: asked.drop.into_iter().map(end).collect::<Result<_, _>>()?,
    })
}

fn user(user: &proto::RosterUser) -> Result<RosterUser, Status> {
    Ok(RosterUser {
        username: read("users.username", &user.username)?,
        name: read_optional("users.name", user.name.as_deref())?,
    })
}

fn group(group: proto::RosterGroup) -> Result<RosterGroup, Status> {
    let kind = match group.kind() {
        proto::RosterKind::Degree => RosterKind::Degree,
        proto::RosterKind::Course => RosterKind::Course,
        proto::RosterKind::Class => RosterKind::Class,
        proto::RosterKind::Unspecified => {
            return Err(invalid("`groups.kind` must be a degree, a course or a class"));
        }
    };
    Ok(RosterGroup {
        id: group.id,
        kind,
        title: group.title,
        code: group.code,
        term: group.term,
        parent: group.parent,
    })
}

fn enrolment(enrolment: proto::RosterEnrolment) -> Result<RosterEnrolment, Status> {
    let role = match proto::RosterRole::try_from(enrolment.role) {
        Ok(proto::RosterRole::Unspecified | proto::RosterRole::Student) => RosterRole::Student,
        Ok(proto::RosterRole::Assistant) => RosterRole::Assistant,
        Ok(proto::RosterRole::Teacher) => RosterRole::Teacher,
        Err(_) => return Err(invalid("`enrol.role` is none that this server knows")),
    };
    Ok(RosterEnrolment {
        user: read("enrol.user", &enrolment.user)?,
        group: enrolment.group,
        role,
    })
}

fn end(enrolment: proto::RosterEnrolment) -> Result<RosterDrop, Status> {
    Ok(RosterDrop {
        user: read("drop.user", &enrolment.user)?,
        group: enrolment.group,
    })
}

/// What a change did.
pub(super) fn report(report: &view::RosterReport) -> proto::RosterReport {
    proto::RosterReport {
        import: report.import,
        state: state(report.state).into(),
        counts: Some(counts(&report.counts)),
    }
}

/// How a roster stands.
pub(super) fn status(status: &view::RosterStatus) -> proto::Roster {
    proto::Roster {
        groups: status.groups,
        members: status.members,
        leaving: status.leaving,
        last: status.last.as_ref().map(|last| proto::RosterReport {
            import: Some(last.import),
            state: state(last.state).into(),
            counts: Some(counts(&last.counts)),
        }),
    }
}

fn state(state: RosterImportState) -> proto::RosterState {
    match state {
        RosterImportState::Running => proto::RosterState::Running,
        RosterImportState::Done => proto::RosterState::Done,
        RosterImportState::Unfinished => proto::RosterState::Unfinished,
    }
}

fn counts(counts: &view::RosterCounts) -> proto::RosterCounts {
    proto::RosterCounts {
        accounts: counts.accounts,
        channels: counts.channels,
        renames: counts.renames,
        joins: counts.joins,
        returns: counts.returns,
        roles: counts.roles,
        drops: counts.drops,
        barred: counts.barred,
    }
}
