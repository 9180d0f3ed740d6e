//! One file per feature: a wire command in, a call of the domain, a wire view out. Nothing is decided here but
//! defaults and page bounds.

pub(crate) mod admin;
mod channel;
mod circle;
mod cursor;
mod feed;
mod history;
mod inside;
mod invite;
mod lobby;
mod member;
mod message;
mod presence;
mod receipt;
mod roster;
mod rules;
mod transcript;
mod user;

pub use inside::SpaceGroup;
pub use roster::{roster_body, roster_of, roster_of_archive, roster_of_csv};

use crate::{Principal, SessionError, Sessions};
use klatch_channel::{Actor, Turn};
use klatch_log::Receipt;
use klatch_protocol::view::{Ack, Done, Reply};
use klatch_protocol::{Command, ErrorCode};

impl Sessions {
    /// Gives a command to the operation it names.
    pub(crate) async fn dispatch(
        &self,
        who: &Principal,
        command: Command,
        turn: Turn,
    ) -> Result<Reply, SessionError> {
        let actor = &who.actor();
        match command {
            Command::Send(c) => self.send(actor, c, turn).await,
            Command::Edit(c) => self.edit(actor, c).await,
            Command::Delete(c) => self.delete(actor, c).await,
            Command::React(c) => self.react(actor, c).await,
            Command::Unreact(c) => self.unreact(actor, c).await,
            Command::History(c) => self.history(actor, c).await,
            Command::MessageGet(c) => self.message_get(actor, c).await,
            Command::Events(c) => self.events(actor, c).await,
            Command::Read(c) => self.read(actor, c).await,
            Command::Received(c) => self.received(actor, c).await,
            Command::Receipts(c) => self.receipts(actor, c).await,
            Command::Typing(c) => self.typing(actor, c).await,
            Command::PresenceGet(c) => self.presence_get(actor, c).await,
            Command::PresenceSet(_) => Err(presence::only_on_a_socket()),
            Command::ChannelCreate(c) => self.channel_create(actor, c).await,
            Command::ChannelGet(c) => self.channel_get(actor, c).await,
            Command::ChannelList(c) => self.channel_list(actor, c).await,
            Command::ChannelUpdate(c) => self.channel_update(actor, c).await,
            Command::ChannelArchive(c) => self.channel_archive(actor, c).await,
            Command::ChannelRules(c) => self.channel_rules(actor, c).await,
            Command::LobbyList(c) => self.lobby_list(actor, c).await,
            Command::LobbyAdmit(c) => self.lobby_admit(actor, c).await,
            Command::LobbyDeny(c) => self.lobby_deny(actor, c).await,
            Command::Transcript(c) => self.transcript(actor, c).await,
            Command::Join(c) => self.join(actor, c).await,
            Command::Leave(c) => self.leave(actor, c).await,
            Command::MemberList(c) => self.member_list(actor, c).await,
            Command::MemberAdd(c) => self.member_add(actor, c).await,
            Command::MemberRemove(c) => self.member_remove(actor, c).await,
            Command::MemberRole(c) => self.member_role(actor, c).await,
            Command::Ban(c) => self.ban(actor, c).await,
            Command::Unban(c) => self.unban(actor, c).await,
            Command::BanList(c) => self.ban_list(actor, c).await,
            Command::Mute(c) => self.mute(actor, c).await,
            Command::Unmute(c) => self.unmute(actor, c).await,
            Command::InviteCreate(c) => self.invite_create(actor, c).await,
            Command::InviteList(c) => self.invite_list(actor, c).await,
            Command::InviteRevoke(c) => self.invite_revoke(actor, c).await,
            Command::InvitePreview(c) => self.invite_preview(actor, c).await,
            Command::InviteAccept(c) => self.invite_accept(actor, c).await,
            Command::UserGet(c) => self.user_get(actor, c).await,
            Command::UserSearch(c) => self.user_search(actor, c).await,
            Command::Circle(c) => self.circle(actor, c).await,
            Command::CircleCreate(c) => self.circle_create(actor, c).await,
        }
    }
}

impl Principal {
    /// The actor that the domain sees.
    pub fn actor(&self) -> Actor {
        Actor {
            user: self.user,
            space: self.space,
            kind: self.kind,
            admin: self.admin,
        }
    }
}

/// The ack of a receipt.
fn ack(receipt: Receipt) -> Reply {
    Reply::Ack(ack_of(receipt))
}

fn ack_of(receipt: Receipt) -> Ack {
    Ack {
        seq: receipt.seq,
        prev: receipt.prev,
        at: receipt.at.0,
        duplicate: receipt.duplicate,
    }
}

fn done() -> Reply {
    Reply::Done(Done {})
}

/// A page size within its bounds.
pub(crate) fn page(limit: Option<u32>, default: u32, max: u32) -> Result<u32, SessionError> {
    match limit {
        None => Ok(default),
        Some(limit) if (1..=max).contains(&limit) => Ok(limit),
        Some(_) => Err(SessionError::refused(
            ErrorCode::Invalid,
            format!("`limit` must be from 1 to {max}"),
        )),
    }
}
