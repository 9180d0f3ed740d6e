//! What goes on while things are broken: messages over sockets and REST, changes of messages, members that come and go.

mod call;
mod cast;
mod changes;
mod ledger;

use crate::town::{Progress, Town, below, new_key};
use anyhow::Result;
use call::{again, is_worth_another, over_rest, over_the_socket};
pub(crate) use cast::Size;
use cast::{Cast, Talker};
use klatch_client::Method;
use klatch_protocol::command::message::Send;
use klatch_types::Seq;
pub(crate) use ledger::{Attempt, Ledger, Trip};
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// Sends that may be unanswered at once; more are not begun.
const UNANSWERED_MAX: usize = 600;
/// One in so many acknowledged messages is changed afterwards.
const CHANGED_ONE_IN: u64 = 8;

/// The load, while it runs.
pub(crate) struct Load {
    pub(crate) town: Arc<Town>,
    /// Who takes part.
    pub(crate) cast: Cast,
    /// What became of messages.
    pub(crate) ledger: Mutex<Ledger>,
    /// The furthest acknowledged position of each channel.
    pub(crate) acked: Mutex<Progress>,
    under_way: AtomicUsize,
    /// Sends that a node has in hand, or is about to.
    in_flight: AtomicUsize,
    /// Whether a message that is answered is followed by another at once.
    pressing: AtomicBool,
    turn: AtomicUsize,
    places_left: Arc<Semaphore>,
    said: AtomicU64,
    rate: u64,
    stop_sending: watch::Sender<bool>,
    stop_listening: watch::Sender<bool>,
}

impl Load {
    /// Makes users and channels, and starts everything.
    pub(crate) async fn start(town: Arc<Town>, size: Size) -> Result<Arc<Self>> {
        let (stop_sending, _) = watch::channel(false);
        let (stop_listening, stopped) = watch::channel(false);
        let cast = Cast::gather(&town, size, &stopped).await?;
        let load = Arc::new(Self {
            town,
            cast,
            ledger: Mutex::default(),
            acked: Mutex::default(),
            under_way: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            pressing: AtomicBool::new(false),
            turn: AtomicUsize::new(0),
            places_left: Arc::new(Semaphore::new(UNANSWERED_MAX)),
            said: AtomicU64::new(0),
            rate: size.rate,
            stop_sending,
            stop_listening,
        });
        tokio::spawn(Arc::clone(&load).pace());
        for (guest, place) in load.cast.guests.iter().zip(&load.cast.places) {
            load.under_way.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(Arc::clone(&load).come_and_go(Arc::clone(guest), place.clone()));
        }
        Ok(load)
    }

    /// Commands that have begun and are not answered for good.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// Begins so many messages at once, and another for each that is answered, until [`Self::relent`].
    pub(crate) fn press(self: &Arc<Self>, count: usize) {
        self.pressing.store(true, Ordering::Relaxed);
        for _ in 0..count {
            self.say();
        }
    }

    /// Back to an even pace.
    pub(crate) fn relent(&self) {
        self.pressing.store(false, Ordering::Relaxed);
    }

    /// Sends that nodes have in hand.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Forgets what became of messages before, but for those that are under way.
    pub(crate) fn begin_account(&self) {
        let mut ledger = self.ledger.lock().unwrap();
        ledger.trips.clear();
        ledger.attempts.clear();
        self.town.moves.lock().unwrap().clear();
    }

    /// Whether all messages that are unanswered began after this moment.
    pub(crate) fn all_since(&self, moment_ns: u64) -> bool {
        let ledger = self.ledger.lock().unwrap();
        ledger.unanswered.values().all(|begun_ns| *begun_ns > moment_ns)
    }

    /// Begins nothing new.
    pub(crate) fn stop_sending(&self) {
        self.stop_sending.send_replace(true);
    }

    /// Ends all sessions.
    pub(crate) fn stop_listening(&self) {
        self.stop_listening.send_replace(true);
    }

    /// Messages at an even pace until told to stop.
    async fn pace(self: Arc<Self>) {
        let mut stop = self.stop_sending.subscribe();
        let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / self.rate.max(1)));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                _ = ticks.tick() => self.say(),
            }
        }
    }

    /// One message of the next talker, over the socket or REST.
    fn say(self: &Arc<Self>) {
        let Ok(permit) = Arc::clone(&self.places_left).try_acquire_owned() else {
            return;
        };
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let talker = self.cast.talkers[turn % self.cast.talkers.len()].clone();
        let square = self.cast.square.filter(|_| turn.is_multiple_of(128));
        let channel = square.unwrap_or_else(|| talker.channels[usize::from(below(2) == 1)]);
        let said = self.said.fetch_add(1, Ordering::Relaxed);
        let send = Send {
            channel,
            key: new_key(),
            text: format!("{} says {said}", talker.seat.name),
            reply_to: None,
        };
        self.under_way.fetch_add(1, Ordering::Relaxed);
        let (load, over_socket) = (Arc::clone(self), below(2) == 1);
        tokio::spawn(async move {
            if let Some(seq) = load.deliver(&talker, said, &send, over_socket).await
                && below(CHANGED_ONE_IN) == 0
            {
                load.change(&talker, channel, seq).await;
            }
            load.under_way.fetch_sub(1, Ordering::Relaxed);
            drop(permit);
            if load.pressing.load(Ordering::Relaxed) {
                load.say();
            }
        });
    }

    /// Tries a message until its answer is definite.
    async fn deliver(&self, talker: &Talker, number: u64, send: &Send, over_socket: bool) -> Option<Seq> {
        let first_ns = self.town.recorder.now_ns();
        self.ledger.lock().unwrap().unanswered.insert(number, first_ns);
        let person = &talker.seat.person;
        let mut node = person.home;
        loop {
            if over_socket {
                let mut connected = talker.seat.connected.subscribe();
                connected.wait_for(|connected| *connected).await.ok()?;
                node = talker.seat.at.load(Ordering::Relaxed);
            }
            let (name, begun_ns) = (self.town.node(node), self.town.recorder.now_ns());
            let pending = self.town.recorder.send(&talker.seat.name, person.id, &name, send);
            self.in_flight.fetch_add(1, Ordering::Relaxed);
            let answer = if over_socket {
                over_the_socket(&talker.seat, send).await
            } else {
                let path = format!("/v1/channels/{}/messages", send.channel);
                let call = (Method::POST, path, send.key, Some(json!({ "text": send.text })));
                over_rest(person, node, &call).await
            };
            self.in_flight.fetch_sub(1, Ordering::Relaxed);
            pending.settle(&answer);
            let ended_ns = self.town.recorder.now_ns();
            self.ledger.lock().unwrap().attempts.push(Attempt {
                node,
                begun_ns,
                ended_ns,
            });
            match answer {
                Ok(ack) => {
                    let mut ledger = self.ledger.lock().unwrap();
                    ledger.unanswered.remove(&number);
                    ledger.trips.push(Trip {
                        begun_ns: first_ns,
                        acked_ns: ended_ns,
                    });
                    drop(ledger);
                    let mut acked = self.acked.lock().unwrap();
                    let head = acked.entry(send.channel).or_default();
                    *head = ack.seq.max(*head);
                    return Some(ack.seq);
                }
                Err(error) if is_worth_another(&error) => {
                    node = (node + 1) % self.town.nodes();
                    again().await;
                }
                Err(error) => {
                    self.town
                        .trouble(format!("{name} refused a message for good: {error}"));
                    return None;
                }
            }
        }
    }

    /// Asks a node by itself until it takes a message; a probe of whether it serves.
    pub(crate) async fn probe(&self, node: usize) {
        let home = self
            .cast
            .talkers
            .iter()
            .find(|talker| talker.seat.person.home == node);
        let talker = home.expect("every node has talkers");
        let send = Send {
            channel: talker.channels[0],
            key: new_key(),
            text: format!("{} asks", talker.seat.name),
            reply_to: None,
        };
        let call = (
            Method::POST,
            format!("/v1/channels/{}/messages", send.channel),
            send.key,
            Some(json!({ "text": send.text })),
        );
        let name = self.town.node(node);
        loop {
            let person = &talker.seat.person;
            let pending = self
                .town
                .recorder
                .send(&talker.seat.name, person.id, &name, &send);
            let answer = over_rest(person, node, &call).await;
            pending.settle(&answer);
            if answer.is_ok() {
                return;
            }
            again().await;
        }
    }
}
