//! Who takes part, where they are, and their sockets.

use crate::session::{Memory, Seat, start};
use crate::town::{Person, Place, Town};
use anyhow::Result;
use klatch_types::ChannelId;
use std::sync::Arc;
use tokio::sync::watch;

/// How much goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// People with a socket who send and listen, on each node.
    pub(crate) talkers: usize,
    /// Sockets on each node that only listen to one slow channel.
    pub(crate) crowd: usize,
    /// Channels of the talkers.
    pub(crate) channels: usize,
    /// Messages a second, all together.
    pub(crate) rate: u64,
}

/// Everyone.
pub(crate) struct Cast {
    /// All sessions.
    pub(crate) seats: Vec<Arc<Seat>>,
    /// The channels, the crowd's last.
    pub(crate) places: Vec<Place>,
    pub(super) talkers: Vec<Talker>,
    /// They are removed and added again, each in the channel of the same number.
    pub(super) guests: Vec<Arc<Person>>,
    /// The crowd's channel.
    pub(super) square: Option<ChannelId>,
}

/// Someone who sends.
#[derive(Clone)]
pub(super) struct Talker {
    pub(super) seat: Arc<Seat>,
    pub(super) channels: Vec<ChannelId>,
}

impl Cast {
    /// Makes users and channels, and starts sessions that end when told to.
    pub(super) async fn gather(
        town: &Arc<Town>,
        size: Size,
        stopped: &watch::Receiver<bool>,
    ) -> Result<Self> {
        let nodes = town.nodes();
        let (mut people, mut guests, mut crowd) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..size.talkers * nodes {
            people.push(town.person(format!("talker-{number}"), number % nodes).await?);
        }
        for home in 0..nodes {
            guests.push(town.person(format!("guest-{home}"), home).await?);
            crowd.push(town.person(format!("crowd-{home}"), home).await?);
        }
        let mut places = Vec::new();
        for number in 0..size.channels {
            // Each channel has people of two groups, and each group is spread over all nodes.
            let is_in = |place: usize| {
                let group = place / nodes;
                group % size.channels == number || (group + 1) % size.channels == number
            };
            let members = people.iter().enumerate().filter(|(place, _)| is_in(*place));
            let mut members: Vec<_> = members.map(|(_, person)| Arc::clone(person)).collect();
            members.extend(guests.get(number).cloned());
            places.push(town.place(&format!("channel-{number}"), &members).await?);
        }
        let mut square = None;
        if size.crowd > 0 {
            let all: Vec<_> = people.iter().chain(&crowd).cloned().collect();
            places.push(town.place("square", &all).await?);
            square = places.last().map(|place| place.channel);
        }
        let mut seats = Vec::new();
        let begin =
            |person: &Arc<Person>, name: String, memory| start(town, person, name, memory, stopped.clone());
        let mut talkers = Vec::new();
        for (place, person) in people.iter().enumerate() {
            let seat = begin(person, person.name.clone(), Memory::Keeps);
            let group = place / nodes;
            let of = |number: usize| places[number % size.channels].channel;
            talkers.push(Talker {
                seat: Arc::clone(&seat),
                channels: vec![of(group), of(group + 1)],
            });
            seats.push(seat);
        }
        for guest in &guests {
            seats.push(begin(guest, guest.name.clone(), Memory::Forgets));
        }
        for person in &crowd {
            for number in 0..size.crowd {
                seats.push(begin(person, format!("{}-{number}", person.name), Memory::Keeps));
            }
        }
        Ok(Self {
            seats,
            places,
            talkers,
            guests,
            square,
        })
    }
}
