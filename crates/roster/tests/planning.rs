//! S0.3, S2.1: what must change, and that carrying it out leads where it should.

#![allow(clippy::unwrap_used)] // a test: a failed step ends it, and the line says which

use klatch_roster::{
    Account, Blocked, Enrolment, Entry, Group, Person, Place, Plan, Roster, Settings, Standing,
    StandingGroup, Wanted,
};
use klatch_types::{RosterKind, RosterRole, Username};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};

const ROLES: [RosterRole; 3] = [RosterRole::Student, RosterRole::Assistant, RosterRole::Teacher];

/// Four people in up to two classes of one course each: few enough that everything meets everything.
fn rosters() -> impl Strategy<Value = Roster> {
    let enrolments = prop::collection::vec((0..4usize, 0..3usize, 0..3usize), 0..10);
    (enrolments, "[AB]").prop_map(|(enrolments, title)| {
        let groups: Vec<Group> = (0..3).map(|at| group(at, &title)).collect();
        let enrolments: Vec<Enrolment> = enrolments
            .into_iter()
            .map(|(user, group, role)| Enrolment {
                user: name(user),
                group: groups[group].id.clone(),
                role: ROLES[role],
            })
            .collect();
        let people = (0..4).map(|at| Person {
            username: name(at),
            name: None,
        });
        Roster::new(people.collect(), groups, enrolments).unwrap()
    })
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

fn wanted(roster: &Roster) -> Wanted {
    Wanted::of(roster, &Settings::default()).unwrap()
}

/// Carries a plan out as the domain does, with no grace.
fn carry_out(standing: &mut Standing, plan: &Plan) {
    for user in &plan.accounts {
        standing.accounts.insert(user.clone(), Account::Person);
    }
    for (id, kind, name) in &plan.channels {
        let made = StandingGroup {
            kind: *kind,
            name: name.clone(),
            gone: false,
            closed: false,
            places: BTreeMap::new(),
            members: HashMap::new(),
            blocked: HashMap::new(),
        };
        standing.groups.insert(id.clone(), made);
    }
    for (id, name) in &plan.renames {
        standing.groups.get_mut(id).unwrap().name.clone_from(name);
    }
    for id in &plan.back {
        standing.groups.get_mut(id).unwrap().gone = false;
    }
    for id in &plan.gone {
        standing.groups.get_mut(id).unwrap().gone = true;
    }
    for (id, user, role) in plan.joins.iter().chain(&plan.returns).chain(&plan.roles) {
        let group = standing.groups.get_mut(id).unwrap();
        let place = Place::In;
        group.places.insert(user.clone(), Entry { role: *role, place });
        group.members.insert(user.clone(), role.in_channel(group.kind));
        group.blocked.remove(user);
    }
    for (id, user) in &plan.drops {
        let group = standing.groups.get_mut(id).unwrap();
        group.places.remove(user);
        group.members.remove(user);
        group.blocked.insert(user.clone(), Blocked::Removed);
    }
}

fn members(standing: &Standing) -> BTreeMap<(String, Username), klatch_types::Role> {
    let mut all = BTreeMap::new();
    for (id, group) in &standing.groups {
        for (user, role) in &group.members {
            all.insert((id.clone(), user.clone()), *role);
        }
    }
    all
}

proptest! {
    /// S0.3: after A and then B it is as after B alone; a second B changes nothing, and after A again it is as before B.
    #[test]
    fn the_last_roster_decides(a in rosters(), b in rosters()) {
        let (mut both, mut fresh) = (Standing::default(), Standing::default());
        let first = Plan::of(&both, &wanted(&a));
        carry_out(&mut both, &first);
        let after_a = members(&both);
        let second = Plan::of(&both, &wanted(&b));
        carry_out(&mut both, &second);
        let alone = Plan::of(&fresh, &wanted(&b));
        carry_out(&mut fresh, &alone);
        prop_assert_eq!(members(&both), members(&fresh));
        prop_assert!(Plan::of(&both, &wanted(&b)).is_empty());
        let undo = Plan::of(&both, &wanted(&a));
        carry_out(&mut both, &undo);
        prop_assert_eq!(members(&both), after_a);
    }

    /// Every member that was there stays, or goes; and every wanted one is somewhere in the plan.
    #[test]
    fn a_plan_forgets_nobody(a in rosters(), b in rosters()) {
        let mut standing = Standing::default();
        let first = Plan::of(&standing, &wanted(&a));
        carry_out(&mut standing, &first);
        let before: usize = standing.groups.values().map(|group| group.places.len()).sum();
        let plan = Plan::of(&standing, &wanted(&b));
        let want: usize = wanted(&b).groups.values().map(|group| group.members.len()).sum();
        prop_assert_eq!(plan.before, before);
        prop_assert_eq!(plan.joins.len() + plan.returns.len() + plan.roles.len() + plan.unchanged, want);
        prop_assert_eq!(plan.roles.len() + plan.unchanged + plan.drops.len(), before);
    }
}

fn standing_with(place: Option<Place>, is_member: bool, blocked: Option<Blocked>) -> Standing {
    let ana = name(0);
    let role = RosterRole::Student;
    let group = StandingGroup {
        kind: RosterKind::Class,
        name: "A0 · A1".into(),
        gone: false,
        closed: false,
        places: place
            .map(|place| (ana.clone(), Entry { role, place }))
            .into_iter()
            .collect(),
        members: is_member
            .then(|| (ana.clone(), klatch_types::Role::Member))
            .into_iter()
            .collect(),
        blocked: blocked
            .map(|blocked| (ana.clone(), blocked))
            .into_iter()
            .collect(),
    };
    Standing {
        accounts: [(ana, Account::Person)].into(),
        groups: [("g1".to_owned(), group)].into(),
    }
}

fn one(role: RosterRole) -> Wanted {
    let enrolment = Enrolment {
        user: name(0),
        group: "g1".into(),
        role,
    };
    let person = Person {
        username: name(0),
        name: None,
    };
    let settings = Settings {
        course: String::new(),
        ..Settings::default()
    };
    let groups = vec![group(0, "A"), group(1, "A")];
    Wanted::of(
        &Roster::new(vec![person], groups, vec![enrolment]).unwrap(),
        &settings,
    )
    .unwrap()
}

/// S2.1: people who were put in or out by hand stay so; what was interrupted is finished.
#[test]
fn hands_and_interruptions_are_told_apart() {
    let student = one(RosterRole::Student);
    let plan = |standing: Standing| Plan::of(&standing, &student).counts();
    let by_hand = plan(standing_with(None, true, None));
    assert_eq!(
        (by_hand.kept, by_hand.joins),
        (1, 0),
        "a member by hand stays one"
    );
    let banned = plan(standing_with(None, false, Some(Blocked::Banned)));
    assert_eq!((banned.barred, banned.joins), (1, 0));
    let removed = plan(standing_with(Some(Place::In), false, Some(Blocked::Removed)));
    assert_eq!(
        (removed.barred, removed.joins),
        (1, 0),
        "whoever was removed by hand stays out"
    );
    let lost = plan(standing_with(Some(Place::In), false, None));
    assert_eq!(lost.joins, 1);
    let interrupted = plan(standing_with(Some(Place::Joining), false, Some(Blocked::Removed)));
    assert_eq!(interrupted.joins, 1, "noted, and then the server died");
    let again = plan(standing_with(None, false, Some(Blocked::Removed)));
    assert_eq!(again.joins, 1, "enrolled again after the grace");
    let in_time = plan(standing_with(Some(Place::Out), true, None));
    assert_eq!(
        (in_time.returns, in_time.joins),
        (1, 0),
        "enrolled again within the grace"
    );
}

#[test]
fn an_import_that_drops_too_many_is_not_safe() {
    let mut standing = standing_with(Some(Place::In), true, None);
    let others = (1..10).map(|at| {
        let entry = Entry {
            role: RosterRole::Student,
            place: Place::In,
        };
        (name(at), entry)
    });
    standing.groups.get_mut("g1").unwrap().places.extend(others);
    let plan = Plan::of(&standing, &one(RosterRole::Student));
    assert_eq!((plan.before, plan.drops.len()), (10, 9));
    assert!(plan.is_safe(90) && !plan.is_safe(89));
    assert!(Plan::default().is_safe(0), "nothing is always safe");
}
