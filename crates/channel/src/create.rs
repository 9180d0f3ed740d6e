//! Making channels.

use crate::fact::Fact;
use crate::meeting::end_of_meeting;
use crate::{Actor, ChannelError, Channels};
use klatch_engine::row::UserRow;
use klatch_log::{Append, Change, Expect, LogError, NewChannel};
use klatch_types::{
    ChannelId, ChannelKind, ClientKey, DisplayName, Millis, Role, Rules, RulesChange, UserId, UserKind,
    Visibility, limits,
};

/// A channel to make.
#[derive(Clone, Debug)]
pub struct NewChannelRequest {
    /// What it is for.
    pub kind: ChannelKind,
    /// Name; required except for `direct`.
    pub name: Option<DisplayName>,
    /// What it is about.
    pub topic: Option<String>,
    /// Who can find it.
    pub visibility: Visibility,
    /// First members beside the maker; of a `direct` channel, the other user.
    pub members: Vec<UserId>,
    /// Its rules, if it has any of its own.
    pub rules: RulesChange,
    /// Makes a retry safe: the channel's id follows from it (that of a `direct` channel follows from the pair).
    pub key: Option<ClientKey>,
}

impl Channels {
    /// Makes a channel; answers its id and whether it was there before (the same key, or the same pair).
    ///
    /// # Errors
    /// `Forbidden` if the actor's kind of account may not make this kind, `Invalid` for name, topic and members,
    /// `Full` for more members than the policy allows.
    pub async fn create(
        &self,
        actor: &Actor,
        request: NewChannelRequest,
    ) -> Result<(ChannelId, bool), ChannelError> {
        may_create(actor, request.kind)?;
        let space = self.space(actor.space).await?;
        let others = self.first_members(actor, &request).await?;
        let maker = (actor.kind != UserKind::System).then_some(actor.user);
        let count = others.len() + usize::from(maker.is_some());
        if count > space.policy.members_max as usize {
            return Err(ChannelError::Full {
                members_max: space.policy.members_max,
            });
        }
        if let Some(maker) = maker {
            self.room_for_one_more(maker).await?;
        }
        let direct = request.kind == ChannelKind::Direct;
        let role = if direct { Role::Member } else { Role::Owner };
        let members: Vec<(UserId, Role)> = maker
            .map(|user| (user, role))
            .into_iter()
            .chain(others.iter().map(|user| (user.id, rank_of_first(user))))
            .collect();
        let pair = direct.then(|| pair_of(actor.user, others[0].id));
        let id = self.new_id(actor, pair, request.key);
        let fact = Fact::ChannelCreated {
            kind: request.kind,
            name: request
                .name
                .as_ref()
                .map(|name| name.as_str().to_owned())
                .filter(|_| !direct),
            topic: request.topic.clone().filter(|topic| !topic.is_empty()),
            visibility: if direct {
                Visibility::Private
            } else {
                request.visibility
            },
            members: members.clone(),
            rules: self.first_rules(request.kind, &request.rules, &space.policy)?,
        };
        let has_work = ends_at(&fact).is_some();
        match self
            .parts
            .log
            .append_wait(self.first_event(actor, id, request.key, &fact, &members, pair))
            .await
        {
            Ok(receipt) => {
                if has_work {
                    self.work().notify_one();
                }
                Ok((id, receipt.duplicate))
            }
            Err(LogError::Exists(existing)) => Ok((self.asked_for(existing, pair).await?, true)),
            Err(other) => Err(other.into()),
        }
    }

    pub(crate) fn first_event(
        &self,
        actor: &Actor,
        id: ChannelId,
        key: Option<ClientKey>,
        fact: &Fact,
        members: &[(UserId, Role)],
        pair: Option<(UserId, UserId)>,
    ) -> Append {
        let Fact::ChannelCreated {
            kind,
            name,
            topic,
            visibility,
            rules,
            ..
        } = fact
        else {
            unreachable!("the first event of a channel is its creation")
        };
        let create = Change::Create(NewChannel {
            space: actor.space,
            kind: *kind,
            visibility: *visibility,
            name: name.clone(),
            topic: topic.clone(),
            pair,
        });
        let puts = members.iter().map(|(user, role)| Change::MemberPut {
            user: *user,
            role: *role,
            sees_history: true,
            invite: None,
        });
        let has_rules = *rules != Rules::default();
        let rules = has_rules.then_some(Change::Rules(*rules));
        let payload = fact.to_payload();
        Append {
            channel: id,
            actor: actor.user,
            key,
            at: self.now(),
            kind: fact.kind(),
            message: false,
            target: None,
            digest: klatch_log::digest(fact.kind(), None, &payload),
            payload,
            expect: Expect::New,
            changes: std::iter::once(create).chain(puts).chain(rules).collect(),
            work: ends_at(fact).map_or_else(Vec::new, |at| end_of_meeting(actor.user, at)),
        }
    }

    /// The users to put in, checked: of the space, each once, at most so many.
    async fn first_members(
        &self,
        actor: &Actor,
        request: &NewChannelRequest,
    ) -> Result<Vec<UserRow>, ChannelError> {
        let direct = request.kind == ChannelKind::Direct;
        if !direct && request.name.is_none() {
            return Err(ChannelError::Invalid(
                "`name` is required for this kind of channel".into(),
            ));
        }
        check_topic(request.topic.as_deref())?;
        if request.members.len() > limits::CHANNEL_CREATE_MEMBERS_MAX {
            let max = limits::CHANNEL_CREATE_MEMBERS_MAX;
            return Err(ChannelError::Invalid(format!(
                "`members` must name at most {max} users; add the rest later"
            )));
        }
        let mut ids = request.members.clone();
        ids.retain(|id| *id != actor.user);
        ids.sort_unstable();
        ids.dedup();
        if direct && ids.len() != 1 {
            return Err(ChannelError::Invalid(
                "`members` of a direct channel must name the one other user".into(),
            ));
        }
        let users = self.parts.directory.users(&ids).await?;
        let known = |user: &UserRow| user.space == actor.space && user.disabled_at.is_none();
        let users: Vec<UserRow> = users.into_iter().filter(known).collect();
        if users.len() != ids.len() || users.iter().any(|user| user.kind == UserKind::System) {
            return Err(ChannelError::Invalid(
                "`members` must be users of this space".into(),
            ));
        }
        Ok(users)
    }

    /// A channel that was there before, if it is the one that was asked for. Anyone can compute the id of a pair;
    /// should someone have got it for another channel, the two must not write into that.
    async fn asked_for(
        &self,
        existing: ChannelId,
        pair: Option<(UserId, UserId)>,
    ) -> Result<ChannelId, ChannelError> {
        if pair.is_some() {
            let row = self.parts.directory.channel(existing).await?;
            if row.is_none_or(|row| row.pair != pair) {
                return Err(LogError::Conflict.into());
            }
        }
        Ok(existing)
    }

    /// The id of a new channel. A direct one's follows from its pair, whoever makes it. With a key it follows from
    /// space, maker and key, so that a retry finds the first.
    fn new_id(&self, actor: &Actor, pair: Option<(UserId, UserId)>, key: Option<ClientKey>) -> ChannelId {
        if let Some((low, high)) = pair {
            return ChannelId::of_pair(actor.space, low, high);
        }
        let Some(key) = key else {
            return ChannelId::new(self.now(), &*self.parts.entropy);
        };
        let mut bytes = [0u8; 16];
        let name = [
            actor.space.as_bytes().as_slice(),
            actor.user.as_bytes(),
            key.as_bytes(),
        ]
        .concat();
        for (half, salt) in bytes.chunks_exact_mut(8).zip([1u8, 2]) {
            half.copy_from_slice(&klatch_log::digest(salt, None, &name).to_be_bytes());
        }
        ChannelId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// Refuses a user who is in as many channels as anyone may be.
    pub(crate) async fn room_for_one_more(&self, user: UserId) -> Result<(), ChannelError> {
        let max = limits::CHANNELS_PER_USER_MAX;
        if self.parts.directory.memberships(user).await?.len() < max as usize {
            Ok(())
        } else {
            Err(ChannelError::LimitReached(format!(
                "a user may be a member of {max} channels"
            )))
        }
    }
}

fn may_create(actor: &Actor, kind: ChannelKind) -> Result<(), ChannelError> {
    match (actor.kind, kind) {
        (UserKind::Guest, _) => Err(ChannelError::Forbidden("guests may not make channels")),
        (UserKind::Person, ChannelKind::Course) => Err(ChannelError::Forbidden(
            "course channels are made by rosters and API keys",
        )),
        (UserKind::System, ChannelKind::Direct) => Err(ChannelError::Forbidden(
            "a direct channel is made by one of its users",
        )),
        _ => Ok(()),
    }
}

/// Refuses a topic that is too long, or has a character that not every database can keep.
pub(crate) fn check_topic(topic: Option<&str>) -> Result<(), ChannelError> {
    let max = limits::TOPIC_CHARS_MAX;
    match topic {
        Some(text) if text.chars().count() > max || text.contains('\0') => Err(ChannelError::Invalid(
            format!("`topic` must have at most {max} characters and no U+0000"),
        )),
        _ => Ok(()),
    }
}

/// When the meeting that is made ends.
fn ends_at(fact: &Fact) -> Option<Millis> {
    match fact {
        Fact::ChannelCreated { rules, .. } => rules.ends_at,
        _ => None,
    }
}

fn rank_of_first(user: &UserRow) -> Role {
    if user.kind == UserKind::Guest {
        Role::Guest
    } else {
        Role::Member
    }
}

fn pair_of(a: UserId, b: UserId) -> (UserId, UserId) {
    if a < b { (a, b) } else { (b, a) }
}
