//! Whatever is sent and read, in whatever order: what is counted is what a walk over the messages counts, and
//! all three directories say the same.

use super::subjects;
use crate::conformance::{Deed, EDIT, World};
use klatch_types::{ChannelId, Seq, UserId};
use proptest::collection::vec;
use proptest::prelude::*;

const USERS: usize = 3;

/// One step, in small numbers so that steps meet each other.
#[derive(Clone, Debug)]
enum Step {
    Post {
        by: usize,
        mentions: Vec<usize>,
        everyone: bool,
    },
    React {
        by: usize,
        back: u64,
    },
    Move {
        user: usize,
        read: Option<u64>,
        received: Option<u64>,
    },
    LeaveAndReturn {
        user: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 0..USERS;
    let cursor = || proptest::option::weighted(0.7, 0..30u64);
    prop_oneof![
        5 => (who(), vec(who(), 0..3), proptest::bool::weighted(0.3))
            .prop_map(|(by, mentions, everyone)| Step::Post { by, mentions, everyone }),
        1 => (who(), 0..5u64).prop_map(|(by, back)| Step::React { by, back }),
        5 => (who(), cursor(), cursor()).prop_map(|(user, read, received)| Step::Move { user, read, received }),
        1 => who().prop_map(|user| Step::LeaveAndReturn { user }),
    ]
}

/// A message, as the walk sees it.
struct Sent {
    seq: Seq,
    /// Members it mentions by name.
    mentions: Vec<usize>,
    everyone: bool,
}

/// What the walk knows: the messages, and where each user's cursors must be.
struct Model {
    sent: Vec<Sent>,
    head: Seq,
    read: [Seq; USERS],
    received: [Seq; USERS],
}

impl Model {
    fn see(&mut self, user: usize, seq: Seq) {
        self.read[user] = seq;
        self.received[user] = seq;
    }

    /// Messages after the cursor, and how often those mention the user.
    fn unread(&self, user: usize) -> (u64, u64) {
        let unread = self.sent.iter().filter(|sent| sent.seq > self.read[user]);
        unread.fold((0, 0), |(messages, mentions), sent| {
            let by_name = u64::from(sent.mentions.contains(&user));
            (messages + 1, mentions + by_name + u64::from(sent.everyone))
        })
    }
}

struct Run {
    world: World,
    channel: ChannelId,
    users: Vec<UserId>,
    model: Model,
    told: Vec<String>,
}

impl Run {
    async fn new(world: World) -> Self {
        let mut users = Vec::new();
        for number in 0..USERS {
            users.push(world.user(&format!("u{number}")).await);
        }
        let channel = world.channel(&users).await;
        let model = Model {
            sent: Vec::new(),
            head: Seq(1),
            read: [Seq(1); USERS],
            received: [Seq(1); USERS],
        };
        Self {
            world,
            channel,
            users,
            model,
            told: Vec::new(),
        }
    }

    async fn take(&mut self, step: &Step) {
        let Self {
            world,
            channel,
            users,
            model,
            told,
        } = self;
        let channel = *channel;
        match step {
            Step::Post {
                by,
                mentions,
                everyone,
            } => {
                let named: Vec<UserId> = mentions.iter().map(|user| users[*user]).collect();
                model.head = world.mention(channel, users[*by], "x", &named, *everyone).await;
                let mentions = mentions.clone();
                model.sent.push(Sent {
                    seq: model.head,
                    mentions,
                    everyone: *everyone,
                });
                model.see(*by, model.head);
            }
            Step::React { by, back } => {
                let target = Seq(model.head.0.saturating_sub(*back).max(1));
                model.head = world.write(channel, users[*by], Deed::React { target }).await;
            }
            Step::LeaveAndReturn { user } => {
                let id = users[*user];
                world.write(channel, id, Deed::Leave { user: id }).await;
                model.head = world.join(channel, id, true).await;
                model.see(*user, model.head);
            }
            Step::Move { user, read, received } => {
                let row = world
                    .move_cursor(channel, users[*user], *read, *received)
                    .await
                    .unwrap();
                let before = (model.read[*user], model.received[*user]);
                let to = |from: Seq, to: &Option<u64>| from.max(Seq(to.unwrap_or(0)).min(model.head));
                model.read[*user] = to(before.0, read);
                model.received[*user] = to(before.1, received).max(model.read[*user]);
                assert_eq!(
                    (row.read, row.received),
                    (model.read[*user], model.received[*user])
                );
                assert_eq!((row.unread, row.mentions), model.unread(*user));
                assert_eq!(row.read_moved, before.0 != row.read);
                assert_eq!(row.received_moved, before.1 != row.received);
                told.push(format!("{row:?}"));
            }
        }
    }

    /// The list says of everyone what the walk says.
    async fn check(&mut self) {
        for (number, user) in self.users.iter().enumerate() {
            let line = self
                .world
                .directory
                .channel_list(*user, EDIT, 5)
                .await
                .unwrap()
                .remove(0);
            let member = line.member.clone().unwrap();
            let mentions = member.mentions.since(member.read_mentions)
                + line.row.broadcasts.since(member.read_broadcasts);
            assert_eq!(
                (line.row.ordinal.since(member.read_ordinal), mentions),
                self.model.unread(number)
            );
            assert_eq!(
                (member.read, member.received),
                (self.model.read[number], self.model.received[number])
            );
            let standing = self.world.directory.memberships(*user).await.unwrap().remove(0);
            assert_eq!(standing.unread, self.model.unread(number).0);
            self.told.push(format!("{line:?} {standing:?}"));
        }
    }
}

async fn story(world: World, steps: &[Step]) -> Vec<String> {
    let mut run = Run::new(world).await;
    for step in steps {
        run.take(step).await;
    }
    run.check().await;
    run.told
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_are_those_of_a_walk(steps in vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (memory, sqlite, postgres) = runtime.block_on(async {
            let memory = World::new(subjects::memory().await).await;
            let sqlite = World::new(subjects::sqlite().await).await;
            let postgres = World::new(subjects::postgres_whole().await).await;
            (story(memory, &steps).await, story(sqlite, &steps).await, story(postgres, &steps).await)
        });
        prop_assert_eq!(&memory, &sqlite);
        prop_assert_eq!(memory, postgres);
    }
}
