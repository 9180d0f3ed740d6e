//! REST under `/v1`: a file per feature, each handler thin. It makes a [`klatch_protocol::Command`], gives it to the
//! session and answers with the reply. What holds for every request is in `edge`.

#![allow(unused_qualifications)] // written by `#[utoipa::path]`, in every file of a feature

mod access;
mod admin;
mod app;
mod auth;
mod ban;
mod body;
mod caller;
mod channel;
mod circle;
pub(crate) mod cookie;
mod cursor;
mod device;
mod document;
mod edge;
mod event;
mod internal;
mod invite;
mod lobby;
mod location;
mod me;
mod member;
mod message;
mod mute;
mod node;
pub(crate) mod origin;
mod page;
mod params;
mod presence;
mod query;
mod reaction;
mod receipt;
mod roster;
mod rules;
mod security;
mod transcript;
mod typing;
mod user;

pub use access::TARGET as ACCESS_LOG_TARGET;
pub use app::{AddressTest, App, Options};
pub(crate) use app::{Answer, json};
pub(crate) use body::{Body, MaybeBody};
pub(crate) use caller::{Caller, bearer};
pub use caller::{PeerAddr, client_ip};
pub(crate) use edge::Refused;
pub use edge::RequestInfo;
pub use internal::{Internal, internal_router};
pub(crate) use location::locate;
pub use origin::{Origin, check_space, origin_of};
pub(crate) use params::{At, ChannelPath, Params, RetryHeader, RetryKey};
pub use security::PAGE_CSP;

use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;

/// Every documented route, with its documentation.
pub(crate) fn documented() -> OpenApiRouter<App> {
    let features = [
        auth::routes(),
        cookie::routes(),
        device::routes(),
        me::routes(),
        user::routes(),
        channel::routes(),
        rules::routes(),
        lobby::routes(),
        transcript::routes(),
        member::routes(),
        message::routes(),
        reaction::routes(),
        event::routes(),
        cursor::routes(),
        receipt::routes(),
        presence::routes(),
        typing::routes(),
        invite::routes(),
        ban::routes(),
        mute::routes(),
        circle::routes(),
        roster::routes(),
        admin::routes(),
        location::routes(),
        crate::compat::routes(),
        document::routes(),
    ];
    let outline = OpenApiRouter::with_openapi(crate::openapi::outline());
    let mut all = features.into_iter().fold(outline, OpenApiRouter::merge);
    crate::openapi::add_problems(all.get_openapi_mut());
    all
}

/// Every route of the public listener: REST, the pages, and `extra` (the socket, which has its own state) behind the
/// same outermost layer.
pub fn public_router(app: App, extra: axum::Router) -> axum::Router {
    let (routes, api) = documented().split_for_parts();
    let queries = Arc::new(query::QueryNames::of(&api));
    let routes = routes
        .merge(page::routes())
        .fallback(page::file)
        .with_state(app.clone())
        .merge(extra);
    edge::wrap(routes, edge::Edge { app, queries })
}
