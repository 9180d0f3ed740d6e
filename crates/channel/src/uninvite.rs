//! Taking back the invitations of those who may no longer invite: late work of the event that took the right from them.

use crate::access::{self, Operation};
use crate::{ChannelError, ChannelState, Channels};
use klatch_log::NewWork;
use klatch_types::{ChannelId, Millis, Role, UserId, limits};
use std::time::Duration;

/// Kind of this late work. Kinds are kept in the database and never given to other work.
pub const UNINVITE: u8 = 1;

/// When it is looked a second time: an invitation whose maker was still entitled when they asked may be written a moment
/// after the event, but no request takes longer than this.
const SECOND_LOOK: Duration = limits::REQUEST_TIMEOUT;

/// Whose invitations are taken back, as the payload tells.
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Uninvite {
    /// Who may no longer invite; nobody in particular when the channel is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<UserId>,
    /// When that was. If they may again by the time the work is done, those that they made later stay.
    at: Millis,
}

/// The work of an event after which `user` may no longer invite.
pub(crate) fn invitations_of(user: UserId, at: Millis) -> Vec<NewWork> {
    work(&Uninvite { by: Some(user), at })
}

/// The work of an event after which nobody may invite any more.
pub(crate) fn all_invitations(at: Millis) -> Vec<NewWork> {
    work(&Uninvite { by: None, at })
}

/// The same if `user` may invite now and may not as `role` (none: as nobody), else none.
pub(crate) fn invitations_lost(
    state: &ChannelState,
    user: UserId,
    role: Option<Role>,
    at: Millis,
) -> Vec<NewWork> {
    let now = state.members.get(&user).map(|member| member.role);
    if may_invite(state, now) && !may_invite(state, role) {
        invitations_of(user, at)
    } else {
        Vec::new()
    }
}

fn work(uninvite: &Uninvite) -> Vec<NewWork> {
    let payload = serde_json::to_vec(uninvite).expect("ids and numbers are always JSON");
    let due = [uninvite.at, uninvite.at.plus(SECOND_LOOK)];
    let at = |due_at| NewWork {
        kind: UNINVITE,
        due_at,
        payload: payload.clone(),
    };
    due.map(at).to_vec()
}

/// Whether a member of this role may invite in this channel.
fn may_invite(state: &ChannelState, role: Option<Role>) -> bool {
    let weakest = access::weakest_role(state.kind, Operation::Invite);
    !state.archived && weakest.is_some_and(|weakest| role.is_some_and(|role| role >= weakest))
}

impl Channels {
    /// Does the late work of kind [`UNINVITE`]: takes back the invitations that its payload tells of, as far as their maker
    /// may not invite now. Doing it again changes nothing.
    ///
    /// # Errors
    /// If log or directory fail, or the payload is not of this version; then it is worth trying again.
    pub async fn uninvite(&self, channel: ChannelId, payload: &[u8]) -> Result<(), ChannelError> {
        let Uninvite { by, at } = serde_json::from_slice(payload)
            .map_err(|error| ChannelError::Invalid(format!("a payload that cannot be read: {error}")))?;
        let state = self.current_state(channel).await?;
        let may = |user: &UserId| {
            let state = state.read();
            may_invite(&state, state.members.get(user).map(|member| member.role))
        };
        let may_again = by.as_ref().is_some_and(may);
        let now = self.now();
        let directory = &self.parts.directory;
        for invite in directory.invites_of(channel, now).await? {
            let theirs = by.is_none_or(|user| invite.by == user);
            if theirs && (!may_again || invite.created_at <= at) {
                directory.invite_revoke(channel, invite.id, now).await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_come_back_as_they_were() {
        for by in [None, Some(UserId(uuid::Uuid::from_u128(5)))] {
            let uninvite = Uninvite { by, at: Millis(9) };
            let work = work(&uninvite);
            assert_eq!(work.len(), 2);
            assert_eq!(work[0].due_at, Millis(9));
            assert_eq!(
                serde_json::from_slice::<Uninvite>(&work[1].payload).unwrap(),
                uninvite
            );
        }
    }
}
