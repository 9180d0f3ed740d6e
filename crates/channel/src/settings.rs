//! Changing and closing channels.

use crate::access::{self, Operation};
use crate::create::check_topic;
use crate::fact::Fact;
use crate::publish::Draft;
use crate::uninvite::all_invitations;
use crate::{Actor, ChannelError, Channels};
use klatch_log::{Change, Receipt};
use klatch_types::{AdminScope, AuditAct, ChannelId, ClientKey, DisplayName, Role, UserKind, Visibility};

impl Channels {
    /// Changes name, topic or visibility; what is `None` stays. Visibility is the owner's alone.
    pub async fn update(
        &self,
        actor: &Actor,
        channel: ChannelId,
        name: Option<DisplayName>,
        topic: Option<String>,
        visibility: Option<Visibility>,
        key: Option<ClientKey>,
    ) -> Result<Receipt, ChannelError> {
        self.commit_as(actor, channel, key, Operation::Update, |state| {
            if name.is_none() && topic.is_none() && visibility.is_none() {
                return Err(ChannelError::Invalid(
                    "give `name`, `topic` or `visibility`".into(),
                ));
            }
            check_topic(topic.as_deref())?;
            let owner = state
                .members
                .get(&actor.user)
                .is_some_and(|member| member.role == Role::Owner);
            if visibility.is_some() && !owner && actor.kind != UserKind::System {
                return Err(ChannelError::Forbidden(
                    "only an owner of the channel may change its visibility",
                ));
            }
            let name = name.as_ref().map(|name| name.as_str().to_owned());
            let change = Change::Update {
                name: name.clone(),
                topic: topic.clone(),
                visibility,
            };
            Ok(Draft::new(
                Fact::ChannelUpdated {
                    name,
                    topic: topic.clone(),
                    visibility,
                },
                None,
                vec![change],
            ))
        })
        .await
    }

    /// Closes a channel for good.
    pub async fn archive(
        &self,
        actor: &Actor,
        channel: ChannelId,
        key: Option<ClientKey>,
    ) -> Result<Receipt, ChannelError> {
        let closed = self.commit_as(actor, channel, key, Operation::Archive, |_| {
            let draft = Draft::new(Fact::ChannelArchived, None, vec![Change::Archive]);
            Ok(draft.and_later(all_invitations(self.now())))
        });
        let receipt = closed.await?;
        self.empty_lobby(channel).await?;
        Ok(receipt)
    }

    /// Closes a channel of the administrator's space for good, whether or not they are in it. Users' own conversations
    /// are not theirs to close.
    ///
    /// # Errors
    /// `Forbidden` for all but administrators, `NotFound`, `Archived`, failures of the log.
    pub async fn archive_as_administrator(
        &self,
        actor: &Actor,
        channel: ChannelId,
    ) -> Result<Receipt, ChannelError> {
        access::may_administer(actor, AdminScope::Space)?;
        let receipt = self.archive(&actor.as_back_end(), channel, None).await?;
        let row = self.parts.directory.channel(channel).await?;
        let name = row.and_then(|row| row.name).unwrap_or_default();
        self.note(actor, AuditAct::ChannelArchived, Some(channel), name)
            .await?;
        Ok(receipt)
    }
}
