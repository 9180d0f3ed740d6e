//! The health service that balancers and orchestrators ask: the same answer as `/readyz`.

use super::SERVICE;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::Health;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// How often a watcher's status is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Why the server cannot serve just now; nothing when it can.
pub(crate) type NotReady = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// The service.
pub(super) struct Ready {
    not_ready: NotReady,
}

impl Ready {
    pub(super) fn new(not_ready: NotReady) -> Self {
        Self { not_ready }
    }
}

fn status(not_ready: &NotReady) -> ServingStatus {
    match not_ready().is_empty() {
        true => ServingStatus::Serving,
        false => ServingStatus::NotServing,
    }
}

fn is_known(service: &str) -> bool {
    service.is_empty() || service == SERVICE
}

fn told(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse {
        status: status.into(),
    }
}

#[tonic::async_trait]
impl Health for Ready {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        if !is_known(&request.get_ref().service) {
            return Err(Status::not_found("there is no such service"));
        }
        Ok(Response::new(told(status(&self.not_ready))))
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let known = is_known(&request.get_ref().service);
        let not_ready = Arc::clone(&self.not_ready);
        let look = move || {
            if known {
                status(&not_ready)
            } else {
                ServingStatus::ServiceUnknown
            }
        };
        let changes = futures_util::stream::unfold((None, look), |(last, look)| async move {
            loop {
                let now = look();
                if last != Some(now) {
                    return Some((Ok(told(now)), (Some(now), look)));
                }
                tokio::time::sleep(LOOK).await;
            }
        });
        Ok(Response::new(Box::pin(changes)))
    }
}
