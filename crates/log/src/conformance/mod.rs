//! One suite that every [`crate::ChannelLog`] must pass.
