//! The channels of a space, for its administrators. They come over REST, and are no commands of a socket.

use super::page;
use crate::{Principal, SessionError, Sessions};
use klatch_channel::access;
use klatch_protocol::ErrorCode;
use klatch_protocol::view::{Ack, AdminChannel, AdminChannels};
use klatch_store::row::ChannelRow;
use klatch_types::{AdminScope, ChannelId, Millis, limits};

impl Sessions {
    /// All channels of the caller's space whose name has a text in it, after an id.
    ///
    /// # Errors
    /// `forbidden` for all but administrators, `invalid`, failures of the directory.
    pub async fn admin_channels(
        &self,
        who: &Principal,
        query: &str,
        after: Option<ChannelId>,
        limit: Option<u32>,
    ) -> Result<AdminChannels, SessionError> {
        access::may_administer(&who.actor(), AdminScope::Space)?;
        let limit = page(limit, limits::PAGE_DEFAULT, limits::PAGE_MAX)?;
        let query = part(query)?;
        let rows = self
            .directory
            .channels_overview(who.space, query, after, limit)
            .await?;
        let now = self.channels.now();
        Ok(AdminChannels {
            channels: rows.into_iter().map(|row| shown(row, now)).collect(),
        })
    }

    /// Closes a channel of the caller's space for good.
    ///
    /// # Errors
    /// `forbidden` for all but administrators, `not_found` also for conversations of two people, `archived`.
    pub async fn admin_archive(&self, who: &Principal, channel: ChannelId) -> Result<Ack, SessionError> {
        let actor = who.actor();
        let receipt = self.channels.archive_as_administrator(&actor, channel).await?;
        Ok(super::ack_of(receipt))
    }
}

/// A text to look for, without the space around it.
///
/// # Errors
/// `invalid` for one that no name can have in it.
pub(crate) fn part(query: &str) -> Result<&str, SessionError> {
    let query = query.trim();
    if query.chars().count() > limits::NAME_CHARS_MAX || query.contains('\0') {
        let max = limits::NAME_CHARS_MAX;
        return Err(SessionError::refused(
            ErrorCode::Invalid,
            format!("`query` must have at most {max} characters"),
        ));
    }
    Ok(query)
}

fn shown(row: ChannelRow, now: Millis) -> AdminChannel {
    AdminChannel {
        id: row.id,
        kind: row.kind,
        members: row.members,
        head: row.head,
        active_at: row.active_at.0,
        archived: row.archived_at.is_some() || row.rules.is_over(now),
        name: row.name,
    }
}
