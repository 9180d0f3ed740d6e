//! Any sequence of appends has the same answers, logs and rows in memory as in SQLite and in PostgreSQL.

use super::{memory_rows, postgres_rows, sqlite_rows};
use crate::conformance::{Subject, World};
use crate::{Append, Change, Expect, NewWork};
use klatch_engine::postgres::Spread;
use klatch_engine::row::BanRow;
use klatch_types::{ChannelId, ClientKey, Millis, Role, Rules, Seq, UserId};
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

const USERS: u128 = 4;
const CHANNELS: u128 = 2;
const EDIT: u8 = 2;

fn user(number: u128) -> UserId {
    UserId(Uuid::from_u128(number + 1))
}

/// One step, in small numbers so that steps meet each other.
#[derive(Clone, Debug)]
struct Step {
    channel: u128,
    actor: u128,
    key: Option<u128>,
    body: u64,
    message: bool,
    target: Option<u64>,
    access: Option<u64>,
    changes: Vec<Change>,
    /// Kinds of the late work it makes.
    work: Vec<u8>,
}

fn change() -> impl Strategy<Value = Change> {
    let who = || (0..USERS).prop_map(user);
    prop_oneof![
        3 => (who(), any::<bool>()).prop_map(|(user, sees_history)| Change::MemberPut {
            user, role: Role::Member, sees_history, invite: None
        }),
        1 => who().prop_map(|user| Change::MemberRemove { user }),
        1 => who().prop_map(|user| Change::MemberRole { user, role: Role::Moderator }),
        1 => (who(), any::<bool>()).prop_map(|(user, mute)| Change::MemberMute { user, until: mute.then_some(Millis(9)) }),
        3 => vec(who(), 1..4).prop_map(|users| Change::Mention { users }),
        2 => Just(Change::MentionAll),
        1 => (1..12u64).prop_map(|target| Change::Erase { target: Seq(target), edit_kind: EDIT }),
        1 => who().prop_map(|user| Change::BanPut(BanRow {
            user, by: user, at: Millis(1), until: Millis(2), reason: None
        })),
        1 => who().prop_map(|user| Change::BanRemove { user }),
        1 => Just(Change::Archive),
        1 => (0..3u32).prop_map(|slow_mode_s| Change::Rules(Rules { slow_mode_s, ..Rules::default() })),
        1 => Just(Change::Update { name: None, topic: Some("topic".into()), visibility: None }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    (
        (0..CHANNELS + 1, 0..USERS, proptest::option::of(0..6u128), 0..2u64),
        (
            any::<bool>(),
            proptest::option::weighted(0.3, 1..12u64),
            proptest::option::weighted(0.3, 0..12u64),
        ),
        (vec(change(), 0..3), vec(any::<u8>(), 0..3)),
    )
        .prop_map(
            |((channel, actor, key, body), (message, target, access), (changes, work))| Step {
                channel,
                actor,
                key,
                body,
                message,
                target,
                access,
                changes,
                work,
            },
        )
}

impl Step {
    fn append(&self, world: &World, channels: &[ChannelId]) -> Append {
        let nowhere = ChannelId(Uuid::nil());
        let channel = channels
            .get(usize::try_from(self.channel).unwrap())
            .copied()
            .unwrap_or(nowhere);
        Append {
            key: self.key.map(|key| ClientKey(Uuid::from_u128(key))),
            kind: if self.target.is_some() { EDIT } else { 1 },
            message: self.message,
            target: self.target.map(Seq),
            digest: self.body,
            expect: self
                .access
                .map_or(Expect::Exists, |seq| Expect::AccessAt(Seq(seq))),
            changes: self.changes.clone(),
            work: self.work.iter().map(|kind| work(*kind)).collect(),
            ..world.other(channel, user(self.actor), Vec::new())
        }
    }
}

fn work(kind: u8) -> NewWork {
    NewWork {
        kind,
        due_at: Millis(i64::from(kind)),
        payload: vec![kind; 2],
    }
}

/// Everything a world says about some steps, queued all at once.
async fn story(world: &World, steps: &[Step]) -> Vec<String> {
    let mut channels = Vec::new();
    for _ in 0..CHANNELS {
        channels.push(world.channel(&[user(0), user(1)]).await);
    }
    let mut answers = Vec::new();
    for step in steps {
        let (done, answer) = tokio::sync::oneshot::channel();
        world.log.append(step.append(world, &channels), done);
        answers.push(answer);
    }
    let mut told = Vec::new();
    for answer in answers {
        told.push(format!("{:?}", answer.await.unwrap()));
    }
    for channel in channels {
        told.push(format!("{:?}", world.rows.channel(channel).await));
        told.push(format!("{:?}", world.rows.bans(channel).await));
        told.push(format!("{:?}", world.rows.work(channel).await));
        told.extend(world.all(channel).await.iter().map(|event| format!("{event:?}")));
        for number in 0..USERS {
            told.push(format!("{:?}", world.rows.member(channel, user(number)).await));
        }
        let amendments = world.log.amendments(channel, Seq(1), Seq(12), 99).await;
        told.push(format!("{amendments:?}"));
    }
    told
}

/// The story as told in memory and by another log.
fn both<F: Future<Output = Subject>>(
    steps: &[Step],
    other: impl FnOnce() -> F,
) -> (Vec<String>, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let memory = World::new(memory_rows::subject().await).await;
        let other = World::new(other().await).await;
        (story(&memory, steps).await, story(&other, steps).await)
    })
}

/// Found by the test below: a message by someone who becomes a member with it and mentions themselves.
#[test]
fn who_comes_with_a_message_has_read_its_mentions() {
    let newcomer = user(2);
    let put = Change::MemberPut {
        user: newcomer,
        role: Role::Member,
        sees_history: false,
        invite: None,
    };
    let step = Step {
        channel: 0,
        actor: 2,
        key: None,
        body: 0,
        message: true,
        target: None,
        access: None,
        changes: vec![
            put,
            Change::Mention {
                users: vec![newcomer],
            },
        ],
        work: Vec::new(),
    };
    let steps = [step];
    let (memory, sqlite) = both(&steps, sqlite_rows::subject);
    assert_eq!(memory, sqlite);
    let (memory, postgres) = both(&steps, || postgres_rows::emptied(Spread::Whole));
    assert_eq!(memory, postgres);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn memory_and_sqlite_tell_the_same_story(steps in vec(step(), 1..40)) {
        let (memory, sqlite) = both(&steps, sqlite_rows::subject);
        prop_assert_eq!(memory, sqlite);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn memory_and_postgres_tell_the_same_story(steps in vec(step(), 1..40)) {
        let (memory, postgres) = both(&steps, || postgres_rows::emptied(Spread::Whole));
        prop_assert_eq!(memory, postgres);
    }

    #[test]
    fn memory_and_postgres_by_bucket_tell_the_same_story(steps in vec(step(), 1..40)) {
        let (memory, postgres) = both(&steps, || postgres_rows::emptied(Spread::ByBucket));
        prop_assert_eq!(memory, postgres);
    }
}
