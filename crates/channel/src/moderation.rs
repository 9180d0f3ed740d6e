//! Banning and muting.

use crate::access::{self, Operation};
use crate::fact::Fact;
use crate::membership::{check_reason, member_of};
use crate::publish::Draft;
use crate::uninvite::invitations_of;
use crate::{Actor, ChannelError, Channels};
use klatch_engine::row::{BanRow, FOR_GOOD};
use klatch_log::{Change, Receipt};
use klatch_protocol::view;
use klatch_types::{ChannelId, ClientKey, Millis, UserId};

impl Channels {
    /// Bans a user of the space of lower rank, member or not, and removes them.
    pub async fn ban(
        &self,
        actor: &Actor,
        channel: ChannelId,
        user: UserId,
        reason: Option<String>,
        until: Option<i64>,
        key: Option<ClientKey>,
    ) -> Result<Receipt, ChannelError> {
        check_reason(reason.as_deref())?;
        self.check(actor, channel, Operation::View).await?;
        let known = self.user_of_space(actor, user).await;
        let now = self.now();
        let banned = self.commit_as(actor, channel, key, Operation::Ban, |state| {
            check_until(until, now)?;
            known.as_ref().map_err(Clone::clone)?;
            if user == actor.user {
                return Err(ChannelError::Invalid("`user` must be someone else".into()));
            }
            access::outranks(state, actor, user)?;
            let ban = BanRow {
                user,
                by: actor.user,
                at: now,
                until: until.map_or(FOR_GOOD, Millis),
                reason: reason.clone(),
            };
            let fact = Fact::MemberBanned {
                user,
                reason: reason.clone(),
                until,
            };
            let changes = vec![Change::MemberRemove { user }, Change::BanPut(ban)];
            // Whatever they are now: they may have been more.
            Ok(Draft::new(fact, None, changes).and_later(invitations_of(user, self.now())))
        });
        let receipt = banned.await?;
        self.out_of_lobby(channel, user).await?;
        Ok(receipt)
    }

    /// Lifts a ban.
    pub async fn unban(
        &self,
        actor: &Actor,
        channel: ChannelId,
        user: UserId,
        key: Option<ClientKey>,
    ) -> Result<Receipt, ChannelError> {
        self.commit_as(actor, channel, key, Operation::Ban, |state| {
            if !state.bans.contains_key(&user) {
                return Err(ChannelError::NotFound);
            }
            Ok(Draft::new(
                Fact::MemberUnbanned { user },
                None,
                vec![Change::BanRemove { user }],
            ))
        })
        .await
    }

    /// Lists who is banned now.
    pub async fn bans(&self, actor: &Actor, channel: ChannelId) -> Result<view::Bans, ChannelError> {
        self.check(actor, channel, Operation::Ban).await?;
        let now = self.now();
        let snapshot = self
            .parts
            .directory
            .channel_snapshot(channel)
            .await?
            .ok_or(ChannelError::NotFound)?;
        let bans = snapshot
            .bans
            .into_iter()
            .filter(|ban| ban.until > now)
            .map(|ban| view::Ban {
                user: ban.user,
                by: ban.by,
                at: ban.at.0,
                until: (ban.until != FOR_GOOD).then_some(ban.until.0),
                reason: ban.reason,
            });
        Ok(view::Bans { bans: bans.collect() })
    }

    /// Mutes a member of lower rank.
    pub async fn mute(
        &self,
        actor: &Actor,
        channel: ChannelId,
        user: UserId,
        until: Option<i64>,
        key: Option<ClientKey>,
    ) -> Result<Receipt, ChannelError> {
        let now = self.now();
        self.commit_as(actor, channel, key, Operation::Mute, |state| {
            check_until(until, now)?;
            member_of(state, user)?;
            access::outranks(state, actor, user)?;
            let change = Change::MemberMute {
                user,
                until: Some(until.map_or(FOR_GOOD, Millis)),
            };
            Ok(Draft::new(Fact::MemberMuted { user, until }, None, vec![change]))
        })
        .await
    }

    /// Lets a member speak again.
    pub async fn unmute(
        &self,
        actor: &Actor,
        channel: ChannelId,
        user: UserId,
        key: Option<ClientKey>,
    ) -> Result<Receipt, ChannelError> {
        self.commit_as(actor, channel, key, Operation::Mute, |state| {
            member_of(state, user)?;
            access::outranks(state, actor, user)?;
            let change = Change::MemberMute { user, until: None };
            Ok(Draft::new(Fact::MemberUnmuted { user }, None, vec![change]))
        })
        .await
    }
}

fn check_until(until: Option<i64>, now: Millis) -> Result<(), ChannelError> {
    match until {
        Some(until) if Millis(until) <= now || Millis(until) > FOR_GOOD => Err(ChannelError::Invalid(
            "`until` must be a time to come, in Unix milliseconds".into(),
        )),
        _ => Ok(()),
    }
}
