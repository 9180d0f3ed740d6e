//! Rooms and people as earlier clients name them: by id or by name.

use klatch_protocol::command::channel::{ChannelList, ChannelScope};
use klatch_protocol::view::{Channel, Reply};
use klatch_protocol::{Command, ErrorCode};
use klatch_session::{Principal, SessionError, Sessions};
use klatch_types::{ChannelId, ChannelKind, limits};

/// The channel that a client means: by id, or by exact name, first among the caller's own and then among the open ones.
/// Direct channels have no name of their own and are found by id only.
///
/// # Errors
/// `not_found`; `invalid` if several have the name.
pub(crate) async fn find(
    sessions: &Sessions,
    who: &Principal,
    room: &str,
) -> Result<ChannelId, SessionError> {
    if let Ok(id) = room.parse() {
        return Ok(id);
    }
    for scope in [ChannelScope::Mine, ChannelScope::Open] {
        let list = ChannelList {
            scope,
            limit: Some(limits::CHANNEL_LIST_MAX),
        };
        let Reply::Channels(found) = sessions.run(who, Command::ChannelList(list)).await? else {
            continue;
        };
        if let Some(channel) = only(&found.channels, room)? {
            return Ok(channel);
        }
    }
    Err(SessionError::code(ErrorCode::NotFound))
}

/// The one channel of this name.
fn only(channels: &[Channel], name: &str) -> Result<Option<ChannelId>, SessionError> {
    let of_name = channels
        .iter()
        .filter(|channel| channel.kind != ChannelKind::Direct && channel.name == name);
    only_one(of_name.map(|channel| channel.id))
}

/// The one of these.
///
/// # Errors
/// `invalid` if there are several.
pub(crate) fn only_one(
    mut channels: impl Iterator<Item = ChannelId>,
) -> Result<Option<ChannelId>, SessionError> {
    match (channels.next(), channels.next()) {
        (first, None) => Ok(first),
        _ => Err(SessionError::refused(
            ErrorCode::Invalid,
            "there are several rooms of this name; give the id",
        )),
    }
}

/// Refuses a body that names another sender than the caller: by username, with or without a leading `@`, or by id.
///
/// # Errors
/// `forbidden`.
pub(crate) fn check_sender(who: &Principal, field: &str, sender: &str) -> Result<(), SessionError> {
    if is_caller(who, sender) {
        return Ok(());
    }
    Err(SessionError::refused(
        ErrorCode::Forbidden,
        format!("`{field}` must name the user of the access token"),
    ))
}

/// Whether a client means the caller.
pub(crate) fn is_caller(who: &Principal, named: &str) -> bool {
    let bare = named.strip_prefix('@').unwrap_or(named);
    named == &*who.username || bare == &*who.username || named.parse() == Ok(who.user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_types::{Millis, SeededEntropy, SpaceId, UserId, UserKind};

    #[test]
    fn the_caller_is_named_by_username_or_id_and_nobody_else_is() {
        let entropy = SeededEntropy::new(1);
        let user = UserId::new(Millis(1), &entropy);
        let who = |username: &str| Principal {
            user,
            space: SpaceId::new(Millis(1), &entropy),
            username: username.into(),
            name: "x".into(),
            kind: UserKind::Person,
            admin: None,
            device: None,
            expires_at: Millis(1),
            channels: Vec::new(),
        };
        for (username, named, same) in [
            ("johndoe", "@johndoe", true),
            ("@johndoe", "@johndoe", true),
            ("@johndoe", "johndoe", false),
            ("+1234567890", "+1234567890", true),
            ("johndoe", "JohnDoe", false),
            ("johndoe", &user.to_string(), true),
            ("johndoe", "", false),
            ("johndoe", "@@johndoe", false),
        ] {
            assert_eq!(is_caller(&who(username), named), same, "{username} {named}");
        }
    }
}
