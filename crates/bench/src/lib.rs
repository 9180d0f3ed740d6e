//! klatch-bench
