//! Users and channels for tests, and one user's way to the server.

use crate::history::{FinalRead, LogEntry, Recorder};
use klatch_client::{ClientError, Options, Rest, Socket};
use klatch_protocol::Event;
use klatch_protocol::command::channel::ChannelCreate;
use klatch_protocol::command::message::Send;
use klatch_protocol::frame::Ready;
use klatch_protocol::view::{Ack, Channel, Token, User};
use klatch_types::{
    ChannelId, ChannelKind, ClientKey, Clock, Seq, SystemClock, SystemEntropy, UserId, Visibility, limits,
};
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Makes users and channels in a space, with the space's API key.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// One way to each process of the server.
    doors: Arc<[Rest]>,
    turn: Arc<AtomicUsize>,
}

#[derive(Serialize)]
struct NewUser<'a> {
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
}

#[derive(Serialize)]
struct NewToken {
    user: UserId,
}

impl Tenant {
    pub(crate) fn new(doors: Vec<Rest>) -> Self {
        Self {
            doors: doors.into(),
            turn: Arc::default(),
        }
    }

    /// REST with the API key: the next process has its turn.
    pub fn rest(&self) -> &Rest {
        &self.doors[self.turn.fetch_add(1, Ordering::Relaxed) % self.doors.len()]
    }

    /// A new user without a password, signed in by a token.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn user(&self, username: &str) -> Result<TestClient, ClientError> {
        let user: User = self
            .rest()
            .post(
                "/v1/users",
                &NewUser {
                    username,
                    password: None,
                },
            )
            .await?;
        self.sign_in(user.id).await
    }

    /// A new user with a password. Errors as in [`Self::user`].
    pub async fn user_with_password(
        &self,
        username: &str,
        password: &str,
    ) -> Result<TestClient, ClientError> {
        let user: User = self
            .rest()
            .post(
                "/v1/users",
                &NewUser {
                    username,
                    password: Some(password),
                },
            )
            .await?;
        self.sign_in(user.id).await
    }

    /// Another client of a user. Errors as in [`Self::user`].
    pub async fn sign_in(&self, user: UserId) -> Result<TestClient, ClientError> {
        let rest = self.rest();
        let token: Token = rest.post("/v1/tokens", &NewToken { user }).await?;
        Ok(TestClient {
            rest: rest.with_token(&token.access_token),
            token: token.access_token,
            user: token.user,
        })
    }

    /// A new private group; the first of the members makes it and owns it. Errors as in [`Self::user`].
    ///
    /// # Panics
    /// There is no first member.
    pub async fn group(&self, name: &str, members: &[&TestClient]) -> Result<ChannelId, ClientError> {
        let (owner, others) = members.split_first().expect("a group has an owner");
        let create = ChannelCreate {
            kind: ChannelKind::Group,
            name: Some(name.parse().expect("tests give good names")),
            topic: None,
            visibility: Some(Visibility::Private),
            members: others.iter().map(|member| member.user.id).collect(),
            rules: None,
            // Without a key the first event of the log is the server's own: it is no operation of the history.
            key: None,
        };
        let made: Channel = owner.rest.create_channel(&create).await?;
        Ok(made.id)
    }
}

/// A key as clients make them.
pub(crate) fn new_key() -> ClientKey {
    ClientKey::new(SystemClock.now(), &SystemEntropy)
}

/// One user, with a token.
#[derive(Clone, Debug)]
pub struct TestClient {
    /// Who.
    pub user: User,
    /// The access token.
    pub token: String,
    rest: Rest,
}

impl TestClient {
    /// REST as this user.
    pub fn rest(&self) -> &Rest {
        &self.rest
    }

    /// A socket as this user, ready.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn connect(&self, options: Options) -> Result<(Socket, Arc<Ready>), ClientError> {
        Socket::connect(self.rest.base(), Arc::new(self.token.clone()), options).await
    }

    /// A message with a new key, not sent yet.
    pub fn message(&self, channel: ChannelId, text: impl Into<String>) -> Send {
        Send {
            channel,
            key: new_key(),
            text: text.into(),
            reply_to: None,
        }
    }

    /// Sends a text over REST, once. Errors as in [`Self::connect`].
    pub async fn say(&self, channel: ChannelId, text: impl Into<String>) -> Result<Ack, ClientError> {
        self.rest.send(&self.message(channel, text)).await
    }

    /// Sends over REST, once, and records how it went; `name` is this client's in the history. Errors as in
    /// [`Self::connect`].
    pub async fn send_recorded(
        &self,
        recorder: &Recorder,
        name: &str,
        node: &str,
        send: &Send,
    ) -> Result<Ack, ClientError> {
        let pending = recorder.send(name, self.user.id, node, send);
        let answer = self.rest.send(send).await;
        pending.settle(&answer);
        answer
    }

    /// All events of a channel from the first on, and their epoch. Errors as in [`Self::connect`].
    pub async fn events(&self, channel: ChannelId) -> Result<(String, Vec<Event>), ClientError> {
        let (mut events, mut after) = (Vec::new(), Seq::ZERO);
        loop {
            let page = self.rest.events(channel, after, limits::PAGE_MAX).await?;
            events.extend(page.events);
            let last = events.last().map_or(Seq::ZERO, |event: &Event| event.seq);
            if !page.more || last == after {
                return Ok((page.epoch, events));
            }
            after = last;
        }
    }

    /// A channel for the checker. Errors as in [`Self::connect`].
    pub async fn final_read(&self, channel: ChannelId) -> Result<FinalRead, ClientError> {
        let (epoch, events) = self.events(channel).await?;
        let entries = events.iter().map(LogEntry::from).collect();
        Ok(FinalRead {
            reader: self.user.username.clone(),
            channel,
            epoch,
            entries,
        })
    }
}
