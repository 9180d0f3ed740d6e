//! Which nodes hold a user's connections (S2.4, S4.5): asked, not kept.

use crate::cluster::Cluster;
use crate::message::Message;
use crate::{ClusterError, Connection};
use klatch_fanout::Topic;
use klatch_types::{Entropy, NodeId, UserId, limits};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A node that has connections of the user.
#[derive(Clone, Debug, PartialEq)]
pub struct Holder {
    /// The node.
    pub node: NodeId,
    /// Its base address; empty if it is not known, or is the one at which clients come.
    pub url: String,
    /// The connections, at most [`limits::WHO_CONNECTIONS_MAX`].
    pub connections: Vec<Connection>,
}

type Answer = (NodeId, Vec<Connection>);

/// Questions of this node that are open.
pub(crate) struct Questions {
    entropy: Arc<dyn Entropy>,
    open: Mutex<HashMap<u64, mpsc::Sender<Answer>>>,
}

impl Questions {
    pub(crate) fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self {
            entropy,
            open: Mutex::default(),
        }
    }

    fn ask(&self) -> Result<(OpenQuestion<'_>, mpsc::Receiver<Answer>), ClusterError> {
        let mut random = [0u8; 8];
        self.entropy.fill(&mut random);
        // Half the bits, so that every JSON reader keeps the number whole.
        let id = u64::from_le_bytes(random) >> 11;
        let mut open = self.open.lock();
        if open.len() >= limits::WHO_QUESTIONS_MAX {
            return Err(ClusterError::TooManyQuestions);
        }
        let (sender, answers) = mpsc::channel(limits::NODES_MAX);
        open.insert(id, sender);
        Ok((OpenQuestion { questions: self, id }, answers))
    }
}

/// Forgets the question when nobody waits any more.
struct OpenQuestion<'a> {
    questions: &'a Questions,
    id: u64,
}

impl Drop for OpenQuestion<'_> {
    fn drop(&mut self) {
        self.questions.open.lock().remove(&self.id);
    }
}

impl Cluster {
    /// Which nodes hold connections of a user: this one, and those that say so within [`limits::WHO_WAIT`]. By node.
    ///
    /// # Errors
    /// Too many questions are open already.
    pub async fn who(&self, user: UserId) -> Result<Vec<Holder>, ClusterError> {
        let mut found = HashMap::new();
        let own = self.held(user);
        if !own.is_empty() {
            found.insert(self.id, own);
        }
        let has_others = self
            .nodes()
            .iter()
            .any(|card| card.id != self.id && !card.is_external());
        if has_others {
            let (question, mut answers) = self.questions.ask()?;
            let message = Message::Who {
                user,
                asker: self.id,
                question: question.id,
            };
            self.say(Topic::User(user), &message);
            let until = tokio::time::Instant::now() + limits::WHO_WAIT;
            while let Ok(Some((node, connections))) = tokio::time::timeout_at(until, answers.recv()).await {
                found.insert(node, connections);
            }
        }
        let mut holders: Vec<_> = found
            .into_iter()
            .map(|(node, connections)| Holder {
                node,
                url: self.registry.node(node).map(|card| card.url).unwrap_or_default(),
                connections,
            })
            .collect();
        holders.sort_unstable_by_key(|holder| holder.node);
        Ok(holders)
    }

    pub(crate) fn answer(&self, user: UserId, asker: NodeId, question: u64) {
        let connections = self.held(user);
        if connections.is_empty() {
            return;
        }
        let message = Message::Holds {
            node: self.id,
            question,
            connections,
        };
        self.say(Topic::Node(asker), &message);
    }

    pub(crate) fn heard_answer(&self, node: NodeId, question: u64, mut connections: Vec<Connection>) {
        connections.truncate(limits::WHO_CONNECTIONS_MAX);
        let asker = self.questions.open.lock().get(&question).cloned();
        if let Some(asker) = asker.filter(|_| !connections.is_empty()) {
            // More answers than nodes are nobody's.
            let _ = asker.try_send((node, connections));
        }
    }

    fn held(&self, user: UserId) -> Vec<Connection> {
        let mut connections = self.connections.of_user(user);
        connections.truncate(limits::WHO_CONNECTIONS_MAX);
        connections
    }
}
