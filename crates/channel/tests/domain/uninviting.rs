//! Who may no longer invite: their invitations are taken back.

use crate::world::World;
use klatch_channel::{Actor, ChannelError, NewInvite, UNINVITE};
use klatch_engine::row::InviteRow;
use klatch_store::WorkClaim;
use klatch_types::{ChannelId, Clock as _, InviteId, Policy, Profile, Role};
use std::time::Duration;

/// How long after an event the last of its work is due.
const ALL_DUE: Duration = Duration::from_secs(31);

/// An owner, a moderator and a member of a group, and someone else.
struct Room {
    world: World,
    channel: ChannelId,
    owner: Actor,
    moderator: Actor,
    member: Actor,
    other: Actor,
}

impl Room {
    async fn new() -> Self {
        let world = World::new(Policy::of(Profile::App)).await;
        let (owner, moderator) = (world.user("ana").await, world.user("bob").await);
        let (member, other) = (world.user("cem").await, world.user("dot").await);
        let channel = world.group(&owner, &[&moderator, &member]).await;
        let room = Self {
            world,
            channel,
            owner,
            moderator,
            member,
            other,
        };
        room.rank(&room.moderator, Role::Moderator).await;
        room
    }

    async fn rank(&self, user: &Actor, role: Role) {
        let channels = &self.world.channels;
        let ranked = channels.change_role(&self.owner, self.channel, user.user, role, None);
        ranked.await.unwrap();
    }

    /// The code of a new invitation.
    async fn invite(&self, by: &Actor) -> String {
        let new = NewInvite {
            role: Role::Member,
            life: Duration::from_secs(3_600),
            uses_max: None,
        };
        let made = self.world.channels.create_invite(by, self.channel, new);
        made.await.unwrap().code
    }

    /// Whether a link still works.
    async fn works(&self, code: &str) -> bool {
        match self.world.channels.preview_invite(&self.other, code).await {
            Ok(_) => true,
            Err(ChannelError::Gone(_)) => false,
            Err(other) => panic!("{other}"),
        }
    }

    /// Does the late work that is due, twice; how much there was.
    async fn work(&self) -> usize {
        let claim = WorkClaim {
            now: self.world.clock.now(),
            lease: Duration::from_secs(1),
            limit: 100,
            kinds: &[UNINVITE],
        };
        let rows = self.world.work.claim(claim).await.unwrap();
        for row in rows.iter().chain(&rows) {
            let done = self.world.channels.uninvite(row.id.channel, &row.payload);
            done.await.unwrap();
        }
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        self.world.work.done(&ids).await.unwrap();
        rows.len()
    }

    fn pass(&self, time: Duration) {
        self.world.clock.advance(time);
    }
}

#[tokio::test]
async fn links_of_the_banned_and_removed_end_and_those_of_others_stay() {
    for ban in [true, false] {
        let room = Room::new().await;
        let (theirs, another) = (room.invite(&room.moderator).await, room.invite(&room.owner).await);
        let also_theirs = room.invite(&room.moderator).await;
        let (channels, who) = (&room.world.channels, room.moderator.user);
        if ban {
            channels
                .ban(&room.owner, room.channel, who, None, None, None)
                .await
                .unwrap();
        } else {
            channels
                .remove_member(&room.owner, room.channel, who, None, None)
                .await
                .unwrap();
        }
        // Told of the work: whoever waits for it need not look.
        tokio::time::timeout(Duration::from_secs(9), channels.work().notified())
            .await
            .unwrap();
        assert!(room.works(&theirs).await, "it is late work");
        assert_eq!(room.work().await, 1);
        assert!(!room.works(&theirs).await && !room.works(&also_theirs).await);
        assert!(room.works(&another).await);
    }
}

#[tokio::test]
async fn links_of_those_who_leave_or_are_demoted_end() {
    let room = Room::new().await;
    let of_moderator = room.invite(&room.moderator).await;
    room.rank(&room.member, Role::Moderator).await;
    let of_member = room.invite(&room.member).await;
    assert_eq!(room.work().await, 0, "they may invite");
    room.rank(&room.member, Role::Member).await;
    assert_eq!(room.work().await, 1);
    assert!(!room.works(&of_member).await);
    let channels = &room.world.channels;
    channels.leave(&room.moderator, room.channel, None).await.unwrap();
    assert_eq!(room.work().await, 1);
    assert!(!room.works(&of_moderator).await);
    room.pass(ALL_DUE);
    assert_eq!(room.work().await, 2, "each is looked at once more");
    channels.leave(&room.member, room.channel, None).await.unwrap();
    assert_eq!(room.work().await, 0, "who may not invite leaves no work");
}

#[tokio::test]
async fn who_may_invite_again_keeps_what_they_made_since() {
    let room = Room::new().await;
    let before = room.invite(&room.moderator).await;
    room.rank(&room.moderator, Role::Member).await;
    room.pass(Duration::from_millis(5));
    room.rank(&room.moderator, Role::Moderator).await;
    let since = room.invite(&room.moderator).await;
    for _ in 0..2 {
        assert_eq!(room.work().await, 1);
        assert!(!room.works(&before).await);
        assert!(room.works(&since).await);
        room.pass(ALL_DUE);
    }
}

#[tokio::test]
async fn an_invitation_that_was_on_its_way_is_found_by_the_second_look() {
    let room = Room::new().await;
    let channels = &room.world.channels;
    channels
        .ban(&room.owner, room.channel, room.moderator.user, None, None, None)
        .await
        .unwrap();
    assert_eq!(room.work().await, 1);
    room.pass(Duration::from_millis(300));
    // As another node writes it, which checked permission before it heard of the ban.
    let now = room.world.clock.now();
    let row = InviteRow {
        id: InviteId::new(now, &*room.world.entropy),
        channel: room.channel,
        code: "abcdefghijkmnpqrstuvwxyz".into(),
        role: Role::Member,
        by: room.moderator.user,
        created_at: now,
        expires_at: now.plus(Duration::from_secs(3_600)),
        uses_max: None,
        uses: 0,
        revoked_at: None,
    };
    let code = row.code.clone();
    room.world.directory.invite_add(row).await.unwrap();
    assert!(room.works(&code).await);
    room.pass(ALL_DUE);
    assert_eq!(room.work().await, 1);
    assert!(!room.works(&code).await);
}

#[tokio::test]
async fn a_closed_channel_has_no_links() {
    let room = Room::new().await;
    let links = [room.invite(&room.moderator).await, room.invite(&room.owner).await];
    let channels = &room.world.channels;
    channels.archive(&room.owner, room.channel, None).await.unwrap();
    assert_eq!(room.work().await, 1);
    for link in links {
        assert!(!room.works(&link).await);
    }
}

#[tokio::test]
async fn a_payload_of_another_version_is_refused() {
    let room = Room::new().await;
    let refused = room.world.channels.uninvite(room.channel, b"{").await;
    assert!(matches!(refused, Err(ChannelError::Invalid(_))), "{refused:?}");
}
