//! What goes on while things are broken: messages over sockets and REST, changes of messages, members that come and go.

use crate::session::{ANSWER_MAX, Memory, Request, Seat, start};
use crate::town::{Person, Place, Progress, Town, below, new_key};
use anyhow::Result;
use klatch_client::{ClientError, Method};
use klatch_protocol::command::message::Send;
use klatch_protocol::frame::Problem;
use klatch_protocol::view::Ack;
use klatch_testkit::history::{Kind, Operation, Outcome};
use klatch_types::{ChannelId, Seq};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::time::timeout;

/// Sends that may be unanswered at once; more are not begun.
const UNANSWERED_MAX: usize = 600;
/// One in so many acknowledged messages is changed afterwards.
const CHANGED_ONE_IN: u64 = 8;
/// Wait between two attempts of a command.
const AGAIN_MS: (u64, u64) = (30, 150);
/// Wait between two changes of a guest's membership.
const GUEST_MS: (u64, u64) = (300, 900);

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

/// A message on its way from its first attempt to its ack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trip {
    /// When it was first tried, in the recorder's nanoseconds.
    pub(crate) begun_ns: u64,
    /// When it was acknowledged.
    pub(crate) acked_ns: u64,
}

/// One answer to a message, definite or not.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// Which node was asked.
    pub(crate) node: usize,
    /// From when, in the recorder's nanoseconds.
    pub(crate) begun_ns: u64,
    /// Until when.
    pub(crate) ended_ns: u64,
}

/// What is known of messages since the ledger was last emptied.
#[derive(Default)]
pub(crate) struct Ledger {
    /// When each that is not acknowledged was first tried, by its number.
    pub(crate) unanswered: BTreeMap<u64, u64>,
    /// Those that were acknowledged.
    pub(crate) trips: Vec<Trip>,
    /// All answers.
    pub(crate) attempts: Vec<Attempt>,
}

/// The load, while it runs.
pub(crate) struct Load {
    pub(crate) town: Arc<Town>,
    /// All sessions.
    pub(crate) seats: Vec<Arc<Seat>>,
    talkers: Vec<Talker>,
    /// The channels, the crowd's last.
    pub(crate) places: Vec<Place>,
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
    /// The crowd's channel.
    square: Option<ChannelId>,
    rate: u64,
    stop_sending: watch::Sender<bool>,
    stop_listening: watch::Sender<bool>,
}

#[derive(Clone)]
struct Talker {
    seat: Arc<Seat>,
    channels: Vec<ChannelId>,
}

/// Sends once over REST, and reads the answer.
async fn request(door: &klatch_client::Rest, (method, path, key, body): &Call) -> Result<Ack, ClientError> {
    let mut request = door
        .request(method.clone(), path)
        .header("Idempotency-Key", key.to_string());
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await?;
    let status = response.status();
    let bytes = response.bytes().await?;
    let unreadable = |error: serde_json::Error| ClientError::Unreadable(format!("{status}: {error}"));
    if status.is_success() {
        return serde_json::from_slice(&bytes).map_err(unreadable);
    }
    let problem: Problem = serde_json::from_slice(&bytes).map_err(unreadable)?;
    Err(problem.into())
}

type Call = (Method, String, klatch_types::ClientKey, Option<Value>);

impl Load {
    /// Makes users and channels, and starts everything.
    pub(crate) async fn start(town: Arc<Town>, size: Size) -> Result<Arc<Self>> {
        let (stop_sending, _) = watch::channel(false);
        let (stop_listening, stopped) = watch::channel(false);
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
            |person: &Arc<Person>, name: String, memory| start(&town, person, name, memory, stopped.clone());
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
        let load = Arc::new(Self {
            town,
            seats,
            talkers,
            places,
            ledger: Mutex::default(),
            acked: Mutex::default(),
            under_way: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            pressing: AtomicBool::new(false),
            turn: AtomicUsize::new(0),
            places_left: Arc::new(Semaphore::new(UNANSWERED_MAX)),
            said: AtomicU64::new(0),
            square,
            rate: size.rate,
            stop_sending,
            stop_listening,
        });
        tokio::spawn(Arc::clone(&load).pace());
        for (guest, place) in guests.into_iter().zip(&load.places) {
            load.under_way.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(Arc::clone(&load).come_and_go(guest, place.clone()));
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
        let talker = self.talkers[turn % self.talkers.len()].clone();
        let square = self.square.filter(|_| turn.is_multiple_of(128));
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
                self.over_rest(person, node, &call).await
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

    async fn over_rest(&self, person: &Person, node: usize, call: &Call) -> Result<Ack, ClientError> {
        let door = person.door(node).await.map_err(|_| ClientError::Finished)?;
        timeout(ANSWER_MAX, request(&door, call))
            .await
            .unwrap_or(Err(ClientError::Unknown))
    }

    /// Edits, deletes or reacts to one's own message.
    async fn change(&self, talker: &Talker, channel: ChannelId, seq: Seq) {
        let path = format!("/v1/channels/{channel}/messages/{seq}");
        let (kind, method, path, body) = match below(3) {
            0 => (
                Kind::Other,
                Method::PATCH,
                path,
                Some(json!({ "text": "said better" })),
            ),
            1 => (Kind::Delete, Method::DELETE, path, None),
            _ => (
                Kind::Other,
                Method::PUT,
                format!("{path}/reactions/%F0%9F%91%8D"),
                None,
            ),
        };
        let call = (method, path, new_key(), body);
        self.settle(&talker.seat.person, kind, channel, Some(seq), &call)
            .await;
    }

    /// Tries a command with its key until its answer is definite, at one node after the other.
    async fn settle(
        &self,
        person: &Arc<Person>,
        kind: Kind,
        channel: ChannelId,
        target: Option<Seq>,
        call: &Call,
    ) {
        let mut node = usize::try_from(below(self.town.nodes() as u64)).unwrap();
        loop {
            let pending = self.town.recorder.begin(Operation {
                client: format!("{}-changes", person.name),
                user: person.id,
                node: self.town.node(node),
                invoke_ns: 0,
                complete_ns: 0,
                kind,
                channel,
                key: Some(call.2),
                body: None,
                outcome: Outcome::Unknown,
                seq: None,
                prev: None,
                target,
                epoch: None,
            });
            let answer = self.over_rest(person, node, call).await;
            pending.settle(&answer);
            match answer {
                Ok(ack) => {
                    let mut acked = self.acked.lock().unwrap();
                    let head = acked.entry(channel).or_default();
                    *head = ack.seq.max(*head);
                    return;
                }
                Err(error) if is_worth_another(&error) => {
                    node = (node + 1) % self.town.nodes();
                    again().await;
                }
                Err(error) => {
                    let name = self.town.node(node);
                    let what = format!("{name} refused {} {}: {error}", call.0, call.1);
                    return self.town.trouble(what);
                }
            }
        }
    }

    /// A guest is removed and added again and again, each time through some node; in the end they are in.
    async fn come_and_go(self: Arc<Self>, guest: Arc<Person>, place: Place) {
        let mut stop = self.stop_sending.subscribe();
        let path = format!("/v1/channels/{}/members", place.channel);
        loop {
            let wait = Duration::from_millis(GUEST_MS.0 + below(GUEST_MS.1 - GUEST_MS.0));
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                () = tokio::time::sleep(wait) => {}
            }
            let remove = (Method::DELETE, format!("{path}/{}", guest.id), new_key(), None);
            let add = (
                Method::POST,
                path.clone(),
                new_key(),
                Some(json!({ "user": guest.id })),
            );
            for call in [remove, add] {
                self.settle(&place.owner, Kind::Other, place.channel, None, &call)
                    .await;
            }
        }
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }

    /// Asks a node by itself until it takes a message; a probe of whether it serves.
    pub(crate) async fn probe(&self, node: usize) {
        let home = self.talkers.iter().find(|talker| talker.seat.person.home == node);
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
            let answer = self.over_rest(person, node, &call).await;
            pending.settle(&answer);
            if answer.is_ok() {
                return;
            }
            again().await;
        }
    }
}

async fn over_the_socket(seat: &Seat, send: &Send) -> Result<Ack, ClientError> {
    let (answer, answered) = oneshot::channel();
    let body = json!({ "op": "send", "channel": send.channel, "key": send.key, "text": send.text });
    seat.requests
        .send(Request { body, answer })
        .await
        .map_err(|_| ClientError::Unknown)?;
    answered.await.unwrap_or(Err(ClientError::Unknown))
}

/// Whether to try again with the same key. `Finished` stands for a token that no node gave.
fn is_worth_another(error: &ClientError) -> bool {
    error.is_retryable() || matches!(error, ClientError::Finished)
}

async fn again() {
    let wait = AGAIN_MS.0 + below(AGAIN_MS.1 - AGAIN_MS.0);
    tokio::time::sleep(Duration::from_millis(wait)).await;
}
