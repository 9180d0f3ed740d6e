//! The wire of Klatch: commands, events, views, frames and the catalogue of errors and close codes.
//!
//! Nothing here decides anything. The generated files in `/protocol` (schemas, golden frames, `errors.md`) are
//! made from these types by `cargo xtask gen`; TypeScript types come from the same schemas.

pub mod catalogue;
pub mod codec;
pub mod command;
pub mod event;
pub mod frame;
pub mod shape;
pub mod view;

pub use catalogue::{CloseCode, ErrorCode};
pub use command::Command;
pub use event::{Event, EventBody};
pub use frame::{ClientFrame, Hello, Problem, Ready, ServerFrame};
