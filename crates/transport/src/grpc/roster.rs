//! Rosters: single changes, a whole one in parts, the last one taken back, and how it stands.

use super::convert::roster::{self as convert, each};
use super::refusal::{invalid, refuse};
use super::{Calls, proto};
use crate::error::TransportError;
use klatch_protocol::ErrorCode;
use klatch_protocol::command::roster as wire;
use klatch_session::{Principal, RosterOrder, SessionError, roster_of};
use klatch_types::limits;
use std::time::Duration;
use tokio_stream::{Stream, StreamExt};
use tonic::Status;

/// How long a whole roster may take to arrive: what the end of its import leaves of a request's time.
const PARTS_WITHIN: Duration = limits::REQUEST_TIMEOUT.saturating_sub(limits::ROSTER_ANSWER_WAIT);

impl Calls {
    /// Errors as for [`klatch_session::Sessions::roster_change`].
    pub(super) async fn roster_change(
        &self,
        who: &Principal,
        asked: proto::ChangeRosterRequest,
    ) -> Result<proto::RosterReport, Status> {
        let order = may_drop(asked.dry_run);
        let changes = convert::changes(asked)?;
        let changing = self
            .app
            .sessions
            .roster_change(who, changes, order, limits::ROSTER_ANSWER_WAIT);
        Ok(convert::report(in_time(changing).await?))
    }

    /// Errors as for [`klatch_session::Sessions::roster_put`], `overloaded`, and `too_large` and `unavailable` for parts
    /// that are too much or too slow.
    pub(super) async fn roster_put(
        &self,
        who: &Principal,
        parts: impl Stream<Item = Result<proto::PutRosterRequest, Status>> + Send + Unpin,
    ) -> Result<proto::RosterReport, Status> {
        // Kept until the roster is understood, which is when the memory of its parts is given back.
        let room = self.app.sessions.roster_room(who).await.map_err(refused)?;
        let arriving = tokio::time::timeout(PARTS_WITHIN, whole(parts));
        let (body, order) = arriving.await.map_err(|_elapsed| {
            let seconds = PARTS_WITHIN.as_secs();
            let detail = format!("the roster was not there within {seconds} s; nothing was changed");
            refuse(&TransportError::refused(ErrorCode::Unavailable, detail))
        })??;
        let understand = move || {
            let roster = roster_of(body);
            drop(room);
            roster
        };
        // Seconds of work for the largest; this thread has other requests.
        let understood = tokio::task::spawn_blocking(understand).await;
        let roster = understood
            .map_err(|error| refuse(&TransportError::Panic(error.to_string())))?
            .map_err(refused)?;
        let putting = self
            .app
            .sessions
            .roster_put(who, roster, order, limits::ROSTER_ANSWER_WAIT);
        Ok(convert::report(in_time(putting).await?))
    }

    /// Errors as for [`klatch_session::Sessions::roster_undo`].
    pub(super) async fn roster_undo(
        &self,
        who: &Principal,
        asked: proto::UndoRosterRequest,
    ) -> Result<proto::RosterReport, Status> {
        let order = may_drop(asked.dry_run);
        let undoing = self
            .app
            .sessions
            .roster_undo(who, order, limits::ROSTER_ANSWER_WAIT);
        Ok(convert::report(in_time(undoing).await?))
    }

    /// Errors as for [`klatch_session::Sessions::roster_status`].
    pub(super) async fn roster_status(&self, who: &Principal) -> Result<proto::RosterStatus, Status> {
        let status = in_time(self.app.sessions.roster_status(who)).await?;
        Ok(convert::status(status))
    }
}

/// Single changes and an undo need no allowance.
fn may_drop(dry_run: bool) -> RosterOrder {
    RosterOrder {
        dry_run,
        allow_removals: true,
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, SessionError>>) -> Result<T, Status> {
    match tokio::time::timeout(limits::REQUEST_TIMEOUT, answer).await {
        Ok(answered) => answered.map_err(refused),
        Err(_elapsed) => Err(refuse(&TransportError::Timeout)),
    }
}

fn refused(error: SessionError) -> Status {
    refuse(&error.into())
}

/// A roster out of its parts, and how it is to be put.
async fn whole(
    mut parts: impl Stream<Item = Result<proto::PutRosterRequest, Status>> + Unpin,
) -> Result<(wire::RosterPut, RosterOrder), Status> {
    let mut body = wire::RosterPut::default();
    let mut order: Option<RosterOrder> = None;
    let mut bytes = 0;
    while let Some(part) = parts.next().await {
        let part = part?;
        bytes += prost::Message::encoded_len(&part);
        if bytes > limits::ROSTER_BODY_BYTES_MAX {
            let max = limits::ROSTER_BODY_BYTES_MAX;
            let detail = format!("the parts of a roster may have {max} bytes at most");
            return Err(refuse(&TransportError::refused(ErrorCode::TooLarge, detail)));
        }
        let said = RosterOrder {
            dry_run: part.dry_run,
            allow_removals: part.allow_removals,
        };
        if *order.get_or_insert(said) != said {
            return Err(invalid(
                "`dry_run` and `allow_removals` must be the same in every part",
            ));
        }
        // Counted as they come: an entry takes more memory than bytes of its part.
        add(
            &mut body.users,
            part.users,
            |user| convert::person(&user),
            "users",
            limits::ROSTER_USERS_MAX,
        )?;
        add(
            &mut body.groups,
            part.groups,
            convert::group,
            "groups",
            limits::ROSTER_GROUPS_MAX,
        )?;
        let most = limits::ROSTER_ENROLMENTS_MAX;
        add(
            &mut body.enrolments,
            part.enrolments,
            convert::enrolment,
            "enrolments",
            most,
        )?;
    }
    let order = order.ok_or_else(|| invalid("a roster has one part at least, even if it is empty"))?;
    Ok((body, order))
}

fn add<P, W>(
    all: &mut Vec<W>,
    more: Vec<P>,
    convert: impl Fn(P) -> Result<W, Status>,
    name: &str,
    max: usize,
) -> Result<(), Status> {
    if all.len() + more.len() > max {
        return Err(invalid(format!("`{name}`: there may be {max}")));
    }
    all.extend(each(more, convert)?);
    Ok(())
}
