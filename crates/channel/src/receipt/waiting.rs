//! Cursors that moved and of which the others were not told yet: of each member the newest, a channel's together.

use klatch_types::{ChannelId, Seq, SpaceId, UserId, limits};
use parking_lot::Mutex;
use std::collections::HashMap;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How far a member is, and which cursor moved since the others were told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) read: Seq,
    pub(super) received: Seq,
    pub(super) read_moved: bool,
    pub(super) received_moved: bool,
}

/// What waits of one channel.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) space: SpaceId,
    due: Instant,
    pub(super) members: HashMap<UserId, Moved>,
}

/// What waits of all channels. A note is a moment under a lock; nobody waits for anyone.
#[derive(Debug, Default)]
pub(super) struct Board {
    channels: Mutex<HashMap<ChannelId, Waiting>>,
    noted: Notify,
}

impl Board {
    /// Notes that a member moved; the channel is due a little later. Lost when too many channels wait.
    pub(super) fn note(&self, channel: ChannelId, space: SpaceId, direct: bool, user: UserId, moved: Moved) {
        let mut channels = self.channels.lock();
        let first = channels.is_empty();
        if channels.len() >= limits::RECEIPT_CHANNELS_WAITING_MAX && !channels.contains_key(&channel) {
            metrics::counter!("klatch_receipts_dropped_total").increment(1);
            return;
        }
        let every = if direct {
            limits::RECEIPTS_EVERY_DIRECT
        } else {
            limits::RECEIPTS_EVERY
        };
        let waiting = channels.entry(channel).or_insert_with(|| Waiting {
            space,
            due: Instant::now() + every,
            members: HashMap::new(),
        });
        let known = waiting.members.entry(user).or_insert(moved);
        // Two moves of one member may be noted the wrong way round.
        *known = Moved {
            read: known.read.max(moved.read),
            received: known.received.max(moved.received),
            read_moved: known.read_moved || moved.read_moved,
            received_moved: known.received_moved || moved.received_moved,
        };
        drop(channels);
        if first {
            self.noted.notify_one();
        }
    }

    /// Waits until channels are due and takes them.
    pub(super) async fn due(&self) -> Vec<(ChannelId, Waiting)> {
        loop {
            let now = Instant::now();
            let (due, next) = {
                let mut channels = self.channels.lock();
                let due: Vec<_> = channels.extract_if(|_, waiting| waiting.due <= now).collect();
                (due, channels.values().map(|waiting| waiting.due).min())
            };
            if !due.is_empty() {
                return due;
            }
            match next {
                // A direct channel that is noted meanwhile is due before it.
                Some(next) => {
                    tokio::time::sleep_until(next.min(now + limits::RECEIPTS_EVERY_DIRECT)).await;
                }
                None => self.noted.notified().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const SPACE: SpaceId = SpaceId(Uuid::from_u128(1));
    const ANA: UserId = UserId(Uuid::from_u128(2));
    const RUI: UserId = UserId(Uuid::from_u128(3));

    fn channel(number: u128) -> ChannelId {
        ChannelId(Uuid::from_u128(number))
    }

    fn moved(read: u64, received: u64) -> Moved {
        Moved {
            read: Seq(read),
            received: Seq(received),
            read_moved: read > 0,
            received_moved: true,
        }
    }

    /// S4.1: however often members move, a channel is due once in its time, with the newest of each.
    #[tokio::test(start_paused = true)]
    async fn moves_of_a_moment_are_told_together() {
        let board = Board::default();
        let began = Instant::now();
        for seq in 1..=50 {
            board.note(channel(1), SPACE, false, ANA, moved(seq - 1, seq));
            board.note(channel(1), SPACE, false, RUI, moved(0, seq));
            board.note(channel(2), SPACE, true, ANA, moved(seq, seq));
        }
        board.note(channel(1), SPACE, false, RUI, moved(0, 7)); // late
        let direct = board.due().await;
        assert_eq!(began.elapsed(), limits::RECEIPTS_EVERY_DIRECT);
        assert_eq!(direct.len(), 1);
        assert_eq!(direct[0].1.members[&ANA], moved(50, 50));
        let group = board.due().await;
        assert_eq!(began.elapsed(), limits::RECEIPTS_EVERY);
        assert_eq!(group[0].0, channel(1));
        assert_eq!(group[0].1.members[&ANA], moved(49, 50));
        assert_eq!(group[0].1.members[&RUI], moved(0, 50));
    }

    #[tokio::test(start_paused = true)]
    async fn a_direct_channel_does_not_wait_for_a_group() {
        let board = std::sync::Arc::new(Board::default());
        board.note(channel(1), SPACE, false, ANA, moved(1, 1));
        let reader = std::sync::Arc::clone(&board);
        let due = tokio::spawn(async move { reader.due().await });
        tokio::time::sleep(limits::RECEIPTS_EVERY / 2).await;
        let began = Instant::now();
        board.note(channel(2), SPACE, true, ANA, moved(1, 1));
        assert_eq!(due.await.unwrap()[0].0, channel(2));
        assert!(began.elapsed() <= limits::RECEIPTS_EVERY_DIRECT * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_board_takes_no_further_channels() {
        let board = Board::default();
        let most = limits::RECEIPT_CHANNELS_WAITING_MAX as u128;
        for number in 0..most + 10 {
            board.note(channel(number), SPACE, true, ANA, moved(1, 1));
        }
        board.note(channel(0), SPACE, true, RUI, moved(1, 1));
        let due = board.due().await;
        assert_eq!(due.len() as u128, most);
        let first = due.iter().find(|(id, _)| *id == channel(0)).unwrap();
        assert_eq!(first.1.members.len(), 2, "what waits already is still noted");
    }
}
