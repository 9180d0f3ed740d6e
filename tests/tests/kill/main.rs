//! The server is killed at random points under load, comes back on the same data, and the checker judges what is left.
//!
//! `KLATCH_KILLS` says how often (200), `KLATCH_SEED` repeats a run's kill points.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test may, and tells its seed

mod load;
mod planted;
mod random;

use klatch_client::{Backoff, Options, Start, State};
use klatch_testkit::history::{Evidence, Floor, Membership, Recorder, check};
use klatch_testkit::{Server, TestClient};
use klatch_types::{ChannelId, Seq};
use random::Random;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Longest time from the start of the process to readiness.
const BACK_WITHIN: Duration = Duration::from_secs(2);
/// Longest delay of a kill, from readiness or from the first answer after it.
const KILL_WITHIN_MS: u64 = 60;
/// Clients that send, in each channel, for each of two users.
const SENDERS: usize = 2;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn options() -> Options {
    Options {
        start: Start::Beginning,
        backoff: Backoff::new(Duration::from_millis(20), Duration::from_millis(100)),
        ..Options::default()
    }
}

/// Kills and restarts; half of the kills come after readiness, half after a send was answered. The longest restart.
async fn kill(
    server: &mut Server,
    kills: u64,
    recorder: &Recorder,
    answers: &watch::Receiver<u64>,
) -> Duration {
    let seed = number("KLATCH_SEED", Random::fresh_seed());
    println!("{kills} kills, KLATCH_SEED={seed}");
    let mut random = Random::new(seed);
    let mut longest = Duration::ZERO;
    for _ in 0..kills {
        if random.below(2) == 0 {
            let mut answers = answers.clone();
            answers.mark_unchanged();
            answers.changed().await.unwrap();
        }
        // The point of the kill, not a wait for something.
        tokio::time::sleep(Duration::from_millis(random.below(KILL_WITHIN_MS + 1))).await;
        recorder.fault("sigkill", "one");
        server.kill().unwrap();
        longest = longest.max(server.restart().await.unwrap());
    }
    longest
}

fn evidence(channels: &[ChannelId], members: &[&TestClient], kills: u64) -> Evidence {
    let member = |channel: ChannelId, user: &&TestClient| Membership {
        user: user.user.id,
        channel,
        from: Seq(1),
        to: None,
    };
    let everyone = |channel: &ChannelId| {
        members
            .iter()
            .map(|user| member(*channel, user))
            .collect::<Vec<_>>()
    };
    let kills = usize::try_from(kills).unwrap();
    Evidence {
        memberships: Some(channels.iter().flat_map(everyone).collect()),
        unread: Vec::new(),
        floor: Floor {
            operations: kills * 5,
            faults: kills,
            in_flight: kills / 2,
        },
    }
}

/// S4.7: an ack means durable.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed_at_random_points() {
    let (kills, began) = (number("KLATCH_KILLS", 200), Instant::now());
    let mut server = Server::start().await.unwrap();
    let tenant = server.tenant().unwrap();
    let [ana, rui, marta] = ["ana", "rui", "marta"].map(|name| tenant.user(name));
    let (ana, rui, marta) = (ana.await.unwrap(), rui.await.unwrap(), marta.await.unwrap());
    let members = [&ana, &rui, &marta];
    let mut channels = Vec::new();
    for name in ["one", "two", "three"] {
        channels.push(tenant.group(name, &members).await.unwrap());
    }
    let recorder = Recorder::default();
    let (stop, stopped) = watch::channel(false);
    let (end, ended) = watch::channel(None);
    let (answered, answers) = watch::channel(0);
    let (mut listening, mut states, mut talking) = (Vec::new(), Vec::new(), Vec::new());
    for client in [&rui, &marta] {
        let (socket, _) = client.connect(options()).await.unwrap();
        states.push(socket.state());
        listening.push(tokio::spawn(load::listen(
            socket,
            client.clone(),
            recorder.clone(),
            ended.clone(),
        )));
    }
    for (sender, channel) in channels
        .iter()
        .flat_map(|channel| (0..SENDERS * 2).map(move |n| (n, *channel)))
    {
        let client = if sender % 2 == 0 { &ana } else { &rui };
        let talk = load::Talk {
            client: client.clone(),
            name: format!("{channel}-{sender}"),
            channel,
            recorder: recorder.clone(),
            stop: stopped.clone(),
            answered: answered.clone(),
        };
        talking.push(tokio::spawn(talk.run()));
    }
    let longest = kill(&mut server, kills, &recorder, &answers).await;
    stop.send(true).unwrap();
    for task in talking {
        task.await.unwrap();
    }

    let (mut reads, mut heads) = (Vec::new(), HashMap::new());
    for channel in &channels {
        for client in members {
            reads.push(client.final_read(*channel).await.unwrap());
        }
        heads.insert(*channel, reads.last().unwrap().entries.last().unwrap().seq);
    }
    end.send(Some(heads)).unwrap();
    for mut state in states {
        let ready = state.wait_for(|state| matches!(state, State::Ready(_)));
        tokio::time::timeout(Duration::from_secs(30), ready)
            .await
            .unwrap()
            .unwrap();
    }
    for task in listening {
        tokio::time::timeout(Duration::from_secs(60), task)
            .await
            .unwrap()
            .unwrap();
    }
    let operations = recorder.history().entries.len();
    println!(
        "{operations} lines of history in {:?}; longest restart {longest:?}",
        began.elapsed()
    );
    check(&recorder.history(), &reads, &evidence(&channels, &members, kills)).assert_kept();
    assert!(longest <= BACK_WITHIN, "a restart took {longest:?}");
    assert!(server.stop().await.unwrap().status.success(), "{}", server.log());
    server.cli(&["check"]).unwrap();
}
