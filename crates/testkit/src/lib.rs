//! klatch-testkit
