//! klatch-tests
