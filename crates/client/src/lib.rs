//! klatch-client
