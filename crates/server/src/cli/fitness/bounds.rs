//! The fitness functions and what they ask for (S0.11).

use serde::Serialize;
use std::str::FromStr;

/// Something a server must be fit for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Function {
    /// Users who are connected at once and stay.
    UsersOnline,
    /// Seconds from sending a message to hearing it oneself; of a hundred, the slowest but one.
    SendLatency,
    /// Messages per second that reach all of a channel.
    ChannelRate,
    /// Requests and connections at once, some of them bad, that leave ordinary ones answered.
    SimultaneousRequests,
    /// Per cent of the time that a message to oneself arrived.
    Uptime,
    /// Known vulnerabilities of the libraries.
    KnownVulnerabilities,
}

impl Function {
    pub(super) const ALL: [Self; 6] = [
        Self::UsersOnline,
        Self::SendLatency,
        Self::ChannelRate,
        Self::SimultaneousRequests,
        Self::Uptime,
        Self::KnownVulnerabilities,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::UsersOnline => "users_online",
            Self::SendLatency => "send_latency",
            Self::ChannelRate => "channel_rate",
            Self::SimultaneousRequests => "simultaneous_requests",
            Self::Uptime => "uptime",
            Self::KnownVulnerabilities => "known_vulnerabilities",
        }
    }
}

/// What one function asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Bound {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ideal: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max: Option<f64>,
}

/// How a measurement stands to what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// As good as could be wished.
    Ideal,
    /// Good enough.
    Pass,
    /// Not good enough.
    Fail,
    /// Not measured.
    Unknown,
}

impl Verdict {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ideal => "ideal",
            Self::Pass => "pass",
            Self::Fail => "FAIL",
            Self::Unknown => "unknown",
        }
    }
}

impl Bound {
    /// A function with a largest value wants little, every other one much.
    pub(super) fn judge(&self, measured: f64) -> Verdict {
        let fails = self.min.is_some_and(|min| measured < min)
            || self.max.is_some_and(|max| measured > max)
            || measured.is_nan();
        let ideal = |ideal: f64| match self.max {
            Some(_) => measured <= ideal,
            None => measured >= ideal,
        };
        match fails {
            true => Verdict::Fail,
            false if self.ideal.is_some_and(ideal) => Verdict::Ideal,
            false => Verdict::Pass,
        }
    }
}

/// What all functions ask for.
#[derive(Clone, Debug)]
pub(super) struct Bounds([Bound; 6]);

/// A value of a function that is to be another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Change {
    function: Function,
    value: f64,
}

impl FromStr for Change {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}` is not FUNCTION=VALUE"))?;
        let function = Function::ALL
            .into_iter()
            .find(|function| function.name() == name)
            .ok_or_else(|| {
                let names = Function::ALL.map(Function::name).join(", ");
                format!("`{name}` is none of the functions {names}")
            })?;
        match value.parse::<f64>() {
            Ok(value) if value.is_finite() && value >= 0.0 => Ok(Self { function, value }),
            _ => Err(format!("`{value}` is no number from 0")),
        }
    }
}

impl Default for Bounds {
    /// Those of S0.11; of the ideal of twenty million requests at once, a thousand is what one machine must take from
    /// another.
    fn default() -> Self {
        let asks = |min, ideal, max| Bound {
            min,
            ideal: Some(ideal),
            max,
        };
        Self([
            asks(Some(10_000.0), 10_000.0, None),
            asks(None, 1.0, Some(10.0)),
            asks(Some(0.2), 1.0, None),
            asks(Some(1_000.0), 20_000_000.0, None),
            asks(Some(99.0), 100.0, None),
            asks(None, 0.0, Some(0.0)),
        ])
    }
}

impl Bounds {
    /// Those of S0.11 with some changed.
    pub(super) fn with(min: &[Change], ideal: &[Change], max: &[Change]) -> Self {
        let mut bounds = Self::default();
        for change in min {
            bounds.0[change.function as usize].min = Some(change.value);
        }
        for change in ideal {
            bounds.0[change.function as usize].ideal = Some(change.value);
        }
        for change in max {
            bounds.0[change.function as usize].max = Some(change.value);
        }
        bounds
    }

    pub(super) fn of(&self, function: Function) -> Bound {
        self.0[function as usize]
    }

    /// How many users must be online.
    pub(super) fn users_online(&self) -> u32 {
        self.of(Function::UsersOnline).min.unwrap_or_default().ceil() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S0.11: what each function asks for.
    #[test]
    fn the_bounds_are_those_of_the_requirement() {
        let bounds = Bounds::default();
        let judge = |function, measured| bounds.of(function).judge(measured);
        for (function, measured, verdict) in [
            (Function::UsersOnline, 9_999.0, Verdict::Fail),
            (Function::UsersOnline, 10_000.0, Verdict::Ideal),
            (Function::SendLatency, 1.0, Verdict::Ideal),
            (Function::SendLatency, 1.01, Verdict::Pass),
            (Function::SendLatency, 10.01, Verdict::Fail),
            (Function::SendLatency, f64::NAN, Verdict::Fail),
            (Function::ChannelRate, 0.19, Verdict::Fail),
            (Function::ChannelRate, 0.2, Verdict::Pass),
            (Function::ChannelRate, 1.0, Verdict::Ideal),
            (Function::SimultaneousRequests, 2_000.0, Verdict::Pass),
            (Function::SimultaneousRequests, 20_000_000.0, Verdict::Ideal),
            (Function::Uptime, 98.99, Verdict::Fail),
            (Function::Uptime, 99.0, Verdict::Pass),
            (Function::Uptime, 100.0, Verdict::Ideal),
            (Function::KnownVulnerabilities, 0.0, Verdict::Ideal),
            (Function::KnownVulnerabilities, 1.0, Verdict::Fail),
        ] {
            assert_eq!(judge(function, measured), verdict, "{function:?} {measured}");
        }
    }

    #[test]
    fn bounds_can_be_changed_one_by_one() {
        let bounds = Bounds::with(
            &["users_online=300".parse().unwrap()],
            &["users_online=500".parse().unwrap()],
            &["send_latency=0.5".parse().unwrap()],
        );
        assert_eq!(bounds.users_online(), 300);
        assert_eq!(bounds.of(Function::UsersOnline).judge(400.0), Verdict::Pass);
        assert_eq!(bounds.of(Function::SendLatency).judge(0.6), Verdict::Fail);
        for wrong in [
            "users_online",
            "users=3",
            "uptime=",
            "uptime=-1",
            "uptime=NaN",
            "uptime=inf",
        ] {
            assert!(wrong.parse::<Change>().is_err(), "{wrong}");
        }
    }
}
