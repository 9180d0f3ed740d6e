//! S4.6: the state by itself, by a clock that is set by hand.

use super::*;
use proptest::prelude::*;
use uuid::Uuid;

const ANA: UserId = UserId(Uuid::from_u128(1));
const NODE: NodeId = NodeId(Uuid::from_u128(2));
const LAB: ChannelId = ChannelId(Uuid::from_u128(3));
const GRACE: i64 = limits::PRESENCE_GRACE.as_millis() as i64;
const IDLE: i64 = limits::PRESENCE_AWAY_AFTER.as_millis() as i64;

fn arrival(connection: u64) -> Arrival {
    Arrival {
        connection: ConnectionId(connection),
        user: ANA,
        device: None,
    }
}

fn connect(presence: &mut Presence, connection: u64, now: i64) -> Arc<Pulse> {
    let pulse = Arc::new(Pulse::new(Millis(now)));
    presence.connect(arrival(connection), &pulse, Millis(now));
    presence.set_hidden(ANA, false);
    pulse
}

/// What is told after a tick.
fn told(presence: &mut Presence, now: i64) -> Vec<Status> {
    presence.tick(Millis(now), |_| vec![LAB]);
    let changes = presence.take_changes(100).into_iter();
    changes.map(|change| change.status).collect()
}

/// A reconnect within the grace period shows nothing; without one the user goes offline when it is over, and the
/// change tells when they were last active and in which channels.
#[test]
fn who_comes_back_in_time_was_never_away() {
    let mut presence = Presence::default();
    connect(&mut presence, 1, 0);
    assert_eq!(told(&mut presence, 0), [Status::Online]);
    presence.disconnect(ANA, ConnectionId(1), vec![LAB], Millis(100));
    assert_eq!(told(&mut presence, 99 + GRACE), []);
    connect(&mut presence, 2, 99 + GRACE);
    assert_eq!(told(&mut presence, 10 * GRACE), []);
    presence.disconnect(ANA, ConnectionId(2), vec![LAB], Millis(10 * GRACE));
    presence.tick(Millis(11 * GRACE), |_| Vec::new());
    let changes = presence.take_changes(100);
    let expected = Change {
        user: ANA,
        status: Status::Offline,
        active_at: Some(Millis(0)),
        channels: Some(vec![LAB]),
    };
    assert_eq!(changes, [expected]);
    assert!(presence.here.is_empty(), "nothing is kept of who is gone");
}

/// A user is as present as their most present connection.
#[test]
fn the_best_of_the_devices_counts() {
    let mut presence = Presence::default();
    let phone = connect(&mut presence, 1, 0);
    connect(&mut presence, 2, 0);
    assert_eq!(told(&mut presence, 0), [Status::Online]);
    phone.set_away(true, Millis(1));
    assert_eq!(told(&mut presence, 1), []);
    presence.disconnect(ANA, ConnectionId(2), vec![], Millis(2));
    assert_eq!(
        told(&mut presence, 1 + GRACE),
        [],
        "it counts until its grace is over"
    );
    connect(&mut presence, 3, 1 + GRACE);
    assert_eq!(told(&mut presence, 1 + GRACE), []);
    presence.disconnect(ANA, ConnectionId(3), vec![], Millis(2 + GRACE));
    assert_eq!(told(&mut presence, 2 + 2 * GRACE), [Status::Away]);
    let now = 3 + 2 * GRACE;
    phone.set_away(false, Millis(now));
    assert_eq!(told(&mut presence, now), [Status::Online]);
    assert_eq!(told(&mut presence, now + IDLE), [Status::Away]);
    phone.active(Millis(now + IDLE + 1));
    assert_eq!(told(&mut presence, now + IDLE + 1), [Status::Online]);
}

/// Who was idle and comes back over a new connection is idle still.
#[test]
fn a_new_connection_is_no_activity() {
    let mut presence = Presence::default();
    connect(&mut presence, 1, 0);
    told(&mut presence, 0);
    assert_eq!(told(&mut presence, IDLE), [Status::Away]);
    presence.disconnect(ANA, ConnectionId(1), vec![], Millis(IDLE));
    let pulse = connect(&mut presence, 2, IDLE + 1);
    assert_eq!(told(&mut presence, IDLE + 1), []);
    pulse.active(Millis(IDLE + 2));
    assert_eq!(told(&mut presence, IDLE + 2), [Status::Online]);
}

/// Nothing is told of who hides, nor before it is known.
#[test]
fn who_hides_is_offline() {
    let mut presence = Presence::default();
    presence.connect(arrival(1), &Arc::new(Pulse::new(Millis(0))), Millis(0));
    assert_eq!(told(&mut presence, 0), []);
    assert_eq!(presence.unknown(), [ANA]);
    presence.set_hidden(ANA, false);
    assert_eq!(told(&mut presence, 1), [Status::Online]);
    presence.set_hidden(ANA, true);
    assert_eq!(told(&mut presence, 2), [Status::Offline]);
    assert!(!presence.shows(ANA));
}

/// S0.5: a back end may show a user as online without a connection.
#[test]
fn a_flag_is_as_good_as_a_connection() {
    let mut presence = Presence::default();
    assert!(presence.flag(ANA, vec![LAB], true, Millis(0)));
    presence.set_hidden(ANA, false);
    assert_eq!(told(&mut presence, 0), [Status::Online]);
    assert_eq!(told(&mut presence, 10 * IDLE), []);
    assert!(presence.flag(ANA, vec![LAB], false, Millis(10 * IDLE)));
    assert_eq!(told(&mut presence, 10 * IDLE), [Status::Offline]);
    assert!(presence.here.is_empty() && presence.flags == 0);
}

/// What a node says is what the others believe; a lost batch is noticed and made good by everything; a node that is
/// silent takes its users with it.
#[test]
fn other_nodes_are_believed_until_they_are_silent() {
    let (mut here, mut there) = (Presence::default(), Presence::default());
    connect(&mut there, 1, 0);
    let batch = there.tick(Millis(0), |_| vec![LAB]).remove(0);
    assert_eq!(here.hear_batch(NODE, batch, Millis(0)), Heard::Taken);
    assert_eq!(here.take_changes(10)[0].channels, Some(vec![LAB]));
    there.disconnect(ANA, ConnectionId(1), vec![LAB], Millis(0));
    assert_eq!(there.tick(Millis(GRACE), |_| vec![]).len(), 1); // lost
    assert_eq!(
        here.hear_beat(NODE, there.version(), Millis(GRACE)),
        Heard::Missed
    );
    assert_eq!(here.of(ANA).0, Status::Online);
    here.hear_part(NODE, there.version(), (true, true), there.whole(), Millis(GRACE));
    assert_eq!(here.take_changes(10)[0].status, Status::Offline);
    assert_eq!(here.hear_beat(NODE, there.version(), Millis(GRACE)), Heard::Taken);

    connect(&mut there, 2, GRACE);
    let batch = there.tick(Millis(GRACE), |_| vec![LAB]).remove(0);
    here.hear_batch(NODE, batch, Millis(GRACE));
    assert_eq!(here.take_changes(10)[0].status, Status::Online);
    let silent = GRACE + limits::PRESENCE_NODE_SILENT.as_millis() as i64;
    here.forget_silent(Millis(silent));
    assert_eq!(here.take_changes(10), []);
    here.forget_silent(Millis(silent + 1));
    assert_eq!(here.take_changes(10)[0].status, Status::Offline);
}

/// Parts of two tellings do not mix.
#[test]
fn a_torn_telling_is_none() {
    let mut there = Presence::default();
    connect(&mut there, 1, 0);
    there.tick(Millis(0), |_| vec![]);
    let mut here = Presence::default();
    here.hear_part(NODE, 1, (true, false), there.whole(), Millis(0));
    here.hear_part(NODE, 2, (false, true), vec![], Millis(0));
    assert_eq!(here.take_changes(10), []);
    assert_eq!(here.hear_beat(NODE, 1, Millis(0)), Heard::Missed);
}

proptest! {
    /// However a second device flaps beside one that is away: the user is online from its coming until a grace period
    /// after it went, and nobody sees more.
    #[test]
    fn a_device_that_flaps_beside_one_that_is_away(waits in proptest::collection::vec(1..GRACE / 2, 1..40)) {
        let mut presence = Presence::default();
        let (laptop, phone) = (DeviceId(Uuid::from_u128(8)), DeviceId(Uuid::from_u128(9)));
        let arrive = |presence: &mut Presence, number: u64, device, away, now| {
            let pulse = Arc::new(Pulse::new(Millis(now)));
            pulse.set_away(away, Millis(now));
            let arrival = Arrival { device: Some(device), ..arrival(number) };
            presence.connect(arrival, &pulse, Millis(now));
            presence.set_hidden(ANA, false);
        };
        arrive(&mut presence, 0, laptop, true, 0);
        arrive(&mut presence, 1, phone, false, 0);
        prop_assert_eq!(told(&mut presence, 0), [Status::Online]);
        let (mut now, mut number, mut open) = (0, 1, true);
        for wait in waits {
            if open {
                presence.disconnect(ANA, ConnectionId(number), vec![], Millis(now));
            } else {
                number += 1;
                arrive(&mut presence, number, phone, false, now);
            }
            open = !open;
            now += wait;
            prop_assert_eq!(told(&mut presence, now), []);
        }
        if open {
            presence.disconnect(ANA, ConnectionId(number), vec![], Millis(now));
        }
        prop_assert_eq!(told(&mut presence, now + GRACE), [Status::Away]);
    }

    /// However a connection flaps: offline is told only after a grace period without any, online only after offline,
    /// and never is something told twice.
    #[test]
    fn flapping_is_not_seen(steps in proptest::collection::vec((0..4_u8, 1..GRACE), 1..80)) {
        let mut presence = Presence::default();
        let (mut now, mut next, mut open) = (0, 0, Vec::new());
        let (mut seen, mut alone_since) = (Status::Offline, None);
        for (step, wait) in steps {
            match (step, open.pop()) {
                (0, Some(last)) => {
                    presence.disconnect(ANA, ConnectionId(last), vec![], Millis(now));
                    if open.is_empty() {
                        alone_since = Some(now);
                    }
                }
                (1, kept) => {
                    open.extend(kept);
                    next += 1;
                    connect(&mut presence, next, now);
                    open.push(next);
                    alone_since = None;
                }
                (_, kept) => open.extend(kept),
            }
            now += wait;
            for status in told(&mut presence, now) {
                prop_assert_ne!(status, seen);
                if status == Status::Offline {
                    prop_assert!(alone_since.is_some_and(|since| now - since >= GRACE));
                } else {
                    // Of two that ended, the one that was online may be over first.
                    let sinks = (seen, status) == (Status::Online, Status::Away);
                    prop_assert!(!open.is_empty() || sinks);
                }
                seen = status;
            }
        }
        if open.is_empty() {
            told(&mut presence, now + GRACE);
            prop_assert!(presence.here.is_empty() && presence.told.is_empty());
        }
    }
}
