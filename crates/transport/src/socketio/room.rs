//! The rooms that a connection has joined: what it hears, and up to where it has heard it.

use klatch_types::{ChannelId, Seq};
use std::collections::HashMap;

/// A joined room.
#[derive(Debug)]
pub(super) struct Room {
    /// What the client calls it: the id or the name that it joined by.
    pub(super) name: String,
    /// Position of the last event that the client was given, or that is not for it.
    pub(super) last: Seq,
}

/// What to do with an event that came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing: the room is not joined, or the event was given already.
    Skip,
    /// Give it.
    Next,
    /// Read what is between first.
    Hole,
}

/// Joined rooms by channel.
#[derive(Debug, Default)]
pub(super) struct Rooms(HashMap<ChannelId, Room>);

impl Rooms {
    /// Hears a room from after a position. Joining again changes the name and keeps the later position.
    pub(super) fn join(&mut self, channel: ChannelId, name: String, last: Seq) {
        let known = self.0.get(&channel).map_or(last, |room| room.last.max(last));
        self.0.insert(channel, Room { name, last: known });
    }

    pub(super) fn leave(&mut self, channel: ChannelId) -> Option<Room> {
        self.0.remove(&channel)
    }

    pub(super) fn get(&self, channel: ChannelId) -> Option<&Room> {
        self.0.get(&channel)
    }

    /// The channel of a room that was joined by this name.
    pub(super) fn named(&self, name: &str) -> Option<ChannelId> {
        let found = self.0.iter().find(|(_, room)| room.name == name);
        found.map(|(channel, _)| *channel)
    }

    /// Where an event stands.
    pub(super) fn place(&self, channel: ChannelId, seq: Seq, prev: Seq) -> Place {
        match self.0.get(&channel) {
            Some(room) if seq <= room.last => Place::Skip,
            Some(room) if prev > room.last => Place::Hole,
            Some(_) => Place::Next,
            None => Place::Skip,
        }
    }

    /// Notes that the client has everything up to a position.
    pub(super) fn advance(&mut self, channel: ChannelId, seq: Seq) {
        if let Some(room) = self.0.get_mut(&channel) {
            room.last = room.last.max(seq);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_given_once_and_a_hole_is_noticed() {
        let channel = ChannelId(uuid::Uuid::from_u128(1));
        let mut rooms = Rooms::default();
        assert_eq!(rooms.place(channel, Seq(5), Seq(4)), Place::Skip, "not joined");
        rooms.join(channel, "Maths".into(), Seq(5));
        assert_eq!(rooms.place(channel, Seq(5), Seq(4)), Place::Skip);
        assert_eq!(rooms.place(channel, Seq(6), Seq(5)), Place::Next);
        assert_eq!(rooms.place(channel, Seq(8), Seq(7)), Place::Hole);
        rooms.advance(channel, Seq(8));
        assert_eq!(rooms.place(channel, Seq(8), Seq(7)), Place::Skip);
        rooms.join(channel, "maths".into(), Seq(2));
        assert_eq!(rooms.named("maths"), Some(channel));
        assert_eq!(rooms.named("Maths"), None);
        assert_eq!(rooms.get(channel).map(|room| room.last), Some(Seq(8)));
    }
}
