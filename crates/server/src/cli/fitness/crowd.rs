//! `users_online`: so many users who come online and stay.

use super::bounds::{Bounds, Function};
use super::echo::greet;
use super::report::Row;
use super::subject::Subject;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Users who come online at the same moment at most.
const AT_ONCE: usize = 64;
/// Failures after which no more users are brought.
const FAILURES_MAX: u32 = 50;
/// Reasons that are told.
const REASONS_SHOWN: usize = 3;
/// Longest time for one user to come online.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the users know of each other.
#[derive(Default)]
struct Account {
    online: AtomicU32,
    failed: AtomicU32,
    /// Why users did not come or did not stay, and how many.
    reasons: Mutex<BTreeMap<String, u32>>,
}

impl Account {
    fn note(&self, reason: String) {
        *self.reasons.lock().entry(reason).or_default() += 1;
    }
}

/// Users who are online until this is dropped.
pub(super) struct Crowd {
    account: Arc<Account>,
    wanted: u32,
    took: Duration,
    _tasks: JoinSet<()>,
}

/// Brings users online, each with a guest account and a socket, a few at a time.
pub(super) async fn gather(subject: &Arc<Subject>, wanted: u32, per_second: u32) -> Crowd {
    let account = Arc::new(Account::default());
    let doors = Arc::new(Semaphore::new(AT_ONCE));
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
    for number in 0..wanted {
        if account.failed.load(Ordering::Relaxed) >= FAILURES_MAX {
            break;
        }
        ticks.tick().await;
        let Ok(door) = Arc::clone(&doors).acquire_owned().await else {
            break;
        };
        let (subject, account) = (Arc::clone(subject), Arc::clone(&account));
        tasks.spawn(async move {
            let coming = come(&subject, number);
            let connection = match tokio::time::timeout(PATIENCE, coming).await {
                Ok(Ok(connection)) => connection,
                Ok(Err(error)) => {
                    account.failed.fetch_add(1, Ordering::Relaxed);
                    return account.note(format!("{error:#}"));
                }
                Err(_) => {
                    account.failed.fetch_add(1, Ordering::Relaxed);
                    return account.note("no answer in time".to_owned());
                }
            };
            drop(door);
            account.online.fetch_add(1, Ordering::Relaxed);
            let why = stay(connection).await;
            account.online.fetch_sub(1, Ordering::Relaxed);
            account.note(why);
        });
    }
    // All doors are free again when everyone has come, or has not.
    let all = u32::try_from(AT_ONCE).unwrap_or(u32::MAX);
    drop(doors.acquire_many(all).await);
    Crowd {
        account,
        wanted,
        took: began.elapsed(),
        _tasks: tasks,
    }
}

async fn come(subject: &Subject, number: u32) -> anyhow::Result<klatch_client::Connection> {
    let token = subject.guest(&number.to_string(), false).await?;
    greet(subject.base(), token).await
}

/// Reads, which also answers pings, until the server ends it; why.
async fn stay(mut connection: klatch_client::Connection) -> String {
    loop {
        if let Err(error) = connection.next().await {
            return error.to_string();
        }
    }
}

impl Crowd {
    /// How many are online now.
    pub(super) fn row(&self, bounds: &Bounds) -> Row {
        let online = self.account.online.load(Ordering::Relaxed);
        let mut detail = format!(
            "still online at the end, of {} wanted; they came in {:.1} s",
            self.wanted,
            self.took.as_secs_f64()
        );
        let reasons = self.account.reasons.lock();
        let mut reasons: Vec<_> = reasons.iter().collect();
        reasons.sort_unstable_by(|a, b| b.1.cmp(a.1));
        for (reason, count) in reasons.into_iter().take(REASONS_SHOWN) {
            detail.push_str(&format!("; {count}: {reason}{}", advice(reason)));
        }
        Row::measured(Function::UsersOnline, bounds, f64::from(online), detail)
    }
}

/// What to do where a limit of the server or of this machine is in the way.
fn advice(reason: &str) -> &'static str {
    if reason.contains("too_many_connections") || reason.contains("429") {
        " (for a measurement start the server with limits.connections_per_ip=0)"
    } else if reason.contains("rate_limited") {
        " (for a measurement start the server with limits.requests_per_second=0)"
    } else if reason.contains("Too many open files") {
        " (raise the limit of open files: ulimit -n)"
    } else {
        ""
    }
}
