//! S1.1: the end of a meeting, by a clock that the test holds.

use crate::world::World;
use klatch_channel::{Actor, ChannelError, END_MEETING, NewChannelRequest};
use klatch_store::WorkClaim;
use klatch_types::{ChannelId, ChannelKind, Clock as _, Policy, Profile, RulesChange, Visibility, limits};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

/// A meeting of an hour, with one participant.
struct Room {
    world: World,
    organizer: Actor,
    participant: Actor,
    meeting: ChannelId,
}

impl Room {
    async fn new() -> Self {
        let world = World::new(Policy::of(Profile::Meeting)).await;
        let (organizer, participant) = (world.user("ana").await, world.user("rui").await);
        let request = NewChannelRequest {
            kind: ChannelKind::Meeting,
            name: Some("Stand-up".parse().unwrap()),
            topic: None,
            visibility: Visibility::Private,
            members: vec![participant.user],
            rules: ends_after(&world, HOUR),
            key: None,
        };
        let (meeting, _) = world.channels.create(&organizer, request).await.unwrap();
        Self {
            world,
            organizer,
            participant,
            meeting,
        }
    }

    async fn send(&self) -> Result<(), ChannelError> {
        let sent = self.world.send(&self.participant, self.meeting, "hello").await;
        sent.map(drop)
    }

    /// Does the late work that is due; how much there was.
    async fn work(&self) -> usize {
        let claim = WorkClaim {
            now: self.world.clock.now(),
            lease: Duration::from_secs(60),
            limit: 100,
            kinds: &[END_MEETING],
        };
        let due = self.world.work.claim(claim).await.unwrap();
        for row in &due {
            for _ in 0..2 {
                let ended = self.world.channels.end_meeting(row.id.channel, &row.payload);
                ended.await.unwrap();
            }
            self.world.work.done(&[row.id]).await.unwrap();
        }
        due.len()
    }

    async fn closings(&self) -> usize {
        let page = self
            .world
            .channels
            .events_after(self.meeting, klatch_types::Seq::ZERO, limits::PAGE_MAX);
        let events = page.await.unwrap();
        let closing = |event: &&klatch_protocol::Event| {
            matches!(event.body, klatch_protocol::EventBody::ChannelArchived {})
        };
        events.iter().filter(closing).count()
    }
}

fn ends_after(world: &World, time: Duration) -> RulesChange {
    RulesChange {
        ends_at: Some(world.clock.now().plus(time)),
        ..RulesChange::default()
    }
}

#[tokio::test]
async fn nobody_sends_after_the_end_whether_or_not_it_was_noted() {
    let room = Room::new().await;
    room.world.clock.advance(HOUR - Duration::from_millis(1));
    room.send().await.unwrap();
    assert_eq!(room.work().await, 0, "it has not ended");
    room.world.clock.advance(Duration::from_millis(1));
    assert!(matches!(room.send().await, Err(ChannelError::Archived)));
    assert_eq!(room.closings().await, 0);
    assert_eq!(room.work().await, 1);
    assert_eq!(room.closings().await, 1, "once, however often the work is done");
    let row = room.world.directory.channel(room.meeting).await.unwrap().unwrap();
    assert_eq!(row.archived_at, Some(room.world.clock.now()));
}

#[tokio::test]
async fn an_end_that_was_moved_is_none() {
    let room = Room::new().await;
    let later = ends_after(&room.world, 2 * HOUR);
    let channels = &room.world.channels;
    channels
        .change_rules(&room.organizer, room.meeting, &later, None)
        .await
        .unwrap();
    room.world.clock.advance(HOUR);
    assert_eq!(room.work().await, 1);
    room.send().await.unwrap();
    room.world.clock.advance(HOUR);
    assert!(matches!(room.send().await, Err(ChannelError::Archived)));
    assert_eq!(room.work().await, 1);
    assert_eq!(room.closings().await, 1);
    let again = channels
        .change_rules(
            &room.organizer,
            room.meeting,
            &ends_after(&room.world, HOUR),
            None,
        )
        .await;
    assert!(
        matches!(again, Err(ChannelError::Archived)),
        "what has ended stays so"
    );
}

#[tokio::test]
async fn a_closed_meeting_ends_no_second_time() {
    let room = Room::new().await;
    let closed = room.world.channels.archive(&room.organizer, room.meeting, None);
    closed.await.unwrap();
    room.world.clock.advance(HOUR);
    assert_eq!(room.work().await, 1);
    assert_eq!(room.closings().await, 1);
}
