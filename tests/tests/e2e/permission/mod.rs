//! Every role, every operation, every kind of channel, over REST, the socket and Socket.IO, against tables that are
//! written independently of the code (`*.table`).

mod cast;
mod complete;
mod live;
mod matrix;
mod operation;
mod rank;
mod socketio;
mod stage;
mod table;

use klatch_testkit::ServerOptions;

/// A server whose limits do not stand in the way of thousands of questions.
fn unlimited() -> ServerOptions {
    ServerOptions::default()
        .set("limits.outbox_bytes", "67108864")
        .set("limits.outbox_frames", "65536")
}
