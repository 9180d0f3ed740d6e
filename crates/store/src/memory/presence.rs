//! Who shows nobody whether they are online.

use klatch_engine::memory::Tables;
use klatch_types::UserId;

pub(super) fn hide(tables: &mut Tables, user: UserId, hide: bool) {
    if hide {
        tables.presence_hidden.insert(user);
    } else {
        tables.presence_hidden.remove(&user);
    }
}

pub(super) fn hidden(tables: &Tables, users: &[UserId]) -> Vec<UserId> {
    let hidden = |user: &&UserId| tables.presence_hidden.contains(user);
    users.iter().filter(hidden).copied().collect()
}
