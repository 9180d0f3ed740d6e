//! What a client may ask. One enum for every transport: REST routes, the socket and the compat routes all make
//! one of these and give it to the session.

pub mod admin;
pub mod channel;
pub mod circle;
pub mod cursor;
pub mod history;
pub mod invite;
pub mod lobby;
pub mod member;
pub mod message;
pub mod presence;
pub mod reaction;
pub mod receipt;
pub mod roster;
pub mod rules;
pub mod transcript;
pub mod typing;
pub mod user;

use serde::Deserialize;

/// A command; `op` on the wire names it.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(tag = "op", rename_all = "snake_case")]
#[allow(missing_docs)] // each is documented at its struct
pub enum Command {
    Send(message::Send),
    Edit(message::Edit),
    Delete(message::Delete),
    React(reaction::React),
    Unreact(reaction::Unreact),
    History(history::History),
    MessageGet(history::MessageGet),
    Events(history::Events),
    Read(cursor::Read),
    Received(cursor::Received),
    Receipts(receipt::Receipts),
    Typing(typing::Typing),
    PresenceGet(presence::PresenceGet),
    PresenceSet(presence::PresenceSet),
    ChannelCreate(channel::ChannelCreate),
    ChannelGet(channel::ChannelGet),
    ChannelList(channel::ChannelList),
    ChannelUpdate(channel::ChannelUpdate),
    ChannelArchive(channel::ChannelArchive),
    ChannelRules(rules::ChannelRules),
    LobbyList(lobby::LobbyList),
    LobbyAdmit(lobby::LobbyAdmit),
    LobbyDeny(lobby::LobbyDeny),
    Transcript(transcript::Transcript),
    Join(member::Join),
    Leave(member::Leave),
    MemberList(member::MemberList),
    MemberAdd(member::MemberAdd),
    MemberRemove(member::MemberRemove),
    MemberRole(member::MemberRole),
    Ban(member::Ban),
    Unban(member::Unban),
    BanList(member::BanList),
    Mute(member::Mute),
    Unmute(member::Unmute),
    InviteCreate(invite::InviteCreate),
    InviteList(invite::InviteList),
    InviteRevoke(invite::InviteRevoke),
    InvitePreview(invite::InvitePreview),
    InviteAccept(invite::InviteAccept),
    UserGet(user::UserGet),
    UserSearch(user::UserSearch),
    Circle(circle::Circle),
    CircleCreate(circle::CircleCreate),
}
