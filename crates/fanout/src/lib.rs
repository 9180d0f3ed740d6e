//! klatch-fanout
