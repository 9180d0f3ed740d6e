//! gRPC on the internal listener, for the back ends of other products (S4.2): `protocol/klatch.proto` over the same
//! operations as REST, with the services of health and reflection that tools expect.

mod caller;
mod convert;
mod feed;
mod health;
mod refusal;
mod roster;
mod service;

use crate::http::App;
use klatch_types::limits;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tonic_health::pb::health_server::HealthServer;

/// Messages, server and client, made from `protocol/klatch.proto`.
#[allow(
    missing_docs,
    unused_qualifications,
    clippy::all,
    clippy::too_many_lines,
    clippy::large_futures,
    clippy::needless_pass_by_value
)]
pub mod proto {
    tonic::include_proto!("klatch.v1");

    /// The file as reflection tells it.
    pub const DESCRIPTION: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/klatch.v1.bin"));
}

use proto::klatch_server::KlatchServer;

/// Name of the service.
const SERVICE: &str = "klatch.v1.Klatch";

/// What the services stand on.
#[derive(Clone)]
struct Calls {
    app: App,
    /// A place for each stream of events that may run at once.
    feeds: Arc<Semaphore>,
}

/// Routes of all services, for a listener that speaks HTTP/2. `not_ready` tells health why the server cannot serve.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(
    app: App,
    not_ready: health::NotReady,
) -> axum::Router<S> {
    let calls = Calls {
        app,
        feeds: Arc::new(Semaphore::new(limits::FEEDS_MAX)),
    };
    let klatch = KlatchServer::new(calls).max_decoding_message_size(limits::GRPC_MESSAGE_BYTES_MAX);
    let health = HealthServer::new(health::Ready::new(not_ready));
    let described = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::DESCRIPTION)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let newer = described().build_v1().expect("the build made the description");
    let older = described()
        .build_v1alpha()
        .expect("the build made the description");
    axum::Router::new()
        .route_service("/klatch.v1.Klatch/{method}", klatch)
        .route_service("/grpc.health.v1.Health/{method}", health)
        .route_service("/grpc.reflection.v1.ServerReflection/{method}", newer)
        .route_service("/grpc.reflection.v1alpha.ServerReflection/{method}", older)
}
