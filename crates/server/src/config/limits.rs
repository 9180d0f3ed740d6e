//! `[limits]`: how much one user, connection or address may ask for (contract, overload).

use super::section::section;
use super::{Problem, problem};
use klatch_types::limits;

section! {
    /// How much one user, connection or address may ask for. A rate of 0 means without limit.
    pub struct Limits = "limits" {
        /// Messages that one user may send per second, sustained.
        pub sends_per_second: u32 = limits::SENDS_PER_SECOND,
        /// Messages that one user may send at once.
        pub sends_burst: u32 = limits::SENDS_BURST,
        /// Frames that one connection may send in ten seconds.
        pub frames_per_10_s: u32 = limits::FRAMES_PER_10_S,
        /// REST requests of one user per second, sustained.
        pub requests_per_second: u32 = limits::REQUESTS_PER_SECOND,
        /// Login attempts for one account from one address in fifteen minutes.
        pub logins_per_account_15_min: u32 = limits::LOGINS_PER_ACCOUNT_15_MIN,
        /// Login attempts from one address in fifteen minutes.
        pub logins_per_ip_15_min: u32 = limits::LOGINS_PER_IP_15_MIN,
        /// Sign-ups from one address in an hour.
        pub sign_ups_per_ip_hour: u32 = limits::SIGN_UPS_PER_IP_HOUR,
        /// Sockets of one user.
        pub connections_per_user: u32 = limits::CONNECTIONS_PER_USER,
        /// Sockets from one address.
        pub connections_per_ip: u32 = limits::CONNECTIONS_PER_IP,
        /// Bytes that may wait for one slow connection before it is closed.
        pub outbox_bytes: usize = limits::OUTBOX_BYTES_MAX,
        /// Frames that may wait for one slow connection before it is closed.
        pub outbox_frames: usize = limits::OUTBOX_FRAMES_MAX,
    }
}

/// Highest rate that still is one.
const RATE_MAX: u32 = 1_000_000;
/// Most bytes that may wait for one connection; more is not a bound.
const OUTBOX_BYTES_CEILING: usize = 64 * 1024 * 1024;
/// Most frames that may wait for one connection.
const OUTBOX_FRAMES_CEILING: usize = 65_536;

impl Limits {
    /// Refuses values out of range.
    pub fn check(&self) -> Result<(), Problem> {
        for (key, rate) in [
            ("limits.sends_per_second", self.sends_per_second),
            ("limits.sends_burst", self.sends_burst),
            ("limits.frames_per_10_s", self.frames_per_10_s),
            ("limits.requests_per_second", self.requests_per_second),
            ("limits.logins_per_account_15_min", self.logins_per_account_15_min),
            ("limits.logins_per_ip_15_min", self.logins_per_ip_15_min),
            ("limits.sign_ups_per_ip_hour", self.sign_ups_per_ip_hour),
            ("limits.connections_per_user", self.connections_per_user),
            ("limits.connections_per_ip", self.connections_per_ip),
        ] {
            if rate > RATE_MAX {
                return problem(
                    key,
                    format!("must be from 0 to {RATE_MAX}; 0 means without limit"),
                );
            }
        }
        if self.sends_per_second > 0 && self.sends_burst == 0 {
            return problem(
                "limits.sends_burst",
                "must be at least 1 while limits.sends_per_second is not 0",
            );
        }
        if !(limits::EVENTS_FRAME_BYTES_MAX..=OUTBOX_BYTES_CEILING).contains(&self.outbox_bytes) {
            let least = limits::EVENTS_FRAME_BYTES_MAX;
            return problem(
                "limits.outbox_bytes",
                format!("must be from {least} to {OUTBOX_BYTES_CEILING}"),
            );
        }
        if !(16..=OUTBOX_FRAMES_CEILING).contains(&self.outbox_frames) {
            return problem(
                "limits.outbox_frames",
                format!("must be from 16 to {OUTBOX_FRAMES_CEILING}"),
            );
        }
        Ok(())
    }
}
