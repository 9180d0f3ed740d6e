//! S4.2: gRPC on the internal listener, for the back ends of other products.

mod call;
mod feed;
mod permission;
mod roster;

use anyhow::{Context, Result};
use klatch_testkit::Server;
use klatch_transport::grpc::proto;
use klatch_transport::grpc::proto::klatch_client::KlatchClient;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

/// Calls to the internal listener of a server's process.
async fn door(server: &Server, node: usize) -> Result<Channel> {
    Ok(Endpoint::from_shared(server.node(node).internal_base())?
        .connect()
        .await?)
}

async fn client(server: &Server, node: usize) -> Result<KlatchClient<Channel>> {
    Ok(KlatchClient::new(door(server, node).await?))
}

/// A request with a token.
fn by<T>(token: &str, message: T) -> Result<Request<T>> {
    let mut request = Request::new(message);
    let value: MetadataValue<_> = format!("Bearer {token}").parse()?;
    request.metadata_mut().insert("authorization", value);
    Ok(request)
}

/// The code of the error catalogue that a refusal names.
fn told(status: &Status) -> &str {
    let code = status.metadata().get("klatch-code");
    code.and_then(|code| code.to_str().ok()).unwrap_or("none")
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> Result<(Code, String)> {
    let status = answer.err().context("it was granted")?;
    Ok((status.code(), told(&status).to_owned()))
}

fn key() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// A group that the back end makes.
async fn group(client: &mut KlatchClient<Channel>, token: &str, name: &str) -> Result<String> {
    let asked = proto::CreateChannelRequest {
        kind: proto::ChannelKind::Group.into(),
        name: name.to_owned(),
        ..proto::CreateChannelRequest::default()
    };
    let made = client.create_channel(by(token, asked)?).await?.into_inner();
    Ok(made.channel.context("a channel")?.id)
}

async fn post(client: &mut KlatchClient<Channel>, token: &str, channel: &str, text: &str) -> Result<u64> {
    let asked = proto::PostMessageRequest {
        channel: channel.to_owned(),
        key: key(),
        text: text.to_owned(),
        reply_to: None,
    };
    Ok(client.post_message(by(token, asked)?).await?.into_inner().seq)
}
