//! The stream of a space's events. It follows the log by comparing heads, so that it misses nothing whichever node commits
//! and whatever the bus loses, and reads no further ahead than its reader takes.

use super::Calls;
use super::convert::{self, read};
use super::proto::stream_events_response::What;
use super::proto::{self, StreamEventsResponse};
use super::refusal::refuse;
use crate::error::TransportError;
use crate::http::bearer;
use klatch_protocol::command::history;
use klatch_protocol::view::Reply;
use klatch_protocol::{Command, ErrorCode};
use klatch_session::{Principal, SessionError};
use klatch_types::{ChannelId, Seq, limits};
use std::collections::HashMap;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::Instant;
use tokio_stream::Stream;
use tonic::Status;
use tonic::metadata::MetadataMap;

/// Positions told in one part of `Began`.
const POSITIONS_PER_PART: usize = 5_000;
/// A look may take this part of the time between looks.
const LOOK_SHARE: u32 = 20;

type Sent = Result<StreamEventsResponse, Status>;

/// What a caller of the stream gets: events, and at the end why.
pub(super) struct Events {
    events: mpsc::Receiver<StreamEventsResponse>,
    end: oneshot::Receiver<Status>,
    ended: bool,
}

impl Stream for Events {
    type Item = Sent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Sent>> {
        if let Poll::Ready(Some(event)) = self.events.poll_recv(context) {
            return Poll::Ready(Some(Ok(event)));
        }
        if self.ended || !self.events.is_closed() {
            return if self.ended {
                Poll::Ready(None)
            } else {
                Poll::Pending
            };
        }
        match Pin::new(&mut self.end).poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(why) => {
                self.ended = true;
                Poll::Ready(why.ok().map(Err))
            }
        }
    }
}

/// Opens a stream: where it begins is decided before this returns.
pub(super) async fn open(
    calls: Calls,
    who: Principal,
    metadata: MetadataMap,
    asked: &proto::StreamEventsRequest,
) -> Result<Events, Status> {
    let place = calls.feeds.clone().try_acquire_owned().map_err(|_full| {
        let detail = format!(
            "{} streams of events run on this server already",
            limits::FEEDS_MAX
        );
        refuse(&TransportError::refused(ErrorCode::TooManyConnections, detail))
    })?;
    let epoch = calls.app.sessions.epoch().to_owned();
    if asked.epoch.as_ref().is_some_and(|theirs| *theirs != epoch) {
        return Err(resync("the positions are of another history"));
    }
    let heads = calls.app.sessions.space_heads(&who).await.map_err(refused)?;
    let positions = beginnings(asked, &heads)?;
    let (events, receiver) = mpsc::channel(limits::FEED_EVENTS_WAITING_MAX);
    let (end, ended) = oneshot::channel();
    let feed = Feed {
        calls,
        who,
        metadata,
        positions,
        events,
        heard_at: Instant::now(),
        _place: place,
    };
    tokio::spawn(async move {
        let why = feed.run(epoch).await;
        end.send(why).ok(); // a reader that is gone does not ask why
    });
    Ok(Events {
        events: receiver,
        end: ended,
        ended: false,
    })
}

/// Where each channel of the space begins.
fn beginnings(
    asked: &proto::StreamEventsRequest,
    heads: &[(ChannelId, Seq)],
) -> Result<HashMap<ChannelId, Seq>, Status> {
    let mut given: HashMap<ChannelId, Seq> = HashMap::with_capacity(asked.after.len());
    for (channel, after) in &asked.after {
        given.insert(read("after", channel)?, Seq(*after));
    }
    let mut positions = HashMap::with_capacity(heads.len());
    for (channel, head) in heads {
        let after = match given.get(channel) {
            Some(after) if after > head => {
                return Err(resync(format!("`after` is above the head of channel {channel}")));
            }
            Some(after) => *after,
            None if asked.from_start => Seq::ZERO,
            None => *head,
        };
        positions.insert(*channel, after);
    }
    Ok(positions)
}

fn resync(detail: impl Into<String>) -> Status {
    refuse(&TransportError::refused(ErrorCode::Resync, detail))
}

fn refused(error: SessionError) -> Status {
    refuse(&error.into())
}

/// A stream under way.
struct Feed {
    calls: Calls,
    who: Principal,
    metadata: MetadataMap,
    /// Last position that was sent, of every channel known.
    positions: HashMap<ChannelId, Seq>,
    events: mpsc::Sender<StreamEventsResponse>,
    heard_at: Instant,
    _place: OwnedSemaphorePermit,
}

impl Feed {
    /// Runs until the reader goes, or something else ends it: why.
    async fn run(mut self, epoch: String) -> Status {
        match self.follow(epoch).await {
            Err(why) => why,
            Ok(()) => Status::cancelled("the reader has gone"),
        }
    }

    async fn follow(&mut self, epoch: String) -> Result<(), Status> {
        self.tell_beginnings(epoch).await?;
        loop {
            let began = Instant::now();
            self.still_allowed().await?;
            let heads = self.calls.app.sessions.space_heads(&self.who).await;
            let took = began.elapsed();
            for (channel, head) in patient(heads)?.unwrap_or_default() {
                let position = self.positions.get(&channel).copied().unwrap_or(Seq::ZERO);
                if position < head {
                    self.catch_up(channel, position, head).await?;
                }
            }
            if self.heard_at.elapsed() >= limits::HEARTBEAT {
                self.send(What::Heartbeat(proto::Heartbeat {})).await?;
            }
            let pause = limits::FEED_LOOK.max(took * LOOK_SHARE);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.events.closed() => return Ok(()),
            }
        }
    }

    /// A key that was revoked is good for no further event.
    async fn still_allowed(&self) -> Result<(), Status> {
        let token = bearer(self.metadata.as_ref()).map_err(|error| refuse(&error))?;
        match self.calls.verified(token).await {
            Err(status) if status.code() == tonic::Code::Unavailable => Ok(()),
            verified => verified.map(drop),
        }
    }

    async fn tell_beginnings(&mut self, epoch: String) -> Result<(), Status> {
        let mut all: Vec<(String, u64)> = self
            .positions
            .iter()
            .map(|(channel, after)| (channel.to_string(), after.0))
            .collect();
        loop {
            let part = all.split_off(all.len().saturating_sub(POSITIONS_PER_PART));
            let began = proto::Began {
                epoch: epoch.clone(),
                after: part.into_iter().collect(),
                more: !all.is_empty(),
            };
            self.send(What::Began(began)).await?;
            if all.is_empty() {
                return Ok(());
            }
        }
    }

    /// Sends what a channel has after a position, up to the head that was seen at least.
    async fn catch_up(&mut self, channel: ChannelId, mut after: Seq, head: Seq) -> Result<(), Status> {
        while after < head {
            let command = Command::Events(history::Events {
                channel,
                after,
                until: None,
                limit: Some(limits::PAGE_MAX),
                epoch: None,
            });
            let reply = self.calls.app.sessions.run(&self.who, command).await;
            let Some(Reply::Events(page)) = patient(reply)? else {
                return Ok(());
            };
            let Some(last) = page.events.last().map(|event| event.seq) else {
                return Ok(());
            };
            for event in &page.events {
                self.send(What::Event(convert::event(event))).await?;
            }
            after = last;
            self.positions.insert(channel, after);
        }
        Ok(())
    }

    async fn send(&mut self, what: What) -> Result<(), Status> {
        let response = StreamEventsResponse { what: Some(what) };
        match self.events.send_timeout(response, limits::FEED_STALL_MAX).await {
            Ok(()) => {
                self.heard_at = Instant::now();
                Ok(())
            }
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(Status::cancelled("the reader has gone")),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => {
                let detail = "nothing was read for too long: go on from the last positions";
                let slow = TransportError::refused(ErrorCode::Overloaded, detail);
                let metadata = refuse(&slow).metadata().clone();
                Err(Status::with_metadata(
                    tonic::Code::ResourceExhausted,
                    detail,
                    metadata,
                ))
            }
        }
    }
}

/// What an operation gave. What passes by itself, such as a database that is away, is waited out with nothing.
fn patient<T>(result: Result<T, SessionError>) -> Result<Option<T>, Status> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) => match error.problem().code {
            ErrorCode::Unavailable | ErrorCode::Overloaded | ErrorCode::NotFound => Ok(None),
            _ => Err(refused(error)),
        },
    }
}
