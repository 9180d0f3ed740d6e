//! One promise at a time.

use crate::node::{Cluster, actor};
use crate::person::Person;
use klatch_channel::tail::{PROTOCOL_MAX, PROTOCOL_MIN, TailOptions};
use klatch_channel::{ChannelError, HistoryPage};
use klatch_types::limits;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn what_one_node_commits_all_hear_in_order() {
    let cluster = Cluster::new(3, TailOptions::default()).await;
    let (ana, rui) = (cluster.user("ana").await, cluster.user("rui").await);
    let room = cluster.group(&[&ana, &rui]).await;
    let mut people = Vec::new();
    for (node, who) in cluster.nodes.iter().zip([&ana, &rui, &rui]) {
        people.push(Person::connect(node, who, HashMap::new()).await);
    }
    let mut last = klatch_types::Seq::ZERO;
    for turn in 0..60 {
        last = people[turn % 3].say(&cluster.nodes[turn % 3], room).await;
    }
    for person in &mut people {
        person.until(room, last).await;
        assert_eq!((person.seen.len(), person.holes), (60, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn versions_of_the_protocol_live_side_by_side() {
    let speaks = |version| TailOptions {
        protocol: Arc::new(move || version),
        ..TailOptions::default()
    };
    let cluster = Cluster::of(vec![speaks(PROTOCOL_MIN), speaks(PROTOCOL_MAX)]).await;
    let ana = cluster.user("ana").await;
    let room = cluster.group(&[&ana]).await;
    let mut old = Person::connect(&cluster.nodes[0], &ana, HashMap::new()).await;
    let mut new = Person::connect(&cluster.nodes[1], &ana, HashMap::new()).await;
    let mut last = old.say(&cluster.nodes[0], room).await;
    for turn in 0..20 {
        last = new.say(&cluster.nodes[turn % 2], room).await;
    }
    for person in [&mut old, &mut new] {
        person.until(room, last).await;
        assert_eq!((person.seen.len(), person.holes), (21, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_message_is_read_from_the_log_when_the_next_one_comes() {
    let cluster = Cluster::new(2, TailOptions::default()).await;
    let ana = cluster.user("ana").await;
    let room = cluster.group(&[&ana]).await;
    let mut there = Person::connect(&cluster.nodes[1], &ana, HashMap::new()).await;
    there.wait(Duration::from_secs(1)).await;
    cluster.net.lose(1);
    there.say(&cluster.nodes[0], room).await;
    let last = there.say(&cluster.nodes[0], room).await;
    tokio::time::timeout(Duration::from_millis(500), there.until(room, last))
        .await
        .unwrap();
    assert_eq!(there.holes, 0);
}

#[tokio::test(start_paused = true)]
async fn a_lost_last_message_is_found_by_comparing_heads() {
    let cluster = Cluster::new(2, TailOptions::default()).await;
    let ana = cluster.user("ana").await;
    let room = cluster.group(&[&ana]).await;
    let mut there = Person::connect(&cluster.nodes[1], &ana, HashMap::new()).await;
    there.wait(Duration::from_secs(1)).await;
    cluster.net.lose(1);
    let last = there.say(&cluster.nodes[0], room).await;
    let patience = limits::HEADS_COMPARED_EVERY + Duration::from_secs(1);
    tokio::time::timeout(patience, there.until(room, last))
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn without_a_bus_live_delivery_slows_down_and_nothing_is_lost() {
    let cluster = Cluster::new(2, TailOptions::default()).await;
    let ana = cluster.user("ana").await;
    let room = cluster.group(&[&ana]).await;
    let mut here = Person::connect(&cluster.nodes[0], &ana, HashMap::new()).await;
    let mut there = Person::connect(&cluster.nodes[1], &ana, HashMap::new()).await;
    for node in &cluster.nodes {
        cluster.net.cut(node.id);
    }
    let last = here.say(&cluster.nodes[0], room).await;
    here.wait(Duration::from_millis(1)).await;
    assert_eq!(here.last[&room], last, "local delivery goes on");
    tokio::time::timeout(Duration::from_millis(1_500), there.until(room, last))
        .await
        .unwrap();
    for node in &cluster.nodes {
        cluster.net.heal(node.id);
    }
    let last = here.say(&cluster.nodes[0], room).await;
    there.until(room, last).await;
    assert_eq!(there.holes + here.holes, 0);
}

#[tokio::test(start_paused = true)]
async fn who_is_added_elsewhere_hears_from_that_event_on_and_who_is_removed_until_then() {
    let cluster = Cluster::new(2, TailOptions::default()).await;
    let (ana, rui) = (cluster.user("ana").await, cluster.user("rui").await);
    let room = cluster.group(&[&ana]).await;
    let here = Person::connect(&cluster.nodes[0], &ana, HashMap::new()).await;
    let mut there = Person::connect(&cluster.nodes[1], &rui, HashMap::new()).await;
    here.say(&cluster.nodes[0], room).await;
    let (one, two) = (&cluster.nodes[0].channels, &cluster.nodes[1].channels);
    let added = one
        .add_member(&actor(&ana), room, rui.user, None, None)
        .await
        .unwrap()
        .seq;
    here.say(&cluster.nodes[0], room).await;
    let removed = one
        .remove_member(&actor(&ana), room, rui.user, None, None)
        .await
        .unwrap()
        .seq;
    here.say(&cluster.nodes[0], room).await;
    there.wait(Duration::from_secs(5)).await;
    let seen: Vec<_> = there
        .seen
        .iter()
        .map(|(_, seq, kind)| (seq.0, kind.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            (added.0, "member.joined"),
            (added.0 + 1, "message.posted"),
            (removed.0, "member.removed")
        ]
    );
    let refused = two
        .history(&actor(&rui), room, HistoryPage::Before(None), 10)
        .await;
    assert!(matches!(refused, Err(ChannelError::Forbidden(_))), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_membership_whose_note_was_lost_is_found_in_the_directory() {
    let cluster = Cluster::new(2, TailOptions::default()).await;
    let (ana, rui) = (cluster.user("ana").await, cluster.user("rui").await);
    let room = cluster.group(&[&ana]).await;
    let mut there = Person::connect(&cluster.nodes[1], &rui, HashMap::new()).await;
    cluster.net.lose(100);
    let one = &cluster.nodes[0].channels;
    let added = one
        .add_member(&actor(&ana), room, rui.user, None, None)
        .await
        .unwrap()
        .seq;
    let patience = limits::MEMBERSHIPS_COMPARED_EVERY + Duration::from_secs(2);
    tokio::time::timeout(patience, there.until(room, added))
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_node_that_does_not_hear_a_channel_learns_of_a_removal_within_a_second() {
    let cluster = Cluster::new(2, TailOptions::default()).await;
    let (ana, rui) = (cluster.user("ana").await, cluster.user("rui").await);
    let room = cluster.group(&[&ana, &rui]).await;
    let (one, two) = (&cluster.nodes[0].channels, &cluster.nodes[1].channels);
    two.history(&actor(&rui), room, HistoryPage::Before(None), 10)
        .await
        .unwrap();
    one.remove_member(&actor(&ana), room, rui.user, None, None)
        .await
        .unwrap();
    // The state's clock is the machine's.
    std::thread::sleep(limits::STATE_BELIEVED_FOR);
    let refused = two
        .history(&actor(&rui), room, HistoryPage::Before(None), 10)
        .await;
    assert!(matches!(refused, Err(ChannelError::Forbidden(_))), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_late_state_refuses_is_looked_at_again() {
    let cluster = Cluster::new(2, TailOptions::default()).await;
    let (ana, rui) = (cluster.user("ana").await, cluster.user("rui").await);
    let room = cluster.group(&[&ana]).await;
    let (one, two) = (&cluster.nodes[0].channels, &cluster.nodes[1].channels);
    // The second node follows the channel, and the bus is slow.
    let mut there = Person::connect(&cluster.nodes[1], &ana, HashMap::new()).await;
    there.wait(Duration::from_secs(1)).await;
    two.history(&actor(&ana), room, HistoryPage::Before(None), 10)
        .await
        .unwrap();
    cluster.net.hold();
    one.add_member(&actor(&ana), room, rui.user, None, None)
        .await
        .unwrap();
    two.history(&actor(&rui), room, HistoryPage::Before(None), 10)
        .await
        .unwrap();
    one.remove_member(&actor(&ana), room, rui.user, None, None)
        .await
        .unwrap();
    one.add_member(&actor(&ana), room, rui.user, None, None)
        .await
        .unwrap();
    let rui_there = Person::connect(&cluster.nodes[1], &rui, HashMap::new()).await;
    rui_there.say(&cluster.nodes[1], room).await;
}

#[tokio::test(start_paused = true)]
async fn resuming_on_another_node_gives_what_was_missed() {
    let cluster = Cluster::new(2, TailOptions::default()).await;
    let ana = cluster.user("ana").await;
    let room = cluster.group(&[&ana]).await;
    let mut first = Person::connect(&cluster.nodes[0], &ana, HashMap::new()).await;
    let before = first.say(&cluster.nodes[0], room).await;
    first.until(room, before).await;
    let (who, last) = (first.who.clone(), std::mem::take(&mut first.last));
    drop(first);
    let other = Person::connect(&cluster.nodes[0], &ana, HashMap::new()).await;
    for _ in 0..5 {
        other.say(&cluster.nodes[0], room).await;
    }
    let mut again = Person::connect(&cluster.nodes[1], &who, last).await;
    let last = other.say(&cluster.nodes[0], room).await;
    again.until(room, last).await;
    assert_eq!((again.seen.len(), again.holes), (6, 0));
}

#[tokio::test(start_paused = true)]
async fn signals_and_notes_reach_other_nodes() {
    let cluster = Cluster::new(2, TailOptions::default()).await;
    let (ana, rui) = (cluster.user("ana").await, cluster.user("rui").await);
    let room = cluster.group(&[&ana, &rui]).await;
    let here = Person::connect(&cluster.nodes[0], &ana, HashMap::new()).await;
    let mut there = Person::connect(&cluster.nodes[1], &rui, HashMap::new()).await;
    there.wait(Duration::from_secs(1)).await;
    cluster.nodes[0]
        .channels
        .typing(&actor(&here.who), room, false)
        .await
        .unwrap();
    let said = here.say(&cluster.nodes[0], room).await;
    there.until(room, said).await;
    let reader = actor(&rui);
    let moved = cluster.nodes[0]
        .channels
        .move_cursor(&reader, room, Some(said), None);
    moved.await.unwrap();
    there.wait(Duration::from_millis(50)).await;
    assert_eq!(there.signals, ["typing", "cursor"]);
}

/// Contract, delivery 9: who is removed while they connect to a node that does not follow the channel yet is shown nothing of
/// what that node commits meanwhile, which is neither in order nor theirs.
#[tokio::test(start_paused = true)]
async fn what_comes_before_ready_is_not_pushed() {
    let cluster = Cluster::new(2, TailOptions::default()).await;
    let (ana, rui) = (cluster.user("ana").await, cluster.user("rui").await);
    let room = cluster.group(&[&ana, &rui]).await;
    let [here, there] = &cluster.nodes[..] else {
        panic!("two nodes");
    };
    let (owner, keeper) = (Person::connect(here, &ana, HashMap::new()).await, actor(&ana));
    // So that neither node has to ask who may what, which takes as long as asking where the channel stands.
    for node in [here, there] {
        owner.say(node, room).await;
    }
    let meanwhile = async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        for node in [here, there, here, there] {
            owner.say(node, room).await;
        }
        let removed = here.channels.remove_member(&keeper, room, rui.user, None, None);
        removed.await.unwrap();
        owner.say(there, room).await;
    };
    let (mut person, ()) = tokio::join!(Person::connect(there, &rui, HashMap::new()), meanwhile);
    person.wait(Duration::from_secs(1)).await;
    assert_eq!((person.seen.as_slice(), person.holes), (&[][..], 0));

    let added = here.channels.add_member(&keeper, room, rui.user, None, None);
    added.await.unwrap();
    let last = owner.say(there, room).await;
    person.until(room, last).await;
    assert_eq!((person.seen.len(), person.holes), (2, 0));
}
