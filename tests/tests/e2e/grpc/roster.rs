//! S2.1, S4.2: a student system changes the roster here and there.

use super::{by, client, refused, roster};
use crate::roster::{channels, school, sign_in};
use anyhow::{Context, Result, ensure};
use klatch_testkit::ServerOptions;
use klatch_tests::Api;
use klatch_transport::grpc::proto;
use serde_json::json;
use tonic::Code;

/// Which of the three have the channel of the class.
async fn students(back_end: &Api) -> Result<Vec<&'static str>> {
    let mut enrolled = Vec::new();
    for name in ["ana", "rui", "eva"] {
        // Who was never enrolled has no account.
        let Ok(person) = sign_in(back_end, name).await else {
            continue;
        };
        if channels(&person).await?.contains("Algebra 1") {
            enrolled.push(name);
        }
    }
    Ok(enrolled)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enrolments_are_added_ended_and_undone() -> Result<()> {
    let (server, back_end) = school(ServerOptions::default()).await?;
    let (mut client, key) = (client(&server, 0).await?, server.api_key());
    let settings =
        json!({ "grace_s": 0, "removals_percent": 20, "degree": "", "course": "", "class": "{class.title}" });
    back_end
        .must("PUT", "/v1/roster/settings", Some(settings))
        .await?;

    let dry = proto::ChangeRosterRequest {
        dry_run: true,
        ..roster(&["ana", "rui"], &[])
    };
    let told = client.change_roster(by(key, dry)?).await?.into_inner();
    let counts = told.counts.context("counts")?;
    ensure!(told.import.is_none() && counts.joins == 2 && counts.channels == 1);
    let stands = client
        .get_roster(by(key, proto::GetRosterRequest {})?)
        .await?
        .into_inner();
    assert_eq!((stands.groups, stands.members, stands.last), (0, 0, None));

    let done = client
        .change_roster(by(key, roster(&["ana", "rui"], &[]))?)
        .await?
        .into_inner();
    assert_eq!(done.state(), proto::RosterState::Done);
    assert_eq!(done.counts, Some(counts), "what was told is what happens");
    assert_eq!(students(&back_end).await?, ["ana", "rui"]);

    let done = client
        .change_roster(by(key, roster(&["eva"], &["rui"]))?)
        .await?
        .into_inner();
    let counts = done.counts.context("counts")?;
    assert_eq!((counts.joins, counts.drops), (1, 1));
    assert_eq!(students(&back_end).await?, ["ana", "eva"]);

    client
        .undo_roster(by(key, proto::UndoRosterRequest::default())?)
        .await?;
    assert_eq!(students(&back_end).await?, ["ana", "rui"]);
    let again = refused(
        client
            .undo_roster(by(key, proto::UndoRosterRequest::default())?)
            .await,
    )?;
    assert_eq!(again, (Code::InvalidArgument, "invalid".to_owned()));
    let stands = client
        .get_roster(by(key, proto::GetRosterRequest {})?)
        .await?
        .into_inner();
    assert_eq!((stands.groups, stands.members, stands.leaving), (1, 2, 0));

    let mut nowhere = roster(&["ana"], &[]);
    nowhere.groups.clear();
    nowhere.enrol[0].group = "nowhere".to_owned();
    let mut nameless = roster(&[], &[]);
    nameless.groups[0].kind = proto::RosterKind::Unspecified.into();
    let mut strange = roster(&["a name with spaces"], &[]);
    strange.groups.clear();
    for wrong in [nowhere, nameless, strange] {
        let answer = refused(client.change_roster(by(key, wrong)?).await)?;
        assert_eq!(answer, (Code::InvalidArgument, "invalid".to_owned()));
    }
    Ok(())
}
