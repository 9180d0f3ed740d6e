//! How many durable appends per second are committed: `taskset -c 0 cargo run --release -p klatch-log
//! --example append_rate -- [events] [channels] [waiting]` for SQLite on one core; for PostgreSQL with
//! `--postgres URL [--lanes N] [--spread bucket]`. `waiting` appends are kept queued, as by that many senders who each
//! wait for their ack; every message is by one of ten members of its channel.

#![allow(clippy::print_stdout)] // an example speaks to the terminal

use klatch_engine::postgres::{Postgres, PostgresOptions, Spread};
use klatch_engine::sqlite::OpenOptions;
use klatch_log::postgres::{PostgresLog, PostgresLogOptions};
use klatch_log::{Append, Change, ChannelLog, CommitReceiver, Expect, NewChannel, commit_feed, sqlite};
use klatch_types::{
    ChannelId, ChannelKind, ClientKey, Clock as _, Entropy, Millis, Role, Seq, SpaceId, SystemClock,
    SystemEntropy, UserId, Visibility,
};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

const MEMBERS: usize = 10;
const PAYLOAD_BYTES: usize = 120;

struct Room {
    id: ChannelId,
    access: Seq,
    members: Vec<UserId>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut option = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        (place + 1 < arguments.len()).then(|| arguments.drain(place..=place + 1).next_back())?
    };
    let (url, lanes, spread) = (option("--postgres"), option("--lanes"), option("--spread"));
    let numbers: Vec<usize> = arguments
        .iter()
        .map(|argument| argument.parse())
        .collect::<Result<_, _>>()?;
    let number = |place: usize, default| numbers.get(place).copied().unwrap_or(default);
    let space = SpaceId::new(Millis(0), &SystemEntropy);
    let load = Load {
        space,
        events: number(0, 1_000_000),
        rooms: number(1, 100),
        waiting: number(2, 1_024),
    };
    let (feed, committed) = commit_feed();
    if let Some(url) = url {
        let mut options = PostgresOptions::new(url);
        if spread.as_deref() == Some("bucket") {
            options.spread = Spread::ByBucket;
        }
        let database = Postgres::open(options, &SystemEntropy).await?;
        let lanes = lanes.map_or(Ok(PostgresLogOptions::default().lanes), |lanes| lanes.parse())?;
        let log = PostgresLog::start(database, PostgresLogOptions { lanes }, feed);
        run(&log, committed, &load).await?;
        log.close().await;
    } else {
        let folder = tempfile::tempdir_in(".")?;
        let (log, database) = sqlite::open(&folder.path().join("rate.db"), &OpenOptions::default(), feed)?;
        database
            .write(move |transaction| {
                let sql = "INSERT INTO spaces VALUES (?1, 'rate', 'Rate', '{}', '[]', 0)";
                Ok(transaction.execute(sql, [space.as_bytes()])?)
            })
            .await?;
        run(&log, committed, &load).await?;
        database.close().await;
    }
    Ok(())
}

struct Load {
    space: SpaceId,
    events: usize,
    rooms: usize,
    waiting: usize,
}

async fn run(
    log: &dyn ChannelLog,
    mut committed: CommitReceiver,
    load: &Load,
) -> Result<(), Box<dyn std::error::Error>> {
    let Load { events, waiting, .. } = *load;
    let entropy = SystemEntropy;
    let rooms = make_rooms(log, &mut committed, load, &entropy).await?;
    let started = Instant::now();
    let (mut sent, mut received, mut batches, mut slowest) = (0, 0, 0u64, Duration::ZERO);
    let mut last = Instant::now();
    while received < events {
        while sent < events && sent - received < waiting {
            let room = &rooms[sent % rooms.len()];
            let (done, _) = oneshot::channel();
            log.append(
                message(room, room.members[sent / rooms.len() % MEMBERS], &entropy),
                done,
            );
            sent += 1;
        }
        let batch = committed.recv().await.ok_or("the log stopped")?;
        received += batch.len();
        batches += 1;
        slowest = slowest.max(last.elapsed());
        last = Instant::now();
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{:.0} events/s, {} events in {batches} commits of {:.0}, longest wait for one {:.1} ms",
        events as f64 / seconds,
        events,
        events as f64 / batches as f64,
        slowest.as_secs_f64() * 1_000.0
    );
    Ok(())
}

fn message(room: &Room, actor: UserId, entropy: &dyn Entropy) -> Append {
    let now = SystemClock.now();
    let payload = vec![b'x'; PAYLOAD_BYTES];
    Append {
        channel: room.id,
        actor,
        key: Some(ClientKey::new(now, entropy)),
        at: now,
        kind: 1,
        message: true,
        target: None,
        digest: klatch_log::digest(1, None, &payload),
        payload,
        expect: Expect::AccessAt(room.access),
        changes: Vec::new(),
        work: Vec::new(),
    }
}

async fn make_rooms(
    log: &dyn ChannelLog,
    committed: &mut CommitReceiver,
    load: &Load,
    entropy: &dyn Entropy,
) -> Result<Vec<Room>, Box<dyn std::error::Error>> {
    let mut made = Vec::new();
    for _ in 0..load.rooms {
        let mut random = [0; 8];
        entropy.fill(&mut random);
        let members: Vec<_> = (0..MEMBERS).map(|_| UserId::new(Millis(0), entropy)).collect();
        let room = Room {
            id: ChannelId::new(Millis(0), entropy),
            access: Seq(1),
            members,
        };
        let create = Change::Create(NewChannel {
            space: load.space,
            kind: ChannelKind::Group,
            visibility: Visibility::Private,
            name: Some(format!("room {:x}", u64::from_be_bytes(random))),
            topic: None,
            pair: None,
        });
        let joins = room.members.iter().map(|user| Change::MemberPut {
            user: *user,
            role: Role::Member,
            sees_history: true,
            invite: None,
        });
        let changes = std::iter::once(create).chain(joins).collect();
        let first = Append {
            message: false,
            expect: Expect::New,
            changes,
            ..message(&room, room.members[0], entropy)
        };
        let (done, _) = oneshot::channel();
        log.append(first, done);
        committed.recv().await.ok_or("the log stopped")?;
        made.push(room);
    }
    Ok(made)
}
