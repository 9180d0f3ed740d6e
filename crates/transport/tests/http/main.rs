//! REST through the public door, over engines in memory.

#![allow(clippy::unwrap_used)] // tests, and what only they use

mod access_log;
mod admission;
mod documentation;
mod features;
mod figures;
mod location;
mod nodes;
mod refusals;
mod stack;
