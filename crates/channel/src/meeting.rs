//! The end of a meeting. From that time on the state alone refuses what a closed channel refuses; that it ended is noted
//! in the log by late work of the event that set the end, once.

use crate::fact::Fact;
use crate::publish::Draft;
use crate::uninvite::all_invitations;
use crate::{Actor, ChannelError, Channels};
use klatch_log::{Change, NewWork};
use klatch_types::{ChannelId, Millis, UserId, UserKind};

/// Kind of this late work. Kinds are kept in the database and never given to other work.
pub const END_MEETING: u8 = 2;

/// Which end is meant, as the payload tells.
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct End {
    /// Who set it: the event is theirs.
    by: UserId,
    /// When. If the meeting ends at another time by now, this end is none.
    at: Millis,
}

/// The work of an event that sets when a meeting ends.
pub(crate) fn end_of_meeting(by: UserId, at: Millis) -> Vec<NewWork> {
    let payload = serde_json::to_vec(&End { by, at }).expect("ids and numbers are always JSON");
    vec![NewWork {
        kind: END_MEETING,
        due_at: at,
        payload,
    }]
}

impl Channels {
    /// Does the late work of kind [`END_MEETING`]: closes the channel, unless it is closed or ends at another time. Doing it
    /// again changes nothing.
    ///
    /// # Errors
    /// If log or directory fail, or the payload is not of this version; then it is worth trying again.
    pub async fn end_meeting(&self, channel: ChannelId, payload: &[u8]) -> Result<(), ChannelError> {
        let End { by, at } = serde_json::from_slice(payload)
            .map_err(|error| ChannelError::Invalid(format!("a payload that cannot be read: {error}")))?;
        let state = self.current_state(channel).await?;
        let actor = Actor {
            user: by,
            space: state.read().space,
            kind: UserKind::System,
            admin: None,
        };
        let ended = self
            .commit(&actor, channel, None, |state| {
                if state.archived || state.rules.ends_at != Some(at) {
                    return Err(ChannelError::Archived);
                }
                let draft = Draft::new(Fact::ChannelArchived, None, vec![Change::Archive]);
                Ok(draft.and_later(all_invitations(self.now())))
            })
            .await;
        match ended {
            Ok(_) => self.empty_lobby(channel).await,
            Err(ChannelError::Archived) => Ok(()),
            Err(other) => Err(other),
        }
    }
}
