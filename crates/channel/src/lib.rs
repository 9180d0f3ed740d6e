//! klatch-channel
