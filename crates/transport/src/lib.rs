//! klatch-transport
