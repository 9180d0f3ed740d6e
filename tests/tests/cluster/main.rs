//! A cluster of real servers, driven through the public door: what happens on one node is so on all of them.

mod chat;
mod command_line;
mod doors;
mod drain;
mod membership;
mod no_bus;
mod placement;
mod revocation;
mod shared;
mod upgrade;
mod who;
