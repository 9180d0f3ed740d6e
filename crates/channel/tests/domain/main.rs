//! The domain through its own door, over the engines in memory.

#![allow(clippy::unwrap_used)] // a test: a failed step ends it, and the line says which

mod creating;
mod meeting;
mod members;
mod messages;
mod rosters;
mod uninviting;
mod world;
