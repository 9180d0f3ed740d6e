//! S4.2: each method does what REST does.

use super::{by, client, door, group, key, refused};
use anyhow::{Context, Result};
use klatch_testkit::Server;
use klatch_tests::Api;
use klatch_transport::grpc::proto::{self, mint_token_request::Whose};
use serde_json::{Value, json};
use std::time::Duration;
use tonic::{Code, Streaming};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

/// Longest wait for something that must come.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::too_many_lines)] // one story from beginning to end
async fn a_back_end_runs_its_space() -> Result<()> {
    let server = Server::start().await?;
    let (mut client, back_end) = (client(&server, 0).await?, server.api_key());
    let asked = proto::CreateUserRequest {
        username: "ana".to_owned(),
        name: "Ana Sousa".to_owned(),
        password: None,
    };
    let ana = client
        .create_user(by(back_end, asked.clone())?)
        .await?
        .into_inner();
    assert_eq!(
        (ana.username.as_str(), ana.kind()),
        ("ana", proto::UserKind::Person)
    );
    let again = refused(client.create_user(by(back_end, asked)?).await)?;
    assert_eq!(again, (Code::AlreadyExists, "exists".to_owned()));
    let read = proto::GetUserRequest { id: ana.id.clone() };
    assert_eq!(client.get_user(by(back_end, read)?).await?.into_inner(), ana);

    let asked = proto::CreateChannelRequest {
        kind: proto::ChannelKind::Course.into(),
        name: "Algebra".to_owned(),
        topic: Some("Linear".to_owned()),
        key: Some(key()),
        ..proto::CreateChannelRequest::default()
    };
    let made = client
        .create_channel(by(back_end, asked.clone())?)
        .await?
        .into_inner();
    let channel = made.channel.context("a channel")?;
    assert!(!made.existed && channel.kind() == proto::ChannelKind::Course);
    let same = client.create_channel(by(back_end, asked)?).await?.into_inner();
    assert!(same.existed && same.channel.is_some_and(|same| same.id == channel.id));

    let add = proto::AddMemberRequest {
        channel: channel.id.clone(),
        user: ana.id.clone(),
        ..proto::AddMemberRequest::default()
    };
    let added = client.add_member(by(back_end, add)?).await?.into_inner();
    let role = proto::SetRoleRequest {
        channel: channel.id.clone(),
        user: ana.id.clone(),
        role: proto::Role::Moderator.into(),
        key: None,
    };
    let ranked = client.set_role(by(back_end, role)?).await?.into_inner();
    assert_eq!(ranked.prev, added.seq);

    let post = proto::PostMessageRequest {
        channel: channel.id.clone(),
        key: key(),
        text: "Room B203".to_owned(),
        reply_to: None,
    };
    let first = client
        .post_message(by(back_end, post.clone())?)
        .await?
        .into_inner();
    let second = client
        .post_message(by(back_end, post.clone())?)
        .await?
        .into_inner();
    assert_eq!(
        (second.seq, second.duplicate, first.duplicate),
        (first.seq, true, false)
    );
    let other = proto::PostMessageRequest {
        text: "Room B204".to_owned(),
        ..post
    };
    let conflict = refused(client.post_message(by(back_end, other)?).await)?;
    assert_eq!(conflict, (Code::AlreadyExists, "idempotency_conflict".to_owned()));

    let mint = proto::MintTokenRequest {
        whose: Some(Whose::User(ana.id.clone())),
    };
    let token = client.mint_token(by(back_end, mint)?).await?.into_inner();
    let api = Api::new(server.public())?.with(&token.access_token);
    let path = format!("/v1/channels/{}/messages", channel.id);
    let page = api.must("GET", &path, None).await?;
    assert_eq!(page.body["messages"][0]["text"], "Room B203");

    let remove = proto::RemoveMemberRequest {
        channel: channel.id.clone(),
        user: ana.id,
        ..proto::RemoveMemberRequest::default()
    };
    let removed = client.remove_member(by(back_end, remove)?).await?.into_inner();
    assert_eq!(removed.prev, first.seq);
    assert_eq!(api.call("GET", &path, None).await?.code(), "not_found");
    let read = proto::GetChannelRequest { id: channel.id };
    assert_eq!(
        client.get_channel(by(back_end, read)?).await?.into_inner().head,
        removed.seq
    );
    Ok(())
}

/// S1.1: a guest comes into the channels that their token names.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_is_let_in() -> Result<()> {
    let server = Server::start().await?;
    let (mut client, back_end) = (client(&server, 0).await?, server.api_key());
    let channel = group(&mut client, back_end, "visitors").await?;
    let guest = proto::Guest {
        name: "Visitor".to_owned(),
        channels: vec![proto::GuestChannel {
            channel: channel.clone(),
            role: proto::Role::Guest.into(),
        }],
        ..proto::Guest::default()
    };
    let mint = proto::MintTokenRequest {
        whose: Some(Whose::Guest(guest)),
    };
    let token = client.mint_token(by(back_end, mint)?).await?.into_inner();
    assert_eq!(
        token.user.as_ref().map(proto::User::kind),
        Some(proto::UserKind::Guest)
    );
    Api::new(server.public())?
        .with(&token.access_token)
        .send(&channel, "hello")
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_valid_is_told() -> Result<()> {
    let server = Server::start().await?;
    let (mut client, back_end) = (client(&server, 0).await?, server.api_key());
    let invalid = (Code::InvalidArgument, "invalid".to_owned());
    let user = proto::GetUserRequest { id: "ana".to_owned() };
    assert_eq!(refused(client.get_user(by(back_end, user)?).await)?, invalid);
    let nameless = proto::CreateUserRequest::default();
    assert_eq!(
        refused(client.create_user(by(back_end, nameless)?).await)?,
        invalid
    );
    let kindless = proto::CreateChannelRequest {
        name: "x".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        refused(client.create_channel(by(back_end, kindless)?).await)?,
        invalid
    );
    let nobody = proto::MintTokenRequest::default();
    assert_eq!(refused(client.mint_token(by(back_end, nobody)?).await)?, invalid);
    let channel = group(&mut client, back_end, "limits").await?;
    let keyless = proto::PostMessageRequest {
        channel: channel.clone(),
        text: "x".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        refused(client.post_message(by(back_end, keyless)?).await)?,
        invalid
    );
    let roleless = proto::SetRoleRequest {
        channel: channel.clone(),
        user: key(),
        ..Default::default()
    };
    assert_eq!(refused(client.set_role(by(back_end, roleless)?).await)?, invalid);
    let long = proto::PostMessageRequest {
        channel,
        key: key(),
        text: "x".repeat(10_001),
        reply_to: None,
    };
    let too_large = (Code::InvalidArgument, "too_large".to_owned());
    assert_eq!(
        refused(client.post_message(by(back_end, long)?).await)?,
        too_large
    );
    let huge = proto::GetUserRequest {
        id: "x".repeat(2 * 1024 * 1024),
    };
    let (code, _) = refused(client.get_user(by(back_end, huge)?).await)?;
    assert!(
        matches!(code, Code::OutOfRange | Code::ResourceExhausted),
        "{code:?}"
    );
    let unknown = proto::GetUserRequest { id: key() };
    assert_eq!(
        refused(client.get_user(by(back_end, unknown)?).await)?,
        (Code::NotFound, "not_found".to_owned())
    );
    Ok(())
}

/// Tools find the service and its health without any key; REST goes on beside it on the same listener.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_and_reflection_answer() -> Result<()> {
    let server = Server::start().await?;
    let door = door(&server, 0).await?;
    let mut health = HealthClient::new(door.clone());
    for service in ["", "klatch.v1.Klatch"] {
        let asked = HealthCheckRequest {
            service: service.to_owned(),
        };
        let status = health.check(asked).await?.into_inner().status();
        assert_eq!(status, ServingStatus::Serving, "{service}");
    }
    let unknown = health
        .check(HealthCheckRequest {
            service: "other".to_owned(),
        })
        .await;
    assert_eq!(
        unknown.map_err(|status| status.code()).err(),
        Some(Code::NotFound)
    );

    let asked = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut reflection = ServerReflectionClient::new(door);
    let mut answers = reflection
        .server_reflection_info(tokio_stream::iter([asked]))
        .await?
        .into_inner();
    let Some(ServerReflectionResponse {
        message_response: Some(MessageResponse::ListServicesResponse(list)),
        ..
    }) = answers.message().await?
    else {
        anyhow::bail!("no list of services");
    };
    let names: Vec<&str> = list.service.iter().map(|service| service.name.as_str()).collect();
    assert!(
        names.contains(&"klatch.v1.Klatch") && names.contains(&"grpc.health.v1.Health"),
        "{names:?}"
    );
    let plain = reqwest::get(format!("{}/healthz", server.internal_base())).await?;
    assert_eq!(plain.status().as_u16(), 200);
    Ok(())
}

/// Reflection tells what a method does, not its name alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reflection_tells_what_methods_do() -> Result<()> {
    let server = Server::start().await?;
    let symbol = "klatch.v1.Klatch.ChangeRoster".to_owned();
    let asked = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::FileContainingSymbol(symbol)),
    };
    let mut reflection = ServerReflectionClient::new(door(&server, 0).await?);
    let mut answers = reflection
        .server_reflection_info(tokio_stream::iter([asked]))
        .await?
        .into_inner();
    let Some(ServerReflectionResponse {
        message_response: Some(MessageResponse::FileDescriptorResponse(files)),
        ..
    }) = answers.message().await?
    else {
        anyhow::bail!("no file");
    };
    let told = files.file_descriptor_proto.concat();
    let told = String::from_utf8_lossy(&told);
    for text in ["PutRosterRequest", "Changes the space's roster here and there"] {
        assert!(told.contains(text), "{text}");
    }
    Ok(())
}

/// Balancers that watch are told at once how it is, and then of each change.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_watched() -> Result<()> {
    let server = Server::start().await?;
    let mut health = HealthClient::new(door(&server, 0).await?);
    let asked = |service: &str| HealthCheckRequest {
        service: service.to_owned(),
    };
    let mut unknown = health.watch(asked("other")).await?.into_inner();
    assert_eq!(watched(&mut unknown).await?, ServingStatus::ServiceUnknown);
    let mut watch = health.watch(asked("klatch.v1.Klatch")).await?.into_inner();
    assert_eq!(watched(&mut watch).await?, ServingStatus::Serving);

    let inside = server.node(0).internal_base();
    let nodes: Value = reqwest::get(format!("{inside}/v1/nodes")).await?.json().await?;
    let nodes = nodes["nodes"].as_array().context("nodes")?;
    let own = nodes.iter().find(|node| node["asked"] == true);
    let id = own.context("this node")?["id"].as_str().context("id")?.to_owned();
    let order = |what: &str, body: Value| {
        let url = format!("{inside}/v1/nodes/{id}/{what}");
        reqwest::Client::new().post(url).json(&body).send()
    };
    order("drain", json!({ "spread_s": 0 }))
        .await?
        .error_for_status()?;
    assert_eq!(watched(&mut watch).await?, ServingStatus::NotServing);
    order("resume", json!({})).await?.error_for_status()?;
    assert_eq!(watched(&mut watch).await?, ServingStatus::Serving);
    Ok(())
}

/// What a watcher is told next.
async fn watched(watch: &mut Streaming<HealthCheckResponse>) -> Result<ServingStatus> {
    let next = tokio::time::timeout(PATIENCE, watch.message()).await;
    let told = next.context("nothing came in time")??;
    Ok(told.context("the watch ended")?.status())
}

/// The public listener has nothing of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_public_listener_has_no_grpc() -> Result<()> {
    let server = Server::start().await?;
    let api = Api::new(server.public())?.with(server.api_key());
    for path in ["/klatch.v1.Klatch/GetUser", "/grpc.health.v1.Health/Check"] {
        assert_eq!(api.call("POST", path, None).await?.code(), "not_found", "{path}");
    }
    Ok(())
}
