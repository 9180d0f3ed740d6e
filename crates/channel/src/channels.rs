//! The service: what it stands on, and the states it keeps.

use crate::presence::Present;
use crate::range::Ranges;
use crate::receipt::Receipts;
use crate::slow_mode::SlowChannels;
use crate::spaces::SpaceCache;
use crate::{ChannelError, ChannelState, Peers};
use klatch_engine::row::SpaceRow;
use klatch_fanout::Hub;
use klatch_log::ChannelLog;
use klatch_store::Directory;
use klatch_types::{ChannelId, Clock, Entropy, Millis, Seq, SpaceId, limits};
use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use quick_cache::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Notify;

/// What the domain stands on. Everything is passed in; nothing here knows which engine is below.
#[derive(Clone)]
pub struct Parts {
    /// The log.
    pub log: Arc<dyn ChannelLog>,
    /// The directory.
    pub directory: Arc<dyn Directory>,
    /// This node's listeners.
    pub hub: Arc<Hub>,
    /// Other nodes.
    pub peers: Arc<dyn Peers>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// A channel's state in memory, which changes with its events.
pub(crate) struct KeptState {
    state: RwLock<ChannelState>,
    /// When it was last known to be current. Of use only while the channel's events do not come by themselves.
    current_at: AtomicI64,
}

impl KeptState {
    fn new(state: ChannelState, now: Millis) -> Self {
        Self {
            state: RwLock::new(state),
            current_at: AtomicI64::new(now.0),
        }
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, ChannelState> {
        self.state.read()
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, ChannelState> {
        self.state.write()
    }

    /// Whether it may be believed without asking. A clock that was set back makes it old, not eternal.
    fn is_recent(&self, now: Millis) -> bool {
        let at = Millis(self.current_at.load(Ordering::Relaxed));
        at <= now && now.since(at) < limits::STATE_BELIEVED_FOR
    }
}

/// A shared [`KeptState`].
pub(crate) type SharedState = Arc<KeptState>;

/// Every operation on channels. One file per feature adds its methods.
pub struct Channels {
    pub(crate) parts: Parts,
    pub(crate) states: Cache<ChannelId, SharedState>,
    spaces: SpaceCache,
    pub(crate) receipts: Receipts,
    pub(crate) ranges: Ranges,
    pub(crate) slow: SlowChannels,
    pub(crate) present: Present,
    /// Told of late work that was committed here.
    work: Arc<Notify>,
}

impl Channels {
    /// A service over these parts. Run [`crate::delivery::deliver`] beside it: it answers what the log commits.
    pub fn new(parts: Parts) -> Self {
        let present = Present::new(parts.clock.now(), &*parts.entropy);
        Self {
            parts,
            present,
            states: Cache::new(limits::CHANNEL_STATES_CACHED_MAX),
            spaces: SpaceCache::default(),
            receipts: Receipts::default(),
            ranges: Ranges::default(),
            slow: SlowChannels::default(),
            work: Arc::default(),
        }
    }

    /// Notified whenever this node committed late work, for the worker to wait on.
    pub fn work(&self) -> &Arc<Notify> {
        &self.work
    }

    /// The log below, for those who resume from it.
    pub fn log(&self) -> &Arc<dyn ChannelLog> {
        &self.parts.log
    }

    /// This node's listeners.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.parts.hub
    }

    /// Other nodes, for those who are about to listen.
    pub fn peers(&self) -> &Arc<dyn Peers> {
        &self.parts.peers
    }

    /// The time, as events are given it.
    pub fn now(&self) -> Millis {
        self.parts.clock.now()
    }

    pub(crate) async fn space(&self, id: SpaceId) -> Result<Arc<SpaceRow>, ChannelError> {
        self.spaces.get(id, &*self.parts.directory, self.now()).await
    }

    /// The state of a channel as it is now: from memory if it is there and follows the channel's events, or was compared
    /// with the log a moment ago.
    pub(crate) async fn state(&self, id: ChannelId) -> Result<SharedState, ChannelError> {
        match self.states.get(&id) {
            Some(state) if self.parts.peers.hears(id) || state.is_recent(self.now()) => Ok(state),
            Some(state) => Box::pin(self.compare_state(id, state)).await,
            None => Box::pin(self.load_state(id)).await,
        }
    }

    /// The state of a channel, from memory if it is there, be it late: for appends, which the log refuses if it is.
    pub(crate) async fn state_to_append(&self, id: ChannelId) -> Result<SharedState, ChannelError> {
        match self.states.get(&id) {
            Some(state) => Ok(state),
            None => Box::pin(self.load_state(id)).await,
        }
    }

    /// The state of a channel that refused something, if it is another one by now.
    pub(crate) async fn newer_state(
        &self,
        id: ChannelId,
        refused: SharedState,
        refused_at: Seq,
    ) -> Result<Option<SharedState>, ChannelError> {
        if !self.parts.peers.may_lag() {
            return Ok(None);
        }
        let now = Box::pin(self.compare_state(id, refused)).await?;
        let moved = now.read().access_seq > refused_at;
        Ok(moved.then_some(now))
    }

    /// The state of a channel, compared with the log just now: for late work, which decides and appends nothing.
    pub(crate) async fn current_state(&self, id: ChannelId) -> Result<SharedState, ChannelError> {
        match self.states.get(&id) {
            Some(state) => Box::pin(self.compare_state(id, state)).await,
            None => Box::pin(self.load_state(id)).await,
        }
    }

    /// The state, read again unless the log says that it is current.
    async fn compare_state(&self, id: ChannelId, state: SharedState) -> Result<SharedState, ChannelError> {
        let now = self.now();
        let heads = self.parts.log.heads(&[id]).await?;
        let head = heads.first().copied().flatten().ok_or(ChannelError::NotFound)?;
        if state.read().access_seq < head.access_seq {
            return self.load_state(id).await;
        }
        state.current_at.store(now.0, Ordering::Relaxed);
        Ok(state)
    }

    /// Reads a channel's state and keeps it. The loop closes a gap: an access event that was delivered after the
    /// snapshot was read and before it was kept would otherwise be missed for good.
    pub(crate) async fn load_state(&self, id: ChannelId) -> Result<SharedState, ChannelError> {
        for _ in 0..limits::STALE_RETRIES_MAX {
            let snapshot = self
                .parts
                .directory
                .channel_snapshot(id)
                .await?
                .ok_or(ChannelError::NotFound)?;
            let state = Arc::new(KeptState::new(ChannelState::of(snapshot), self.now()));
            self.states.insert(id, Arc::clone(&state));
            let heads = self.parts.log.heads(&[id]).await?;
            let head = heads.first().copied().flatten().ok_or(ChannelError::NotFound)?;
            if state.read().access_seq >= head.access_seq {
                return Ok(state);
            }
        }
        Err(klatch_log::LogError::Engine(klatch_engine::EngineError::Overloaded).into())
    }
}
