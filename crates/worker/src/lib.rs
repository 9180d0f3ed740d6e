//! Late work: what follows from events and may come after them, done once in the whole cluster.
//!
//! The log writes each piece of work in the transaction of its event ([`klatch_store::WorkQueue`]), so that there is
//! work exactly if there is the event. Every node runs a [`Worker`]; the queue gives each piece to one of them at a time.
//! A [`Handler`] does the pieces of one kind, at least once: it must be able to do the same piece twice. What fails is
//! tried again, later each time, and in the end given up: it then stays in the table, and `klatch_work_given_up` counts
//! it ([ADR 0007](../../../docs/adr/0007-late-work-in-the-events-transaction.md)).

mod handler;
mod options;
mod pace;
#[cfg(test)]
mod tests;
mod worker;

pub use handler::{Handler, Retry};
pub use options::WorkerOptions;
pub use worker::{Worker, WorkerParts};
