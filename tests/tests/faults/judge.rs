//! The end: everything is quiet, every channel is read from every node, and the checker judges.

use crate::load::Load;
use crate::session::ANSWER_MAX;
use crate::town::{Progress, Town};
use anyhow::{Context, Result, bail};
use klatch_client::Connection;
use klatch_protocol::frame::Hello;
use klatch_protocol::{Event, EventBody};
use klatch_testkit::history::{
    Evidence, FinalRead, Floor, LogEntry, Membership, UnreadClaim, Verdict, check,
};
use klatch_types::{ChannelId, Seq, limits};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(1);

/// Waits until something is so; whether it became so.
pub(crate) async fn until(longest: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    while !is_so() {
        if began.elapsed() > longest {
            return false;
        }
        tokio::time::sleep(LOOK).await;
    }
    true
}

/// Sessions that do not have everything up to these positions, in the channels that they are in.
pub(crate) fn behind(load: &Load, heads: &Progress) -> Vec<String> {
    let mut late = Vec::new();
    for seat in &load.cast.seats {
        let sees = seat.sees.lock().unwrap();
        for (channel, head) in heads {
            if let Some(last) = sees.get(channel).filter(|last| *last < head) {
                let at = load.town.node(seat.at.load(Ordering::Relaxed));
                late.push(format!(
                    "{} at {at} has {channel} up to {last} of {head}",
                    seat.name
                ));
            }
        }
    }
    late
}

/// What the end was like.
pub(crate) struct Judgement {
    /// What the checker says.
    pub(crate) verdict: Verdict,
    /// Listeners that never got everything.
    pub(crate) incomplete: Vec<String>,
    /// Events in all channels.
    pub(crate) events: usize,
}

/// Stops the load, waits for quiet, reads and judges. `patience` is for listeners: what was told to nobody must be found
/// within it.
pub(crate) async fn judge(load: &Load, floor: Floor, patience: Duration) -> Result<Judgement> {
    load.stop_sending();
    if !until(Duration::from_secs(60), || load.under_way() == 0).await {
        bail!("{} commands are never answered", load.under_way());
    }
    let (mut reads, mut logs) = (Vec::new(), HashMap::new());
    for place in &load.cast.places {
        for node in 0..load.town.nodes() {
            let (epoch, events) = read(load, node, place.channel)
                .await
                .with_context(|| format!("node {node} cannot be read"))?;
            reads.push(FinalRead {
                reader: load.town.node(node),
                channel: place.channel,
                epoch,
                entries: events.iter().map(LogEntry::from).collect(),
            });
            logs.insert(place.channel, events);
        }
    }
    let head = |events: &Vec<Event>| events.last().map_or(Seq::ZERO, |event| event.seq);
    let heads: Progress = logs
        .iter()
        .map(|(channel, events)| (*channel, head(events)))
        .collect();
    until(patience, || behind(load, &heads).is_empty()).await;
    let incomplete = behind(load, &heads);
    let unread = unread(load).await?;
    load.stop_listening();
    let evidence = Evidence {
        memberships: Some(logs.values().flatten().fold(Vec::new(), membership)),
        unread,
        floor,
    };
    Ok(Judgement {
        verdict: check(&load.town.recorder.history(), &reads, &evidence),
        incomplete,
        events: logs.values().map(Vec::len).sum(),
    })
}

/// A whole channel as its owner reads it at a node.
async fn read(load: &Load, node: usize, channel: ChannelId) -> Result<(String, Vec<Event>)> {
    let place = load.cast.places.iter().find(|place| place.channel == channel);
    let door = place.context("a channel of the load")?.owner.door(node).await?;
    let (mut events, mut after) = (Vec::<Event>::new(), Seq::ZERO);
    loop {
        let page = timeout(ANSWER_MAX, door.events(channel, after, limits::PAGE_MAX)).await??;
        events.extend(page.events);
        let last = events.last().map_or(Seq::ZERO, |event| event.seq);
        if !page.more || last == after {
            return Ok((page.epoch, events));
        }
        after = last;
    }
}

/// What every node says about unread messages of a few people.
async fn unread(load: &Load) -> Result<Vec<UnreadClaim>> {
    let mut claims = Vec::new();
    for (node, seat) in
        (0..load.town.nodes()).flat_map(|node| load.cast.seats.iter().take(4).map(move |seat| (node, seat)))
    {
        let mut connection = Connection::open(load.town.base(node)).await?;
        let hello = Hello {
            token: Some(seat.person.token().await?),
            client: None,
            shape: None,
            epoch: None,
            cursors: HashMap::new(),
            pull: false,
        };
        let ready = connection.hello(&hello).await?;
        connection.close().await;
        claims.extend(ready.channels.iter().map(|channel| UnreadClaim {
            channel: channel.channel,
            reader: format!("{} at {}", seat.name, load.town.node(node)),
            read: channel.read,
            head: channel.head,
            unread: channel.unread,
        }));
    }
    Ok(claims)
}

/// The times as members, from the events that began and ended them.
fn membership(mut times: Vec<Membership>, event: &Event) -> Vec<Membership> {
    let (channel, at) = (event.channel, event.seq);
    let begin = |user| Membership {
        user,
        channel,
        from: at,
        to: None,
    };
    match &event.body {
        EventBody::ChannelCreated { members, .. } => {
            times.extend(members.iter().map(|member| begin(member.user)));
        }
        EventBody::MemberJoined { user, .. } => times.push(begin(*user)),
        EventBody::MemberRemoved { user, .. } | EventBody::MemberLeft { user } => {
            let of =
                |time: &&mut Membership| time.user == *user && time.channel == channel && time.to.is_none();
            if let Some(time) = times.iter_mut().find(of) {
                time.to = Some(at);
            }
        }
        _ => {}
    }
    times
}

/// Panics if anything was not as promised.
#[track_caller]
pub(crate) fn assert_kept(judgement: &Judgement, town: &Town) {
    judgement.verdict.assert_kept();
    assert!(
        judgement.incomplete.is_empty(),
        "not everyone was given everything: {:#?}",
        judgement.incomplete
    );
    let troubles = town.troubles.lock().unwrap();
    assert!(troubles.is_empty(), "{troubles:#?}");
}
