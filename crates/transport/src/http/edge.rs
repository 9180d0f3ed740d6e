//! The outermost layer: what holds for every request whatever its route. Request id, client address, origin,
//! time limit, panics, problem bodies, security headers, access log and metrics.

use super::access::Visit;
use super::app::App;
use super::caller::{PeerAddr, client_ip};
use super::origin::{self, Origin};
use super::query::QueryNames;
use super::security;
use crate::error::{HttpProblem, TransportError};
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use klatch_protocol::ErrorCode;
use klatch_types::{UserId, limits};
use std::any::Any;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, OnceLock};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

/// Header of the request's id.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is known of a request, in its extensions.
#[derive(Debug)]
pub struct RequestInfo {
    /// A random UUID; finds the request in the operators' log.
    pub id: String,
    /// The client's address.
    pub client: IpAddr,
    /// What the `Origin` header says.
    pub origin: Origin,
    /// The caller, once the token was verified.
    pub user: OnceLock<UserId>,
}

/// A refused request, in the extensions of its response until the body is written.
#[derive(Clone, Debug)]
pub(crate) struct Refused(pub(crate) Arc<TransportError>);

/// State of the outermost layer.
#[derive(Clone)]
pub(crate) struct Edge {
    pub(crate) app: App,
    pub(crate) queries: Arc<QueryNames>,
}

/// Puts the outermost layer around routes, and problems in place of bare 405s.
pub(crate) fn wrap(routes: axum::Router, edge: Edge) -> axum::Router {
    routes
        .method_not_allowed_fallback(method_not_allowed)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(edge, around))
}

fn problem(code: ErrorCode) -> klatch_protocol::Problem {
    klatch_protocol::Problem::new(code, None)
}

/// Answers a method that the route does not take.
pub(crate) async fn method_not_allowed() -> TransportError {
    TransportError::from(problem(ErrorCode::MethodNotAllowed))
}

/// Answers what no route answers.
pub(crate) async fn not_found() -> TransportError {
    TransportError::refused(ErrorCode::NotFound, "there is nothing at this address")
}

fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic
            .downcast_ref::<&str>()
            .copied()
            .unwrap_or("no text")
            .to_owned(),
    };
    TransportError::Panic(text).into_response()
}

async fn around(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let app = &edge.app;
    let visit = Visit::begin(&request);
    let peer = request
        .extensions()
        .get::<PeerAddr>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |p| p.0.ip());
    let client = client_ip(peer, request.headers(), &*app.options.trusted_proxy);
    let judged = origin::origin_of(request.headers(), app).await;
    let origin = judged.as_ref().unwrap_or(&Origin::Foreign).clone();
    let info = Arc::new(RequestInfo {
        id: request_id(app),
        client,
        origin,
        user: OnceLock::new(),
    });
    request.extensions_mut().insert(info.clone());
    let preflight = origin::is_preflight(request.method(), request.headers());

    let admitted = judged.and_then(|origin| admit(&edge, &request, &origin, preflight));
    let mut response = match admitted {
        Err(error) => error.into_response(),
        Ok(()) if preflight => StatusCode::NO_CONTENT.into_response(),
        Ok(()) => {
            answer(request, next)
                .instrument(tracing::info_span!("request", id = %info.id))
                .await
        }
    };
    tell_problem(&mut response, &info, &visit);
    origin::allow(response.headers_mut(), &info.origin, preflight);
    security::protect(response.headers_mut());
    let id = HeaderValue::from_str(&info.id).expect("a UUID is a header value");
    response.headers_mut().insert(REQUEST_ID, id);
    visit.end(&info, response.status(), response.body().size_hint().exact());
    response
}

/// A new request id.
pub(crate) fn request_id(app: &App) -> String {
    let mut random = [0u8; 16];
    app.entropy.fill(&mut random);
    uuid::Builder::from_random_bytes(random).into_uuid().to_string()
}

async fn answer(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(limits::REQUEST_TIMEOUT, next.run(request)).await;
    answered.unwrap_or_else(|_elapsed| TransportError::Timeout.into_response())
}

/// Refuses what no route should see.
fn admit(edge: &Edge, request: &Request, origin: &Origin, preflight: bool) -> Result<(), TransportError> {
    let template = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    edge.queries.check(request.method(), template, request.uri())?;
    if *origin == Origin::Foreign && (preflight || !origin::is_harmless(request.method())) {
        return Err(origin::refused());
    }
    Ok(())
}

/// Writes the body of a refused request, and tells the operators of faults.
fn tell_problem(response: &mut Response, info: &RequestInfo, visit: &Visit) {
    let Some(Refused(error)) = response.extensions_mut().remove::<Refused>() else {
        return;
    };
    if let Some(detail) = error.fault() {
        tracing::error!(request_id = %info.id, method = %visit.method(), route = visit.route(), detail, "request failed");
    }
    *response.body_mut() = HttpProblem::write(error.problem(), &info.id);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if *visit.method() == http::Method::HEAD {
        *response.body_mut() = Body::empty();
    }
}
