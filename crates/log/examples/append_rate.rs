//! How many durable appends per second one core commits: `taskset -c 0 cargo run --release -p klatch-log
//! --example append_rate -- [events] [channels] [waiting]`. `waiting` appends are kept queued, as by that many
//! senders who each wait for their ack; every message is by one of ten members of its channel.

#![allow(clippy::print_stdout)] // an example speaks to the terminal

use klatch_engine::sqlite::OpenOptions;
use klatch_log::{Append, Change, ChannelLog as _, CommitReceiver, Expect, NewChannel, commit_feed, sqlite};
use klatch_types::{
    ChannelId, ChannelKind, ClientKey, Clock as _, Entropy as _, Millis, Role, SeededEntropy, Seq, SpaceId,
    SystemClock, UserId, Visibility,
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

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<usize> = std::env::args()
        .skip(1)
        .map(|argument| argument.parse())
        .collect::<Result<_, _>>()?;
    let number = |place: usize, default| arguments.get(place).copied().unwrap_or(default);
    let (events, rooms, waiting) = (number(0, 1_000_000), number(1, 100), number(2, 1_024));

    let folder = tempfile::tempdir_in(".")?;
    let (feed, mut committed) = commit_feed();
    let (log, database) = sqlite::open(&folder.path().join("rate.db"), &OpenOptions::default(), feed)?;
    let entropy = SeededEntropy::new(1);
    let rooms = make_rooms(&log, &database, &mut committed, rooms, &entropy).await?;

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
        "{:.0} events/s, {} events in {batches} commits of {:.0}, slowest commit {:.1} ms",
        events as f64 / seconds,
        events,
        events as f64 / batches as f64,
        slowest.as_secs_f64() * 1_000.0
    );
    database.close().await;
    Ok(())
}

fn message(room: &Room, actor: UserId, entropy: &SeededEntropy) -> Append {
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
    }
}

async fn make_rooms(
    log: &sqlite::SqliteLog,
    database: &sqlite::Sqlite,
    committed: &mut CommitReceiver,
    rooms: usize,
    entropy: &SeededEntropy,
) -> Result<Vec<Room>, Box<dyn std::error::Error>> {
    let space = SpaceId::new(Millis(0), entropy);
    database
        .write(move |transaction| {
            let sql = "INSERT INTO spaces VALUES (?1, 'rate', 'Rate', '{}', '[]', 0)";
            Ok(transaction.execute(sql, [space.as_bytes()])?)
        })
        .await?;
    let mut made = Vec::new();
    for _ in 0..rooms {
        let mut random = [0; 8];
        entropy.fill(&mut random);
        let members: Vec<_> = (0..MEMBERS).map(|_| UserId::new(Millis(0), entropy)).collect();
        let room = Room {
            id: ChannelId::new(Millis(0), entropy),
            access: Seq(1),
            members,
        };
        let create = Change::Create(NewChannel {
            space,
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
