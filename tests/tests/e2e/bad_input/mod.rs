//! Whatever comes in, there is a clear answer, no failure of ours, and no effect on anyone else.

mod bystander;
mod http;
mod socket;
mod table;
mod tokens;
mod town;

use anyhow::{Context, Result, ensure};
use bystander::Bystanders;
use futures_util::stream::{self, StreamExt};
use klatch_testkit::{Node, Storage};
use klatch_tests::raw::{self, Came, RawSocket, text};
use klatch_tests::{Api, skipped};
use serde_json::{Value, json};
use socket::Expected;
use town::Town;

/// Cases under way at once.
const AT_ONCE: usize = 4;
/// Fewest cases; the issue asks for so many.
const REST_CASES_MIN: usize = 150;
const SOCKET_CASES_MIN: usize = 60;
/// Fewest messages that the bystanders must have exchanged for their word to count.
const BYSTANDERS_MIN: usize = 20;

/// How many cases there were, and what was wrong.
#[derive(Default)]
struct Tally {
    cases: usize,
    complaints: Vec<String>,
}

impl Tally {
    fn add(&mut self, complaint: Option<String>) {
        self.cases += 1;
        self.complaints.extend(complaint);
    }

    /// What was wrong, for a message.
    fn told(&self, over: &str) -> String {
        format!(
            "{} of {} cases over {over} differ:\n{}\n",
            self.complaints.len(),
            self.cases,
            self.complaints.join("\n")
        )
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_told_clearly_and_harms_nobody() -> Result<()> {
    if !Storage::chosen()?.is_durable() {
        skipped("its spaces and issuers come from the command line, which cannot write to a server's memory");
        return Ok(());
    }
    let town = Town::new().await?;
    let bystanders = Bystanders::start(&town).await?;
    let mut rest = Tally::default();
    rest_cases(&town, &mut rest).await?;
    let mut socket = Tally::default();
    socket_cases(&town, &mut socket).await?;
    token_cases(&town, &mut rest, &mut socket).await?;
    let exchanged = bystanders.finish().await?;
    let differ = !rest.complaints.is_empty() || !socket.complaints.is_empty();
    assert!(!differ, "{}{}", rest.told("REST"), socket.told("the socket"));
    assert!(
        rest.cases >= REST_CASES_MIN && socket.cases >= SOCKET_CASES_MIN,
        "{} and {}",
        rest.cases,
        socket.cases
    );
    assert!(
        exchanged >= BYSTANDERS_MIN,
        "the bystanders exchanged {exchanged} messages only"
    );
    unharmed(&town).await
}

/// The server runs, tells of no fault of its own, and answered nothing with 5xx.
async fn unharmed(town: &Town) -> Result<()> {
    town.mallory.must("GET", "/v1/me", None).await?;
    let log = |kind: &str| all_logs(town, &format!("logs/{kind}.log"));
    assert_eq!(log("error")?, "", "error.log tells of faults");
    let stderr = all_logs(town, "server.log")?;
    assert!(!stderr.contains("panicked"), "{stderr}");
    let requests = log("requests")?;
    let status = |line: &str| {
        line.split("\" ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next()?.parse::<u16>().ok())
    };
    let statuses: Vec<u16> = requests.lines().filter_map(status).collect();
    assert!(
        statuses.len() >= REST_CASES_MIN,
        "requests.log has {} readable lines",
        statuses.len()
    );
    let failed: Vec<&str> = requests
        .lines()
        .filter(|line| status(line).is_none_or(|status| status >= 500))
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
    let token = town.word("t");
    for file in ["requests", "combined", "error"] {
        assert!(!log(file)?.contains(token), "{file}.log holds a token");
    }
    unchanged(town).await
}

/// A log of all processes.
fn all_logs(town: &Town, name: &str) -> Result<String> {
    let read = |node: &Node| std::fs::read_to_string(node.folder().join(name));
    let logs: Result<Vec<String>, _> = town.server.nodes().iter().map(read).collect();
    Ok(logs?.concat())
}

/// Nothing that was refused took effect in mallory's channel.
async fn unchanged(town: &Town) -> Result<()> {
    let at = |rest: &str| town.fill(&format!("/v1/channels/<c>{rest}"));
    let channel = town.mallory.must("GET", &at(""), None).await?.body;
    assert_eq!(
        (&channel["name"], &channel["visibility"], &channel["members"]),
        (&json!("group"), &json!("private"), &json!(3))
    );
    let events = town
        .mallory
        .must("GET", &at("/events?limit=200"), None)
        .await?
        .body;
    let kinds = |kind: &str| {
        events["events"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|event| event["type"] == kind)
            .count()
    };
    let good = table::rest(town)?
        .iter()
        .filter(|case| case.status == 201)
        .count();
    // Beside what is meant to be good: two messages of the town, one deletion, one who came, one text in two pieces.
    let counted = [
        "message.posted",
        "message.deleted",
        "member.joined",
        "channel.created",
    ]
    .map(kinds);
    assert_eq!(counted, [good + 3, 1, 1, 1], "{events}");
    assert_eq!(events["head"], json!(counted.iter().sum::<usize>()), "{events}");
    let bans = town.mallory.must("GET", &at("/bans"), None).await?.body;
    let invites = town.mallory.must("GET", &at("/invites"), None).await?.body;
    let known = |invite: &Value| invite["code"] == town.word("i");
    assert_eq!(bans, json!({ "bans": [] }));
    assert!(
        invites["invites"].as_array().into_iter().flatten().all(known),
        "{invites}"
    );
    Ok(())
}

async fn rest_cases(town: &Town, tally: &mut Tally) -> Result<()> {
    run(town, table::rest(town)?, tally).await?;
    let mut cases = http::bodies(town);
    cases.extend(table::headers(town)?);
    for case in &mut cases {
        if !case.headers.iter().any(|(name, _)| name == "Authorization") {
            case.headers
                .push(("Authorization".to_owned(), format!("Bearer {}", town.word("t"))));
        }
    }
    run(town, cases, tally).await?;
    for (name, bytes, statuses) in [http::no_heads(town), http::no_bodies(town)].concat() {
        let answer = raw::exchange(town.server.public(), &bytes)
            .await
            .with_context(|| name.to_owned())?;
        let status = answer.as_ref().map_or(0, |answer| answer.status);
        tally.add(
            (!statuses.contains(&status)).then(|| format!("{name}: {statuses:?} expected, {answer:?} came")),
        );
    }
    for (name, bytes) in http::cut_off(town) {
        let answer = raw::exchange_and_hang_up(town.server.public(), &bytes).await?;
        let fine = answer
            .as_ref()
            .is_none_or(|answer| (answer.status, answer.code().as_str()) == (400, "malformed"));
        tally.add((!fine).then(|| format!("cut off, {name}: {answer:?} came")));
    }
    Ok(())
}

async fn run(town: &Town, cases: Vec<http::Case>, tally: &mut Tally) -> Result<()> {
    let done: Vec<Result<Option<String>>> = stream::iter(cases)
        .map(|case| one(town, case))
        .buffered(AT_ONCE)
        .collect()
        .await;
    for complaint in done {
        tally.add(complaint?);
    }
    Ok(())
}

async fn one(town: &Town, mut case: http::Case) -> Result<Option<String>> {
    let door = town.server.public();
    // Our own page is that of the node that is asked.
    for (_, value) in &mut case.headers {
        *value = value.replace(town.word("host"), &door.to_string());
    }
    let bytes = raw::request(door, case.method, &case.target, &case.headers, &case.body);
    let answer = raw::exchange(door, &bytes)
        .await
        .with_context(|| case.name.to_owned())?;
    let what = format!("{} ({} {:.80})", case.name, case.method, case.target);
    let Some(answer) = answer else {
        return Ok(Some(format!("{what}: no answer")));
    };
    let shown = String::from_utf8_lossy(&answer.body)
        .chars()
        .take(300)
        .collect::<String>();
    if (answer.status, answer.code().as_str()) != (case.status, case.code) {
        return Ok(Some(format!(
            "{what}: {} {} expected, {} came: {shown}",
            case.status, case.code, answer.status
        )));
    }
    let kind = answer.header("content-type").unwrap_or_default();
    let whole = serde_json::from_slice::<Value>(&answer.body).is_ok_and(|problem| {
        let texts = ["type", "title", "requestId"]
            .iter()
            .all(|name| problem[*name].is_string());
        texts
            && problem["status"] == case.status
            && problem["requestId"] == answer.header("x-request-id").unwrap_or("")
    });
    let is_problem = kind == "application/problem+json" && whole;
    Ok((case.code != "ok" && !is_problem).then(|| format!("{what}: no problem of RFC 9457: {kind} {shown}")))
}

async fn socket_cases(town: &Town, tally: &mut Tally) -> Result<()> {
    let hello = |api: &Api| text(json!({ "op": "hello", "token": api.token() }).to_string());
    let tables = [
        ("first", None, socket::first(town)?),
        ("later", Some(hello(&town.mallory)), socket::later(town)?),
        ("in a course", Some(hello(&town.pupil)), socket::course(town)?),
    ];
    for (when, hello, cases) in tables {
        let cases = cases.into_iter().map(|case| (case, hello.clone()));
        let done: Vec<Result<Option<String>>> = stream::iter(cases)
            .map(|(case, hello)| frame_case(town, when, hello, case))
            .buffered(AT_ONCE)
            .collect()
            .await;
        for complaint in done {
            tally.add(complaint?);
        }
    }
    Ok(())
}

async fn frame_case(
    town: &Town,
    when: &str,
    hello: Option<Vec<u8>>,
    (name, bytes, expected): socket::Case,
) -> Result<Option<String>> {
    let mut line = RawSocket::open(town.server.public()).await?;
    if let Some(hello) = hello {
        line.send(&hello).await;
        let ready = line.next().await?;
        ensure!(
            matches!(&ready, Came::Text(frame) if frame["ready"].is_object()),
            "{ready:?}"
        );
    }
    line.send(&bytes).await;
    let came = came_of(&mut line, expected)
        .await
        .with_context(|| format!("{when}, {name}"))?;
    Ok(came.map(|came| format!("{when}, {name}: {expected:?} expected, {came}")))
}

/// What came instead of what was expected, if anything did.
async fn came_of(line: &mut RawSocket, expected: Expected) -> Result<Option<String>> {
    let came = next_but_events(line).await?;
    let matches = match (&came, expected) {
        (Came::Text(frame), Expected::Answer(code, re)) => {
            frame["error"]["code"] == code && frame["re"] == json!(re) && still_good(line).await?
        }
        (Came::Text(frame), Expected::Granted(re)) => {
            frame["ok"].is_object() && frame["re"] == json!(re) && still_good(line).await?
        }
        (Came::Text(frame), Expected::Refused(code, close)) => {
            frame["refused"]["code"] == code && line.next().await? == Came::Close(close)
        }
        (Came::Close(code), Expected::Close(expected)) => *code == expected,
        _ => false,
    };
    Ok((!matches).then(|| format!("{came:.300?} came")))
}

/// What comes next that is neither an event nor the answer to a ping.
async fn next_but_events(line: &mut RawSocket) -> Result<Came> {
    loop {
        match line.next().await? {
            Came::Pong(_) => {}
            Came::Text(frame) if frame["events"].is_array() => {}
            came => return Ok(came),
        }
    }
}

/// Whether the socket still runs commands.
async fn still_good(line: &mut RawSocket) -> Result<bool> {
    line.send(&text(br#"{"id":999,"op":"channel_list"}"#)).await;
    let came = next_but_events(line).await?;
    Ok(matches!(came, Came::Text(frame) if frame["re"] == 999 && frame["ok"].is_object()))
}

async fn token_cases(town: &Town, rest: &mut Tally, socket: &mut Tally) -> Result<()> {
    for token in tokens::good(town)? {
        town.nobody.with(token).must("GET", "/v1/me", None).await?;
    }
    for (name, token, code) in tokens::all(town).await? {
        let answer = town.nobody.with(&token).call("GET", "/v1/me", None).await?;
        let told = (answer.status, answer.code()) == (401, code) && !answer.body.to_string().contains(&token);
        rest.add((!told).then(|| format!("{name}: 401 {code} expected, {answer:?} came")));
        let mut line = RawSocket::open(town.server.public()).await?;
        line.send(&text(json!({ "op": "hello", "token": token }).to_string()))
            .await;
        let came = came_of(&mut line, Expected::Refused(code, 4001)).await?;
        socket.add(came.map(|came| format!("{name}: refused with {code} expected, {came}")));
    }
    Ok(())
}
