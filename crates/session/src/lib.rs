//! klatch-session
