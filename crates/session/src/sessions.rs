//! The one door for every transport: a verified caller and a command in, a reply out.

use crate::names::Names;
use crate::rate::Rates;
use crate::{Principal, SessionError};
use klatch_channel::{Channels, Line, Turn};
use klatch_protocol::Command;
use klatch_protocol::command::presence::PresenceGet;
use klatch_protocol::view::Reply;
use klatch_store::Directory;
use klatch_types::limits;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::sync::Semaphore;

/// What is allowed to a connection; each is a default of the contract unless configured.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// Sockets of one user; 0 for any number.
    pub per_user: u32,
    /// What may wait in an outbox.
    pub outbox: klatch_fanout::OutboxLimits,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            per_user: limits::CONNECTIONS_PER_USER,
            outbox: klatch_fanout::OutboxLimits::default(),
        }
    }
}

/// Runs commands for verified callers, and opens sessions for sockets.
pub struct Sessions {
    pub(crate) channels: Arc<Channels>,
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) rates: Arc<Rates>,
    pub(crate) limits: ConnectionLimits,
    pub(crate) next_connection: AtomicU64,
    pub(crate) roster_room: Arc<Semaphore>,
    pub(crate) names: Names,
}

impl Sessions {
    /// Sessions over these channels.
    pub fn new(
        channels: Arc<Channels>,
        directory: Arc<dyn Directory>,
        rates: Arc<Rates>,
        limits: ConnectionLimits,
    ) -> Self {
        Self {
            channels,
            directory,
            rates,
            limits,
            next_connection: AtomicU64::new(1),
            roster_room: Arc::new(Semaphore::new(limits::ROSTER_BODIES_AT_ONCE)),
            names: Names::default(),
        }
    }

    /// Runs one command.
    ///
    /// # Errors
    /// Whatever the operation refuses; [`SessionError::problem`] gives it a code.
    pub async fn run(&self, who: &Principal, command: Command) -> Result<Reply, SessionError> {
        self.run_in_turn(who, command, Turn::alone()).await
    }

    /// Runs one of several commands of a socket: what is done there is a sign that its user is there.
    ///
    /// # Errors
    /// As for [`Sessions::run`].
    pub async fn run_on(
        &self,
        line: &Line,
        who: &Principal,
        command: Command,
        turn: Turn,
    ) -> Result<Reply, SessionError> {
        match command {
            Command::PresenceSet(command) => self.presence_set(line, &command),
            Command::PresenceGet(PresenceGet {
                channel,
                watch: Some(watch),
            }) => Box::pin(self.presence_watch(line, &who.actor(), channel, watch)).await,
            // What clients send by themselves is none.
            command @ (Command::Received(_) | Command::PresenceGet(_)) => {
                self.run_in_turn(who, command, turn).await
            }
            command => {
                self.channels.active(line);
                self.run_in_turn(who, command, turn).await
            }
        }
    }

    /// Runs one of several commands that a connection has under way.
    ///
    /// # Errors
    /// As for [`Sessions::run`].
    pub async fn run_in_turn(
        &self,
        who: &Principal,
        command: Command,
        turn: Turn,
    ) -> Result<Reply, SessionError> {
        if !who.channels.is_empty() {
            Box::pin(self.admit(who)).await?;
        }
        match command {
            // By far the most commands, and the reason that the rest is boxed: the future of a send stays small.
            Command::Send(command) => self.send(&who.actor(), command, turn).await,
            command => Box::pin(self.dispatch(who, command, turn)).await,
        }
    }

    /// The limiters, for transports that count requests and frames.
    pub fn rates(&self) -> &Arc<Rates> {
        &self.rates
    }

    /// The domain below.
    pub fn channels(&self) -> &Arc<Channels> {
        &self.channels
    }

    /// Puts the caller into the channels that their token names. A channel that is gone or bans them is no reason
    /// to refuse the rest.
    pub(crate) async fn admit(&self, who: &Principal) -> Result<(), SessionError> {
        for (channel, role) in &who.channels {
            match self
                .channels
                .admit(&who.actor(), *channel, *role)
                .await
                .map_err(SessionError::from)
            {
                Err(error) if error.is_fault() => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}
