//! Someone with a connection to one node, who keeps what a good client keeps.

use crate::node::{Node, actor};
use klatch_channel::Turn;
use klatch_fanout::Taken;
use klatch_log::{Order, ReadPage};
use klatch_protocol::CloseCode;
use klatch_protocol::frame::Hello;
use klatch_session::{Principal, Session};
use klatch_types::{ChannelId, ClientKey, Clock, Seq, SystemClock, SystemEntropy, limits};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A user's connection to a node.
pub(crate) struct Person {
    pub(crate) who: Principal,
    session: Session,
    /// The last position of each channel.
    pub(crate) last: HashMap<ChannelId, Seq>,
    /// Every event that was new, in the order it came, and whether something was missing before it.
    pub(crate) seen: Vec<(ChannelId, Seq, String)>,
    pub(crate) holes: usize,
    /// Why the connection was closed, if it was.
    pub(crate) closed: Option<CloseCode>,
    /// Frames that are not events.
    pub(crate) signals: Vec<&'static str>,
}

impl Person {
    /// Connects; resumes from what `last` says.
    pub(crate) async fn connect(node: &Node, who: &Principal, last: HashMap<ChannelId, Seq>) -> Self {
        let hello = Hello {
            token: None,
            client: None,
            shape: None,
            epoch: None,
            cursors: last.clone(),
            pull: false,
        };
        let (session, frames) = node.sessions.open(who.clone(), &hello).await.unwrap();
        let mut person = Self {
            who: who.clone(),
            session,
            last,
            seen: Vec::new(),
            holes: 0,
            closed: None,
            signals: Vec::new(),
        };
        for frame in frames {
            person.hear(&frame.payload());
        }
        person
    }

    /// Takes what waits in the outbox.
    pub(crate) fn take(&mut self) {
        loop {
            let mut frames = VecDeque::new();
            let mut context = Context::from_waker(Waker::noop());
            let outbox = Arc::clone(&self.session.outbox);
            let taken = outbox.poll_take(
                &mut context,
                &mut usize::MAX.clone(),
                &mut usize::MAX.clone(),
                &mut frames,
            );
            match taken {
                Poll::Ready(Taken::Frames) => frames.iter().for_each(|frame| self.hear(&frame.payload())),
                Poll::Ready(Taken::Close(code)) => {
                    self.closed = Some(code);
                    return;
                }
                Poll::Pending => return,
            }
        }
    }

    fn hear(&mut self, json: &[u8]) {
        let frame: serde_json::Value = serde_json::from_slice(json).unwrap();
        let id = |value: &serde_json::Value| value.as_str().unwrap().parse::<ChannelId>().unwrap();
        for line in frame["ready"]["channels"].as_array().into_iter().flatten() {
            let head = Seq(line["head"].as_u64().unwrap());
            self.last.entry(id(&line["channel"])).or_insert(head);
        }
        let signals = ["typing", "cursor"].into_iter();
        self.signals
            .extend(signals.filter(|name| frame.get(name).is_some()));
        for event in frame["events"].as_array().into_iter().flatten() {
            let (channel, seq) = (id(&event["channel"]), Seq(event["seq"].as_u64().unwrap()));
            let kind = event["type"].as_str().unwrap().to_owned();
            let last = self.last.entry(channel).or_insert(seq.prev());
            if seq <= *last {
                continue; // clients drop what they have
            }
            if seq != last.next() {
                self.holes += 1;
            }
            *last = seq;
            if kind == "member.removed" && event["user"] == self.who.user.to_string().as_str() {
                self.last.remove(&channel);
            }
            self.seen.push((channel, seq, kind));
        }
    }

    /// Says something, on any node; where it stands.
    pub(crate) async fn say(&self, node: &Node, channel: ChannelId) -> Seq {
        let speaker = actor(&self.who);
        let key = ClientKey::new(SystemClock.now(), &SystemEntropy);
        let sent = node
            .channels
            .send(&speaker, channel, key, "hello".into(), None, Turn::alone());
        sent.await.unwrap().seq
    }

    /// Takes what comes until the channel has got this far here; panics if it does not within a minute of test time.
    pub(crate) async fn until(&mut self, channel: ChannelId, seq: Seq) {
        for _ in 0..6_000 {
            self.take();
            if self.last.get(&channel).is_some_and(|last| *last >= seq) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!(
            "{} stands at {:?} of {channel} and not at {seq}",
            self.who.username,
            self.last.get(&channel)
        );
    }

    /// Lets time pass, and takes what comes.
    pub(crate) async fn wait(&mut self, time: std::time::Duration) {
        tokio::time::sleep(time).await;
        self.take();
    }
}

/// Where a channel stands in the log.
pub(crate) async fn head(node: &Node, channel: ChannelId) -> Seq {
    let page = ReadPage {
        after: Seq::ZERO,
        before: None,
        order: Order::Descending,
        messages_only: false,
        limit: limits::PAGE_DEFAULT,
    };
    let events = node.channels.log().read(channel, page).await.unwrap();
    events.first().map_or(Seq::ZERO, |event| event.seq)
}
