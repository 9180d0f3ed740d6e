//! Rate limits of users, addresses and accounts (contract, overload).
//!
//! Every limit is a token bucket: a burst, refilled evenly. A login counts as an attempt whether it succeeds or
//! fails, so that the limiter tells nothing about the password. IPv6 callers are counted by their /64, because that
//! is what one subscriber is given.

use crate::SessionError;
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use klatch_types::{SpaceId, UserId, limits};
use serde::{Deserialize, Serialize};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

const QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// How often is too often. Zero means no limit, for benchmarks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateConfig {
    /// Sends of one user per second, sustained.
    pub sends_per_second: u32,
    /// Sends of one user at once.
    pub sends_burst: u32,
    /// Requests of one user per second over REST, sustained; twice as many at once.
    pub requests_per_second: u32,
    /// Frames of one connection in ten seconds.
    pub frames_per_10_s: u32,
    /// Login attempts for one account from one address in fifteen minutes.
    pub logins_per_account_15_min: u32,
    /// Login attempts from one address in fifteen minutes.
    pub logins_per_ip_15_min: u32,
    /// Sign-ups from one address in an hour.
    pub sign_ups_per_ip_hour: u32,
}

impl Default for RateConfig {
    fn default() -> Self {
        Self {
            sends_per_second: limits::SENDS_PER_SECOND,
            sends_burst: limits::SENDS_BURST,
            requests_per_second: limits::REQUESTS_PER_SECOND,
            frames_per_10_s: limits::FRAMES_PER_10_S,
            logins_per_account_15_min: limits::LOGINS_PER_ACCOUNT_15_MIN,
            logins_per_ip_15_min: limits::LOGINS_PER_IP_15_MIN,
            sign_ups_per_ip_hour: limits::SIGN_UPS_PER_IP_HOUR,
        }
    }
}

impl RateConfig {
    /// No limits at all, for benchmarks and tests about something else.
    pub fn unlimited() -> Self {
        Self {
            sends_per_second: 0,
            sends_burst: 0,
            requests_per_second: 0,
            frames_per_10_s: 0,
            logins_per_account_15_min: 0,
            logins_per_ip_15_min: 0,
            sign_ups_per_ip_hour: 0,
        }
    }
}

/// The account a login is for, as its limiter counts it: the space, none if there is no such space, and the name.
type Account = (IpAddr, Option<SpaceId>, String);

/// The limits of a node. Cheap to check; [`Rates::retain_recent`] is called every minute or so.
pub struct Rates {
    sends: Keyed<UserId>,
    requests: Keyed<UserId>,
    logins_of_account: Keyed<Account>,
    logins_of_ip: Keyed<IpAddr>,
    sign_ups_of_ip: Keyed<IpAddr>,
    frames: Option<Quota>,
}

impl Rates {
    /// The limits of a configuration, with all buckets full.
    pub fn new(config: &RateConfig) -> Self {
        let second = Duration::from_secs(1);
        Self {
            sends: Keyed::new(quota(
                config.sends_per_second,
                second,
                config.sends_burst.max(config.sends_per_second),
            )),
            requests: Keyed::new(quota(
                config.requests_per_second,
                second,
                config.requests_per_second.saturating_mul(2),
            )),
            logins_of_account: Keyed::new(even(config.logins_per_account_15_min, QUARTER_HOUR)),
            logins_of_ip: Keyed::new(even(config.logins_per_ip_15_min, QUARTER_HOUR)),
            sign_ups_of_ip: Keyed::new(even(config.sign_ups_per_ip_hour, HOUR)),
            frames: even(config.frames_per_10_s, Duration::from_secs(10)),
        }
    }

    /// Counts a send. Errors: `RateLimited` with the time to wait.
    pub fn check_send(&self, user: UserId) -> Result<(), SessionError> {
        self.sends.check(&user)
    }

    /// Counts a REST request. Errors: `RateLimited` with the time to wait.
    pub fn check_request(&self, user: UserId) -> Result<(), SessionError> {
        self.requests.check(&user)
    }

    /// Counts a login attempt, before its outcome is known: first against the address, then against the account from
    /// that address. In this order the number of remembered accounts is bounded by the limit of addresses.
    /// Errors: `RateLimited` with the time to wait.
    pub fn check_login(
        &self,
        peer: IpAddr,
        space: Option<SpaceId>,
        username: &str,
    ) -> Result<(), SessionError> {
        let peer = subscriber(peer);
        self.logins_of_ip.check(&peer)?;
        self.logins_of_account.check(&(peer, space, username.to_owned()))
    }

    /// Counts a sign-up. Errors: `RateLimited` with the time to wait.
    pub fn check_sign_up(&self, peer: IpAddr) -> Result<(), SessionError> {
        self.sign_ups_of_ip.check(&subscriber(peer))
    }

    /// A limiter for the frames of one new connection.
    pub fn frames(&self) -> FrameLimit {
        FrameLimit(self.frames.map(RateLimiter::direct))
    }

    /// Forgets whoever has a full bucket again, so that memory follows the number of recent callers.
    pub fn retain_recent(&self) {
        self.sends.retain_recent();
        self.requests.retain_recent();
        self.logins_of_account.retain_recent();
        self.logins_of_ip.retain_recent();
        self.sign_ups_of_ip.retain_recent();
    }

    /// How many buckets are remembered, for metrics.
    pub fn remembered(&self) -> usize {
        self.sends.len()
            + self.requests.len()
            + self.logins_of_account.len()
            + self.logins_of_ip.len()
            + self.sign_ups_of_ip.len()
    }
}

/// The limiter of one connection's frames: a few words, no allocation.
pub struct FrameLimit(Option<RateLimiter<NotKeyed, InMemoryState, DefaultClock, NoOpMiddleware<Instant>>>);

type Instant = <DefaultClock as governor::clock::Clock>::Instant;

impl FrameLimit {
    /// Counts a frame. Errors: `RateLimited` with the time to wait.
    pub fn check_frame(&self) -> Result<(), SessionError> {
        match &self.0 {
            None => Ok(()),
            Some(limiter) => limiter
                .check()
                .map_err(|not| SessionError::RateLimited(not.wait_time_from(DefaultClock::default().now()))),
        }
    }
}

/// A limiter by key, or none.
struct Keyed<K: Hash + Eq + Clone>(Option<DefaultKeyedRateLimiter<K>>);

impl<K: Hash + Eq + Clone> Keyed<K> {
    fn new(quota: Option<Quota>) -> Self {
        Self(quota.map(RateLimiter::keyed))
    }

    fn check(&self, key: &K) -> Result<(), SessionError> {
        match &self.0 {
            None => Ok(()),
            Some(limiter) => limiter
                .check_key(key)
                .map_err(|not| SessionError::RateLimited(not.wait_time_from(DefaultClock::default().now()))),
        }
    }

    fn retain_recent(&self) {
        if let Some(limiter) = &self.0 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }

    fn len(&self) -> usize {
        self.0.as_ref().map_or(0, RateLimiter::len)
    }
}

/// `count` in every `period`, as many at once.
fn even(count: u32, period: Duration) -> Option<Quota> {
    quota(count, period, count)
}

/// `count` in every `period`, `burst` at once; none if `count` is zero.
fn quota(count: u32, period: Duration, burst: u32) -> Option<Quota> {
    let burst = NonZeroU32::new(burst)?;
    Some(Quota::with_period(period.checked_div(count)?)?.allow_burst(burst))
}

/// The part of an address that stands for one subscriber.
fn subscriber(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klatch_types::{Millis, SeededEntropy};

    fn allowed(mut check: impl FnMut() -> Result<(), SessionError>) -> usize {
        (0..1_000).take_while(|_| check().is_ok()).count()
    }

    fn slow() -> RateConfig {
        // Slow enough that no bucket refills while a test runs.
        RateConfig {
            sends_per_second: 1,
            sends_burst: 60,
            requests_per_second: 1,
            ..RateConfig::default()
        }
    }

    #[test]
    fn a_user_sends_a_burst_and_is_told_how_long_to_wait() {
        let rates = Rates::new(&RateConfig::default());
        let user = UserId::new(Millis(0), &SeededEntropy::new(1));
        assert!(allowed(|| rates.check_send(user)) >= 60);
        let Err(SessionError::RateLimited(wait)) = rates.check_send(user) else {
            panic!("not limited")
        };
        assert!(
            wait > Duration::ZERO && wait <= Duration::from_millis(100),
            "{wait:?}"
        );
    }

    #[test]
    fn one_user_does_not_use_up_the_bucket_of_another() {
        let rates = Rates::new(&slow());
        let entropy = SeededEntropy::new(1);
        let (one, two) = (UserId::new(Millis(0), &entropy), UserId::new(Millis(0), &entropy));
        assert!(allowed(|| rates.check_request(one)) < 1_000);
        assert!(rates.check_request(two).is_ok());
    }

    #[test]
    fn five_logins_for_one_account_from_one_address_then_other_accounts_up_to_fifty() {
        let rates = Rates::new(&RateConfig::default());
        let peer: IpAddr = "192.0.2.7".parse().unwrap();
        assert_eq!(allowed(|| rates.check_login(peer, None, "ana")), 5);
        let Err(SessionError::RateLimited(wait)) = rates.check_login(peer, None, "ana") else {
            panic!("not limited")
        };
        assert!(
            wait > Duration::from_secs(100) && wait <= Duration::from_secs(180),
            "{wait:?}"
        );
        let mut name = 0;
        let others = allowed(|| {
            name += 1;
            rates.check_login(peer, None, &format!("user{name}"))
        });
        assert_eq!(
            5 + 2 + others,
            50,
            "refused attempts count against the address too"
        );
        assert!(
            rates
                .check_login("192.0.2.8".parse().unwrap(), None, "ana")
                .is_ok()
        );
    }

    #[test]
    fn three_sign_ups_per_address_and_ipv6_by_its_64() {
        let rates = Rates::new(&RateConfig::default());
        let of = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(allowed(|| rates.check_sign_up(of("2001:db8:1:2::1"))), 3);
        assert!(rates.check_sign_up(of("2001:db8:1:2:ffff::9")).is_err());
        assert!(rates.check_sign_up(of("2001:db8:1:3::1")).is_ok());
        assert_eq!(allowed(|| rates.check_sign_up(of("198.51.100.1"))), 3);
        assert!(rates.check_sign_up(of("::ffff:198.51.100.1")).is_err());
    }

    #[test]
    fn a_connection_has_its_own_frames_and_costs_little() {
        let rates = Rates::new(&RateConfig::default());
        let (one, two) = (rates.frames(), rates.frames());
        assert!(allowed(|| one.check_frame()) >= 200);
        assert!(one.check_frame().is_err() && two.check_frame().is_ok());
        assert!(size_of::<FrameLimit>() <= 64, "{}", size_of::<FrameLimit>());
    }

    #[test]
    fn zero_is_no_limit() {
        let rates = Rates::new(&RateConfig::unlimited());
        let user = UserId::new(Millis(0), &SeededEntropy::new(1));
        let peer: IpAddr = "192.0.2.7".parse().unwrap();
        assert_eq!(allowed(|| rates.check_send(user)), 1_000);
        assert_eq!(allowed(|| rates.check_login(peer, None, "ana")), 1_000);
        assert_eq!(allowed(|| rates.check_sign_up(peer)), 1_000);
        assert_eq!(allowed(|| rates.frames().check_frame()), 1_000);
        assert_eq!(rates.remembered(), 0);
    }

    #[test]
    fn the_sweep_keeps_those_who_still_owe() {
        let fast = RateConfig {
            sends_per_second: 1_000_000_000,
            sends_burst: 1,
            ..RateConfig::default()
        };
        let rates = Rates::new(&fast);
        let user = UserId::new(Millis(0), &SeededEntropy::new(1));
        rates.check_sign_up("192.0.2.7".parse().unwrap()).unwrap();
        rates.check_send(user).unwrap();
        assert_eq!(rates.remembered(), 2);
        // A send's bucket is full again after a nanosecond; the sign-up's only after twenty minutes.
        let start = std::time::Instant::now();
        while start.elapsed() < Duration::from_secs(5) && rates.remembered() > 1 {
            rates.retain_recent();
            std::thread::yield_now();
        }
        assert_eq!(rates.remembered(), 1);
    }
}
