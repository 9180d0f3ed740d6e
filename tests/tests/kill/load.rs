//! Who sends and who listens while the server is killed.

use klatch_client::Socket;
use klatch_testkit::TestClient;
use klatch_testkit::history::Recorder;
use klatch_types::{ChannelId, Seq};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;

/// One client that sends.
pub(crate) struct Talk {
    pub(crate) client: TestClient,
    pub(crate) name: String,
    pub(crate) channel: ChannelId,
    pub(crate) recorder: Recorder,
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) answered: watch::Sender<u64>,
}

impl Talk {
    /// Sends until told to stop, one message after the other, each tried with its key until the answer is definite.
    pub(crate) async fn run(self) {
        let mut number = 0;
        while !*self.stop.borrow() {
            let send = self
                .client
                .message(self.channel, format!("{} says {number}", self.name));
            number += 1;
            while let Err(error) = self
                .client
                .send_recorded(&self.recorder, &self.name, "one", &send)
                .await
            {
                assert!(error.is_retryable(), "{error}");
                tokio::time::sleep(Duration::from_millis(20)).await; // the back-off of this client
            }
            self.answered.send_modify(|count| *count += 1);
        }
    }
}

/// Records what a socket is given, across all of its resumptions, until every channel has come to its head.
pub(crate) async fn listen(
    mut socket: Socket,
    listener: TestClient,
    recorder: Recorder,
    mut until: watch::Receiver<Option<HashMap<ChannelId, Seq>>>,
) {
    let mut last = HashMap::new();
    let name = format!("listener-{}", listener.user.username);
    loop {
        let there = until.borrow_and_update().as_ref().is_some_and(|heads| {
            heads
                .iter()
                .all(|(channel, head)| last.get(channel).is_some_and(|seq| seq >= head))
        });
        if there {
            return;
        }
        tokio::select! {
            event = socket.next_event() => {
                let event = event.expect("the socket stays up");
                recorder.delivered(&name, listener.user.id, "one", &event);
                last.insert(event.channel, event.seq);
            }
            changed = until.changed() => changed.unwrap(),
        }
    }
}
