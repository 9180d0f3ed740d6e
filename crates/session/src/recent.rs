//! A small cache whose entries are believed for a short time, because other processes may change what it holds.

use klatch_types::Millis;
use quick_cache::sync::Cache;
use std::hash::Hash;
use std::time::Duration;

/// Values by key, each believed for `life` after it was read.
pub(crate) struct Recent<K, V> {
    cache: Cache<K, (Millis, V)>,
    life: Duration,
}

impl<K: Hash + Eq, V: Clone> Recent<K, V> {
    pub(crate) fn new(entries_max: usize, life: Duration) -> Self {
        Self {
            cache: Cache::new(entries_max),
            life,
        }
    }

    /// The value, if it was read not long ago. A clock that was set back makes entries stale, not immortal.
    pub(crate) fn get(&self, key: &K, now: Millis) -> Option<V> {
        let (read_at, value) = self.cache.get(key)?;
        (read_at <= now && now.since(read_at) < self.life).then_some(value)
    }

    pub(crate) fn put(&self, key: K, value: V, now: Millis) {
        self.cache.insert(key, (now, value));
    }

    pub(crate) fn forget(&self, key: &K) {
        self.cache.remove(key);
    }

    pub(crate) fn forget_value_if(&self, gone: impl Fn(&V) -> bool) {
        self.cache.retain(|_, (_, value)| !gone(value));
    }

    pub(crate) fn forget_if(&self, gone: impl Fn(&K) -> bool) {
        self.cache.retain(|key, _| !gone(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_believed_for_its_life_and_not_when_the_clock_went_back() {
        let recent = Recent::new(8, Duration::from_secs(5));
        recent.put("a", 1, Millis(10_000));
        assert_eq!(recent.get(&"a", Millis(14_999)), Some(1));
        assert_eq!(recent.get(&"a", Millis(15_000)), None);
        assert_eq!(recent.get(&"a", Millis(9_999)), None);
        recent.forget(&"a");
        assert_eq!(recent.get(&"a", Millis(10_000)), None);
    }
}
