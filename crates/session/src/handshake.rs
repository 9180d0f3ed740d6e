//! Opening a socket's session: subscribe first, then look what was missed, so that nothing falls in between.

use crate::{Principal, SessionError, Sessions};
use klatch_channel::Line;
use klatch_fanout::{ConnectionId, Frame, Outbox};
use klatch_protocol::frame::{Behind, Hello, Ready, ReadyChannel};
use klatch_protocol::shape::Shape;
use klatch_protocol::view::User;
use klatch_protocol::{ErrorCode, Event, ServerFrame, codec};
use klatch_store::MembershipRow;
use klatch_types::{ChannelId, Seq, limits};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// An open session of a socket. Dropping it takes the connection out of the hub.
pub struct Session {
    /// Who.
    pub who: Principal,
    /// Where the connection's frames come from.
    pub outbox: Arc<Outbox>,
    /// In which shape the connection wants events.
    pub shape: Shape,
    line: Arc<Line>,
    sessions: Arc<Sessions>,
}

impl Session {
    /// What to run commands with, so that it is known on which connection.
    pub fn line(&self) -> &Arc<Line> {
        &self.line
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.sessions.channels.depart(&self.line);
        self.sessions.channels.hub().disconnect(&self.outbox);
    }
}

/// Times a list of memberships is read again because it changed while it was being subscribed to.
const SUBSCRIBE_ATTEMPTS_MAX: usize = 8;

impl Sessions {
    /// Opens a session: the frames to send first (`ready`, then what was missed), and the session whose outbox
    /// holds what has happened since.
    ///
    /// # Errors
    /// `too_many_connections`, or `resync` when a cursor is from another history.
    pub async fn open(
        self: &Arc<Self>,
        who: Principal,
        hello: &Hello,
    ) -> Result<(Session, Vec<Frame>), SessionError> {
        let hub = self.channels.hub();
        let per_user = self.limits.per_user as usize;
        if per_user > 0 && hub.outboxes_of(who.user).len() >= per_user {
            let detail = format!("a user may have {per_user} connections at once; close one");
            return Err(SessionError::refused(ErrorCode::TooManyConnections, detail));
        }
        self.admit(&who).await?;
        let id = ConnectionId(self.next_connection.fetch_add(1, Ordering::Relaxed));
        let outbox = Arc::new(Outbox::new(id, who.user, self.limits.outbox).pulling(hello.pull));
        hub.connect(&outbox);
        let line = Arc::new(self.channels.line_of(&outbox));
        let session = Session {
            who,
            line,
            outbox,
            shape: hello.shape.unwrap_or_default(),
            sessions: Arc::clone(self),
        };
        let memberships = self.subscribe(&session).await?;
        self.channels.arrive(&session.line, session.who.device);
        let epoch = self.channels.log().epoch();
        if !hello.cursors.is_empty() && hello.epoch.as_deref().is_some_and(|theirs| theirs != epoch) {
            return Err(SessionError::refused(
                ErrorCode::Resync,
                "forget the local copy and connect without cursors",
            ));
        }
        let mut frames = vec![frame(&ready(&session.who, epoch, &memberships))];
        self.missed(&memberships, &hello.cursors, &mut frames).await?;
        Ok((session, frames))
    }

    /// Subscribes to all the user's channels. A membership that changes meanwhile is noticed and the list read again.
    async fn subscribe(&self, session: &Session) -> Result<Vec<MembershipRow>, SessionError> {
        let (hub, outbox) = (self.channels.hub(), &session.outbox);
        for _ in 0..SUBSCRIBE_ATTEMPTS_MAX {
            let changes = outbox.membership_changes();
            let memberships = self.directory.memberships(session.who.user).await?;
            let listed: Vec<ChannelId> = memberships.iter().map(|row| row.channel).collect();
            let wanted: HashSet<ChannelId> = listed.iter().copied().collect();
            for stale in outbox
                .subscriptions()
                .into_iter()
                .filter(|channel| !wanted.contains(channel))
            {
                hub.unsubscribe(stale, outbox);
            }
            for channel in &wanted {
                hub.subscribe(*channel, outbox);
            }
            self.channels.peers().hear(&listed).await?;
            // What came before this node heard the channels is in no order, and of a list that may be wrong. All of it is
            // below the heads that are read next.
            outbox.discard();
            if outbox.membership_changes() == changes {
                // Heads as of after subscribing: what is above them comes live, what is below can be replayed.
                let memberships = self.directory.memberships(session.who.user).await?;
                if memberships.iter().map(|row| row.channel).collect::<HashSet<_>>() == wanted {
                    return Ok(memberships);
                }
            }
        }
        Err(SessionError::code(ErrorCode::Overloaded))
    }

    /// Missed events of each cursor, in order; channels with more than fits the budget are `behind`.
    async fn missed(
        &self,
        memberships: &[MembershipRow],
        cursors: &HashMap<ChannelId, Seq>,
        frames: &mut Vec<Frame>,
    ) -> Result<(), SessionError> {
        let mut budget = u64::from(limits::RESUME_EVENTS_MAX);
        let mut behind = Vec::new();
        for row in memberships {
            let Some(cursor) = cursors.get(&row.channel).copied() else {
                continue;
            };
            if cursor > row.head {
                let detail = "a cursor is above the head of its channel; connect without cursors";
                return Err(SessionError::refused(ErrorCode::Resync, detail));
            }
            let after = cursor.max(row.visible_after);
            let gap = row.head.0.saturating_sub(after.0);
            if gap > budget {
                behind.push(Behind {
                    channel: row.channel,
                    after: cursor,
                    head: row.head,
                });
            } else if gap > 0 {
                budget -= gap;
                self.replay(row.channel, after, row.head, frames).await?;
            }
        }
        if !behind.is_empty() {
            frames.push(frame(&ServerFrame::Behind(behind)));
        }
        Ok(())
    }

    async fn replay(
        &self,
        channel: ChannelId,
        mut after: Seq,
        head: Seq,
        frames: &mut Vec<Frame>,
    ) -> Result<(), SessionError> {
        while after < head {
            let events = self
                .channels
                .events_after(channel, after, limits::PAGE_MAX)
                .await?;
            let Some(last) = events.last().map(|event| event.seq) else {
                break;
            };
            after = last;
            frames.extend(packed(events));
        }
        Ok(())
    }
}

/// Events in as few frames as their size allows.
fn packed(events: Vec<Event>) -> Vec<Frame> {
    let json = codec::write(&ServerFrame::Events(events.clone()));
    if json.len() <= limits::EVENTS_FRAME_BYTES_MAX || events.len() < 2 {
        return vec![Frame::text(&json)];
    }
    let mut first = events;
    let second = first.split_off(first.len() / 2);
    [packed(first), packed(second)].concat()
}

fn ready(who: &Principal, epoch: &str, memberships: &[MembershipRow]) -> ServerFrame {
    ServerFrame::Ready(Ready {
        user: User {
            id: who.user,
            username: who.username.to_string(),
            name: who.name.to_string(),
            kind: who.kind,
        },
        device: who.device,
        epoch: epoch.to_owned(),
        heartbeat_ms: u64::try_from(limits::HEARTBEAT.as_millis()).unwrap_or(u64::MAX),
        channels: memberships
            .iter()
            .map(|row| ReadyChannel {
                channel: row.channel,
                head: row.head,
                read: row.read,
                unread: row.unread,
            })
            .collect(),
    })
}

fn frame(frame: &ServerFrame) -> Frame {
    Frame::text(&codec::write(frame))
}
