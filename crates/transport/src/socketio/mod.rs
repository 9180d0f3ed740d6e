//! Socket.IO at `/socket.io/` (S0.6): protocol 5 over Engine.IO 4, by WebSocket and by long polling, for the stock
//! `socket.io-client`.
//!
//! [`door`] judges requests before the protocol library sees them; [`line`](self::line) lets us end a WebSocket that the
//! library owns; [`greeting`] admits a connection to a session; [`connection`] is its life in one task, with the rooms
//! that it has joined in [`room`]; [`event`] has the shapes.

mod connection;
mod deed;
mod door;
mod event;
mod greeting;
mod line;
mod room;

pub use door::router;
