//! What went over the bus, for figures and for metrics.

use crate::bus::BusFigures;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug, Default)]
pub(super) struct Counters {
    sent_messages: AtomicU64,
    sent_bytes: AtomicU64,
    received_messages: AtomicU64,
    received_bytes: AtomicU64,
    dropped: AtomicU64,
}

impl Counters {
    /// A message went out with so many bytes of payload.
    pub(super) fn sent(&self, bytes: usize) {
        self.sent_messages.fetch_add(1, Ordering::Relaxed);
        self.sent_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        metrics::counter!("klatch_bus_sent_messages_total").increment(1);
        metrics::counter!("klatch_bus_sent_bytes_total").increment(bytes as u64);
    }

    /// A message came in with so many bytes of payload.
    pub(super) fn received(&self, bytes: usize) {
        self.received_messages.fetch_add(1, Ordering::Relaxed);
        self.received_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        metrics::counter!("klatch_bus_received_messages_total").increment(1);
        metrics::counter!("klatch_bus_received_bytes_total").increment(bytes as u64);
    }

    /// Payloads were not sent.
    pub(super) fn dropped(&self, payloads: usize) {
        if payloads > 0 {
            self.dropped.fetch_add(payloads as u64, Ordering::Relaxed);
            metrics::counter!("klatch_bus_dropped_total").increment(payloads as u64);
        }
    }

    /// Whether the bus is there.
    pub(super) fn is_up(&self, up: bool) {
        metrics::gauge!("klatch_bus_up").set(f64::from(u8::from(up)));
    }

    pub(super) fn figures(&self) -> BusFigures {
        BusFigures {
            sent_messages: self.sent_messages.load(Ordering::Relaxed),
            sent_bytes: self.sent_bytes.load(Ordering::Relaxed),
            received_messages: self.received_messages.load(Ordering::Relaxed),
            received_bytes: self.received_bytes.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
        }
    }
}
