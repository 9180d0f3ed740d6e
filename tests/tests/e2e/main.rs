//! End to end: the real binary, driven through its public door. One module per promise.

mod admin;
mod bad_input;
mod compat;
mod cookie;
mod device;
mod fitness;
mod grpc;
mod hybrid;
mod meeting;
mod openapi;
mod password;
mod permission;
mod presence;
mod promises;
mod receipt;
mod roster;
mod uninvite;
