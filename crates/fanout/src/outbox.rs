//! A connection's bounded queue of outgoing frames.

use crate::Frame;
use klatch_protocol::CloseCode;
use klatch_types::{ChannelId, UserId, limits};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

/// Number of a connection on this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// What may wait in an outbox before its connection is closed as too slow.
#[derive(Clone, Copy, Debug)]
pub struct OutboxLimits {
    /// Bytes.
    pub bytes_max: usize,
    /// Frames.
    pub frames_max: usize,
}

impl Default for OutboxLimits {
    fn default() -> Self {
        Self {
            bytes_max: limits::OUTBOX_BYTES_MAX,
            frames_max: limits::OUTBOX_FRAMES_MAX,
        }
    }
}

/// What a connection found in its outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Frames to write.
    Frames,
    /// The connection must close with this code; nothing more will come.
    Close(CloseCode),
}

/// The queue between the hub and one connection. Pushing never blocks: on overflow the outbox closes itself with
/// [`CloseCode::TooSlow`] and forgets what waited, and the client catches up from the log (contract, overload).
#[derive(Debug)]
pub struct Outbox {
    id: ConnectionId,
    user: UserId,
    pulls: bool,
    limits: OutboxLimits,
    queue: Mutex<Queue>,
    subscriptions: Mutex<Vec<ChannelId>>,
    membership_changes: AtomicU64,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Frame>,
    /// Bytes and frames that wait here or were taken and are not written yet.
    bytes_charged: usize,
    frames_charged: usize,
    closed: Option<CloseCode>,
    /// Whether what was queued or taken before the close is not worth waiting for.
    abrupt: bool,
    waker: Option<Waker>,
}

impl Outbox {
    /// An empty outbox.
    pub fn new(id: ConnectionId, user: UserId, limits: OutboxLimits) -> Self {
        Self {
            id,
            user,
            pulls: false,
            limits,
            queue: Mutex::default(),
            subscriptions: Mutex::default(),
            membership_changes: AtomicU64::new(0),
        }
    }

    /// The same outbox, of a client that understands hints and pulls, or of one that does not.
    #[must_use]
    pub fn pulling(self, pulls: bool) -> Self {
        Self { pulls, ..self }
    }

    /// Whether the client understands hints and pulls.
    pub fn pulls(&self) -> bool {
        self.pulls
    }

    /// The connection's number.
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// Whose connection it is.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// Adds a frame.
    pub fn push(&self, frame: Frame) {
        let waker = {
            let mut queue = self.queue.lock();
            if queue.closed.is_some() {
                return;
            }
            queue.bytes_charged += frame.wire().len();
            queue.frames_charged += 1;
            if queue.bytes_charged > self.limits.bytes_max || queue.frames_charged > self.limits.frames_max {
                queue.close(CloseCode::TooSlow);
            } else {
                queue.frames.push_back(frame);
            }
            queue.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Forgets the frames that wait. For a session that is being opened: nothing was taken yet, and what it reads after
    /// this tells more than they do.
    pub fn discard(&self) {
        let mut queue = self.queue.lock();
        queue.frames = VecDeque::new();
        (queue.bytes_charged, queue.frames_charged) = (0, 0);
    }

    /// Adds a frame that may be lost (typing, presence): passed over when a quarter of the bound is in use.
    pub fn push_lossy(&self, frame: Frame) {
        let busy = {
            let queue = self.queue.lock();
            queue.frames_charged * 4 > self.limits.frames_max
                || queue.bytes_charged * 4 > self.limits.bytes_max
        };
        if !busy {
            self.push(frame);
        }
    }

    /// Closes the connection with a code, after what was queued before if `drain`.
    pub fn close(&self, code: CloseCode, drain: bool) {
        let waker = {
            let mut queue = self.queue.lock();
            if queue.closed.is_none() {
                if drain {
                    queue.closed = Some(code);
                } else {
                    queue.close(code);
                }
            }
            queue.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Gives back the charge of frames that were written, and takes what waits into `into` (which must be empty).
    /// Pending, with the waker kept, when there is nothing.
    pub fn poll_take(
        &self,
        context: &mut Context<'_>,
        written_bytes: &mut usize,
        written_frames: &mut usize,
        into: &mut VecDeque<Frame>,
    ) -> Poll<Taken> {
        debug_assert!(into.is_empty(), "what was taken is written before more is taken");
        let mut queue = self.queue.lock();
        queue.bytes_charged = queue.bytes_charged.saturating_sub(std::mem::take(written_bytes));
        queue.frames_charged = queue
            .frames_charged
            .saturating_sub(std::mem::take(written_frames));
        if !queue.frames.is_empty() {
            std::mem::swap(&mut queue.frames, into);
            return Poll::Ready(Taken::Frames);
        }
        if let Some(code) = queue.closed {
            return Poll::Ready(Taken::Close(code));
        }
        if queue.frames.capacity() > 8 {
            queue.frames = VecDeque::new(); // an idle connection keeps no buffer
        }
        queue.wake_with(context);
        Poll::Pending
    }

    /// For a connection that waits for its reader: ready when it must close without waiting any longer.
    pub fn poll_abrupt_close(&self, context: &Context<'_>) -> Poll<CloseCode> {
        let mut queue = self.queue.lock();
        match queue.closed {
            Some(code) if queue.abrupt => Poll::Ready(code),
            _ => {
                queue.wake_with(context);
                Poll::Pending
            }
        }
    }

    /// How often hub-side membership changes have touched this outbox. A session that subscribed from a list it
    /// read before compares this to know whether the list was still true.
    pub fn membership_changes(&self) -> u64 {
        self.membership_changes.load(Ordering::SeqCst)
    }

    pub(crate) fn note_membership_change(&self) {
        self.membership_changes.fetch_add(1, Ordering::SeqCst);
    }

    /// Remembers a subscription; false if it was there.
    pub(crate) fn remember(&self, channel: ChannelId) -> bool {
        let mut subscriptions = self.subscriptions.lock();
        let new = !subscriptions.contains(&channel);
        if new {
            subscriptions.push(channel);
        }
        new
    }

    pub(crate) fn forget(&self, channel: ChannelId) -> bool {
        let mut subscriptions = self.subscriptions.lock();
        let before = subscriptions.len();
        subscriptions.retain(|known| *known != channel);
        subscriptions.len() != before
    }

    pub(crate) fn forget_all(&self) -> Vec<ChannelId> {
        std::mem::take(&mut self.subscriptions.lock())
    }

    /// Whether this outbox listens to a channel.
    pub fn listens(&self, channel: ChannelId) -> bool {
        self.subscriptions.lock().contains(&channel)
    }

    /// The channels this outbox listens to.
    pub fn subscriptions(&self) -> Vec<ChannelId> {
        self.subscriptions.lock().clone()
    }
}

impl Queue {
    fn wake_with(&mut self, context: &Context<'_>) {
        match &mut self.waker {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
    }

    fn close(&mut self, code: CloseCode) {
        self.closed = Some(code);
        self.abrupt = true;
        self.frames = VecDeque::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_types::{Entropy, Millis, SeededEntropy};

    fn outbox(limits: OutboxLimits) -> Outbox {
        let entropy: &dyn Entropy = &SeededEntropy::new(1);
        Outbox::new(ConnectionId(1), UserId::new(Millis(1), entropy), limits)
    }

    fn take(outbox: &Outbox, bytes: usize, frames: usize) -> (Poll<Taken>, usize) {
        let mut into = VecDeque::new();
        let mut context = Context::from_waker(Waker::noop());
        let poll = outbox.poll_take(&mut context, &mut { bytes }, &mut { frames }, &mut into);
        (poll, into.len())
    }

    #[test]
    fn frames_come_out_in_order_and_their_charge_stays_until_written() {
        let outbox = outbox(OutboxLimits {
            bytes_max: 1_000,
            frames_max: 2,
        });
        outbox.push(Frame::text(b"one"));
        outbox.push(Frame::text(b"two"));
        assert_eq!(take(&outbox, 0, 0), (Poll::Ready(Taken::Frames), 2));
        outbox.push(Frame::text(b"three")); // two taken and not written: this is one too many
        assert_eq!(
            take(&outbox, 0, 0),
            (Poll::Ready(Taken::Close(CloseCode::TooSlow)), 0)
        );
    }

    #[test]
    fn what_was_written_makes_room() {
        let outbox = outbox(OutboxLimits {
            bytes_max: 1_000,
            frames_max: 2,
        });
        outbox.push(Frame::text(b"one"));
        outbox.push(Frame::text(b"two"));
        assert_eq!(take(&outbox, 0, 0).1, 2);
        assert_eq!(take(&outbox, 10, 2), (Poll::Pending, 0));
        outbox.push(Frame::text(b"three"));
        assert_eq!(take(&outbox, 0, 0), (Poll::Ready(Taken::Frames), 1));
    }

    #[test]
    fn too_many_bytes_close_it_and_free_what_waited() {
        let outbox = outbox(OutboxLimits {
            bytes_max: 100,
            frames_max: 100,
        });
        for _ in 0..10 {
            outbox.push(Frame::text(&[b'x'; 60]));
        }
        assert_eq!(
            take(&outbox, 0, 0),
            (Poll::Ready(Taken::Close(CloseCode::TooSlow)), 0)
        );
    }

    #[test]
    fn a_draining_close_lets_the_queue_out_first() {
        let outbox = outbox(OutboxLimits::default());
        outbox.push(Frame::text(b"last words"));
        outbox.close(CloseCode::Restarting, true);
        outbox.push(Frame::text(b"too late"));
        assert_eq!(take(&outbox, 0, 0), (Poll::Ready(Taken::Frames), 1));
        assert_eq!(
            take(&outbox, 12, 1),
            (Poll::Ready(Taken::Close(CloseCode::Restarting)), 0)
        );
    }

    #[test]
    fn a_connection_that_waits_for_its_reader_hears_of_an_abrupt_close() {
        let outbox = outbox(OutboxLimits::default());
        let context = Context::from_waker(Waker::noop());
        assert_eq!(outbox.poll_abrupt_close(&context), Poll::Pending);
        outbox.close(CloseCode::TooSlow, false);
        assert_eq!(
            outbox.poll_abrupt_close(&context),
            Poll::Ready(CloseCode::TooSlow)
        );
    }

    #[test]
    fn lossy_frames_step_aside() {
        let outbox = outbox(OutboxLimits {
            bytes_max: 1_000,
            frames_max: 8,
        });
        for _ in 0..3 {
            outbox.push(Frame::text(b"message"));
        }
        outbox.push_lossy(Frame::text(b"typing"));
        assert_eq!(take(&outbox, 0, 0).1, 3);
    }
}
