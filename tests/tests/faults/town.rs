//! Who is there: users of one space, the channels they are in, and the doors of the nodes.

use anyhow::Result;
use klatch_client::{ClientError, Rest};
use klatch_protocol::command::channel::ChannelCreate;
use klatch_protocol::view::{Channel, Token, User};
use klatch_testkit::history::Recorder;
use klatch_types::{
    ChannelId, ChannelKind, ClientKey, Clock, Seq, SystemClock, SystemEntropy, UserId, Visibility,
};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Tokens live ten minutes.
const TOKEN_USED_FOR: Duration = Duration::from_secs(240);
/// Longest wait of a call that is no part of the load.
const CALL_MAX: Duration = Duration::from_secs(20);

/// The nodes as clients know them, and what all clients write down.
pub(crate) struct Town {
    /// REST to each node, with the API key.
    doors: Vec<Rest>,
    /// The history.
    pub(crate) recorder: Recorder,
    /// Times at which a client lost its node and was served again.
    pub(crate) moves: Mutex<Vec<Move>>,
    /// What went wrong that no fault explains.
    pub(crate) troubles: Mutex<Vec<String>>,
}

/// A client's way from one node to where it was served next.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    /// The node it was at.
    pub(crate) from: usize,
    /// When that was over for it, in the recorder's nanoseconds.
    pub(crate) lost_ns: u64,
    /// When it was ready again.
    pub(crate) ready_ns: u64,
}

/// A user of the space with a token that is renewed in time.
pub(crate) struct Person {
    /// Unique.
    pub(crate) name: String,
    /// Their id.
    pub(crate) id: UserId,
    /// The node they prefer.
    pub(crate) home: usize,
    town: Arc<Town>,
    token: Mutex<Option<(String, Instant)>>,
}

/// A channel and who made it.
#[derive(Clone)]
pub(crate) struct Place {
    /// Its id.
    pub(crate) channel: ChannelId,
    /// Who may add and remove members.
    pub(crate) owner: Arc<Person>,
}

impl Town {
    /// The town of these nodes.
    pub(crate) fn new(bases: &[String], api_key: &str, recorder: Recorder) -> Result<Arc<Self>> {
        let door = |base: &String| Ok(Rest::new(base.clone())?.with_token(api_key));
        Ok(Arc::new(Self {
            doors: bases.iter().map(door).collect::<Result<_>>()?,
            recorder,
            moves: Mutex::default(),
            troubles: Mutex::default(),
        }))
    }

    /// How many nodes there are.
    pub(crate) fn nodes(&self) -> usize {
        self.doors.len()
    }

    /// A node's name in the history.
    pub(crate) fn node(&self, number: usize) -> String {
        format!("node-{}", number % self.nodes())
    }

    /// Address of a node.
    pub(crate) fn base(&self, node: usize) -> &str {
        self.doors[node % self.nodes()].base()
    }

    /// Writes down what no fault explains.
    pub(crate) fn trouble(&self, what: String) {
        self.troubles.lock().unwrap().push(what);
    }

    /// A new user.
    pub(crate) async fn person(self: &Arc<Self>, name: String, home: usize) -> Result<Arc<Person>> {
        let user: User = self.doors[home % self.nodes()]
            .post("/v1/users", &json!({ "username": name }))
            .await?;
        Ok(Arc::new(Person {
            name,
            id: user.id,
            home,
            town: Arc::clone(self),
            token: Mutex::default(),
        }))
    }

    /// A private channel of these people; the first owns it.
    pub(crate) async fn place(&self, name: &str, people: &[Arc<Person>]) -> Result<Place> {
        let create = ChannelCreate {
            kind: ChannelKind::Group,
            name: Some(name.parse().unwrap()),
            topic: None,
            visibility: Some(Visibility::Private),
            members: people[1..].iter().map(|person| person.id).collect(),
            rules: None,
            key: None,
        };
        let made: Channel = people[0]
            .door(people[0].home)
            .await?
            .create_channel(&create)
            .await?;
        Ok(Place {
            channel: made.id,
            owner: Arc::clone(&people[0]),
        })
    }
}

impl Person {
    /// REST as this user at a node.
    ///
    /// # Errors
    /// No node gives a token.
    pub(crate) async fn door(&self, node: usize) -> Result<Rest, ClientError> {
        let node = node % self.town.nodes();
        Ok(self.town.doors[node].with_token(self.token().await?))
    }

    /// A token that is valid for minutes, from whichever node gives one.
    pub(crate) async fn token(&self) -> Result<String, ClientError> {
        if let Some((token, since)) = self.token.lock().unwrap().as_ref()
            && since.elapsed() < TOKEN_USED_FOR
        {
            return Ok(token.clone());
        }
        let mut last = ClientError::Unknown;
        for node in (0..self.town.nodes()).map(|turn| (self.home + turn) % self.town.nodes()) {
            let body = json!({ "user": self.id });
            let asked = self.town.doors[node].post::<_, Token>("/v1/tokens", &body);
            match tokio::time::timeout(CALL_MAX / 4, asked).await {
                Ok(Ok(given)) => {
                    *self.token.lock().unwrap() = Some((given.access_token.clone(), Instant::now()));
                    return Ok(given.access_token);
                }
                Ok(Err(error)) => last = error,
                Err(_) => {}
            }
        }
        Err(last)
    }
}

/// How far someone has come in each channel.
pub(crate) type Progress = HashMap<ChannelId, Seq>;

/// A key as clients make them.
pub(crate) fn new_key() -> ClientKey {
    ClientKey::new(SystemClock.now(), &SystemEntropy)
}

/// A random number below `limit`.
pub(crate) fn below(limit: u64) -> u64 {
    let mut bytes = [0; 8];
    klatch_types::Entropy::fill(&SystemEntropy, &mut bytes);
    u64::from_le_bytes(bytes) % limit
}
