//! Everything at once, at random: sends, comings and goings, resumptions on other nodes, while the bus loses, holds back,
//! goes away and comes again. In the end everyone has the log of every channel they are in, and nobody more.

use crate::node::{Cluster, actor};
use crate::person::{Person, head};
use klatch_channel::tail::{Rules, TailOptions};
use klatch_types::{ChannelId, Seq};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::collections::HashMap;
use std::time::Duration;

const NODES: usize = 3;
const USERS: usize = 5;
const ROOMS: usize = 2;
const STEPS: usize = 300;

/// What went wrong, or nothing.
async fn run(seed: u64, rules: Rules) -> Result<(), String> {
    let mut random = SmallRng::seed_from_u64(seed);
    let options = TailOptions {
        rules,
        ..TailOptions::default()
    };
    let cluster = Cluster::new(NODES, options).await;
    let mut users = Vec::new();
    for number in 0..USERS {
        users.push(cluster.user(&format!("user{number}")).await);
    }
    let all: Vec<_> = users.iter().collect();
    let mut rooms = Vec::new();
    for _ in 0..ROOMS {
        rooms.push(cluster.group(&all).await);
    }
    let mut people = Vec::new();
    for (number, user) in users.iter().enumerate() {
        people.push(Person::connect(&cluster.nodes[number % NODES], user, HashMap::new()).await);
    }
    for _ in 0..STEPS {
        step(&cluster, &mut random, &mut people, &rooms).await;
    }
    cluster.net.release();
    for node in &cluster.nodes {
        cluster.net.heal(node.id);
    }
    tokio::time::sleep(Duration::from_secs(70)).await;
    for person in &mut people {
        person.take();
        judge(&cluster, person, &rooms).await?;
    }
    Ok(())
}

async fn step(cluster: &Cluster, random: &mut SmallRng, people: &mut [Person], rooms: &[ChannelId]) {
    let node = &cluster.nodes[random.random_range(0..NODES)];
    let room = rooms[random.random_range(0..ROOMS)];
    let who = random.random_range(0..USERS);
    match random.random_range(0..100) {
        0..60 => {
            // The owner is always in.
            people[0].say(node, room).await;
        }
        60..66 if who > 0 => {
            let user = people[who].who.user;
            let owner = actor(&people[0].who);
            // One who is not in cannot be removed, one who is in cannot be added: either is fine.
            if random.random_bool(0.5) {
                let _ = node.channels.remove_member(&owner, room, user, None, None).await;
            } else {
                let _ = node.channels.add_member(&owner, room, user, None, None).await;
            }
        }
        66..72 => {
            let last = std::mem::take(&mut people[who].last);
            let (mut again, principal) = (HashMap::new(), people[who].who.clone());
            let member_of = cluster.directory.memberships(principal.user).await.unwrap();
            for row in member_of {
                again.extend(last.get(&row.channel).map(|seq| (row.channel, *seq)));
            }
            people[who] = Person::connect(node, &principal, again).await;
        }
        72..78 => cluster.net.lose(random.random_range(1..4)),
        78..82 => cluster.net.hold(),
        82..88 => cluster.net.release(),
        88..90 => cluster.net.cut(node.id),
        90..96 => cluster.net.heal(node.id),
        _ => tokio::time::sleep(Duration::from_millis(random.random_range(1..400))).await,
    }
    people.iter_mut().for_each(Person::take);
}

async fn judge(cluster: &Cluster, person: &Person, rooms: &[ChannelId]) -> Result<(), String> {
    let name = &person.who.username;
    if let Some(code) = person.closed {
        return Err(format!("{name} was closed with {code:?}"));
    }
    if person.holes > 0 {
        return Err(format!("{name} saw {} holes", person.holes));
    }
    let member_of = cluster.directory.memberships(person.who.user).await.unwrap();
    for room in rooms {
        let stands_at = person.last.get(room).copied().unwrap_or(Seq::ZERO);
        if member_of.iter().any(|row| row.channel == *room) {
            let head = head(&cluster.nodes[0], *room).await;
            if stands_at != head {
                return Err(format!("{name} stands at {stands_at} of {head}"));
            }
        } else if let Some((_, seq, kind)) = person.seen.iter().rev().find(|(channel, ..)| channel == room)
            && kind != "member.removed"
        {
            return Err(format!("{name} is out and the last they saw is {kind} at {seq}"));
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn whatever_the_bus_does_everyone_gets_the_log() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seeds = match number("TEST_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("TEST_SEEDS").unwrap_or(12),
    };
    for seed in seeds {
        if let Err(wrong) = run(seed, Rules::default()).await {
            panic!("TEST_SEED={seed}: {wrong}");
        }
    }
}

/// Whether some seed shows that something is wrong.
async fn is_noticed(rules: Rules) -> bool {
    for seed in 0..10 {
        if run(seed, rules).await.is_err() {
            return true;
        }
    }
    false
}

#[tokio::test(start_paused = true)]
async fn without_order_it_is_noticed() {
    let rules = Rules {
        order: false,
        ..Rules::default()
    };
    assert!(is_noticed(rules).await);
}

#[tokio::test(start_paused = true)]
async fn without_filling_holes_it_is_noticed() {
    let rules = Rules {
        fill: false,
        ..Rules::default()
    };
    assert!(is_noticed(rules).await);
}

#[tokio::test(start_paused = true)]
async fn without_comparing_heads_it_is_noticed() {
    let rules = Rules {
        compare: false,
        ..Rules::default()
    };
    assert!(is_noticed(rules).await);
}
