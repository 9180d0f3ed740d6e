//! Who is online (S4.6): told to those who share a small channel, together and once a tick; in larger channels to those who
//! watch. Best effort, and never on the way of a message. The state is [`klatch_fanout::Presence`]; this is who may
//! know of it, and what nodes say to each other.

mod hiding;
mod tell;
mod watch;
mod wire;

pub(crate) use wire::MARK;

use crate::access::Operation;
use crate::typing::Typists;
use crate::{Actor, ChannelError, Channels};
use bytes::Bytes;
use hiding::Hiding;
use klatch_fanout::{Arrival, Heard, Outbox, Presence, Pulse, Status};
use klatch_protocol::view::{PresenceStatus, UserPresence};
use klatch_types::{ChannelId, DeviceId, Entropy, Millis, NodeId, UserId, UserKind, limits};
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use std::collections::HashSet;
use std::sync::Arc;
use watch::Watches;
use wire::Word;

/// What is kept of who is online.
pub(crate) struct Present {
    /// Under which this node hears what others answer.
    node: NodeId,
    state: Mutex<Presence>,
    hiding: Hiding,
    watches: Watches,
    /// When those who are gone were last active.
    last: Cache<UserId, Millis>,
    pub(crate) typists: Typists,
}

impl Present {
    pub(crate) fn new(now: Millis, entropy: &dyn Entropy) -> Self {
        Self {
            node: NodeId::new(now, entropy),
            state: Mutex::default(),
            hiding: Hiding::default(),
            watches: Watches::default(),
            last: Cache::new(limits::PRESENCE_LAST_KEPT_MAX),
            typists: Typists::default(),
        }
    }
}

/// A connection, as far as presence is concerned.
#[derive(Debug)]
pub struct Line {
    outbox: Arc<Outbox>,
    pulse: Arc<Pulse>,
    watched: Mutex<Vec<ChannelId>>,
}

impl Channels {
    /// What will be known of a connection.
    pub fn line_of(&self, outbox: &Arc<Outbox>) -> Line {
        Line {
            outbox: Arc::clone(outbox),
            pulse: Arc::new(Pulse::new(self.now())),
            watched: Mutex::default(),
        }
    }

    /// A connection is there and listens; its user is online from the next tick on.
    pub fn arrive(&self, line: &Line, device: Option<DeviceId>) {
        let arrival = Arrival {
            connection: line.outbox.id(),
            user: line.outbox.user(),
            device,
        };
        let mut state = self.present.state.lock();
        state.connect(arrival, &line.pulse, self.now());
    }

    /// A connection is gone, if it ever was there, and still listens.
    pub fn depart(&self, line: &Line) {
        let (user, connection) = (line.outbox.user(), line.outbox.id());
        let channels = line.outbox.subscriptions();
        self.present.watches.leave(&line.watched.lock(), connection);
        let mut state = self.present.state.lock();
        state.disconnect(user, connection, channels, self.now());
    }

    /// Something was done on a connection.
    pub fn active(&self, line: &Line) {
        line.pulse.active(self.now());
    }

    /// The user of a connection says that they are away there, or not.
    pub fn set_away(&self, line: &Line, away: bool) {
        line.pulse.set_away(away, self.now());
    }

    /// Whether a user is online or away, as others were last told: for doors that have no other word for it.
    pub fn is_online(&self, user: UserId) -> bool {
        self.present.state.lock().told(user) != Status::Offline
    }

    /// Shows a user as online without a connection, or no longer. For back ends only, and for as long as the node runs.
    ///
    /// # Errors
    /// `Forbidden` to everyone else, `NotFound` for users of other spaces, `LimitReached` if there are too many.
    pub async fn set_online(&self, actor: &Actor, user: UserId, online: bool) -> Result<(), ChannelError> {
        if actor.kind != UserKind::System {
            return Err(ChannelError::Forbidden("only an API key may do this"));
        }
        self.is_of_space(actor, user).await?;
        let memberships = self.parts.directory.memberships(user).await?;
        let channels = memberships.into_iter().map(|row| row.channel).collect();
        let taken = self.present.state.lock().flag(user, channels, online, self.now());
        if !taken {
            let detail = format!("a node shows {} users as online", limits::PRESENCE_FLAGS_MAX);
            return Err(ChannelError::LimitReached(detail));
        }
        if !online {
            self.parts.peers.everyone(wire::write_unflag(user));
        }
        Ok(())
    }

    /// How present a user is with whom the actor shares a channel.
    ///
    /// # Errors
    /// `NotFound` for everyone else, `Forbidden` where presence is not shown.
    pub async fn presence_of(&self, actor: &Actor, user: UserId) -> Result<UserPresence, ChannelError> {
        self.is_of_space(actor, user).await?;
        self.sees_presence(actor).await?;
        if actor.kind != UserKind::System && actor.user != user {
            let directory = &self.parts.directory;
            let mine = directory.memberships(actor.user).await?;
            let mine: HashSet<ChannelId> = mine.into_iter().map(|row| row.channel).collect();
            let theirs = directory.memberships(user).await?;
            if !theirs.iter().any(|row| mine.contains(&row.channel)) {
                return Err(ChannelError::NotFound);
            }
        }
        let hidden = self.hide_presence(&[user]).await?;
        let state = self.present.state.lock();
        Ok(self.presence_view(&state, user, hidden.contains(&user)))
    }

    /// Who is nobody and who is of another space get the same answer as who shares no channel.
    async fn is_of_space(&self, actor: &Actor, user: UserId) -> Result<(), ChannelError> {
        let found = self.parts.directory.user(user).await?;
        let of_space = found.filter(|found| found.space == actor.space);
        of_space.map(drop).ok_or(ChannelError::NotFound)
    }

    /// Whether the actor is shown who is online.
    async fn sees_presence(&self, actor: &Actor) -> Result<(), ChannelError> {
        if !self.space(actor.space).await?.policy.presence {
            return Err(ChannelError::Forbidden("this space shows no presence"));
        }
        if actor.kind != UserKind::System && !self.hide_presence(&[actor.user]).await?.is_empty() {
            let text = "who hides their presence is not shown that of others";
            return Err(ChannelError::Forbidden(text));
        }
        Ok(())
    }

    /// How present a user is, as was last told. Of one who hides nothing is said.
    fn presence_view(&self, state: &Presence, user: UserId, hidden: bool) -> UserPresence {
        let status = if hidden { Status::Offline } else { state.told(user) };
        let known = state.of(user).1.or_else(|| self.present.last.get(&user));
        UserPresence {
            user,
            status: status_view(status),
            last_active: known.filter(|_| !hidden).map(|at| at.0),
        }
    }

    /// Under which this node hears what others answer about presence.
    pub(crate) fn presence_node(&self) -> NodeId {
        self.present.node
    }

    /// Something that others said may have been missed.
    pub(crate) fn doubt_presence(&self) {
        self.present.state.lock().doubt_hidden();
    }

    /// Takes what another node says.
    pub(crate) fn hear_presence(&self, payload: Bytes) {
        let (now, present) = (self.now(), &self.present);
        let Some(word) = wire::read(payload) else { return };
        let (node, heard) = match word {
            Word::Batch(node, batch) => (node, present.state.lock().hear_batch(node, batch, now)),
            Word::Beat(node, version) => (node, present.state.lock().hear_beat(node, version, now)),
            Word::Part(node, version, ends, entries) => {
                present.state.lock().hear_part(node, version, ends, entries, now);
                return;
            }
            Word::Ask(node) => {
                let (version, whole) = {
                    let state = present.state.lock();
                    (state.version(), state.whole())
                };
                for part in wire::write_parts(present.node, version, &whole) {
                    self.parts.peers.node(node, part);
                }
                return;
            }
            Word::Setting(user, hidden) => return self.take_setting(user, hidden),
            Word::Unflag(user) => {
                present.state.lock().flag(user, Vec::new(), false, now);
                return;
            }
        };
        if heard == Heard::Missed {
            self.parts.peers.node(node, wire::write_ask(present.node));
        }
    }
}

pub(super) fn status_view(status: Status) -> PresenceStatus {
    match status {
        Status::Offline => PresenceStatus::Offline,
        Status::Away => PresenceStatus::Away,
        Status::Online => PresenceStatus::Online,
    }
}

/// Who asks for a channel's presence must be allowed to.
const SEE: Operation = Operation::SeePresence;
