//! The OpenAPI document, made from the handlers. `cargo xtask gen` writes it to `/protocol/openapi.json`.

use crate::error::HttpProblem;
use http::Method;
use klatch_protocol::ErrorCode;
use std::collections::BTreeMap;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, Content, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr, Response,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;

/// Tags: one per feature, in the order in which a newcomer meets them.
const TAGS: &[(&str, &str)] = &[
    ("auth", "Signing up, in and out."),
    ("device", "The devices one is signed in on."),
    ("me", "Oneself."),
    (
        "user",
        "People of the space; accounts and tokens for a product's back end.",
    ),
    ("channel", "Channels: list, make, read, change, close."),
    (
        "rules",
        "What holds in a channel: when a meeting is, who waits, who may speak and how often.",
    ),
    ("lobby", "Those who wait to be let into a meeting."),
    ("transcript", "What was said, as a file."),
    ("member", "Members: join, leave, add, change role, remove."),
    ("message", "Messages: send, read, edit, delete."),
    ("reaction", "Reactions to messages."),
    ("event", "Raw events: how a client fills a hole."),
    ("cursor", "How far one has received and read."),
    ("receipt", "How far others have."),
    ("presence", "Who is online."),
    ("typing", "The sign that someone is typing."),
    ("invite", "Invitation links."),
    ("ban", "Bans."),
    ("mute", "Mutes."),
    ("circle", "People whom one shares classes and courses with."),
    (
        "roster",
        "Channels and members that follow an enrolment source; for a student system.",
    ),
    (
        "admin",
        "What administrators see and do, of their space and of the server.",
    ),
    ("location", "Which server to connect to."),
    ("s0", "The campus chat's own addresses, for its clients."),
    ("s1", "The meeting chat's own addresses, for its clients."),
    ("s2", "The course chat's own addresses, for its clients."),
    ("s4", "Events in the shape of the chat application's design."),
    ("openapi", "This document, and that of the socket."),
];

/// Parameters of queries that name something that may not be there; elsewhere that is in the path.
const NAMES_IN_QUERY: [&str; 2] = ["groupID", "space"];

/// Name of the security scheme.
const BEARER: &str = "bearer";

/// The whole document. Needs no running server.
pub fn openapi() -> OpenApi {
    crate::http::documented().split_for_parts().1
}

/// The document of the internal listener: the campus chat's routes for other services. Needs no running server.
pub fn internal() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Klatch, internal listener")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The campus chat's routes for a university's other services. They ask for no token and are not reachable \
             from outside. Errors are problems of RFC 9457 with a `code` of the catalogue (see errors.md).",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let tags = TAGS.iter().filter(|(name, _)| *name == "s0");
    let tags = tags.map(|(name, about)| TagBuilder::new().name(*name).description(Some(*about)).build());
    let outline = OpenApiBuilder::new()
        .info(info)
        .components(Some(problem_components()))
        .tags(Some(tags))
        .build();
    let routes = OpenApiRouter::with_openapi(outline).merge(crate::compat::internal_routes());
    let mut api = routes.split_for_parts().1;
    add_problems(&mut api);
    api
}

/// The document before the routes add theirs.
pub(crate) fn outline() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Klatch")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Group chat: channels that are logs. Everything that a client starts can be done here; events arrive \
             over the WebSocket `/v1/ws` ([described in AsyncAPI](/docs/socket)). Errors are problems of RFC 9457 with a \
             `code` of the [catalogue](/docs/errors).",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "An access token of the server or of an issuer that the space trusts, or an API key.",
        ))
        .build();
    let mut components = problem_components();
    components
        .security_schemes
        .insert(BEARER.to_owned(), RefOr::T(SecurityScheme::Http(bearer)));
    let tags = TAGS
        .iter()
        .map(|(name, about)| TagBuilder::new().name(*name).description(Some(*about)).build());
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .tags(Some(tags))
        .security(Some([SecurityRequirement::new(BEARER, Vec::<String>::new())]))
        .build()
}

/// The shape of a problem, with what it refers to.
fn problem_components() -> Components {
    let mut components = Components::new();
    components
        .schemas
        .insert(HttpProblem::name().into_owned(), HttpProblem::schema());
    let mut referenced = Vec::new();
    HttpProblem::schemas(&mut referenced);
    components.schemas.extend(referenced);
    components
}

/// Adds to every operation the problems it may answer with: they follow from its kind.
pub(crate) fn add_problems(api: &mut OpenApi) {
    for item in api.paths.paths.values_mut() {
        for (method, operation) in operations_mut(item) {
            for (status, codes) in problems_of(&method, operation) {
                operation
                    .responses
                    .responses
                    .entry(status.to_string())
                    .or_insert_with(|| problem(&codes));
            }
        }
    }
}

/// The operations of a path.
pub(crate) fn operations(item: &PathItem) -> impl Iterator<Item = (Method, &Operation)> {
    let PathItem {
        get,
        put,
        post,
        delete,
        patch,
        ..
    } = item;
    let all = [
        (Method::GET, get),
        (Method::PUT, put),
        (Method::POST, post),
        (Method::DELETE, delete),
        (Method::PATCH, patch),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let PathItem {
        get,
        put,
        post,
        delete,
        patch,
        ..
    } = item;
    let all = [
        (Method::GET, get),
        (Method::PUT, put),
        (Method::POST, post),
        (Method::DELETE, delete),
        (Method::PATCH, patch),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// The codes an operation may refuse with, by status.
fn problems_of(method: &Method, operation: &Operation) -> BTreeMap<u16, Vec<ErrorCode>> {
    let changes = *method != Method::GET;
    let body = operation.request_body.is_some();
    let names_something = operation.parameters.iter().flatten().any(|parameter| {
        matches!(parameter, RefOr::T(parameter)
            if parameter.parameter_in == ParameterIn::Path || NAMES_IN_QUERY.contains(&&*parameter.name))
    });
    let mut by_status: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in ErrorCode::ALL {
        let fits = match code.status() {
            405 => false,
            404 | 410 => names_something || body,
            409 | 507 => changes,
            413 | 415 => body,
            429 => *code == ErrorCode::RateLimited || (*code == ErrorCode::SlowMode && body),
            _ => true,
        };
        if fits {
            by_status.entry(code.status()).or_default().push(*code);
        }
    }
    by_status
}

/// A response with a problem of one of these codes.
fn problem(codes: &[ErrorCode]) -> RefOr<Response> {
    let lines: Vec<String> = codes
        .iter()
        .map(|code| format!("`{}`: {}", code.as_str(), code.title()))
        .collect();
    let mut response = Response::new(lines.join(" "));
    let schema = Ref::from_schema_name(HttpProblem::name());
    response.content.insert(
        "application/problem+json".to_owned(),
        Content::new(Some(schema)).into(),
    );
    RefOr::T(response)
}
