//! Taking a signed token apart (RFC 7515, compact form) without believing it.

use super::refusal;
use crate::SessionError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// The fields of the header that matter. Keys named by the token itself (`jku`, `jwk`, `x5u`) are never looked at.
#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    #[serde(default)]
    pub(super) typ: Option<String>,
    #[serde(default)]
    pub(super) kid: Option<String>,
    /// Extensions that must be understood (section 4.1.11); none are.
    #[serde(default)]
    crit: Option<serde::de::IgnoredAny>,
}

/// A token in its parts; nothing is verified yet.
pub(super) struct Jws<'a> {
    pub(super) header: Header,
    /// The claims, JSON.
    pub(super) payload: Vec<u8>,
    /// What was signed: header and payload as they came.
    pub(super) signed: &'a [u8],
    /// The signature, as it came.
    pub(super) signature_text: &'a str,
}

impl<'a> Jws<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, SessionError> {
        let malformed = || refusal::unauthenticated("The token is not a signed JWT in its compact form.");
        let (signed, signature_text) = token.rsplit_once('.').ok_or_else(malformed)?;
        let (header, payload) = signed.split_once('.').ok_or_else(malformed)?;
        if payload.contains('.') {
            return Err(malformed());
        }
        let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| malformed())?;
        let header: Header = serde_json::from_slice(&header).map_err(|_| malformed())?;
        if header.crit.is_some() {
            return Err(refusal::unauthenticated(
                "The token's header asks for extensions that are not understood.",
            ));
        }
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| malformed())?;
        Ok(Self {
            header,
            payload,
            signed: signed.as_bytes(),
            signature_text,
        })
    }

    /// Who the token says made it; only good for choosing the keys to verify it with.
    pub(super) fn unverified_issuer(&self) -> Result<String, SessionError> {
        #[derive(Deserialize)]
        struct Issuer {
            iss: String,
        }
        serde_json::from_slice::<Issuer>(&self.payload)
            .map(|claims| claims.iss)
            .map_err(|_| refusal::unauthenticated("The token's claims have no `iss`."))
    }

    /// The signature's bytes.
    pub(super) fn signature(&self) -> Result<Vec<u8>, SessionError> {
        URL_SAFE_NO_PAD
            .decode(self.signature_text)
            .map_err(|_| refusal::bad_signature())
    }
}
