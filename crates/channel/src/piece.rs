//! What is handed to listeners: frames of plain events, and events that change who may do what, each alone.

use crate::fact::{Fact, kind};
use crate::{Channels, to_wire};
use klatch_fanout::Frame;
use klatch_log::EventRow;
use klatch_protocol::codec;
use klatch_types::{ChannelId, Seq, UserId, limits};

/// What surrounds the events of one frame.
const OPEN: &[u8] = br#"{"events":["#;
const CLOSE: &[u8] = b"]}";

/// A part of a channel's log on its way to listeners.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    /// Events without a hole between them that change nobody's rights, encoded together. No frame if this version knows
    /// none of them.
    Plain {
        /// Position of the first.
        first: Seq,
        /// Position of the last.
        last: Seq,
        /// All of them, encoded.
        frame: Option<Frame>,
    },
    /// One event that changes who may do what.
    Access(Box<EventRow>),
}

impl Piece {
    pub(crate) fn first(&self) -> Seq {
        match self {
            Self::Plain { first, .. } => *first,
            Self::Access(row) => row.seq,
        }
    }

    pub(crate) fn last(&self) -> Seq {
        match self {
            Self::Plain { last, .. } => *last,
            Self::Access(row) => row.seq,
        }
    }

    /// What a listener gets.
    pub(crate) fn frame(&self) -> Option<Frame> {
        match self {
            Self::Plain { frame, .. } => frame.clone(),
            Self::Access(row) => access_frame(row),
        }
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Plain { frame, .. } => frame.as_ref().map_or(0, |frame| frame.wire().len()),
            Self::Access(row) => row.payload.len() + size_of::<EventRow>(),
        }
    }

    /// Hands it to the channel's listeners on this node. An event that changes who may do what moves subscriptions
    /// exactly at itself: who comes hears it as the first, who goes hears it as the last. `follows` tells whether the
    /// channel's state in memory has followed every event before this one; if not, it is forgotten and read again.
    pub(crate) fn deliver(&self, channels: &Channels, channel: ChannelId, follows: bool) {
        match self {
            Self::Plain { frame, first, last } => {
                publish(channels, channel, frame.as_ref(), (*first, *last), &[]);
            }
            Self::Access(row) => deliver_access(channels, row, follows),
        }
    }
}

/// Events of one channel as pieces.
#[derive(Default)]
pub(crate) struct Pieces {
    done: Vec<Piece>,
    json: Vec<u8>,
    span: Option<(Seq, Seq)>,
}

impl Pieces {
    /// Adds the next event; `encode` is whether anyone will read it.
    pub(crate) fn add(&mut self, row: &EventRow, encode: bool) {
        if kind::is_access(row.kind) {
            self.cut();
            self.done.push(Piece::Access(Box::new(row.clone())));
            return;
        }
        if self.span.is_some_and(|(_, last)| last.next() != row.seq) {
            self.cut();
        }
        if encode && let Some(event) = to_wire::event(row) {
            let json = codec::write(&event);
            if self.json.len() + json.len() + CLOSE.len() + 1 > limits::EVENTS_FRAME_BYTES_MAX {
                self.cut();
            }
            self.json
                .extend_from_slice(if self.json.is_empty() { OPEN } else { b"," });
            self.json.extend_from_slice(&json);
        }
        let (_, last) = self.span.get_or_insert((row.seq, row.seq));
        *last = row.seq;
    }

    /// All of them.
    pub(crate) fn finish(mut self) -> Vec<Piece> {
        self.cut();
        self.done
    }

    fn cut(&mut self) {
        let Some((first, last)) = self.span.take() else {
            return;
        };
        let frame = (!self.json.is_empty()).then(|| {
            self.json.extend_from_slice(CLOSE);
            Frame::text(&self.json)
        });
        self.json.clear();
        self.done.push(Piece::Plain { first, last, frame });
    }
}

fn publish(
    channels: &Channels,
    channel: ChannelId,
    frame: Option<&Frame>,
    span: (Seq, Seq),
    concerned: &[UserId],
) {
    if let Some(frame) = frame {
        channels.ranges.heard(channel, frame);
        let heard = channels.parts.hub.publish(channel, frame, span, concerned);
        metrics::counter!("klatch_frames_fanned_out_total").increment(heard as u64);
    }
}

fn deliver_access(channels: &Channels, row: &EventRow, follows: bool) {
    let channel = row.channel;
    let Some(fact) = Fact::of(row) else {
        // Of a newer version: what it changed is read from the directory.
        channels.states.remove(&channel);
        return;
    };
    if !follows {
        channels.states.remove(&channel);
    } else if let Some(state) = channels.states.get(&channel) {
        state.write().apply(row, &fact);
    }
    let hub = &channels.parts.hub;
    let mut concerned = fact.comes();
    for user in &concerned {
        hub.subscribe_user(channel, *user);
    }
    concerned.extend(fact.goes());
    if hub.has_listeners(channel) {
        let span = (row.seq, row.seq);
        publish(channels, channel, access_frame(row).as_ref(), span, &concerned);
    }
    if let Some(user) = fact.goes() {
        hub.unsubscribe_user(channel, user);
    }
}

/// The frame of one event; none if this version does not know it.
fn access_frame(row: &EventRow) -> Option<Frame> {
    let event = to_wire::event(row)?;
    Some(Frame::text(&[OPEN, &codec::write(&event), CLOSE].concat()))
}
