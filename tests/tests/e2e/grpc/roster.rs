//! S4.2, S0.3: rosters over gRPC do what they do over REST.

use super::{by, client, refused};
use crate::roster::{channels, follow, school, sign_in};
use anyhow::{Context, Result};
use klatch_testkit::{Server, ServerOptions};
use klatch_tests::Api;
use klatch_transport::grpc::proto;
use klatch_transport::grpc::proto::klatch_client::KlatchClient;
use tonic::transport::Channel;
use tonic::{Code, Status};

/// A roster's part with one course and one class, and nobody.
fn groups() -> Vec<proto::RosterGroup> {
    let course = proto::RosterGroup {
        id: "c1".to_owned(),
        kind: proto::RosterKind::Course.into(),
        title: "Software Systems".to_owned(),
        ..Default::default()
    };
    let class = proto::RosterGroup {
        id: "k1".to_owned(),
        kind: proto::RosterKind::Class.into(),
        title: "3MEIC01".to_owned(),
        parent: Some("c1".to_owned()),
        ..Default::default()
    };
    vec![course, class]
}

fn enrolment(user: &str, role: proto::RosterRole) -> proto::RosterEnrolment {
    proto::RosterEnrolment {
        user: user.to_owned(),
        group: "k1".to_owned(),
        role: role.into(),
    }
}

fn named(user: &str, name: &str) -> proto::RosterUser {
    proto::RosterUser {
        username: user.to_owned(),
        name: Some(name.to_owned()),
    }
}

/// The course with its class, a student and a teacher.
fn beginning() -> proto::ChangeRosterRequest {
    proto::ChangeRosterRequest {
        users: vec![named("ana", "Ana Sousa")],
        groups: groups(),
        enrol: vec![
            enrolment("ana", proto::RosterRole::Unspecified),
            enrolment("prof", proto::RosterRole::Teacher),
        ],
        ..Default::default()
    }
}

fn dropping(user: &str) -> proto::ChangeRosterRequest {
    let drop = proto::RosterDrop {
        user: user.to_owned(),
        group: "k1".to_owned(),
    };
    proto::ChangeRosterRequest {
        drop: vec![drop],
        ..Default::default()
    }
}

/// Calls of a back end about its roster.
struct Office {
    client: KlatchClient<Channel>,
    key: String,
}

impl Office {
    async fn open(server: &Server) -> Result<Self> {
        Ok(Self {
            client: client(server, 0).await?,
            key: server.api_key().to_owned(),
        })
    }

    async fn change(
        &mut self,
        asked: proto::ChangeRosterRequest,
    ) -> Result<Result<proto::RosterReport, Status>> {
        let answer = self.client.change_roster(by(&self.key, asked)?).await;
        Ok(answer.map(tonic::Response::into_inner))
    }

    async fn put(
        &mut self,
        parts: Vec<proto::PutRosterRequest>,
    ) -> Result<Result<proto::RosterReport, Status>> {
        let parts = by(&self.key, tokio_stream::iter(parts))?;
        let answer = self.client.put_roster(parts).await;
        Ok(answer.map(tonic::Response::into_inner))
    }

    async fn undo(&mut self, dry_run: bool) -> Result<Result<proto::RosterReport, Status>> {
        let asked = proto::UndoRosterRequest { dry_run };
        let answer = self.client.undo_roster(by(&self.key, asked)?).await;
        Ok(answer.map(tonic::Response::into_inner))
    }

    async fn status(&mut self) -> Result<proto::RosterStatus> {
        let asked = by(&self.key, proto::GetRosterStatusRequest {})?;
        Ok(self.client.get_roster_status(asked).await?.into_inner())
    }
}

fn counts(report: &proto::RosterReport) -> Result<proto::RosterCounts> {
    report.counts.context("counts")
}

fn invalid() -> (Code, String) {
    (Code::InvalidArgument, "invalid".to_owned())
}

/// What someone is in the channel of a name.
async fn role_in(back_end: &Api, who: &str, name: &str) -> Result<String> {
    let person = sign_in(back_end, who).await?;
    let listed = person.must("GET", "/v1/channels?limit=1000", None).await?.body;
    let listed = listed["channels"].as_array().context("channels")?;
    let channel = listed.iter().find(|channel| channel["name"] == name);
    let id = channel.with_context(|| format!("no {name}"))?["id"]
        .as_str()
        .context("id")?;
    let me = person.must("GET", "/v1/me", None).await?.body["user"]["id"].clone();
    let members = format!("/v1/channels/{id}/members");
    let members = person.must("GET", &members, None).await?.body;
    let members = members["members"].as_array().context("members")?;
    let mine = members.iter().find(|member| member["user"]["id"] == me);
    Ok(mine.context("a member")?["role"]
        .as_str()
        .context("role")?
        .to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn single_changes_are_told_followed_and_undone() -> Result<()> {
    let (server, back_end) = school(ServerOptions::default()).await?;
    follow(&back_end, 0, 100).await?;
    let mut office = Office::open(&server).await?;

    let dry = proto::ChangeRosterRequest {
        dry_run: true,
        ..beginning()
    };
    let told = office.change(dry).await??;
    assert_eq!((told.import, told.dry_run), (None, true));
    let expected = proto::RosterCounts {
        accounts: 2,
        channels: 2,
        joins: 4,
        ..Default::default()
    };
    assert_eq!(counts(&told)?, expected);
    assert_eq!(office.status().await?.last, None, "it was only asked");

    let done = office.change(beginning()).await??;
    assert_eq!(
        (done.import, done.state(), done.dry_run),
        (Some(1), proto::RosterImportState::Done, false)
    );
    assert_eq!((&done.counts, &done.changes), (&told.counts, &told.changes));
    let channel = done.changes.first().context("a change")?;
    assert_eq!(
        (channel.change(), channel.kind(), channel.group.as_deref()),
        (
            proto::RosterChangeKind::Channel,
            proto::RosterKind::Course,
            Some("c1")
        )
    );
    let ana = sign_in(&back_end, "ana").await?;
    let both = ["Software Systems", "Software Systems · 3MEIC01"].map(str::to_owned);
    assert_eq!(channels(&ana).await?, both.clone().into());
    let me = ana.must("GET", "/v1/me", None).await?.body;
    assert_eq!(me["user"]["name"], "Ana Sousa");
    assert_eq!(role_in(&back_end, "ana", &both[1]).await?, "member");
    assert_eq!(role_in(&back_end, "prof", &both[1]).await?, "owner");

    let again = office.change(beginning()).await??;
    assert_eq!(
        (again.import, counts(&again)?.unchanged),
        (None, 4),
        "twice is once"
    );

    let dropped = office.change(dropping("ana")).await??;
    assert_eq!((dropped.import, counts(&dropped)?.drops), (Some(2), 2));
    assert!(channels(&ana).await?.is_empty(), "there is no grace");
    let status = office.status().await?;
    assert_eq!((status.groups, status.members, status.leaving), (2, 2, 0));
    assert_eq!(status.settings.as_ref().map(|settings| settings.grace_s), Some(0));
    let last = status.last.context("an import")?;
    assert_eq!(
        (last.import, last.kind(), last.state(), last.counts),
        (
            2,
            proto::RosterImportKind::Changes,
            proto::RosterImportState::Done,
            dropped.counts
        )
    );

    let told = office.undo(true).await??;
    assert!(told.dry_run && channels(&ana).await?.is_empty());
    let undone = office.undo(false).await??;
    assert_eq!((undone.counts, counts(&undone)?.joins), (told.counts, 2));
    assert_eq!(channels(&ana).await?, both.into());
    let last = office.status().await?.last.context("an import")?;
    assert_eq!(last.kind(), proto::RosterImportKind::Undo);
    assert_eq!(refused(office.undo(false).await?)?, invalid(), "only once");
    Ok(())
}

/// A whole roster is more than a message may have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_roster_comes_in_parts() -> Result<()> {
    const PARTS: usize = 5;
    const PART: usize = 4_000;
    let (server, back_end) = school(ServerOptions::default()).await?;
    follow(&back_end, 0, 20).await?;
    let mut office = Office::open(&server).await?;

    let part = |number: usize| {
        let class = format!("class-{number}");
        let people: Vec<String> = (0..PART).map(|one| format!("student-{number}-{one}")).collect();
        proto::PutRosterRequest {
            users: people
                .iter()
                .map(|user| named(user, &format!("Someone called {user}")))
                .collect(),
            groups: vec![proto::RosterGroup {
                id: class.clone(),
                kind: proto::RosterKind::Class.into(),
                title: class.clone(),
                ..Default::default()
            }],
            enrolments: people
                .iter()
                .map(|user| proto::RosterEnrolment {
                    group: class.clone(),
                    ..enrolment(user, proto::RosterRole::Student)
                })
                .collect(),
            dry_run: true,
            ..Default::default()
        }
    };
    let told = office.put((0..PARTS).map(part).collect()).await??;
    let expected = proto::RosterCounts {
        accounts: (PARTS * PART) as u64,
        channels: PARTS as u64,
        joins: (PARTS * PART) as u64,
        ..Default::default()
    };
    assert_eq!((told.import, counts(&told)?), (None, expected));
    assert_eq!(
        (told.changes.len(), told.more),
        (1_000, (2 * PARTS * PART + PARTS - 1_000) as u64)
    );

    let small = |users: &[&str], allow_removals: bool| {
        let one = |user: &&str| proto::PutRosterRequest {
            users: vec![named(user, user)],
            enrolments: vec![enrolment(user, proto::RosterRole::Student)],
            allow_removals,
            ..Default::default()
        };
        let last = proto::PutRosterRequest {
            groups: groups(),
            allow_removals,
            ..Default::default()
        };
        users.iter().map(one).chain([last]).collect::<Vec<_>>()
    };
    let done = office.put(small(&["ana", "rui"], false)).await??;
    assert_eq!((done.import, counts(&done)?.joins), (Some(1), 4));
    let rui = sign_in(&back_end, "rui").await?;
    assert_eq!(channels(&rui).await?.len(), 2);

    let unsafe_ = refused(office.put(small(&["ana"], false)).await?)?;
    assert_eq!(unsafe_, (Code::FailedPrecondition, "roster_unsafe".to_owned()));
    let mut differing = small(&["ana"], true);
    differing[0].allow_removals = false;
    assert_eq!(refused(office.put(differing).await?)?, invalid());
    assert_eq!(
        refused(office.put(Vec::new()).await?)?,
        invalid(),
        "no part at all"
    );
    assert_eq!(channels(&rui).await?.len(), 2, "nothing happened");

    let done = office.put(small(&["ana"], true)).await??;
    assert_eq!((done.import, counts(&done)?.drops), (Some(2), 2));
    assert!(channels(&rui).await?.is_empty());
    Ok(())
}

/// Whoever goes away in the middle has put nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_roster_that_breaks_off_changes_nothing() -> Result<()> {
    let (server, back_end) = school(ServerOptions::default()).await?;
    follow(&back_end, 0, 100).await?;
    let mut office = Office::open(&server).await?;
    office.change(beginning()).await??;
    let (parts, sent) = tokio::sync::mpsc::channel(1);
    let request = by(&office.key, tokio_stream::wrappers::ReceiverStream::new(sent))?;
    let mut leaving = office.client.clone();
    let call = tokio::spawn(async move { leaving.put_roster(request).await });
    let first = proto::PutRosterRequest {
        groups: groups(),
        allow_removals: true,
        ..Default::default()
    };
    parts.send(first.clone()).await?;
    parts.send(first).await?; // the first one is on its way
    call.abort();
    assert!(call.await.is_err_and(|error| error.is_cancelled()));
    // Over the same connection, so that the server learns of the end before it is asked.
    let status = office.status().await?;
    assert_eq!(status.last.map(|last| last.import), Some(1));
    assert_eq!(status.members, 4);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rosters_that_are_not_valid_are_refused() -> Result<()> {
    let (server, _back_end) = school(ServerOptions::default()).await?;
    let mut office = Office::open(&server).await?;
    let nowhere = proto::ChangeRosterRequest {
        enrol: vec![enrolment("ana", proto::RosterRole::Student)],
        ..Default::default()
    };
    let kindless = proto::ChangeRosterRequest {
        groups: vec![proto::RosterGroup {
            id: "c1".to_owned(),
            title: "Software Systems".to_owned(),
            ..Default::default()
        }],
        ..Default::default()
    };
    let mut orphan = beginning();
    orphan.groups.remove(0);
    let mut of_a_later_role = beginning();
    of_a_later_role.enrol[0].role = 99;
    let many = proto::ChangeRosterRequest {
        groups: (0..20_001)
            .map(|number| proto::RosterGroup {
                id: format!("c{number}"),
                kind: proto::RosterKind::Course.into(),
                title: "x".to_owned(),
                ..Default::default()
            })
            .collect(),
        ..Default::default()
    };
    for (asked, about) in [
        (nowhere, "k1"),
        (kindless, "kind"),
        (orphan, "c1"),
        (of_a_later_role, "role"),
        (dropping("not a name"), "user"),
        (many, "20000"),
    ] {
        let status = office.change(asked).await?.err().context(about)?;
        assert!(status.message().contains(about), "{status:?}");
        assert_eq!(refused(Err::<(), _>(status))?, invalid());
    }
    let large = proto::RosterGroup {
        title: "x".repeat(1_000_000),
        ..Default::default()
    };
    let part = proto::PutRosterRequest {
        groups: vec![proto::RosterGroup {
            id: "c1".to_owned(),
            kind: proto::RosterKind::Course.into(),
            ..large.clone()
        }],
        ..Default::default()
    };
    let too_large = (Code::InvalidArgument, "too_large".to_owned());
    assert_eq!(refused(office.put(vec![part; 34]).await?)?, too_large);
    let message = proto::ChangeRosterRequest {
        groups: vec![large.clone(), large],
        ..Default::default()
    };
    let (code, _) = refused(office.change(message).await?)?;
    assert!(
        matches!(code, Code::OutOfRange | Code::ResourceExhausted),
        "{code:?}"
    );
    assert_eq!(office.status().await?.last, None);
    Ok(())
}
