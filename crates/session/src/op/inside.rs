//! A whole space at a glance, for the space itself: the internal routes of earlier chats.

use super::user::view;
use crate::{Principal, SessionError, Sessions};
use klatch_protocol::ErrorCode;
use klatch_protocol::view::User;
use klatch_types::{ChannelId, ChannelKind, Millis, UserKind, limits};

/// A channel of a space.
#[derive(Clone, Debug, PartialEq)]
pub struct SpaceGroup {
    /// Id.
    pub id: ChannelId,
    /// Name.
    pub name: String,
    /// Time of the last message, or of the making.
    pub active_at: Millis,
}

impl Sessions {
    /// The channels of the caller's space but the direct ones, oldest first, at most `limit` of all.
    ///
    /// # Errors
    /// `forbidden` unless the caller is the space itself.
    pub async fn groups_of_space(
        &self,
        who: &Principal,
        limit: u32,
    ) -> Result<Vec<SpaceGroup>, SessionError> {
        only_itself(who)?;
        let rows = self.directory.channels_of(who.space, limit).await?;
        let groups = rows.into_iter().filter(|row| row.kind != ChannelKind::Direct);
        let group = |row: klatch_engine::row::ChannelRow| SpaceGroup {
            id: row.id,
            name: row.name.unwrap_or_default(),
            active_at: row.active_at,
        };
        Ok(groups.map(group).collect())
    }

    /// The people and guests of the caller's space by username, at most `limit`.
    ///
    /// # Errors
    /// `forbidden` unless the caller is the space itself.
    pub async fn people_of_space(&self, who: &Principal, limit: u32) -> Result<Vec<User>, SessionError> {
        only_itself(who)?;
        let mut people = Vec::new();
        let mut after = String::new();
        loop {
            let page = self
                .directory
                .users_of(who.space, &after, limits::PAGE_MAX)
                .await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.username);
            let is_last = page.len() < limits::PAGE_MAX as usize;
            let shown = page
                .into_iter()
                .filter(|user| user.kind != UserKind::System && user.disabled_at.is_none());
            people.extend(shown.map(view));
            if is_last || people.len() >= limit as usize {
                break;
            }
        }
        people.truncate(limit as usize);
        Ok(people)
    }

    /// The users of these names in the order asked for.
    ///
    /// # Errors
    /// `forbidden` unless the caller is the space itself; `invalid` names the first that there is not.
    pub async fn people_named(
        &self,
        who: &Principal,
        usernames: &[String],
    ) -> Result<Vec<User>, SessionError> {
        only_itself(who)?;
        let rows = self.directory.users_by_username(who.space, usernames).await?;
        let find = |username: &String| {
            let row = rows
                .iter()
                .find(|row| row.username == *username && row.kind != UserKind::System);
            row.cloned().map(view).ok_or_else(|| {
                let shown: String = username.chars().take(limits::USERNAME_CHARS_MAX).collect();
                SessionError::refused(ErrorCode::Invalid, format!("there is no user `{shown}`"))
            })
        };
        usernames.iter().map(find).collect()
    }
}

fn only_itself(who: &Principal) -> Result<(), SessionError> {
    match who.kind {
        UserKind::System => Ok(()),
        _ => Err(SessionError::refused(
            ErrorCode::Forbidden,
            "only a space itself may see all of it",
        )),
    }
}
