//! Pages by number, counted from the newest message.

use crate::error::TransportError;
use klatch_protocol::Command;
use klatch_protocol::command::history::History;
use klatch_protocol::view::{Message, Reply};
use klatch_session::{Principal, SessionError, Sessions};
use klatch_types::{ChannelId, Seq, limits};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which page of messages, newest first.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Number of the page, from 0; the first if left out.
    #[param(minimum = 0)]
    pub(crate) page: Option<u32>,
    /// Messages in a page, 1 to 200; 50 if left out.
    #[serde(rename = "perPage")]
    #[param(minimum = 1, maximum = 200)]
    pub(crate) per_page: Option<u32>,
}

/// A page within its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Messages before it.
    pub(crate) skip: u32,
    /// Messages in it.
    pub(crate) take: u32,
}

impl PageQuery {
    /// The page, if it ends at most `depth` messages from the newest.
    pub(crate) fn within(self, depth: u32) -> Result<Page, TransportError> {
        let take = self.per_page.unwrap_or(limits::PAGE_DEFAULT);
        if !(1..=limits::PAGE_MAX).contains(&take) {
            let max = limits::PAGE_MAX;
            return Err(TransportError::invalid(format!(
                "`perPage` must be from 1 to {max}"
            )));
        }
        let skip = self.page.unwrap_or(0).saturating_mul(take);
        if skip.saturating_add(take) > depth {
            return Err(TransportError::invalid(format!(
                "pages by number reach {depth} messages back; read older ones with `before` of /v1/channels/{{id}}/messages"
            )));
        }
        Ok(Page { skip, take })
    }
}

/// The messages of a page, newest first.
pub(crate) async fn newest(
    sessions: &Sessions,
    who: &Principal,
    channel: ChannelId,
    page: Page,
) -> Result<Vec<Message>, SessionError> {
    let mut found = Vec::new();
    let (mut skip, mut before) = (page.skip as usize, None);
    while found.len() < page.take as usize {
        let missing = skip + page.take as usize - found.len();
        let (messages, more) = read(sessions, who, channel, before, missing).await?;
        let Some(oldest) = messages.last().map(|message| message.seq) else {
            break;
        };
        before = Some(oldest);
        let passed = skip.min(messages.len());
        skip -= passed;
        let wanted = page.take as usize - found.len();
        found.extend(messages.into_iter().skip(passed).take(wanted));
        if !more {
            break;
        }
    }
    Ok(found)
}

/// At most so many messages below a position, newest first, and whether there are more.
async fn read(
    sessions: &Sessions,
    who: &Principal,
    channel: ChannelId,
    before: Option<Seq>,
    count: usize,
) -> Result<(Vec<Message>, bool), SessionError> {
    let limit = u32::try_from(count).unwrap_or(u32::MAX).min(limits::PAGE_MAX);
    let command = History {
        channel,
        before,
        after: None,
        since: None,
        limit: Some(limit),
    };
    match sessions.run(who, Command::History(command)).await? {
        Reply::Messages(page) => Ok((page.messages, page.more)),
        _ => Err(SessionError::Internal("history is answered with messages".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_bounds() {
        let page = |page, per_page| PageQuery { page, per_page }.within(1_000);
        for (asked, expected) in [
            (page(None, None), Some((0, 50))),
            (page(Some(2), Some(10)), Some((20, 10))),
            (page(Some(4), Some(200)), Some((800, 200))),
            (page(Some(5), Some(200)), None),
            (page(Some(u32::MAX), Some(200)), None),
            (page(None, Some(0)), None),
            (page(None, Some(201)), None),
        ] {
            assert_eq!(asked.ok().map(|page| (page.skip, page.take)), expected);
        }
    }
}
