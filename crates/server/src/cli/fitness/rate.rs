//! `channel_rate`: messages that reach all of a channel, steadily; and how fast that can go.

use super::bounds::{Bounds, Function};
use super::echo::{PATIENCE, frame, greet};
use super::latency::Times;
use super::report::Row;
use super::span::shown;
use super::subject::Subject;
use klatch_client::{Connection, Incoming};
use klatch_protocol::EventBody;
use klatch_types::ChannelId;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Members who talk and listen.
const MEMBERS: usize = 10;
/// Rates that are tried after the steady one, messages per second.
const RATES: [f64; 10] = [
    5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 4_000.0,
];
/// How long each: this part of the time that the steady one is given, within bounds.
const PART: u32 = 10;
const EACH_MIN: Duration = Duration::from_millis(200);
const EACH_MAX: Duration = Duration::from_secs(2);
/// How often is looked whether everything has come.
const LOOK: Duration = Duration::from_millis(5);
/// What a message begins with; its number and when it was sent follow.
const MARK: &str = "fitness";

/// What has been heard, of one round at a time.
#[derive(Default)]
struct Heard {
    round: u64,
    times: Times,
    refused: Option<String>,
    ended: Option<String>,
}

/// Everyone in the group.
struct Choir {
    group: ChannelId,
    began: Instant,
    heard: Arc<Mutex<Heard>>,
    mouths: Vec<mpsc::UnboundedSender<String>>,
    _tasks: JoinSet<()>,
}

/// How a round went.
struct Round {
    sent: usize,
    times: Times,
    trouble: Option<String>,
}

impl Round {
    fn is_complete(&self) -> bool {
        self.trouble.is_none() && self.times.len() == self.sent * MEMBERS
    }
}

impl Choir {
    async fn gather(subject: &Subject) -> anyhow::Result<Self> {
        let group = subject.prepare().await?;
        let (began, heard) = (Instant::now(), Arc::new(Mutex::new(Heard::default())));
        let (mut tasks, mut mouths) = (JoinSet::new(), Vec::new());
        for number in 0..MEMBERS {
            let token = subject.guest(&format!("member-{number}"), true).await?;
            let connection = greet(subject.base(), token).await?;
            // Filled no faster than the rates that are tried.
            let (mouth, words) = mpsc::unbounded_channel();
            mouths.push(mouth);
            tasks.spawn(member(connection, words, Arc::clone(&heard), began));
        }
        Ok(Self {
            group,
            began,
            heard,
            mouths,
            _tasks: tasks,
        })
    }

    /// Sends at this rate, everyone in turn, and waits until all have heard all, or too long.
    async fn sing(&self, number: u64, rate: f64, lasting: Duration, patience: Duration) -> Round {
        *self.heard.lock() = Heard {
            round: number,
            ..Heard::default()
        };
        let messages = (rate * lasting.as_secs_f64()).round().max(1.0) as usize;
        let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
        for message in 0..messages {
            ticks.tick().await;
            let at = self.began.elapsed().as_nanos();
            let (_, frame) = frame(message as u64, self.group, &format!("{MARK} {number} {at}"));
            // Whose task has ended has said why.
            let _ = self.mouths[message % self.mouths.len()].send(frame);
        }
        let until = Instant::now() + patience;
        loop {
            {
                let mut heard = self.heard.lock();
                let trouble = heard.refused.clone().or(heard.ended.clone());
                let complete = heard.times.len() >= messages * MEMBERS;
                if complete || trouble.is_some() || Instant::now() >= until {
                    return Round {
                        sent: messages,
                        times: std::mem::take(&mut heard.times),
                        trouble,
                    };
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Says what it is told to and notes what it hears.
async fn member(
    mut connection: Connection,
    mut words: mpsc::UnboundedReceiver<String>,
    heard: Arc<Mutex<Heard>>,
    began: Instant,
) {
    let ended = loop {
        tokio::select! {
            word = words.recv() => {
                let Some(word) = word else { return };
                if let Err(error) = connection.send_text(word).await {
                    break error.to_string();
                }
            }
            incoming = connection.next() => match incoming {
                Ok(Incoming::Events(events)) => {
                    let now = began.elapsed();
                    let mut heard = heard.lock();
                    for event in events {
                        if let EventBody::MessagePosted { text, .. } = event.body
                            && let Some(sent) = sent_at(&text, heard.round)
                        {
                            heard.times.add(now.saturating_sub(sent));
                        }
                    }
                }
                Ok(Incoming::Answer(_, Err(problem))) => {
                    heard.lock().refused = Some(format!("{}: {}", problem.code.as_str(), problem.title));
                }
                Ok(_) => {}
                Err(error) => break error.to_string(),
            },
        }
    };
    heard.lock().ended = Some(ended);
}

/// When a message of this round was sent.
fn sent_at(text: &str, round: u64) -> Option<Duration> {
    let mut words = text.split(' ');
    let ours = words.next() == Some(MARK) && words.next()?.parse() == Ok(round);
    let nanos = words.next()?.parse().ok()?;
    ours.then(|| Duration::from_nanos(nanos))
}

/// Measures the ideal rate for a while, then looks for the highest.
pub(super) async fn measure(subject: &Subject, bounds: &Bounds, lasting: Duration) -> Row {
    let choir = match Choir::gather(subject).await {
        Ok(choir) => choir,
        Err(error) => return Row::unknown(Function::ChannelRate, bounds, format!("{error:#}")),
    };
    let bound = bounds.of(Function::ChannelRate);
    let steady = bound.ideal.or(bound.min).unwrap_or(1.0).max(0.1);
    let mut round = choir.sing(0, steady, lasting, PATIENCE).await;
    let reached = round.times.len() as f64 / (round.sent * MEMBERS) as f64;
    let slowest = round.times.percentile(100.0).unwrap_or_default();
    let mut detail = format!(
        "messages/s to {MEMBERS} members for {}, slowest {}",
        shown(lasting),
        shown(slowest)
    );
    if !round.is_complete() {
        let why = round.trouble.as_deref().unwrap_or("not all came in time");
        detail.push_str(&format!("; {:.1} % arrived: {why}", reached * 100.0));
        return Row::measured(Function::ChannelRate, bounds, steady * reached, detail);
    }
    let within = bounds.of(Function::SendLatency).ideal.unwrap_or(1.0);
    let each = (lasting / PART).clamp(EACH_MIN, EACH_MAX);
    let (mut best, mut end) = (steady, String::new());
    for (number, rate) in (1..).zip(RATES.into_iter().filter(|rate| *rate > steady)) {
        let mut round = choir
            .sing(number, rate, each, Duration::from_secs_f64(within))
            .await;
        let slow = round.times.percentile(99.0).unwrap_or_default().as_secs_f64() > within;
        if slow || !round.is_complete() {
            let why = round.trouble.as_deref().unwrap_or("too slow");
            end = format!(", at {rate:.0}/s: {why}");
            break;
        }
        best = rate;
    }
    detail.push_str(&format!("; up to {best:.0}/s tried with success{end}"));
    Row::measured(Function::ChannelRate, bounds, steady, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_of_the_round_are_timed() {
        assert_eq!(sent_at("fitness 3 1500", 3), Some(Duration::from_nanos(1500)));
        for other in [
            "fitness 2 1500",
            "fitness 3",
            "fitness",
            "hello 3 1500",
            "",
            "fitness 3 x",
        ] {
            assert_eq!(sent_at(other, 3), None, "{other}");
        }
    }
}
