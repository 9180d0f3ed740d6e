//! Keys of products' back ends: random, kept as hashes, acting as the system user of their space.

use super::refresh::sha256;
use super::{Auth, Revoked, refusal};
use crate::{Principal, SessionError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use klatch_store::row::{ApiKeyRow, FOR_GOOD};
use klatch_types::{ApiKeyId, AuditAct, DisplayName, SpaceId};

/// Fewest characters after the prefix of a key that someone else drew: 32 of base64url are 192 bits.
const GIVEN_CHARS_MIN: usize = 32;
/// Most characters after it.
const GIVEN_CHARS_MAX: usize = 256;
/// Fewest different characters among them: a random text of this length practically always has more.
const GIVEN_DIFFERENT_MIN: usize = 12;

/// Marks a key, so that it can be told from a token and found by scanners of leaked secrets.
pub(super) const PREFIX: &str = "kk_";

impl Auth {
    /// Makes a key of a back end; the second value is the key itself, which is shown this once and kept nowhere.
    /// Errors: `not_found` for the space.
    pub async fn create_api_key(
        &self,
        space: SpaceId,
        name: DisplayName,
    ) -> Result<(ApiKeyRow, String), SessionError> {
        let mut random = [0u8; 32];
        self.entropy.fill(&mut random);
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
        let row = self.add_api_key(space, name, &text).await?;
        Ok((row, text))
    }

    /// Whether a key that an operator drew is strong enough; if not, a sentence that says what it must be and does not
    /// repeat it.
    pub fn check_api_key(text: &str) -> Result<(), String> {
        check_given(text)
    }

    /// Accepts a key that the operator drew, for servers that are set up by machines. Errors: `invalid` for one that is
    /// weak, `exists` if it is there already, `not_found` for the space.
    pub async fn accept_api_key(
        &self,
        space: SpaceId,
        name: DisplayName,
        text: &str,
    ) -> Result<ApiKeyRow, SessionError> {
        check_given(text).map_err(refusal::invalid)?;
        self.add_api_key(space, name, text).await
    }

    async fn add_api_key(
        &self,
        space: SpaceId,
        name: DisplayName,
        text: &str,
    ) -> Result<ApiKeyRow, SessionError> {
        let user = self.system_user(space).await?;
        let now = self.clock.now();
        let row = ApiKeyRow {
            id: ApiKeyId::new(now, &*self.entropy),
            space,
            user: user.id,
            name: name.into(),
            hash: sha256(text),
            created_at: now,
            revoked_at: None,
        };
        self.directory.api_key_add(row.clone()).await?;
        self.note(space, None, AuditAct::KeyCreated, row.id.0, row.name.as_str())
            .await?;
        Ok(row)
    }

    /// The keys of a space, oldest first, revoked ones too.
    pub async fn api_keys(&self, space: SpaceId) -> Result<Vec<ApiKeyRow>, SessionError> {
        Ok(self.directory.api_keys_of(space).await?)
    }

    /// Revokes a key. Sockets of the space's back end are closed, whichever key they came with; those with another key
    /// may come back. Errors: `not_found`.
    pub async fn revoke_api_key(&self, space: SpaceId, id: ApiKeyId) -> Result<(), SessionError> {
        let keys = self.directory.api_keys_of(space).await?;
        let key = keys.into_iter().find(|key| key.id == id);
        let key = key.ok_or_else(|| SessionError::code(klatch_protocol::ErrorCode::NotFound))?;
        self.directory.api_key_revoke(id, self.clock.now()).await?;
        self.api_keys.forget(&key.hash);
        self.identities.announce(Revoked::User(key.user));
        self.note(space, None, AuditAct::KeyRevoked, id.0, key.name).await
    }

    /// The back end that a key stands for. Errors: `unauthenticated`.
    pub(super) async fn authenticate_api_key(&self, text: &str) -> Result<Principal, SessionError> {
        let now = self.clock.now();
        let hash = sha256(text);
        let user = match self.api_keys.get(&hash, now) {
            Some(user) => user,
            None => {
                let key = self
                    .directory
                    .api_key(hash)
                    .await?
                    .filter(|key| key.revoked_at.is_none());
                let key =
                    key.ok_or_else(|| refusal::unauthenticated("The API key is unknown or revoked."))?;
                self.api_keys.put(hash, key.user, now);
                key.user
            }
        };
        Ok(self
            .identity(user, None)
            .await?
            .principal(None, FOR_GOOD, Vec::new()))
    }
}

fn check_given(text: &str) -> Result<(), String> {
    let drawn = text.strip_prefix(PREFIX).unwrap_or_default();
    let right = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let different: std::collections::HashSet<char> = drawn.chars().collect();
    if (GIVEN_CHARS_MIN..=GIVEN_CHARS_MAX).contains(&drawn.len())
        && drawn.chars().all(right)
        && different.len() >= GIVEN_DIFFERENT_MIN
    {
        return Ok(());
    }
    Err(format!(
        "an API key must be {PREFIX} and then at least {GIVEN_CHARS_MIN} of the characters A-Z, a-z, 0-9, - and _, drawn \
         at random."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_keys_are_refused() {
        assert!(check_given("kk_ZtVw3mQ8yLr0Kp7xN2sF5bHd9cJgAeUi").is_ok());
        let weak = [
            "",
            "kk_",
            "kk_short",
            "ZtVw3mQ8yLr0Kp7xN2sF5bHd9cJgAeUi",
            "kk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "kk_ZtVw3mQ8yLr0Kp7xN2sF5bHd9cJgAeU ",
            "kk_ZtVw3mQ8yLr0Kp7xN2sF5bHd9cJgAeU\n",
        ];
        for text in weak {
            assert!(
                check_given(text).is_err_and(|why| !why.contains("ZtVw")),
                "{text:?}"
            );
        }
    }
}
