//! Spaces and their policies, kept for a few seconds: operators change them from another process.

use crate::ChannelError;
use klatch_engine::row::SpaceRow;
use klatch_store::Directory;
use klatch_types::{Millis, SpaceId};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How old a kept space may be.
const FRESH: Duration = Duration::from_secs(5);
/// Spaces kept at most.
const KEPT_MAX: usize = 10_000;

type Kept = HashMap<SpaceId, (Arc<SpaceRow>, Millis)>;

#[derive(Debug, Default)]
pub(crate) struct SpaceCache(RwLock<Kept>);

impl SpaceCache {
    pub(crate) async fn get(
        &self,
        id: SpaceId,
        directory: &dyn Directory,
        now: Millis,
    ) -> Result<Arc<SpaceRow>, ChannelError> {
        if let Some((space, read_at)) = self.0.read().get(&id)
            && now.since(*read_at) < FRESH
        {
            return Ok(Arc::clone(space));
        }
        let space = Arc::new(directory.space(id).await?.ok_or(ChannelError::NotFound)?);
        let mut kept = self.0.write();
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(id, (Arc::clone(&space), now));
        Ok(space)
    }
}
