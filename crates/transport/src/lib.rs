//! The ways in: REST and pages ([`http`]), the socket, [`grpc`], the listeners, and the web client's files.
//!
//! Every way makes a [`klatch_protocol::Command`] and gives it to [`klatch_session::Sessions::run`]. Statuses of HTTP
//! are chosen in [`error`] and nowhere else.

pub mod assets;
mod compat;
mod docs;
pub mod error;
pub mod grpc;
pub mod http;
pub mod listener;
mod openapi;
pub mod socketio;
pub mod websocket;

pub use crate::error::TransportError;
pub use crate::http::{App, Internal, Options, internal_router, public_router};
pub use crate::openapi::{internal as internal_openapi, openapi};
