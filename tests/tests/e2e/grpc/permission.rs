//! S0.1, S4.2: each method of the file for each kind of caller.

use super::{by, client, group, key, told};
use anyhow::{Result, bail};
use klatch_testkit::Server;
use klatch_tests::{cli, skipped};
use klatch_transport::grpc::proto::klatch_client::KlatchClient;
use klatch_transport::grpc::proto::{self, mint_token_request::Whose};
use tonic::transport::Channel;
use tonic::{Request, Status};

/// What the calls are about: a channel, a member of it, and someone who is none.
struct Aim {
    channel: String,
    member: String,
    other: String,
}

/// Every method, as the file describes them.
fn methods() -> Vec<&'static str> {
    let file = include_str!("../../../../protocol/klatch.proto");
    let lines = file
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("rpc "));
    lines
        .map(|line| line.split('(').next().unwrap_or_default())
        .collect()
}

/// A request of a caller; an empty token is none.
fn with<T>(token: &str, message: T) -> Result<Request<T>> {
    if token.is_empty() {
        Ok(Request::new(message))
    } else {
        by(token, message)
    }
}

/// A course of a roster.
fn course(id: &str) -> proto::RosterGroup {
    proto::RosterGroup {
        id: id.to_owned(),
        kind: proto::RosterKind::Course.into(),
        title: id.to_owned(),
        ..Default::default()
    }
}

/// Calls a method as someone: `ok`, or the code of the refusal.
async fn call(client: &mut KlatchClient<Channel>, method: &str, token: &str, aim: &Aim) -> Result<String> {
    let (channel, member, other) = (aim.channel.clone(), aim.member.clone(), aim.other.clone());
    let answer: Result<(), Status> = match method {
        "CreateUser" => {
            let username = format!("u-{}", key());
            let asked = proto::CreateUserRequest {
                username,
                ..Default::default()
            };
            client.create_user(with(token, asked)?).await.map(drop)
        }
        "GetUser" => client
            .get_user(with(token, proto::GetUserRequest { id: member })?)
            .await
            .map(drop),
        "CreateChannel" => {
            let kind = proto::ChannelKind::Group.into();
            let asked = proto::CreateChannelRequest {
                kind,
                name: "made".to_owned(),
                ..Default::default()
            };
            client.create_channel(with(token, asked)?).await.map(drop)
        }
        "GetChannel" => client
            .get_channel(with(token, proto::GetChannelRequest { id: channel })?)
            .await
            .map(drop),
        "AddMember" => {
            let asked = proto::AddMemberRequest {
                channel,
                user: other,
                ..Default::default()
            };
            client.add_member(with(token, asked)?).await.map(drop)
        }
        "RemoveMember" => {
            let asked = proto::RemoveMemberRequest {
                channel,
                user: other,
                ..Default::default()
            };
            client.remove_member(with(token, asked)?).await.map(drop)
        }
        "SetRole" => {
            let role = proto::Role::Moderator.into();
            let asked = proto::SetRoleRequest {
                channel,
                user: member,
                role,
                key: None,
            };
            client.set_role(with(token, asked)?).await.map(drop)
        }
        "PostMessage" => {
            let asked = proto::PostMessageRequest {
                channel,
                key: key(),
                text: "x".to_owned(),
                reply_to: None,
            };
            client.post_message(with(token, asked)?).await.map(drop)
        }
        "MintToken" => {
            let asked = proto::MintTokenRequest {
                whose: Some(Whose::User(member)),
            };
            client.mint_token(with(token, asked)?).await.map(drop)
        }
        "StreamEvents" => {
            let asked = proto::StreamEventsRequest::default();
            client.stream_events(with(token, asked)?).await.map(drop)
        }
        _ => call_about_rosters(client, method, token).await?,
    };
    Ok(answer.map_or_else(|status| told(&status).to_owned(), |()| "ok".to_owned()))
}

/// Calls a method about rosters as someone. One that is not known here fails the test.
async fn call_about_rosters(
    client: &mut KlatchClient<Channel>,
    method: &str,
    token: &str,
) -> Result<Result<(), Status>> {
    Ok(match method {
        "ChangeRoster" => {
            let asked = proto::ChangeRosterRequest {
                groups: vec![course("c1")],
                ..Default::default()
            };
            client.change_roster(with(token, asked)?).await.map(drop)
        }
        "PutRoster" => {
            let part = proto::PutRosterRequest {
                groups: vec![course("c1"), course("c2")],
                ..Default::default()
            };
            let parts = with(token, tokio_stream::once(part))?;
            client.put_roster(parts).await.map(drop)
        }
        "UndoRoster" => {
            let asked = proto::UndoRosterRequest { dry_run: false };
            client.undo_roster(with(token, asked)?).await.map(drop)
        }
        "GetRosterStatus" => {
            let asked = proto::GetRosterStatusRequest {};
            client.get_roster_status(with(token, asked)?).await.map(drop)
        }
        unknown => bail!("`{unknown}` is a new method: say here who may call it"),
    })
}

/// What a key of another space is told; methods that name nothing of a space are its own to use.
fn elsewhere(method: &str) -> &'static str {
    match method {
        "CreateUser" | "CreateChannel" | "StreamEvents" => "ok",
        "ChangeRoster" | "PutRoster" | "UndoRoster" | "GetRosterStatus" => "ok",
        _ => "not_found",
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_key_of_the_space_may() -> Result<()> {
    let mut server = Server::start().await?;
    let mut their_key = None;
    if server.storage().is_durable() {
        server.stop().await?;
        cli(&server, "space add elsewhere")?;
        their_key = Some(cli(&server, "space key add elsewhere tests")?.trim().to_owned());
        server.restart().await?;
    } else {
        skipped("the key of another space: a server's memory has no other space");
    }
    let tenant = server.tenant()?;
    let (member, other) = (tenant.user("member").await?, tenant.user("other").await?);
    let mut client = client(&server, 0).await?;
    let back_end = server.api_key();
    let channel = group(&mut client, back_end, "ours").await?;
    let aim = Aim {
        channel: channel.clone(),
        member: member.user.id.to_string(),
        other: other.user.id.to_string(),
    };
    let add = proto::AddMemberRequest {
        channel,
        user: aim.member.clone(),
        ..Default::default()
    };
    client.add_member(by(back_end, add)?).await?;
    let methods = methods();
    assert!(methods.len() >= 14, "{methods:?}");
    for method in methods {
        for (token, expected) in [
            ("", "unauthenticated"),
            ("kk_nobody", "unauthenticated"),
            (member.token.as_str(), "forbidden"),
        ] {
            let answer = call(&mut client, method, token, &aim).await?;
            assert_eq!(answer, expected, "{method} as {token:.10}");
        }
        if let Some(their_key) = &their_key {
            assert_eq!(
                call(&mut client, method, their_key, &aim).await?,
                elsewhere(method),
                "{method} elsewhere"
            );
        }
        assert_eq!(
            call(&mut client, method, back_end, &aim).await?,
            "ok",
            "{method} as the back end"
        );
    }
    Ok(())
}
