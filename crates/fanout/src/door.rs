//! Where what comes in from a bus is put for its one reader, without ever waiting for it.

use crate::bus::{Inbox, Incoming, Topic};
use bytes::Bytes;
use klatch_types::limits;
use tokio::sync::mpsc;

/// Room beyond the bound that only `Up`, `Down` and `Lagged` may use, so that a full inbox does not hide them.
const RESERVED: usize = 16;

/// The writing end of an [`Inbox`]. Callers take turns.
#[derive(Debug)]
pub(crate) struct Door {
    inbox: mpsc::Sender<Incoming>,
    /// What the reader must still be told before anything else: at most `Down`, `Up`, `Lagged`, in this order.
    owed: Vec<Incoming>,
    /// What the reader believes once it has read everything.
    up: bool,
    /// Whether something was missed since the last payload that came through.
    lagging: bool,
}

impl Door {
    /// A door and the reader's end. The reader believes the bus to be down.
    pub(crate) fn new() -> (Self, Inbox) {
        let (inbox, reader) = mpsc::channel(limits::BUS_INBOX_MAX + RESERVED);
        let door = Self {
            inbox,
            owed: Vec::new(),
            up: false,
            lagging: false,
        };
        (door, reader)
    }

    /// Hands in a payload; it is missed when the inbox is full.
    pub(crate) fn said(&mut self, topic: Topic, payload: Bytes) {
        self.settle_debts();
        if !self.owed.is_empty() || self.inbox.capacity() <= RESERVED {
            self.missed();
        } else if self.inbox.try_send(Incoming::Said { topic, payload }).is_ok() {
            self.lagging = false;
        }
    }

    /// Something did not get this far. The reader is told once for each run of losses.
    pub(crate) fn missed(&mut self) {
        if !self.lagging {
            self.lagging = true;
            self.owed.push(Incoming::Lagged);
            self.settle_debts();
        }
    }

    /// The bus is there.
    pub(crate) fn up(&mut self) {
        if !self.up {
            self.up = true;
            self.lagging = false;
            self.owed.push(Incoming::Up);
            self.settle_debts();
        }
    }

    /// The bus is gone. An `Up` that was not read yet is taken back, and what it would have said of losses with it.
    pub(crate) fn down(&mut self) {
        if self.up {
            self.up = false;
            self.lagging = false;
            match self.owed.iter().position(|owed| *owed == Incoming::Up) {
                Some(unread) => self.owed.truncate(unread),
                None => self.owed = vec![Incoming::Down],
            }
            self.settle_debts();
        }
    }

    /// Tells what is owed as far as there is room. Called now and then, so that nothing is owed for long.
    pub(crate) fn settle_debts(&mut self) {
        while let Some(first) = self.owed.first() {
            if self.inbox.try_send(first.clone()).is_err() {
                return;
            }
            self.owed.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(inbox: &mut Inbox) -> Vec<Incoming> {
        std::iter::from_fn(|| inbox.try_recv().ok()).collect()
    }

    #[test]
    fn a_reader_that_sleeps_through_flapping_learns_the_end_of_it() {
        let (mut door, mut inbox) = Door::new();
        for _ in 0..RESERVED {
            door.up();
            door.down();
        }
        door.up();
        for _ in 0..limits::BUS_INBOX_MAX * 2 {
            door.said(Topic::Everyone, Bytes::new());
        }
        for _ in 0..10 {
            door.down();
            door.up();
        }
        let mut heard = read_all(&mut inbox);
        door.settle_debts();
        heard.extend(read_all(&mut inbox));
        assert!(heard.contains(&Incoming::Lagged) || heard.contains(&Incoming::Down));
        let states: Vec<_> = heard
            .into_iter()
            .filter(|heard| matches!(heard, Incoming::Up | Incoming::Down))
            .collect();
        assert_eq!(states.last(), Some(&Incoming::Up));
        assert!(states.windows(2).all(|two| two[0] != two[1]), "{states:?}");
    }
}
