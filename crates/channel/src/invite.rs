//! Invitation links: who may make them, how long they live, how often they work.

use crate::access::Operation;
use crate::{Actor, ChannelError, Channels};
use klatch_engine::row::InviteRow;
use klatch_log::{LogError, Receipt};
use klatch_protocol::view;
use klatch_types::{ChannelId, ClientKey, InviteId, Role, UserKind, limits};
use std::time::Duration;

/// An invitation to make.
#[derive(Clone, Copy, Debug)]
pub struct NewInvite {
    /// Role of those who come: guest or member.
    pub role: Role,
    /// How long it lives.
    pub life: Duration,
    /// How many may come.
    pub uses_max: Option<u32>,
}

/// Alphabet of codes: no letters that look like others.
const CODE_ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Letters of a code: 5 bits each.
const CODE_LETTERS: usize = 24;

impl Channels {
    /// Makes an invitation.
    ///
    /// # Errors
    /// `Invalid` for role, life or uses; `LimitReached` when the channel has its fill of live invitations.
    pub async fn create_invite(
        &self,
        actor: &Actor,
        channel: ChannelId,
        new: NewInvite,
    ) -> Result<view::Invite, ChannelError> {
        self.check(actor, channel, Operation::Invite).await?;
        if !matches!(new.role, Role::Guest | Role::Member) {
            return Err(ChannelError::Invalid(
                "`role` of an invitation must be `guest` or `member`".into(),
            ));
        }
        if new.life.is_zero() || new.life > limits::INVITE_LIFE_MAX {
            let max = limits::INVITE_LIFE_MAX.as_secs();
            return Err(ChannelError::Invalid(format!(
                "`expires_in_s` must be from 1 to {max}"
            )));
        }
        if new.uses_max == Some(0) {
            return Err(ChannelError::Invalid("`uses_max` must be at least 1".into()));
        }
        let now = self.now();
        if self.live_invites(channel).await?.len() >= limits::INVITES_PER_CHANNEL_MAX as usize {
            let max = limits::INVITES_PER_CHANNEL_MAX;
            return Err(ChannelError::LimitReached(format!(
                "a channel may have {max} live invitations"
            )));
        }
        let row = InviteRow {
            id: InviteId::new(now, &*self.parts.entropy),
            channel,
            code: self.new_code(),
            role: new.role,
            by: actor.user,
            created_at: now,
            expires_at: now.plus(new.life),
            uses_max: new.uses_max,
            uses: 0,
            revoked_at: None,
        };
        self.parts.directory.invite_add(row.clone()).await?;
        Ok(invite_view(row))
    }

    /// The live invitations of a channel.
    pub async fn invites(&self, actor: &Actor, channel: ChannelId) -> Result<view::Invites, ChannelError> {
        self.check(actor, channel, Operation::Invite).await?;
        let rows = self.live_invites(channel).await?;
        Ok(view::Invites {
            invites: rows.into_iter().map(invite_view).collect(),
        })
    }

    /// Takes an invitation back.
    pub async fn revoke_invite(
        &self,
        actor: &Actor,
        channel: ChannelId,
        invite: InviteId,
    ) -> Result<(), ChannelError> {
        self.check(actor, channel, Operation::Invite).await?;
        Ok(self
            .parts
            .directory
            .invite_revoke(channel, invite, self.now())
            .await?)
    }

    /// What a live invitation leads to.
    pub async fn preview_invite(
        &self,
        actor: &Actor,
        code: &str,
    ) -> Result<view::InvitePreview, ChannelError> {
        let invite = self.live_invite(actor, code).await?;
        let row = self
            .parts
            .directory
            .channel(invite.channel)
            .await?
            .ok_or(ChannelError::NotFound)?;
        Ok(view::InvitePreview {
            channel: row.id,
            kind: row.kind,
            name: row.name.unwrap_or_default(),
            members: row.members,
            expires_at: invite.expires_at.0,
        })
    }

    /// Joins by an invitation. One who is a member already is told where.
    pub async fn accept_invite(
        &self,
        actor: &Actor,
        code: &str,
        key: Option<ClientKey>,
    ) -> Result<(ChannelId, Option<Receipt>), ChannelError> {
        if actor.kind == UserKind::System {
            return Err(ChannelError::Forbidden("an API key needs no invitation"));
        }
        let mut invite = self.live_invite(actor, code).await?;
        for _ in 0..limits::STALE_RETRIES_MAX {
            // Each use changes the channel's access position, so two who take the last place cannot both have it:
            // the state is read before the invitation, and the log refuses the one whose state is late.
            let state = self.state(invite.channel).await?;
            let access_seq = state.read().access_seq;
            invite = self.live_invite(actor, code).await?;
            match self.enter_by_invite(actor, &invite, key, access_seq).await {
                Ok(receipt) => return Ok((invite.channel, Some(receipt))),
                Err(ChannelError::Log(LogError::Exists(channel))) => return Ok((channel, None)),
                Err(ChannelError::Log(LogError::Stale { .. })) => {
                    self.load_state(invite.channel).await?;
                }
                Err(other) => return Err(other),
            }
        }
        Err(LogError::Engine(klatch_engine::EngineError::Overloaded).into())
    }

    async fn live_invites(&self, channel: ChannelId) -> Result<Vec<InviteRow>, ChannelError> {
        let mut rows = self.parts.directory.invites_of(channel, self.now()).await?;
        rows.retain(|row| !is_spent(row));
        Ok(rows)
    }

    /// An invitation of the actor's space that still works.
    async fn live_invite(&self, actor: &Actor, code: &str) -> Result<InviteRow, ChannelError> {
        let plausible = code.len() == CODE_LETTERS && code.bytes().all(|b| CODE_ALPHABET.contains(&b));
        let found = if plausible {
            self.parts.directory.invite(code).await?
        } else {
            None
        };
        let invite = found.ok_or(ChannelError::NotFound)?;
        if self.state(invite.channel).await?.read().space != actor.space {
            return Err(ChannelError::NotFound);
        }
        if is_spent(&invite) || invite.revoked_at.is_some() || invite.expires_at <= self.now() {
            return Err(ChannelError::Gone(
                "this invitation has expired, was used up or was taken back",
            ));
        }
        Ok(invite)
    }

    fn new_code(&self) -> String {
        let mut random = [0u8; CODE_LETTERS];
        self.parts.entropy.fill(&mut random);
        random
            .iter()
            .map(|byte| char::from(CODE_ALPHABET[usize::from(byte % 32)]))
            .collect()
    }
}

/// Whether as many came by it as may.
fn is_spent(invite: &InviteRow) -> bool {
    invite.uses_max.is_some_and(|max| invite.uses >= max)
}

fn invite_view(row: InviteRow) -> view::Invite {
    view::Invite {
        id: row.id,
        channel: row.channel,
        code: row.code,
        role: row.role,
        by: row.by,
        expires_at: row.expires_at.0,
        uses_max: row.uses_max,
        uses: row.uses,
    }
}
