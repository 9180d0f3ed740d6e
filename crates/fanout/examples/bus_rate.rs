//! What the bus over NATS costs, through a real server: `cargo run --release -p klatch-fanout --example bus_rate`.
//!
//! Prints payloads and messages per second and CPU per payload of both nodes (this process) and of the server, when 1, 10
//! and 100 payloads are said at a time and heard before the next; then without waiting; then what 100,000 topics cost.
#![allow(clippy::print_stdout)]

use anyhow::{Context, Result};
use bytes::Bytes;
use klatch_fanout::{Bus, Inbox, Incoming, NatsBus, NatsOptions, Topic};
use klatch_testkit::engines::Nats;
use klatch_types::{ChannelId, Millis, NodeId, SeededEntropy};
use std::time::{Duration, Instant};

/// As long as a small event.
const PAYLOAD: &[u8] = &[b'x'; 200];
const TOPICS: usize = 100_000;
const MEASURED_FOR: Duration = Duration::from_secs(3);

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(measure())
}

async fn measure() -> Result<()> {
    let entropy = SeededEntropy::new(5);
    let server = Nats::start()?;
    let process = server.process_id().context("NATS runs")?;
    let (speaker, _speaker_hears) = join(&server, &entropy).await?;
    let (listener, mut inbox) = join(&server, &entropy).await?;
    let topic = Topic::Events(ChannelId::new(Millis(1), &entropy));
    listener.listen(topic);
    listener.settled().await;
    println!("at a time  payloads/s  messages/s  nodes µs/payload  server µs/payload");
    for at_a_time in [1, 10, 100, 10_000] {
        let (began, cpu, cpu_server) = (Instant::now(), cpu_of("self")?, cpu_of(&process.to_string())?);
        let messages = listener.figures().received_messages;
        let mut payloads = 0;
        while began.elapsed() < MEASURED_FOR {
            for _ in 0..at_a_time {
                speaker.say(topic, Bytes::from_static(PAYLOAD));
            }
            for _ in 0..at_a_time {
                hear(&mut inbox).await?;
            }
            payloads += at_a_time;
        }
        let count = f64::from(payloads);
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "{at_a_time:9}  {:10.0}  {:10.0}  {:16.2}  {:17.2}",
            count / seconds,
            (listener.figures().received_messages - messages) as f64 / seconds,
            (cpu_of("self")? - cpu) * 1e6 / count,
            (cpu_of(&process.to_string())? - cpu_server) * 1e6 / count,
        );
    }
    many_topics(&listener, &speaker, &mut inbox, &entropy, process).await?;
    reconnecting(&server, &listener, &mut inbox).await
}

/// How long it takes until everything is heard again after the server was killed.
async fn reconnecting(server: &Nats, listener: &NatsBus, inbox: &mut Inbox) -> Result<()> {
    let entropy = SeededEntropy::new(6);
    (0..TOPICS).for_each(|_| listener.listen(Topic::Events(ChannelId::new(Millis(1), &entropy))));
    listener.settled().await;
    server.kill()?;
    anyhow::ensure!(inbox.recv().await == Some(Incoming::Down), "it is noticed");
    server.restart()?;
    let began = Instant::now();
    anyhow::ensure!(inbox.recv().await == Some(Incoming::Up), "it is noticed");
    println!(
        "{TOPICS} topics heard again {:.2} s after the server came back",
        began.elapsed().as_secs_f64()
    );
    Ok(())
}

async fn many_topics(
    listener: &NatsBus,
    speaker: &NatsBus,
    inbox: &mut Inbox,
    entropy: &SeededEntropy,
    process: u32,
) -> Result<()> {
    let server = process.to_string();
    let channels: Vec<_> = (0..TOPICS).map(|_| ChannelId::new(Millis(1), entropy)).collect();
    let (memory, memory_server) = (resident("self")?, resident(&server)?);
    let (began, cpu) = (Instant::now(), cpu_of("self")?);
    channels
        .iter()
        .for_each(|channel| listener.listen(Topic::Events(*channel)));
    listener.settled().await;
    println!(
        "{TOPICS} topics: listened to in {:.2} s, {:.2} s CPU, {:.0} bytes each here, {:.0} at the server",
        began.elapsed().as_secs_f64(),
        cpu_of("self")? - cpu,
        (resident("self")? - memory) / TOPICS as f64,
        (resident(&server)? - memory_server) / TOPICS as f64,
    );
    let memory = resident("self")?;
    channels
        .iter()
        .for_each(|channel| listener.listen(Topic::Signals(*channel)));
    listener.settled().await;
    println!(
        "signals too: {:.0} bytes each more",
        (resident("self")? - memory) / TOPICS as f64
    );

    let (began, cpu) = (Instant::now(), cpu_of("self")?);
    for some in channels.chunks(1_000) {
        some.iter()
            .for_each(|channel| speaker.say(Topic::Events(*channel), Bytes::from_static(PAYLOAD)));
        for _ in some {
            hear(inbox).await?;
        }
    }
    println!(
        "one payload each, 1,000 at a time: {:.0} payloads/s, {:.2} µs CPU each, {:.0} bytes more for each topic",
        TOPICS as f64 / began.elapsed().as_secs_f64(),
        (cpu_of("self")? - cpu) * 1e6 / TOPICS as f64,
        (resident("self")? - memory) / TOPICS as f64,
    );

    let began = Instant::now();
    for channel in &channels {
        listener.ignore(Topic::Events(*channel));
        listener.ignore(Topic::Signals(*channel));
    }
    listener.settled().await;
    println!("ignored in {:.2} s", began.elapsed().as_secs_f64());
    Ok(())
}

async fn join(server: &Nats, entropy: &SeededEntropy) -> Result<(NatsBus, Inbox)> {
    let options = NatsOptions {
        servers: vec![server.url()],
        name: "rate".to_owned(),
        node: NodeId::new(Millis(1), entropy),
        credentials: None,
        ca_file: None,
        tls_required: false,
    };
    let (bus, mut inbox) = NatsBus::start(options).await?;
    anyhow::ensure!(inbox.recv().await == Some(Incoming::Up), "the bus comes up first");
    Ok((bus, inbox))
}

async fn hear(inbox: &mut Inbox) -> Result<()> {
    let heard = tokio::time::timeout(Duration::from_secs(10), inbox.recv()).await?;
    anyhow::ensure!(matches!(heard, Some(Incoming::Said { .. })), "{heard:?}");
    Ok(())
}

/// Seconds of CPU of a process, from the kernel's ticks of 10 ms.
fn cpu_of(process: &str) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, after_name) = stat.rsplit_once(')').context("a name")?;
    let fields: Vec<_> = after_name.split_whitespace().collect();
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
}

/// Resident bytes of a process.
fn resident(process: &str) -> Result<f64> {
    let statm = std::fs::read_to_string(format!("/proc/{process}/statm"))?;
    let pages = statm.split_whitespace().nth(1).context("resident pages")?;
    Ok(pages.parse::<f64>()? * 4096.0)
}
