//! The transcript of a channel, for its owners to keep: what was said, by whom and when, as it is now.

use crate::access::Operation;
use crate::{Actor, ChannelError, Channels, HistoryPage};
use klatch_engine::row::UserRow;
use klatch_protocol::view;
use klatch_types::{ChannelId, Seq, UserId};
use std::collections::HashMap;
use time::OffsetDateTime;

impl Channels {
    /// A page of the transcript after a position, oldest first.
    pub async fn transcript(
        &self,
        actor: &Actor,
        channel: ChannelId,
        after: Seq,
        limit: u32,
    ) -> Result<view::Transcript, ChannelError> {
        self.check(actor, channel, Operation::Export).await?;
        let page = self
            .history(actor, channel, HistoryPage::After(after), limit)
            .await?;
        let mut ids: Vec<UserId> = page.messages.iter().map(|message| message.actor).collect();
        ids.sort_unstable();
        ids.dedup();
        let users = self.parts.directory.users(&ids).await?;
        let users: HashMap<UserId, UserRow> = users.into_iter().map(|user| (user.id, user)).collect();
        let line = |message| line(message, &users);
        Ok(view::Transcript {
            messages: page.messages.into_iter().map(line).collect(),
            more: page.more,
        })
    }
}

fn line(message: view::Message, users: &HashMap<UserId, UserRow>) -> view::TranscriptLine {
    let user = users.get(&message.actor);
    let reactions = message.reactions.into_iter().map(|reaction| view::ReactionCount {
        emoji: reaction.emoji,
        count: u32::try_from(reaction.users.len()).unwrap_or(u32::MAX),
    });
    view::TranscriptLine {
        seq: message.seq,
        at: rfc3339(message.at),
        sender: message.actor,
        username: user.map_or_else(String::new, |user| user.username.clone()),
        name: user.map_or_else(String::new, |user| user.name.clone()),
        text: message.text,
        reply_to: message.reply_to,
        edited_at: message.edited_at.map(rfc3339),
        deleted: message.deleted,
        reactions: reactions.collect(),
    }
}

/// `2022-06-13T12:15:43.333Z`.
fn rfc3339(at: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, time) = (moment.date(), moment.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_rfc_3339() {
        assert_eq!(rfc3339(1_655_122_543_333), "2022-06-13T12:15:43.333Z");
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
    }
}
