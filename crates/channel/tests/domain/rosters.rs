//! S0.3, S2.1, S0.12: channels follow rosters, by the real way to the log; and what a dry run tells is what happens.

use crate::world::World;
use klatch_channel::{Actor, ChannelError, CircleMembers, RosterAsked, RosterOrder, RosterOutcome};
use klatch_engine::row::{RosterPlace, UserRow};
use klatch_roster::{Changes, Enrolment, Group, Person, Plan, Roster, Settings};
use klatch_types::{
    ChannelId, Clock as _, HistoryVisibility, Policy, Profile, Role, RosterKind, RosterRole, UserId,
    UserKind, Username,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

const ROLES: [RosterRole; 3] = [RosterRole::Student, RosterRole::Assistant, RosterRole::Teacher];

/// A member: id of the group, username, role in the channel.
type Members = BTreeMap<(String, String), Role>;

struct School {
    world: World,
    system: Actor,
}

impl School {
    async fn new(policy: Policy) -> Self {
        let world = World::new(policy).await;
        let id = UserId::new(world.clock.now(), &*world.entropy);
        let row = UserRow {
            id,
            space: world.space,
            username: "system".into(),
            name: "School".into(),
            kind: UserKind::System,
            external: None,
            password_hash: None,
            created_at: world.clock.now(),
            disabled_at: None,
        };
        world.directory.user_add(row).await.unwrap();
        let system = Actor {
            user: id,
            space: world.space,
            kind: UserKind::System,
            admin: None,
        };
        Self { world, system }
    }

    /// A school that removes at once.
    async fn strict() -> Self {
        let school = Self::new(Policy::of(Profile::Campus)).await;
        school.set(0, 100).await;
        school
    }

    async fn set(&self, grace_s: u64, removals_percent: u32) {
        let settings = Settings {
            grace_s,
            removals_percent,
            ..Settings::default()
        };
        let channels = &self.world.channels;
        channels
            .roster_settings_put(&self.system, &settings)
            .await
            .unwrap();
    }

    async fn ask(&self, asked: RosterAsked, order: RosterOrder) -> Result<RosterOutcome, ChannelError> {
        let started = self
            .world
            .channels
            .roster_start(&self.system, asked, order)
            .await?;
        started.end.await.unwrap()?;
        Ok(started.outcome)
    }

    async fn import(&self, roster: &Roster) -> Plan {
        let asked = RosterAsked::Whole(roster.clone());
        self.ask(asked, RosterOrder::default()).await.unwrap().plan
    }

    async fn dry(&self, roster: &Roster) -> Plan {
        let order = RosterOrder {
            dry_run: true,
            ..RosterOrder::default()
        };
        let asked = RosterAsked::Whole(roster.clone());
        self.ask(asked, order).await.unwrap().plan
    }

    async fn channel(&self, group: &str) -> ChannelId {
        let groups = self
            .world
            .directory
            .roster_groups(self.world.space)
            .await
            .unwrap();
        groups.iter().find(|row| row.source == group).unwrap().channel
    }

    /// Who is a member of what, as the log has it.
    async fn members(&self) -> Members {
        let directory = &self.world.directory;
        let mut members = BTreeMap::new();
        for group in directory.roster_groups(self.world.space).await.unwrap() {
            let Some(snapshot) = directory.channel_snapshot(group.channel).await.unwrap() else {
                continue;
            };
            for member in snapshot.members {
                let user = directory.user(member.user).await.unwrap().unwrap();
                members.insert((group.source.clone(), user.username), member.role);
            }
        }
        members
    }

    async fn actor(&self, username: &str) -> Actor {
        let found = self
            .world
            .directory
            .user_by_username(self.world.space, username)
            .await;
        Actor {
            user: found.unwrap().unwrap().id,
            space: self.world.space,
            kind: UserKind::Person,
            admin: None,
        }
    }
}

fn name(at: usize) -> Username {
    format!("u{at}").parse().unwrap()
}

fn group(at: usize, title: &str) -> Group {
    Group {
        id: format!("g{at}"),
        kind: if at == 0 {
            RosterKind::Course
        } else {
            RosterKind::Class
        },
        title: format!("{title}{at}"),
        code: None,
        term: None,
        parent: (at > 0).then(|| "g0".to_owned()),
    }
}

fn enrolment(user: usize, group: usize, role: RosterRole) -> Enrolment {
    Enrolment {
        user: name(user),
        group: format!("g{group}"),
        role,
    }
}

fn roster_of(title: &str, enrolments: Vec<Enrolment>) -> Roster {
    let people = (0..400).map(|at| Person {
        username: name(at),
        name: None,
    });
    let enrolled = |person: &Person| enrolments.iter().any(|one| one.user == person.username);
    let people: Vec<Person> = people.filter(enrolled).collect();
    Roster::new(people, (0..3).map(|at| group(at, title)).collect(), enrolments).unwrap()
}

fn students(users: impl IntoIterator<Item = usize>) -> Roster {
    let enrolments = users
        .into_iter()
        .map(|user| enrolment(user, 1, RosterRole::Student));
    roster_of("A", enrolments.collect())
}

fn rosters() -> impl Strategy<Value = Roster> {
    let enrolments = prop::collection::vec((0..5usize, 0..3usize, 0..3usize), 0..12);
    (enrolments, "[AB]").prop_map(|(enrolments, title)| {
        let enrolments = enrolments
            .into_iter()
            .map(|(user, group, role)| enrolment(user, group, ROLES[role]));
        roster_of(&title, enrolments.collect())
    })
}

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime.unwrap().block_on(test)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// S0.3: A and then B is B alone; what a dry run tells is what the import does; and after an undo it is as after A.
    #[test]
    fn the_last_roster_decides(a in rosters(), b in rosters()) {
        run(async {
            let (both, fresh) = (School::strict().await, School::strict().await);
            both.import(&a).await;
            let after_a = both.members().await;
            let told = both.dry(&b).await;
            assert_eq!(both.members().await, after_a, "a dry run changes nothing");
            let done = both.import(&b).await;
            assert_eq!(told, done);
            let mut expected = after_a.clone();
            for (group, user) in &told.drops {
                expected.remove(&(group.clone(), user.to_string()));
            }
            let kind = |group: &str| if group == "g0" { RosterKind::Course } else { RosterKind::Class };
            for (group, user, role) in told.joins.iter().chain(&told.roles) {
                expected.insert((group.clone(), user.to_string()), role.in_channel(kind(group)));
            }
            assert_eq!(both.members().await, expected, "what was told is what happened");
            fresh.import(&b).await;
            assert_eq!(both.members().await, fresh.members().await);
            assert!(both.import(&b).await.is_empty(), "again, and nothing changes");
            if a != b {
                both.ask(RosterAsked::Undo, RosterOrder::default()).await.unwrap();
                assert_eq!(both.members().await, after_a);
                let twice = both.ask(RosterAsked::Undo, RosterOrder::default()).await;
                assert!(matches!(twice, Err(ChannelError::Invalid(_))), "{twice:?}");
            }
        });
    }
}

/// S2.1: whoever is dropped is removed when the grace is over, and not before; whoever comes back in time stays.
#[tokio::test]
async fn grace_is_kept() {
    let school = School::new(Policy::of(Profile::Campus)).await;
    school.set(3600, 100).await;
    school.import(&students(0..4)).await;
    let all = school.members().await;
    school.import(&students(2..4)).await;
    assert_eq!(school.members().await, all, "the grace has begun");
    school.import(&students(1..4)).await;
    school.world.clock.advance(Duration::from_secs(3599));
    assert_eq!(school.world.channels.roster_sweep().await.unwrap(), 0);
    school.world.clock.advance(Duration::from_secs(1));
    let removed = school.world.channels.roster_sweep().await.unwrap();
    assert_eq!(removed, 2, "one user, from class and course");
    let left = school.members().await;
    assert!(!left.keys().any(|(_, user)| user == "u0") && left.keys().any(|(_, user)| user == "u1"));
    assert_eq!(school.world.channels.roster_sweep().await.unwrap(), 0);
}

/// S2.1: who comes back after the grace sees the history that the policy allows.
#[tokio::test]
async fn whoever_is_enrolled_again_sees_what_the_policy_allows() {
    for history in [HistoryVisibility::All, HistoryVisibility::SinceJoin] {
        let school = School::new(Policy {
            history,
            ..Policy::of(Profile::Campus)
        })
        .await;
        school.set(0, 100).await;
        school.import(&students(0..2)).await;
        let (u0, u1) = (school.actor("u0").await, school.actor("u1").await);
        let class = school.channel("g1").await;
        school.world.send(&u1, class, "before").await.unwrap();
        school.import(&students(1..2)).await;
        assert!(matches!(
            school.world.send(&u0, class, "x").await,
            Err(ChannelError::NotFound)
        ));
        school.world.send(&u1, class, "meanwhile").await.unwrap();
        school.import(&students(0..2)).await;
        school.world.send(&u1, class, "after").await.unwrap();
        let texts = school.world.texts(&u0, class).await;
        match history {
            HistoryVisibility::All => assert_eq!(texts, ["before", "meanwhile", "after"]),
            HistoryVisibility::SinceJoin => assert_eq!(texts, ["after"]),
        }
    }
}

/// S2.1: people whom people put in or out are theirs.
#[tokio::test]
async fn what_people_did_by_hand_stays() {
    let school = School::strict().await;
    let by_hand = school.world.user("u9").await;
    school.import(&students(0..3)).await;
    let class = school.channel("g1").await;
    let channels = &school.world.channels;
    channels
        .add_member(&school.system, class, by_hand.user, None, None)
        .await
        .unwrap();
    let banned = school.actor("u0").await;
    channels
        .ban(&school.system, class, banned.user, None, None, None)
        .await
        .unwrap();
    let removed = school.actor("u1").await;
    channels
        .remove_member(&school.system, class, removed.user, None, None)
        .await
        .unwrap();
    let plan = school.import(&students((0..3).chain([9]))).await;
    assert_eq!((plan.kept, plan.barred.len()), (1, 2), "{plan:?}");
    let of_class = |members: Members| -> Vec<String> {
        let class = members.into_keys().filter(|(group, _)| group == "g1");
        class.map(|(_, user)| user).collect()
    };
    assert_eq!(of_class(school.members().await), ["u2", "u9"]);
    school.import(&students([])).await;
    assert_eq!(of_class(school.members().await), ["u9"]);
}

/// S2.1: an import that would drop too many is refused before anything happens, unless it is allowed to.
#[tokio::test]
async fn too_many_removals_are_refused() {
    let school = School::new(Policy::of(Profile::Campus)).await;
    school.set(0, 20).await;
    school.import(&students(0..10)).await;
    let before = school.members().await;
    let asked = || RosterAsked::Whole(students(0..7));
    let refused = school.ask(asked(), RosterOrder::default()).await;
    assert!(
        matches!(
            refused,
            Err(ChannelError::RosterUnsafe {
                drops: 6,
                before: 20,
                percent: 20
            })
        ),
        "{refused:?}"
    );
    assert_eq!(school.members().await, before);
    school.import(&students(0..8)).await;
    let order = RosterOrder {
        allow_removals: true,
        ..RosterOrder::default()
    };
    school
        .ask(RosterAsked::Whole(students(0..3)), order)
        .await
        .unwrap();
    assert_eq!(school.members().await.len(), 6);
}

/// An import that ended in the middle is finished by the same roster again: whom it noted and did not put in is put in.
#[tokio::test]
async fn an_import_that_was_ended_is_finished_by_the_next() {
    let school = School::strict().await;
    school.import(&students(0..5)).await;
    let expected = school.members().await;
    // As if the server had died after the note and before the deed, and again before the deed was noted.
    let (u0, class) = (school.actor("u0").await, school.channel("g1").await);
    school
        .world
        .channels
        .remove_member(&school.system, class, u0.user, None, None)
        .await
        .unwrap();
    let directory = &school.world.directory;
    let mut rows = directory.roster_members(school.world.space).await.unwrap();
    rows.retain(|row| row.channel == class);
    for row in &mut rows {
        row.place = RosterPlace::Joining;
    }
    directory
        .roster_members_put(school.world.space, rows)
        .await
        .unwrap();
    assert_ne!(school.members().await, expected);
    school.import(&students(0..5)).await;
    assert_eq!(school.members().await, expected);
    let rows = directory.roster_members(school.world.space).await.unwrap();
    assert!(rows.iter().all(|row| row.place == RosterPlace::In));
}

/// More first members than one event names, changes to single enrolments, and channels that would be too full.
#[tokio::test]
async fn large_groups_single_changes_and_full_channels() {
    let school = School::new(Policy::of(Profile::Campus)).await;
    school.set(0, 100).await;
    school.import(&students(0..350)).await;
    assert_eq!(school.members().await.len(), 700);
    let changes = Changes {
        enrol: vec![
            enrolment(1, 1, RosterRole::Teacher),
            enrolment(399, 2, RosterRole::Student),
        ],
        drop: vec![(name(0), "g1".into())],
        ..Changes::default()
    };
    let outcome = school
        .ask(RosterAsked::Changes(changes), RosterOrder::default())
        .await
        .unwrap();
    let plan = outcome.plan;
    assert_eq!(
        (plan.drops.len(), plan.joins.len(), plan.roles.len()),
        (2, 2, 2),
        "{:?}",
        plan.counts()
    );
    let members = school.members().await;
    assert_eq!(members[&("g1".to_owned(), "u1".to_owned())], Role::Owner);
    assert_eq!(members[&("g2".to_owned(), "u399".to_owned())], Role::Member);

    let small = School::new(Policy::of(Profile::Course)).await;
    let order = RosterOrder::default();
    let refused = small.ask(RosterAsked::Whole(students(0..151)), order).await;
    let Err(ChannelError::Invalid(text)) = refused else {
        panic!("{refused:?}")
    };
    assert!(text.contains("`g0` (151)"), "{text}");
    assert!(small.members().await.is_empty());
}

/// Two imports at once: the second waits for the first, and nothing is lost between them.
#[tokio::test]
async fn imports_take_turns() {
    let school = School::strict().await;
    let start = |roster| {
        let asked = RosterAsked::Whole(roster);
        school
            .world
            .channels
            .roster_start(&school.system, asked, RosterOrder::default())
    };
    let first = start(students(0..50)).await.unwrap();
    let second = start(students(25..50)).await.unwrap();
    first.end.await.unwrap().unwrap();
    second.end.await.unwrap().unwrap();
    assert_eq!(school.members().await.len(), 50);
    let person = school.actor("u30").await;
    let refused = school.world.channels.roster_imports(&person, 10).await;
    assert!(matches!(refused, Err(ChannelError::Forbidden(_))), "{refused:?}");
    let imports = school
        .world
        .channels
        .roster_imports(&school.system, 10)
        .await
        .unwrap();
    assert_eq!(imports.iter().map(|import| import.no).collect::<Vec<_>>(), [2, 1]);
}

/// S0.12: one's circle is everyone of one's classes, and a group can be made of it and of nobody else.
#[tokio::test]
async fn a_circle_is_made_of_classes() {
    let school = School::strict().await;
    let in_both = [
        enrolment(0, 1, RosterRole::Student),
        enrolment(1, 1, RosterRole::Student),
        enrolment(2, 2, RosterRole::Student),
    ];
    school.import(&roster_of("A", in_both.to_vec())).await;
    let stranger = school.world.user("stranger").await;
    let (u0, u2) = (school.actor("u0").await, school.actor("u2").await);
    let channels = &school.world.channels;
    let circle = channels.circle(&u0, 10).await.unwrap();
    let names: Vec<&str> = circle
        .people
        .iter()
        .map(|person| person.user.username.as_str())
        .collect();
    assert_eq!(names, ["u1", "u2"], "the class is nearer than the course");
    assert_eq!(circle.people[0].shared.len(), 2);
    assert!(channels.circle(&stranger, 10).await.unwrap().people.is_empty());
    let make = |members| channels.circle_create(&u0, "study".parse().unwrap(), members, None);
    let (made, _) = make(CircleMembers::Users(vec![u2.user])).await.unwrap();
    let snapshot = school
        .world
        .directory
        .channel_snapshot(made)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(snapshot.members.len(), 2);
    let (nearest, _) = make(CircleMembers::Nearest(1)).await.unwrap();
    let snapshot = school
        .world
        .directory
        .channel_snapshot(nearest)
        .await
        .unwrap()
        .unwrap();
    assert!(snapshot.members.iter().all(|member| member.user != u2.user));
    let refused = make(CircleMembers::Users(vec![stranger.user])).await;
    assert!(matches!(refused, Err(ChannelError::Invalid(_))), "{refused:?}");
    let refused = channels.circle(&school.system, 10).await;
    assert!(matches!(refused, Err(ChannelError::Forbidden(_))), "{refused:?}");
}
