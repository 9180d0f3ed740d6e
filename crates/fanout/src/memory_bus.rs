//! Several nodes in one process, for tests and simulations, with the faults a network has.

use crate::bus::{Bus, BusFigures, Inbox, Topic};
use crate::door::Door;
use crate::framing::BUS_PAYLOAD_BYTES_MAX;
use async_trait::async_trait;
use bytes::Bytes;
use klatch_types::NodeId;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// A network of nodes in one process. Clones are the same network.
#[derive(Clone, Debug, Default)]
pub struct MemoryNet {
    state: Arc<Mutex<Net>>,
}

#[derive(Debug, Default)]
struct Net {
    members: Vec<Member>,
    joined: u64,
    /// How many of the next payloads get lost.
    to_lose: usize,
    /// What is under way while the network is held.
    held: Option<Vec<UnderWay>>,
}

#[derive(Debug)]
struct Member {
    id: u64,
    node: NodeId,
    door: Door,
    listens: HashSet<Topic>,
    cut: bool,
    figures: BusFigures,
}

#[derive(Debug)]
struct UnderWay {
    from: u64,
    topic: Topic,
    payload: Bytes,
}

impl MemoryNet {
    /// A network without nodes.
    pub fn new() -> Self {
        Self::default()
    }

    /// A node joins and is up at once. It leaves when its bus is dropped.
    pub fn join(&self, node: NodeId) -> (MemoryBus, Inbox) {
        let (mut door, inbox) = Door::new();
        door.up();
        let mut net = self.state.lock();
        net.joined += 1;
        let id = net.joined;
        net.members.push(Member {
            id,
            node,
            door,
            listens: HashSet::new(),
            cut: false,
            figures: BusFigures::default(),
        });
        let bus = MemoryBus {
            id,
            net: self.clone(),
        };
        (bus, inbox)
    }

    /// The node no longer reaches the others: it sees `Down`, and what is said from and to it is lost.
    pub fn cut(&self, node: NodeId) {
        for member in self
            .state
            .lock()
            .members
            .iter_mut()
            .filter(|member| member.node == node)
        {
            member.cut = true;
            member.door.down();
        }
    }

    /// The node reaches the others again and sees `Up`.
    pub fn heal(&self, node: NodeId) {
        for member in self
            .state
            .lock()
            .members
            .iter_mut()
            .filter(|member| member.node == node)
        {
            member.cut = false;
            member.door.up();
        }
    }

    /// The next `payloads` get lost without anyone being told.
    pub fn lose(&self, payloads: usize) {
        self.state.lock().to_lose += payloads;
    }

    /// From now on nothing arrives, until [`Self::release`].
    pub fn hold(&self) {
        self.state.lock().held.get_or_insert_default();
    }

    /// What was held arrives, in the order of each sender and topic, but mixed across them: one of each in turn, those
    /// who spoke last first.
    pub fn release(&self) {
        let mut net = self.state.lock();
        let mut lanes: Vec<((u64, Topic), VecDeque<UnderWay>)> = Vec::new();
        let mut index = HashMap::new();
        for under_way in net.held.take().unwrap_or_default() {
            let key = (under_way.from, under_way.topic);
            let at = *index.entry(key).or_insert_with(|| {
                lanes.push((key, VecDeque::new()));
                lanes.len() - 1
            });
            lanes[at].1.push_back(under_way);
        }
        while !lanes.is_empty() {
            for (_, lane) in lanes.iter_mut().rev() {
                if let Some(under_way) = lane.pop_front() {
                    net.deliver(under_way);
                }
            }
            lanes.retain(|(_, lane)| !lane.is_empty());
        }
    }
}

impl Net {
    fn member(&mut self, id: u64) -> &mut Member {
        let found = self.members.iter_mut().find(|member| member.id == id);
        found.expect("a member stays until its bus is dropped")
    }

    fn say(&mut self, from: u64, topic: Topic, payload: Bytes) {
        let sender = self.member(from);
        if sender.cut || payload.len() > BUS_PAYLOAD_BYTES_MAX {
            sender.figures.dropped += 1;
            return;
        }
        sender.figures.sent_messages += 1;
        sender.figures.sent_bytes += payload.len() as u64;
        if self.to_lose > 0 {
            self.to_lose -= 1;
            return;
        }
        let under_way = UnderWay { from, topic, payload };
        match &mut self.held {
            Some(held) => held.push(under_way),
            None => self.deliver(under_way),
        }
    }

    fn deliver(&mut self, under_way: UnderWay) {
        let UnderWay { from, topic, payload } = under_way;
        let hears =
            |member: &&mut Member| member.id != from && !member.cut && member.listens.contains(&topic);
        for member in self.members.iter_mut().filter(hears) {
            member.figures.received_messages += 1;
            member.figures.received_bytes += payload.len() as u64;
            member.door.said(topic, payload.clone());
        }
    }
}

/// One node's end of a [`MemoryNet`].
#[derive(Debug)]
pub struct MemoryBus {
    id: u64,
    net: MemoryNet,
}

impl Drop for MemoryBus {
    fn drop(&mut self) {
        self.net
            .state
            .lock()
            .members
            .retain(|member| member.id != self.id);
    }
}

#[async_trait]
impl Bus for MemoryBus {
    fn say(&self, topic: Topic, payload: Bytes) {
        self.net.state.lock().say(self.id, topic, payload);
    }

    fn listen(&self, topic: Topic) {
        self.net.state.lock().member(self.id).listens.insert(topic);
    }

    fn ignore(&self, topic: Topic) {
        self.net.state.lock().member(self.id).listens.remove(&topic);
    }

    async fn settled(&self) {}

    fn is_up(&self) -> bool {
        !self.net.state.lock().member(self.id).cut
    }

    fn figures(&self) -> BusFigures {
        self.net.state.lock().member(self.id).figures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Incoming;
    use klatch_types::{Millis, SeededEntropy};

    fn heard(inbox: &mut Inbox) -> Vec<u8> {
        std::iter::from_fn(|| inbox.try_recv().ok())
            .filter_map(|incoming| match incoming {
                Incoming::Said { payload, .. } => Some(payload[0]),
                _ => None,
            })
            .collect()
    }

    fn three() -> (MemoryNet, [(MemoryBus, Inbox); 3]) {
        let net = MemoryNet::new();
        let entropy = SeededEntropy::new(1);
        let nodes = [(); 3].map(|()| net.join(NodeId::new(Millis(1), &entropy)));
        nodes.iter().for_each(|(bus, _)| bus.listen(Topic::Everyone));
        (net, nodes)
    }

    #[test]
    fn held_payloads_keep_each_senders_order_only() {
        let (net, [(a, _), (b, _), (_c, mut inbox)]) = three();
        net.hold();
        for n in 0..3 {
            a.say(Topic::Everyone, Bytes::from(vec![n]));
        }
        for n in 10..13 {
            b.say(Topic::Everyone, Bytes::from(vec![n]));
        }
        assert!(heard(&mut inbox).is_empty());
        net.release();
        assert_eq!(heard(&mut inbox), [10, 0, 11, 1, 12, 2]);
    }

    #[test]
    fn lost_payloads_are_lost_for_everyone_and_counted_as_sent() {
        let (net, [(a, _a), (_b, mut b_hears), (_c, mut c_hears)]) = three();
        net.lose(2);
        for n in 0..4 {
            a.say(Topic::Everyone, Bytes::from(vec![n]));
        }
        assert_eq!(heard(&mut b_hears), [2, 3]);
        assert_eq!(heard(&mut c_hears), [2, 3]);
        assert_eq!(a.figures().sent_messages, 4);
    }
}
