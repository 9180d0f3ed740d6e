//! All sockets of this node. One sweep looks after heartbeats, stalls, expiry and revocation, so that no
//! connection needs a timer of its own.

use bytes::Bytes;
use klatch_fanout::{ConnectionId, Frame, Outbox};
use klatch_protocol::{CloseCode, ServerFrame, codec};
use klatch_session::Principal;
use klatch_session::auth::Seat;
use klatch_types::{Clock, DeviceId, Entropy, Millis, UserId, limits};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How often all sockets are looked at.
const SWEEP: Duration = Duration::from_secs(1);
/// A ping without payload (RFC 6455 section 5.5.2).
const PING: &[u8] = &[0x89, 0x00];
/// Not stalled.
const FLOWING: i64 = i64::MAX;

/// What the registry allows.
#[derive(Clone, Copy, Debug)]
pub struct RegistryOptions {
    /// Sockets from one address; 0 for any number.
    pub per_ip: u32,
}

impl Default for RegistryOptions {
    fn default() -> Self {
        Self {
            per_ip: limits::CONNECTIONS_PER_IP,
        }
    }
}

/// What the sweep knows of one socket.
#[derive(Debug)]
pub(crate) struct Pulse {
    outbox: Arc<Outbox>,
    who: Arc<Principal>,
    /// Its place among the connections of a user who may have one.
    seat: Option<Seat>,
    /// When the token ends, for tokens whose device cannot be asked.
    expires_at: Option<Millis>,
    connected_at: Millis,
    heard_at: AtomicI64,
    pinged_at: AtomicI64,
    stalled_at: AtomicI64,
}

impl Pulse {
    pub(crate) fn new(who: Arc<Principal>, outbox: Arc<Outbox>, seat: Option<Seat>, now: Millis) -> Self {
        Self {
            outbox,
            expires_at: (!who.outlives_token()).then_some(who.expires_at),
            who,
            seat,
            connected_at: now,
            heard_at: AtomicI64::new(now.0),
            pinged_at: AtomicI64::new(now.0),
            stalled_at: AtomicI64::new(FLOWING),
        }
    }

    /// Something came in.
    pub(crate) fn heard(&self, now: Millis) {
        self.heard_at.store(now.0, Ordering::Relaxed);
    }

    /// The kernel took no more; keeps the time of the first refusal.
    pub(crate) fn stalled(&self, now: Millis) {
        self.stalled_at.fetch_min(now.0, Ordering::Relaxed);
    }

    /// Everything that was taken from the outbox has been written.
    pub(crate) fn flowing(&self) {
        if self.stalled_at.load(Ordering::Relaxed) != FLOWING {
            self.stalled_at.store(FLOWING, Ordering::Relaxed);
        }
    }

    /// Pings, or closes what is dead, stalled or expired.
    fn look(&self, now: Millis, ping: &Frame) {
        let age = |at: &AtomicI64| now.since(Millis(at.load(Ordering::Relaxed)));
        if age(&self.heard_at) > limits::DEAD_AFTER {
            self.outbox.close(CloseCode::HeartbeatMissed, false);
        } else if self.stalled_at.load(Ordering::Relaxed) != FLOWING
            && age(&self.stalled_at) > limits::WRITE_STALL_MAX
        {
            self.outbox.close(CloseCode::TooSlow, false);
        } else if self.expires_at.is_some_and(|expires_at| expires_at <= now) {
            self.outbox.close(CloseCode::NotAuthenticated, true);
        } else if age(&self.heard_at) >= limits::HEARTBEAT && age(&self.pinged_at) >= limits::HEARTBEAT {
            self.pinged_at.store(now.0, Ordering::Relaxed);
            self.outbox.push(ping.clone());
        }
    }
}

/// What one socket is to operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketInfo {
    /// The device, for the server's own tokens.
    pub device: Option<DeviceId>,
    /// Since when.
    pub connected_at: Millis,
    /// When something last came in.
    pub heard_at: Millis,
}

/// The sockets of this node.
pub struct Registry {
    options: RegistryOptions,
    clock: Arc<dyn Clock>,
    pulses: Mutex<HashMap<ConnectionId, Arc<Pulse>>>,
    by_ip: Mutex<HashMap<IpAddr, u32>>,
}

impl Registry {
    /// An empty registry.
    pub fn new(options: RegistryOptions, clock: Arc<dyn Clock>) -> Self {
        Self {
            options,
            clock,
            pulses: Mutex::default(),
            by_ip: Mutex::default(),
        }
    }

    /// The time, as the sweep sees it.
    pub(crate) fn now(&self) -> Millis {
        self.clock.now()
    }

    /// Takes a place for a socket from this address; `None` if it has as many as it may.
    pub(crate) fn place_for(self: &Arc<Self>, ip: IpAddr) -> Option<IpPlace> {
        let mut by_ip = self.by_ip.lock();
        let count = by_ip.entry(ip).or_default();
        if self.options.per_ip > 0 && *count >= self.options.per_ip {
            return None;
        }
        *count += 1;
        Some(IpPlace {
            registry: Arc::clone(self),
            ip,
        })
    }

    pub(crate) fn enter(&self, pulse: &Arc<Pulse>) {
        let mut pulses = self.pulses.lock();
        pulses.insert(pulse.outbox.id(), Arc::clone(pulse));
        metrics::gauge!("klatch_connections").set(pulses.len() as f64);
    }

    pub(crate) fn leave(&self, pulse: &Pulse) {
        let mut pulses = self.pulses.lock();
        pulses.remove(&pulse.outbox.id());
        metrics::gauge!("klatch_connections").set(pulses.len() as f64);
    }

    /// How many sockets are open.
    pub fn len(&self) -> usize {
        self.pulses.lock().len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Looks after all sockets for as long as the server runs.
    pub async fn sweep(&self) {
        let ping = Frame::raw(Bytes::from_static(PING));
        let mut ticks = tokio::time::interval(SWEEP);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            let now = self.now();
            for pulse in self.all() {
                pulse.look(now, &ping);
            }
        }
    }

    /// Closes the sockets of a device that was signed out or replaced, as the code says.
    pub fn revoke_device(&self, device: DeviceId, code: CloseCode) {
        for pulse in self.all().iter().filter(|pulse| pulse.who.device == Some(device)) {
            pulse.outbox.close(code, false);
        }
    }

    /// Closes the sockets of a user that are older than the newest, which is here or has this seat; the newest seat
    /// here, if it is newer than this one.
    pub fn replace_seats(&self, user: UserId, seat: Seat) -> Option<Seat> {
        let theirs: Vec<_> = self
            .all()
            .into_iter()
            .filter(|pulse| pulse.who.user == user)
            .filter_map(|pulse| Some((pulse.seat?, pulse)))
            .collect();
        let newest = theirs.iter().fold(seat, |newest, (seat, _)| newest.max(*seat));
        for (_, pulse) in theirs.iter().filter(|(seat, _)| *seat < newest) {
            pulse.outbox.close(CloseCode::Replaced, false);
        }
        (newest > seat).then_some(newest)
    }

    /// Closes the sockets of a user who was disabled.
    pub fn revoke_user(&self, user: UserId) {
        for pulse in self.all().iter().filter(|pulse| pulse.who.user == user) {
            pulse.outbox.close(CloseCode::Revoked, false);
        }
    }

    /// Everyone who has a socket here, once for each socket.
    pub fn everyone(&self) -> Vec<Arc<Principal>> {
        self.all().iter().map(|pulse| Arc::clone(&pulse.who)).collect()
    }

    /// The sockets of a user.
    pub fn of_user(&self, user: UserId) -> Vec<SocketInfo> {
        let of_user = |pulse: &&Arc<Pulse>| pulse.who.user == user;
        let info = |pulse: &Arc<Pulse>| SocketInfo {
            device: pulse.who.device,
            connected_at: pulse.connected_at,
            heard_at: Millis(pulse.heard_at.load(Ordering::Relaxed)),
        };
        self.all().iter().filter(of_user).map(info).collect()
    }

    /// Tells every client to come back after a delay of its own within `spread`, and closes after what was queued before.
    pub fn drain(&self, spread: Duration, entropy: &dyn Entropy) {
        self.drain_some(usize::MAX, spread, entropy);
    }

    /// The same for so many clients, whichever.
    pub fn drain_some(&self, clients: usize, spread: Duration, entropy: &dyn Entropy) {
        let spread_ms = u64::try_from(spread.as_millis()).unwrap_or(u64::MAX).max(1);
        for pulse in self.all().into_iter().take(clients) {
            let mut random = [0u8; 8];
            entropy.fill(&mut random);
            let delay_ms = u64::from_le_bytes(random) % spread_ms;
            pulse
                .outbox
                .push(Frame::text(&codec::write(&ServerFrame::Reconnect { delay_ms })));
            pulse.outbox.close(CloseCode::Restarting, true);
        }
    }

    fn all(&self) -> Vec<Arc<Pulse>> {
        self.pulses.lock().values().cloned().collect()
    }
}

/// A socket's place among those of its address; given back when dropped.
pub(crate) struct IpPlace {
    registry: Arc<Registry>,
    ip: IpAddr,
}

impl Drop for IpPlace {
    fn drop(&mut self) {
        let mut by_ip = self.registry.by_ip.lock();
        if let Some(count) = by_ip.get_mut(&self.ip) {
            *count -= 1;
            if *count == 0 {
                by_ip.remove(&self.ip);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_fanout::{OutboxLimits, Taken};
    use klatch_types::{ManualClock, SeededEntropy, SpaceId, UserKind};
    use std::collections::VecDeque;
    use std::task::{Context, Poll, Waker};

    struct Socket {
        outbox: Arc<Outbox>,
        pulse: Pulse,
        clock: ManualClock,
    }

    impl Socket {
        fn new(device: bool) -> Self {
            let entropy = SeededEntropy::new(4);
            let clock = ManualClock::new(Millis(1_000_000));
            let user = UserId::new(clock.now(), &entropy);
            let who = Principal {
                user,
                space: SpaceId::new(clock.now(), &entropy),
                username: "ana".into(),
                name: "Ana".into(),
                kind: UserKind::Person,
                admin: None,
                device: device.then(|| DeviceId::new(clock.now(), &entropy)),
                expires_at: clock.now().plus(Duration::from_secs(600)),
                channels: Vec::new(),
            };
            let outbox = Arc::new(Outbox::new(ConnectionId(1), user, OutboxLimits::default()));
            let pulse = Pulse::new(Arc::new(who), Arc::clone(&outbox), None, clock.now());
            Self { outbox, pulse, clock }
        }

        /// The sweep looks once a second for so long; what the connection finds in its outbox then.
        fn after(&self, seconds: u64) -> Poll<Taken> {
            let ping = Frame::raw(Bytes::from_static(PING));
            for _ in 0..seconds {
                self.clock.advance(SWEEP);
                self.pulse.look(self.clock.now(), &ping);
            }
            let mut context = Context::from_waker(Waker::noop());
            let (mut bytes, mut frames) = (0, 0);
            self.outbox
                .poll_take(&mut context, &mut bytes, &mut frames, &mut VecDeque::new())
        }
    }

    /// S2.2: of a user's sockets the newest stays, in whatever order they come and are told of.
    #[test]
    fn the_newest_seat_stays() {
        let registry = Registry::new(RegistryOptions::default(), Arc::new(ManualClock::new(Millis(1))));
        let who = Arc::clone(&Socket::new(false).pulse.who);
        let seat = |number| Seat(uuid::Uuid::from_u128(number));
        let enter = |number| {
            let id = ConnectionId(u64::try_from(number).unwrap());
            let outbox = Arc::new(Outbox::new(id, who.user, OutboxLimits::default()));
            let pulse = Pulse::new(
                Arc::clone(&who),
                Arc::clone(&outbox),
                Some(seat(number)),
                Millis(1),
            );
            registry.enter(&Arc::new(pulse));
            outbox
        };
        let end = |outbox: &Outbox| {
            let mut context = Context::from_waker(Waker::noop());
            outbox.poll_take(&mut context, &mut 0, &mut 0, &mut VecDeque::new())
        };
        let replaced = Poll::Ready(Taken::Close(CloseCode::Replaced));
        let (first, third) = (enter(1), enter(3));
        assert_eq!(registry.replace_seats(who.user, seat(3)), None);
        assert_eq!((end(&first), end(&third)), (replaced, Poll::Pending));
        let second = enter(2);
        assert_eq!(registry.replace_seats(who.user, seat(2)), Some(seat(3)));
        assert_eq!((end(&second), end(&third)), (replaced, Poll::Pending));
        assert_eq!(registry.replace_seats(who.user, seat(4)), None, "on another node");
        assert_eq!(end(&third), replaced);
    }

    #[test]
    fn a_silent_socket_is_pinged_and_then_dead() {
        let socket = Socket::new(true);
        assert_eq!(socket.after(24), Poll::Pending);
        assert_eq!(socket.after(1), Poll::Ready(Taken::Frames), "a ping");
        assert_eq!(socket.after(20), Poll::Pending);
        assert_eq!(
            socket.after(1),
            Poll::Ready(Taken::Close(CloseCode::HeartbeatMissed))
        );
    }

    #[test]
    fn a_socket_that_answers_lives_on() {
        let socket = Socket::new(true);
        for _ in 0..20 {
            assert_eq!(socket.after(25), Poll::Ready(Taken::Frames));
            socket.pulse.heard(socket.clock.now());
        }
    }

    #[test]
    fn a_reader_that_takes_nothing_is_too_slow_and_one_that_catches_up_is_not() {
        let socket = Socket::new(true);
        socket.pulse.stalled(socket.clock.now());
        assert_eq!(socket.after(8), Poll::Pending);
        socket.pulse.flowing();
        assert_eq!(socket.after(8), Poll::Pending);
        socket.pulse.stalled(socket.clock.now());
        assert_eq!(socket.after(9), Poll::Ready(Taken::Close(CloseCode::TooSlow)));
    }

    #[test]
    fn a_token_without_a_device_ends_its_socket_when_it_ends() {
        for (device, closed) in [
            (true, Poll::Pending),
            (false, Poll::Ready(Taken::Close(CloseCode::NotAuthenticated))),
        ] {
            let socket = Socket::new(device);
            socket.clock.advance(Duration::from_secs(600));
            socket.pulse.heard(socket.clock.now());
            assert_eq!(socket.after(1), closed, "device: {device}");
        }
    }
}
