//! From a decision to a durable event: check, append, and check again if the channel changed in between.

use crate::access::{self, Operation};
use crate::fact::Fact;
use crate::{Actor, ChannelError, ChannelState, Channels, Turn};
use klatch_engine::EngineError;
use klatch_log::{Append, Change, Expect, LogError, NewWork, Receipt};
use klatch_types::{ChannelId, ClientKey, Seq, limits};
use tokio::sync::oneshot;

/// One event that an operation wants to make.
pub(crate) struct Draft {
    /// What happened.
    pub fact: Fact,
    /// What it changes.
    pub target: Option<Seq>,
    /// What the client asked for, as a number: tells a retry from another command with the same key.
    pub digest: u64,
    /// Rows that change with it.
    pub changes: Vec<Change>,
    /// What is to be done later because of it.
    pub work: Vec<NewWork>,
}

impl Draft {
    /// A draft whose digest is that of its own content.
    pub(crate) fn new(fact: Fact, target: Option<Seq>, changes: Vec<Change>) -> Self {
        let digest = klatch_log::digest(fact.kind(), target, &fact.to_payload());
        Self {
            fact,
            target,
            digest,
            changes,
            work: Vec::new(),
        }
    }

    /// The same with late work.
    pub(crate) fn and_later(mut self, work: Vec<NewWork>) -> Self {
        self.work = work;
        self
    }
}

impl Channels {
    /// Makes one event. `decide` sees the channel's state and answers the draft or a refusal; it is asked again
    /// when the channel changed before the commit, so it must not rely on anything it learned before.
    pub(crate) async fn commit(
        &self,
        actor: &Actor,
        channel: ChannelId,
        key: Option<ClientKey>,
        decide: impl Fn(&ChannelState) -> Result<Draft, ChannelError> + Send + Sync,
    ) -> Result<Receipt, ChannelError> {
        self.commit_in_turn(actor, channel, key, Turn::alone(), decide)
            .await
    }

    /// Like [`Channels::commit`]; gives up the turn once the event is queued.
    pub(crate) async fn commit_in_turn(
        &self,
        actor: &Actor,
        channel: ChannelId,
        key: Option<ClientKey>,
        turn: Turn,
        decide: impl Fn(&ChannelState) -> Result<Draft, ChannelError> + Send + Sync,
    ) -> Result<Receipt, ChannelError> {
        let mut turn = Some(turn);
        let mut state = self.state_to_append(channel).await?;
        for _ in 0..limits::STALE_RETRIES_MAX {
            let (decided, access_seq) = {
                let state = state.read();
                let at = state.access_seq;
                (
                    decide(&state).map(|draft| self.append_of(actor, channel, key, &draft, at)),
                    at,
                )
            };
            let append = match decided {
                Ok(append) => append,
                Err(refusal) => {
                    // What was refused by a late state may be allowed by now.
                    match Box::pin(self.newer_state(channel, state, access_seq)).await? {
                        Some(newer) => state = newer,
                        None => return Box::pin(self.earlier_or(actor, channel, key, refusal)).await,
                    }
                    continue;
                }
            };
            let (done, answer) = oneshot::channel();
            let has_work = !append.work.is_empty();
            self.parts.log.append(append, done);
            drop(turn.take());
            match answer.await.unwrap_or(Err(LogError::Engine(EngineError::Closed))) {
                Err(LogError::Stale { .. }) => state = Box::pin(self.load_state(channel)).await?,
                Ok(receipt) => {
                    if has_work {
                        self.work().notify_one();
                    }
                    return Ok(receipt);
                }
                Err(other) => return Err(other.into()),
            }
        }
        Err(LogError::Engine(EngineError::Overloaded).into())
    }

    /// Like [`Channels::commit`] for operations that one entry of the access table decides.
    pub(crate) async fn commit_as(
        &self,
        actor: &Actor,
        channel: ChannelId,
        key: Option<ClientKey>,
        operation: Operation,
        draft: impl Fn(&ChannelState) -> Result<Draft, ChannelError> + Send + Sync,
    ) -> Result<Receipt, ChannelError> {
        let now = self.now();
        self.commit(actor, channel, key, |state| {
            access::may(state, actor, operation, now)?;
            draft(state)
        })
        .await
    }

    /// Checks permission for an operation that appends nothing.
    pub(crate) async fn check(
        &self,
        actor: &Actor,
        channel: ChannelId,
        operation: Operation,
    ) -> Result<crate::channels::SharedState, ChannelError> {
        let state = self.state(channel).await?;
        let (answer, access_seq) = {
            let state = state.read();
            let answer = access::may(&state, actor, operation, self.now());
            (answer, state.access_seq)
        };
        let Err(refusal) = answer else {
            return Ok(state);
        };
        let newer = Box::pin(self.newer_state(channel, state, access_seq)).await?;
        let state = newer.ok_or(refusal)?;
        access::may(&state.read(), actor, operation, self.now())?;
        Ok(state)
    }

    pub(crate) fn append_of(
        &self,
        actor: &Actor,
        channel: ChannelId,
        key: Option<ClientKey>,
        draft: &Draft,
        access_seq: Seq,
    ) -> Append {
        Append {
            channel,
            actor: actor.user,
            key,
            at: self.now(),
            kind: draft.fact.kind(),
            message: matches!(draft.fact, Fact::MessagePosted { .. }),
            target: draft.target,
            payload: draft.fact.to_payload(),
            digest: draft.digest,
            expect: Expect::AccessAt(access_seq),
            changes: draft.changes.clone(),
            work: draft.work.clone(),
        }
    }

    /// A refused command may be the retry of one that was committed before the right to it was lost: then the
    /// first ack is still the answer (contract, delivery 2).
    async fn earlier_or(
        &self,
        actor: &Actor,
        channel: ChannelId,
        key: Option<ClientKey>,
        refusal: ChannelError,
    ) -> Result<Receipt, ChannelError> {
        let Some(key) = key else { return Err(refusal) };
        match self.parts.log.find(channel, actor.user, key).await {
            Ok(Some(row)) => Ok(Receipt {
                seq: row.seq,
                prev: row.seq.prev(),
                ordinal: row.ordinal,
                at: row.at,
                duplicate: true,
            }),
            _ => Err(refusal),
        }
    }
}
