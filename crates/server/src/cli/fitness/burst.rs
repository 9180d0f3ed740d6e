//! `simultaneous_requests`: very many at once, some of them bad. The server may turn them away; it must not break, and
//! others must be answered meanwhile and afterwards.

use super::bounds::{Bounds, Function};
use super::echo::greet;
use super::latency::Times;
use super::report::Row;
use super::span::shown;
use super::subject::Subject;
use klatch_client::{Method, Rest};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Longest wait for an answer to one of many.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often somebody asks something ordinary meanwhile.
const ORDINARY_EVERY: Duration = Duration::from_millis(50);
/// Longest time for an ordinary answer (S0.11: send latency at most 10 s).
const ORDINARY_PATIENCE: Duration = Duration::from_secs(10);
/// A body that is no JSON.
const NONSENSE: &str = "{\"kind\":\"group\",";

/// What became of one of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It was answered: granted, or told what is wrong with it.
    Answered,
    /// It was turned away because there was too much to do.
    Shed,
    /// The connection was refused or broke, or nothing came.
    Unanswered,
    /// The server says that something is wrong with itself.
    Broken,
}

/// How ordinary requests were answered.
#[derive(Default)]
struct Ordinary {
    good: Times,
    bad: Vec<String>,
}

/// Makes them all at once.
pub(super) async fn measure(subject: &Arc<Subject>, bounds: &Bounds, many: u32) -> Row {
    let (asker, crowd) = match guests(subject).await {
        Ok(guests) => guests,
        Err(error) => return Row::unknown(Function::SimultaneousRequests, bounds, error.to_string()),
    };
    let start = Arc::new(Barrier::new(many as usize + 1));
    let mut tasks = JoinSet::new();
    for number in 0..many {
        let (rest, start) = (crowd.clone(), Arc::clone(&start));
        tasks.spawn(async move {
            start.wait().await;
            let fate = tokio::time::timeout(PATIENCE, one_of_many(&rest, number)).await;
            fate.unwrap_or(Fate::Unanswered)
        });
    }
    let mut fates = [0_u32; 4];
    let mut ordinary = Ordinary::default();
    start.wait().await;
    let began = Instant::now();
    let mut ticks = tokio::time::interval(ORDINARY_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut left = many;
    while left > 0 {
        tokio::select! {
            Some(fate) = tasks.join_next() => {
                fates[fate.unwrap_or(Fate::Unanswered) as usize] += 1;
                left -= 1;
            }
            _ = ticks.tick() => ask(&asker, &mut ordinary).await,
        }
    }
    let took = began.elapsed();
    ask(&asker, &mut ordinary).await;
    verdict(bounds, many, fates, took, ordinary)
}

async fn guests(subject: &Subject) -> Result<(Rest, Rest), klatch_client::ClientError> {
    let asker = subject.guest("ordinary", true).await?;
    let crowd = subject.guest("burst", true).await?;
    Ok((subject.as_guest(&asker), subject.as_guest(&crowd)))
}

fn verdict(bounds: &Bounds, many: u32, fates: [u32; 4], took: Duration, mut ordinary: Ordinary) -> Row {
    let [answered, shed, unanswered, broken] = fates;
    let (good, bad) = (ordinary.good.len(), ordinary.bad.len());
    let slowest = ordinary.good.percentile(100.0).unwrap_or_default();
    let mut detail = format!(
        "at once: {answered} answered, {shed} turned away, {unanswered} unanswered, {broken} broken in {}; \
         ordinary requests meanwhile and after: {good} of {} good, slowest {}",
        shown(took),
        good + bad,
        shown(slowest)
    );
    if let Some(first) = ordinary.bad.first() {
        detail.push_str(&format!("; {first}"));
    }
    let tried = f64::from(many);
    if broken > 0 || bad > 0 || answered + shed == 0 {
        return Row::failed(Function::SimultaneousRequests, bounds, tried, detail);
    }
    Row::measured(Function::SimultaneousRequests, bounds, tried, detail)
}

/// Something ordinary, by somebody who asks little.
async fn ask(rest: &Rest, ordinary: &mut Ordinary) {
    let began = Instant::now();
    let answer = rest.get::<serde_json::Value>("/v1/channels");
    match tokio::time::timeout(ORDINARY_PATIENCE, answer).await {
        Ok(Ok(_)) => ordinary.good.add(began.elapsed()),
        Ok(Err(error)) => ordinary.bad.push(error.to_string()),
        Err(_) => ordinary.bad.push("no answer in time".to_owned()),
    }
}

/// One request or connection: good ones, and of each kind of bad ones as many.
async fn one_of_many(rest: &Rest, number: u32) -> Fate {
    let request = match number % 6 {
        0 => rest.request(Method::GET, "/v1/me"),
        1 => rest.with_token("nonsense").request(Method::GET, "/v1/channels"),
        2 => rest
            .request(Method::POST, "/v1/channels")
            .header("content-type", "application/json")
            .body(NONSENSE),
        3 => rest.request(Method::GET, "/v1/nothing/of/the/kind"),
        4 => return bad_socket(rest.base()).await,
        _ => return half_a_request(rest.base()).await,
    };
    match request.send().await {
        Ok(answer) => fate(answer.status().as_u16()),
        Err(_) => Fate::Unanswered,
    }
}

fn fate(status: u16) -> Fate {
    match status {
        429 | 503 => Fate::Shed,
        500.. => Fate::Broken,
        _ => Fate::Answered,
    }
}

/// A socket that says hello with a token that is none: it must be told so.
async fn bad_socket(base: &str) -> Fate {
    match greet(base, "nonsense".to_owned()).await {
        Ok(_) => Fate::Broken,
        Err(error) => match error.downcast_ref::<klatch_client::ClientError>() {
            Some(error) if error.problem().is_some() => fate(error.code().map_or(500, |code| code.status())),
            Some(klatch_client::ClientError::Closed { code: Some(1013), .. }) => Fate::Shed,
            Some(klatch_client::ClientError::Socket(error)) => match &**error {
                klatch_client::SocketError::Http(answer) => fate(answer.status().as_u16()),
                _ => Fate::Unanswered,
            },
            _ => Fate::Unanswered,
        },
    }
}

/// A request that breaks off: there is nothing to answer, and nothing may come of it.
async fn half_a_request(base: &str) -> Fate {
    let address = base.trim_start_matches("http://");
    let Ok(mut stream) = TcpStream::connect(address).await else {
        return Fate::Unanswered;
    };
    match stream
        .write_all(b"POST /v1/channels HTTP/1.1\r\nHost: x\r\nConte")
        .await
    {
        Ok(()) => Fate::Answered,
        Err(_) => Fate::Shed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::fitness::report::Report;

    /// S0.11: turning requests away is fit, breaking and leaving others without an answer is not.
    #[test]
    fn a_server_may_turn_away_and_may_not_break() {
        let judge = |fates: [u32; 4], bad: &[&str]| {
            let mut ordinary = Ordinary::default();
            ordinary.good.add(Duration::from_millis(3));
            ordinary.bad.extend(bad.iter().map(|why| (*why).to_owned()));
            let row = verdict(&Bounds::default(), 2_000, fates, Duration::from_secs(1), ordinary);
            let mut report = Report::new("x");
            report.add(row);
            format!("{:?}", report.exit_code(false)) == format!("{:?}", std::process::ExitCode::SUCCESS)
        };
        assert!(judge([1_500, 400, 100, 0], &[]));
        assert!(!judge([1_999, 0, 0, 1], &[]));
        assert!(!judge([2_000, 0, 0, 0], &["no answer in time"]));
        assert!(!judge([0, 0, 2_000, 0], &[]));
    }

    #[test]
    fn an_answer_is_more_than_a_status() {
        for (status, meant) in [
            (200, Fate::Answered),
            (404, Fate::Answered),
            (429, Fate::Shed),
            (503, Fate::Shed),
            (500, Fate::Broken),
            (507, Fate::Broken),
        ] {
            assert_eq!(fate(status), meant);
        }
    }
}
