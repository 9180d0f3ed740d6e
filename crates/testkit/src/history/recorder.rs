//! Keeps a history while a test runs, one JSON line per entry if a file is given.

use super::History;
use super::entry::{Entry, Fault, Kind, Operation, Outcome, hash_event, hash_text};
use klatch_client::ClientError;
use klatch_protocol::Event;
use klatch_protocol::command::message::Send;
use klatch_protocol::view::Ack;
use klatch_types::UserId;
use parking_lot::Mutex;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Records from many tasks at once. Cloning shares the history.
#[derive(Clone, Debug)]
pub struct Recorder {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    began: Instant,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    history: History,
    file: Option<BufWriter<File>>,
}

/// An operation that has begun. Dropped without an end it is recorded as unknown, so that a cancelled task cannot
/// hide a send.
#[derive(Debug)]
pub struct Pending {
    recorder: Recorder,
    operation: Option<Operation>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            shared: Arc::new(Shared {
                began: Instant::now(),
                kept: Mutex::default(),
            }),
        }
    }
}

impl Recorder {
    /// A recorder that also writes to a file, for looking at after a failure.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn to_file(path: &Path) -> std::io::Result<Self> {
        let recorder = Self::default();
        recorder.shared.kept.lock().file = Some(BufWriter::new(File::create(path)?));
        Ok(recorder)
    }

    /// Nanoseconds since the recorder was made.
    pub fn now_ns(&self) -> u64 {
        u64::try_from(self.shared.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// A send begins.
    pub fn send(&self, client: &str, user: UserId, node: &str, send: &Send) -> Pending {
        let now = self.now_ns();
        self.begin(Operation {
            client: client.to_owned(),
            user,
            node: node.to_owned(),
            invoke_ns: now,
            complete_ns: now,
            kind: Kind::Send,
            channel: send.channel,
            key: Some(send.key),
            body: Some(hash_text(&send.text)),
            outcome: Outcome::Unknown,
            seq: None,
            prev: None,
            target: None,
            epoch: None,
        })
    }

    /// Any operation begins; its times and outcome are filled in here.
    pub fn begin(&self, mut operation: Operation) -> Pending {
        operation.invoke_ns = self.now_ns();
        operation.outcome = Outcome::Unknown;
        Pending {
            recorder: self.clone(),
            operation: Some(operation),
        }
    }

    /// An event was handed to a client.
    pub fn delivered(&self, client: &str, user: UserId, node: &str, event: &Event) {
        let now = self.now_ns();
        self.keep(Entry::Operation(Operation {
            client: client.to_owned(),
            user,
            node: node.to_owned(),
            invoke_ns: now,
            complete_ns: now,
            kind: Kind::Deliver,
            channel: event.channel,
            key: event.key,
            body: Some(hash_event(event)),
            outcome: Outcome::Ok,
            seq: Some(event.seq),
            prev: Some(event.prev),
            target: None,
            epoch: None,
        }));
    }

    /// Something is broken on purpose, now. Call it right before.
    pub fn fault(&self, what: &str, node: &str) {
        self.keep(Entry::Fault(Fault {
            what: what.to_owned(),
            node: node.to_owned(),
            at_ns: self.now_ns(),
        }));
    }

    /// What has been recorded. Pending operations are not in it yet.
    pub fn history(&self) -> History {
        self.shared.kept.lock().history.clone()
    }

    fn keep(&self, entry: Entry) {
        let mut kept = self.shared.kept.lock();
        if let Some(file) = &mut kept.file {
            let line = serde_json::to_string(&entry).expect("entries have string keys");
            // The file is for looking at; the verdict comes from what is in memory.
            let _ = writeln!(file, "{line}").and_then(|()| file.flush());
        }
        kept.history.entries.push(entry);
    }
}

impl Pending {
    /// It was acknowledged.
    pub fn ok(self, ack: &Ack) {
        self.end(Outcome::Ok, Some(ack));
    }

    /// It certainly did not take effect.
    pub fn fail(self) {
        self.end(Outcome::Fail, None);
    }

    /// Nobody knows.
    pub fn unknown(self) {
        self.end(Outcome::Unknown, None);
    }

    /// It ended as a call did.
    pub fn settle(self, answer: &Result<Ack, ClientError>) {
        match answer {
            Ok(ack) => self.ok(ack),
            Err(error) if error.is_definite() => self.fail(),
            Err(_) => self.unknown(),
        }
    }

    fn end(mut self, outcome: Outcome, ack: Option<&Ack>) {
        if let Some(mut operation) = self.operation.take() {
            operation.outcome = outcome;
            operation.seq = ack.map(|ack| ack.seq);
            operation.prev = ack.map(|ack| ack.prev);
            operation.complete_ns = self.recorder.now_ns();
            self.recorder.keep(Entry::Operation(operation));
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(mut operation) = self.operation.take() {
            operation.complete_ns = self.recorder.now_ns();
            self.recorder.keep(Entry::Operation(operation));
        }
    }
}
