//! The `klatch` binary.

fn main() {}
