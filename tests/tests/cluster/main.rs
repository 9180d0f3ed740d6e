//! A cluster of real servers, driven through the public door: what happens on one node is so on all of them.

mod chat;
mod membership;
mod shared;
