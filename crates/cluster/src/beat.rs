//! The heartbeat: telling the others of oneself, and giving up those who are silent.

use crate::cluster::Cluster;
use crate::message::Message;
use crate::{moves, overload, placement};
use klatch_fanout::Topic;
use klatch_types::{NodeId, limits};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// Silence of this very process after which it believes that it slept, and not that all others died.
const SLEPT: Duration = limits::NODE_HEARTBEAT.saturating_mul(2);

impl Cluster {
    /// Beats, gives up the silent, and moves clients away while this node is too full, for as long as the process
    /// runs. Never returns; may be dropped at any time. Say [`Self::bye`] afterwards.
    pub async fn run(&self) {
        let mut ticks = tokio::time::interval(limits::NODE_HEARTBEAT);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = self.clock.now();
        let mut moved = last;
        loop {
            ticks.tick().await;
            let now = self.clock.now();
            if now.saturating_sub(last) > SLEPT {
                self.registry.believe_until(now + limits::NODE_DEAD_AFTER);
            }
            last = now;
            let is_move = now.saturating_sub(moved) >= limits::MOVES_EVERY;
            if is_move {
                moved = now;
            }
            self.tick(now, is_move);
        }
    }

    /// One heartbeat.
    pub(crate) fn tick(&self, now: Duration, is_move: bool) {
        self.registry.expire(now);
        self.drain_again(now);
        if is_move {
            self.make_room();
        }
        self.beat();
        self.turned.send_replace(());
    }

    /// Tells everyone how this node is.
    pub fn beat(&self) {
        let connections = self.connections.count().min(limits::NODE_CAPACITY_MAX);
        self.registry.change_own(|card| {
            card.connections = connections;
            card.overloaded = overload::is_overloaded(card.overloaded, card.fill());
        });
        let card = self.registry.own();
        self.say(Topic::Everyone, &Message::Beat { card });
    }

    /// Says goodbye: the others place no clients here from now on. The last thing that a node says.
    pub fn bye(&self) {
        self.say(Topic::Everyone, &Message::Bye { node: self.id });
    }

    /// Tells how busy the machine is, 0.0 to 1.0; the next heartbeat carries it.
    pub fn set_load(&self, load: f64) {
        let load = if load.is_finite() {
            load.clamp(0.0, 1.0)
        } else {
            0.0
        };
        self.registry.change_own(|card| card.load = load);
    }

    /// Lets a newcomer know this node at once. The eldest also tells of servers registered from outside, which nobody
    /// would tell otherwise.
    pub(crate) fn welcome(&self, newcomer: NodeId) {
        let card = self.registry.own();
        self.say(Topic::Node(newcomer), &Message::Beat { card });
        let nodes = self.registry.nodes();
        let voices = nodes
            .iter()
            .filter(|card| !card.is_external() && card.id != newcomer);
        if voices.map(|card| card.id).min() != Some(self.id) {
            return;
        }
        for (card, left) in self.registry.externals(self.clock.now()) {
            let ttl_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
            self.say(Topic::Node(newcomer), &Message::External { card, ttl_ms });
        }
    }

    /// Splits digits and sends some clients elsewhere, if this node is too full.
    fn make_room(&self) {
        let own = self.registry.own();
        let nodes = self.registry.nodes();
        if self.strategy == crate::Strategy::Digits {
            let splits = placement::splits(&own, &nodes);
            self.registry.change_own(|card| card.split_digits = splits);
        }
        let clients = moves(&own, &nodes);
        if clients > 0 {
            tracing::info!(clients, fill = own.fill(), "too full: sending clients elsewhere");
            metrics::counter!("klatch_clients_moved_total").increment(u64::from(clients));
            self.connections.move_away(clients, limits::MOVES_EVERY);
        }
    }
}
