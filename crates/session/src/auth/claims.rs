//! What the claims of an external token mean, by the names the space agreed with its issuer.

use super::access_token::check_times;
use super::refusal;
use crate::SessionError;
use klatch_store::row::{ClaimNames, IssuerRow};
use klatch_types::{ChannelId, DisplayName, Millis, Role, Username, limits};
use serde_json::{Map, Value};

/// Longest `sub` (OpenID Connect Core, section 2).
const SUBJECT_BYTES_MAX: usize = 255;

/// The claims of an external token, after it was verified.
pub(super) struct External {
    pub(super) subject: String,
    pub(super) username: Option<Username>,
    pub(super) name: Option<DisplayName>,
    pub(super) channels: Vec<(ChannelId, Role)>,
    pub(super) expires_at: Millis,
}

impl External {
    /// Reads and checks them. Errors: `unauthenticated`, `token_expired`.
    pub(super) fn read(payload: &[u8], row: &IssuerRow, now: Millis) -> Result<Self, SessionError> {
        let claims: Map<String, Value> = serde_json::from_slice(payload)
            .map_err(|_| refusal::unauthenticated("The token's claims are not a JSON object."))?;
        let exp = claims.get("exp").and_then(seconds);
        let exp = exp.ok_or_else(|| refusal::unauthenticated("The token must have a numeric `exp`."))?;
        let nbf = match claims.get("nbf") {
            None => None,
            Some(value) => {
                let nbf = seconds(value);
                Some(nbf.ok_or_else(|| refusal::unauthenticated("The token's `nbf` must be a number."))?)
            }
        };
        check_times(exp, nbf, now)?;
        if row
            .audience
            .as_deref()
            .is_some_and(|audience| !has_audience(&claims, audience))
        {
            return Err(refusal::unauthenticated(
                "The token is not meant for this service (`aud`).",
            ));
        }
        let names = &row.claims;
        Ok(Self {
            subject: subject(&claims, names)?,
            username: names
                .username
                .as_ref()
                .and_then(|key| claims.get(key)?.as_str()?.parse().ok()),
            name: claims.get(&names.name).and_then(Value::as_str).and_then(shown),
            channels: channels(&claims, names)?,
            expires_at: Millis(exp.saturating_mul(1000)),
        })
    }
}

/// A NumericDate (RFC 7519, section 2), which may have a fraction. One so large that it cannot be meant is refused.
fn seconds(value: &Value) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation)] // the range is checked first
    let whole = |number: f64| (0.0..9e12).contains(&number).then_some(number as i64);
    value.as_f64().and_then(whole)
}

fn has_audience(claims: &Map<String, Value>, audience: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(audience)),
        _ => false,
    }
}

fn subject(claims: &Map<String, Value>, names: &ClaimNames) -> Result<String, SessionError> {
    let subject = match claims.get(&names.subject) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if number.is_u64() => number.to_string(),
        _ => String::new(),
    };
    if subject.is_empty() || subject.len() > SUBJECT_BYTES_MAX || subject.chars().any(char::is_control) {
        return Err(refusal::unauthenticated(
            "The token must have a subject of 1 to 255 bytes.",
        ));
    }
    Ok(subject)
}

/// The channels that the token names, each with the role it gives.
fn channels(claims: &Map<String, Value>, names: &ClaimNames) -> Result<Vec<(ChannelId, Role)>, SessionError> {
    let malformed =
        || refusal::unauthenticated("The token's list of channels must be a list of channel ids.");
    let listed = match claims.get(&names.channels) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(listed)) => listed,
        Some(_) => return Err(malformed()),
    };
    let role = role(claims.get(&names.role));
    let mut channels = Vec::with_capacity(listed.len());
    for channel in listed {
        let channel: ChannelId = channel
            .as_str()
            .and_then(|text| text.parse().ok())
            .ok_or_else(malformed)?;
        if !channels.iter().any(|(known, _)| *known == channel) {
            channels.push((channel, role));
        }
    }
    Ok(channels)
}

/// The strongest of the roles named; an ordinary member if none is named, the weakest if none of them is known.
fn role(claim: Option<&Value>) -> Role {
    let named = |value: &Value| match value.as_str() {
        Some("organizer") => Role::Owner,
        Some("participant") => Role::Member,
        Some(text) => text.parse().unwrap_or(Role::Guest),
        None => Role::Guest,
    };
    match claim {
        None | Some(Value::Null) => Role::Member,
        Some(Value::Array(several)) => several.iter().map(named).max().unwrap_or(Role::Guest),
        Some(one) => named(one),
    }
}

/// A name to show out of whatever an issuer calls a name.
fn shown(text: &str) -> Option<DisplayName> {
    let clean: String = text
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(limits::NAME_CHARS_MAX)
        .collect();
    clean.parse().ok()
}
