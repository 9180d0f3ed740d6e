//! S3.3: when a channel is pulled, and that nobody misses anything whichever way it goes.

use super::pace::{Due, Pace, PullRules};
use klatch_types::Seq;
use proptest::prelude::*;
use std::time::Duration;
use tokio::time::Instant;

const RULES: PullRules = PullRules {
    listeners: 100,
    events_per_second: 10.0,
    hint_every: Duration::from_millis(1_000),
    hint_every_max: Duration::from_millis(5_000),
    pulls_per_second: 100,
    leave_after: Duration::from_secs(5),
};

/// A channel whose events come at a steady rate, on a clock that is moved by hand.
struct Run {
    pace: Pace,
    now: Instant,
    head: u64,
    hints: Vec<(Seq, Duration)>,
}

impl Run {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            pace: Pace::new(now),
            now,
            head: 0,
            hints: Vec::new(),
        }
    }

    /// Lets time pass in steps of 100 ms, with so many events in each; how many of them were held back.
    fn pass(&mut self, time: Duration, events: u64, listeners: usize) -> u64 {
        let mut held = 0;
        for _ in 0..time.as_millis() / 100 {
            self.now += Duration::from_millis(100);
            for _ in 0..events {
                self.head += 1;
                let head = Seq(self.head);
                held += u64::from(self.pace.committed(&RULES, listeners, 1, head, self.now));
            }
            if let Due::Hint(head, spread) = self.pace.look(&RULES, listeners, self.now) {
                self.hints.push((head, spread));
            }
        }
        held
    }
}

/// S3.3: many listeners and many events make a channel pulled; few of either do not.
#[test]
fn only_large_and_active_channels_are_pulled() {
    let minute = Duration::from_secs(60);
    assert_eq!(Run::new().pass(minute, 20, 99), 0, "too few listeners");
    let mut quiet = Run::new();
    for _ in 0..60 {
        assert_eq!(quiet.pass(Duration::from_secs(1), 0, 1_000), 0);
        assert_eq!(
            quiet.pass(Duration::from_millis(100), 5, 1_000),
            0,
            "too few events"
        );
    }
    let mut active = Run::new();
    let held = active.pass(minute, 2, 1_000);
    assert!(held > 1_150, "{held} of 1,200 were held back");
}

/// S3.3: hints come as seldom as so many listeners need, and each says where the log is.
#[test]
fn hints_are_the_rarer_the_more_listen() {
    for (listeners, seconds) in [(100, 1), (300, 3), (100_000, 5)] {
        let mut run = Run::new();
        run.pass(Duration::from_secs(60), 10, listeners);
        let expected = 60 / seconds;
        let hints = run.hints.len();
        assert!(
            (expected - 2..=expected).contains(&hints),
            "{hints} hints to {listeners}"
        );
        let spread = Duration::from_secs(seconds as u64) / 4;
        assert!(run.hints.iter().all(|(_, each)| *each == spread));
        assert!(run.hints.is_sorted_by(|(a, _), (b, _)| a < b));
    }
}

/// S3.3: a channel at the edge does not go to and fro, and what was held back last is told of when it is left.
#[test]
fn it_is_left_after_a_while_and_with_a_last_hint() {
    let second = Duration::from_secs(1);
    let mut run = Run::new();
    run.pass(10 * second, 2, 100);
    assert!(run.pace.is_pulling());
    run.pass(20 * second, 1, 100);
    run.pass(20 * second, 1, 60);
    assert!(run.pace.is_pulling(), "half as much is not little");
    run.pass(3 * second, 0, 60);
    run.pass(second, 2, 100);
    run.pass(3 * second, 1, 100);
    assert!(run.pace.is_pulling(), "a short silence is none");
    let last = run.head;
    run.pass(15 * second, 0, 100);
    assert!(!run.pace.is_pulling());
    assert_eq!(run.hints.last().map(|(head, _)| head.0), Some(last));
    let told = run.hints.len();
    assert_eq!(run.pass(second, 0, 100), 0);
    assert_eq!(run.hints.len(), told, "nothing is told twice");
    run.pass(60 * second, 0, 100);
    assert_eq!(run.pace.look(&RULES, 100, run.now), Due::Forget);
}

/// One thing that happens to a channel.
#[derive(Clone, Copy, Debug)]
enum Step {
    Events(u64),
    Listeners(usize),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1u64..60).prop_map(Step::Events),
        1 => (0usize..400).prop_map(Step::Listeners),
        3 => (1u64..4_000).prop_map(Step::Pass),
    ]
}

proptest! {
    /// S3.3: whatever happens, each event is pushed or a hint tells of it, and a client that pulls has all of them.
    #[test]
    fn nothing_is_held_back_for_good(steps in proptest::collection::vec(step(), 1..200)) {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        let (mut head, mut listeners) = (0, 200);
        // Where a client's copy ends that applies what continues it, and asks for the rest up to what it heard of.
        let mut copy = 0;
        for step in steps {
            match step {
                Step::Listeners(count) => listeners = count,
                Step::Pass(ms) => now += Duration::from_millis(ms),
                Step::Events(events) => {
                    head += events;
                    if !RULES.concern(listeners) || !pace.committed(&RULES, listeners, events, Seq(head), now) {
                        copy = head;
                    }
                }
            }
            if let Due::Hint(told, _) = pace.look(&RULES, listeners, now) {
                prop_assert!(told.0 <= head);
                copy = copy.max(told.0);
            }
        }
        for _ in 0..200 {
            now += Duration::from_millis(50);
            if let Due::Hint(told, _) = pace.look(&RULES, listeners, now) {
                copy = copy.max(told.0);
            }
        }
        prop_assert_eq!(copy, head);
    }
}
