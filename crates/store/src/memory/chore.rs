//! Work that is due once in the whole cluster.

use klatch_engine::memory::Tables;
use klatch_types::Millis;
use std::time::Duration;

pub(super) fn claim(tables: &mut Tables, name: &str, every: Duration, now: Millis) -> bool {
    let believed_until = now.plus(every.saturating_mul(2));
    let due = tables.chores.get(name);
    let held = due.is_some_and(|due| *due > now && *due <= believed_until);
    if !held {
        tables.chores.insert(name.to_owned(), now.plus(every));
    }
    !held
}
