//! Usernames of people who wrote something, for clients that know no ids.

use crate::recent::Recent;
use crate::{SessionError, Sessions};
use klatch_types::UserId;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Names kept in memory.
const NAMES_CACHED_MAX: usize = 50_000;
/// How long a name is believed before the directory is asked again.
const NAMES_BELIEVED_FOR: Duration = Duration::from_secs(10);

/// Usernames read not long ago.
pub(crate) struct Names(Recent<UserId, Arc<str>>);

impl Default for Names {
    fn default() -> Self {
        Self(Recent::new(NAMES_CACHED_MAX, NAMES_BELIEVED_FOR))
    }
}

impl Sessions {
    /// The usernames of these users, to label what the caller may read anyway; unknown users are left out.
    ///
    /// # Errors
    /// Failures of the directory.
    pub async fn usernames(
        &self,
        users: impl IntoIterator<Item = UserId> + Send,
    ) -> Result<HashMap<UserId, Arc<str>>, SessionError> {
        let now = self.channels.now();
        let mut known = HashMap::new();
        let mut unknown = Vec::new();
        for user in users {
            match self.names.0.get(&user, now) {
                Some(name) => drop(known.insert(user, name)),
                None => unknown.push(user),
            }
        }
        unknown.sort_unstable();
        unknown.dedup();
        if unknown.is_empty() {
            return Ok(known);
        }
        for row in self.directory.users(&unknown).await? {
            let name: Arc<str> = row.username.into();
            self.names.0.put(row.id, Arc::clone(&name), now);
            known.insert(row.id, name);
        }
        Ok(known)
    }
}
