//! Keys of products' back ends: random, kept as hashes, acting as the system user of their space.

use super::refresh::sha256;
use super::{Auth, Revoked, refusal};
use crate::{Principal, SessionError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use klatch_store::row::{ApiKeyRow, FOR_GOOD};
use klatch_types::{ApiKeyId, DisplayName, SpaceId};

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
        let user = self.system_user(space).await?;
        let mut random = [0u8; 32];
        self.entropy.fill(&mut random);
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
        let now = self.clock.now();
        let row = ApiKeyRow {
            id: ApiKeyId::new(now, &*self.entropy),
            space,
            user: user.id,
            name: name.into(),
            hash: sha256(&text),
            created_at: now,
            revoked_at: None,
        };
        self.directory.api_key_add(row.clone()).await?;
        Ok((row, text))
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
        Ok(())
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
