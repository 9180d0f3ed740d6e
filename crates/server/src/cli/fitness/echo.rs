//! A message to oneself: from sending it to hearing it.

use super::subject::Subject;
use anyhow::{Context, bail};
use klatch_client::{Connection, Incoming};
use klatch_protocol::Hello;
use klatch_types::{ChannelId, ClientKey, Clock, SystemClock, SystemEntropy};
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// The longest that a message may take (S0.11); then the server is down.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A socket in the group.
pub(super) struct Echo {
    connection: Connection,
    group: ChannelId,
    next: u64,
}

/// Opens a socket and says hello.
///
/// # Errors
/// The server cannot be reached, or refuses.
pub(super) async fn greet(base: &str, token: String) -> anyhow::Result<Connection> {
    let mut connection = Connection::open(base).await?;
    let hello = Hello {
        token: Some(token),
        client: Some("klatch fitness".to_owned()),
        shape: None,
        epoch: None,
        cursors: HashMap::new(),
        pull: false,
    };
    connection.hello(&hello).await?;
    Ok(connection)
}

/// A message to the group, as a frame.
pub(super) fn frame(id: u64, group: ChannelId, text: &str) -> (ClientKey, String) {
    let key = ClientKey::new(SystemClock.now(), &SystemEntropy);
    let frame = json!({ "id": id, "op": "send", "channel": group, "key": key, "text": text });
    (key, frame.to_string())
}

impl Echo {
    /// A guest of this name, connected and in the group. Errors as in [`greet`].
    pub(super) async fn open(subject: &Subject, name: &str) -> anyhow::Result<Self> {
        let group = subject.prepare().await?;
        let token = subject.guest(name, true).await?;
        Ok(Self {
            connection: greet(subject.base(), token).await?,
            group,
            next: 0,
        })
    }

    /// Sends a message and waits until it has been heard and acknowledged; how long it took to be heard.
    ///
    /// # Errors
    /// It was refused, or did not come in [`PATIENCE`].
    pub(super) async fn once(&mut self) -> anyhow::Result<Duration> {
        self.next += 1;
        let id = self.next;
        let (key, frame) = frame(id, self.group, "Are you well?");
        let began = Instant::now();
        let heard = async {
            self.connection.send_text(frame).await?;
            let (mut heard, mut acked) = (None, false);
            loop {
                match self.connection.next().await? {
                    Incoming::Events(events) if events.iter().any(|event| event.key == Some(key)) => {
                        heard = Some(began.elapsed());
                    }
                    Incoming::Answer(Some(re), answer) if re == id => match answer {
                        Ok(_) => acked = true,
                        Err(problem) => bail!("{}: {}", problem.code.as_str(), problem.title),
                    },
                    _ => {}
                }
                if let (Some(heard), true) = (heard, acked) {
                    return Ok(heard);
                }
            }
        };
        let told = tokio::time::timeout(PATIENCE, heard).await;
        told.context("the message did not come back in time")?
    }
}

/// One message to oneself, over a socket that is opened if there is none; it is kept if it is good.
///
/// # Errors
/// The server is down: it cannot be reached, refuses, or does not answer in time.
pub(super) async fn probe(subject: &Subject, kept: &mut Option<Echo>) -> anyhow::Result<Duration> {
    let probing = async {
        let mut echo = match kept.take() {
            Some(echo) => echo,
            None => Echo::open(subject, "probe").await?,
        };
        let took = echo.once().await?;
        anyhow::Ok((echo, took))
    };
    let (echo, took) = tokio::time::timeout(PATIENCE, probing)
        .await
        .context("no answer in time")??;
    *kept = Some(echo);
    Ok(took)
}
