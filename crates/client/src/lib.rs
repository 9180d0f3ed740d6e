//! The Rust client: REST calls, and a socket that stays up and hands on every event once and in order.
//!
//! * [`Rest`]: sign-in and any call under `/v1`, its answer read as the type the caller names.
//! * [`Connection`]: one WebSocket, frame by frame, for those who want to see everything.
//! * [`Socket`]: commands with answers and a stream of events. It finds holes by `prev`, fetches what is missing,
//!   drops duplicates by `seq`, reconnects with full jitter and resumes where it was (contract, delivery 6).
//!
//! Only plain `http` and `ws` addresses are understood: it is meant for loopback and for networks behind a proxy.

mod backoff;
mod connection;
mod driver;
mod error;
mod incoming;
mod replica;
mod rest;
mod socket;
mod token;

pub use backoff::Backoff;
pub use connection::Connection;
pub use error::ClientError;
pub use incoming::Incoming;
pub use reqwest::Method;
pub use rest::{Login, Rest, SignUp};
pub use socket::{Commands, Options, Socket, Start, State, Update};
pub use token::{RenewedToken, TokenSource};
pub use tokio_tungstenite::tungstenite::Error as SocketError;
