//! What the checker says.

use klatch_types::{ChannelId, ClientKey, Seq};

/// Whether the promises were kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// They were, and enough happened to say so.
    Kept,
    /// They were not.
    Broken(Vec<Violation>),
    /// Too little happened, and this is why.
    Unknown(String),
}

impl Verdict {
    /// Panics unless the promises were kept, with everything that is wrong.
    ///
    /// # Panics
    /// The verdict is not [`Verdict::Kept`].
    #[track_caller]
    pub fn assert_kept(&self) {
        match self {
            Self::Kept => {}
            Self::Unknown(why) => panic!("the history proves nothing: {why}"),
            Self::Broken(violations) => {
                let lines: Vec<_> = violations.iter().take(20).map(ToString::to_string).collect();
                panic!("{} promises broken:\n{}", violations.len(), lines.join("\n"));
            }
        }
    }
}

/// One broken promise.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // the sentences say what each is
pub enum Violation {
    #[error("{channel}: key {key} was acknowledged at {acked} and is not in the log")]
    Lost {
        channel: ChannelId,
        key: ClientKey,
        acked: Seq,
    },
    #[error("{channel}: key {key} was acknowledged at {acked} and stands at {found}")]
    Moved {
        channel: ChannelId,
        key: ClientKey,
        acked: Seq,
        found: Seq,
    },
    #[error("{channel}: key {key} is in the log twice, at {first} and {second}")]
    Duplicate {
        channel: ChannelId,
        key: ClientKey,
        first: Seq,
        second: Seq,
    },
    #[error("{channel}: nobody sent what stands at {seq}")]
    Phantom { channel: ChannelId, seq: Seq },
    #[error("{channel}: the text at {seq} is not what was sent")]
    Altered { channel: ChannelId, seq: Seq },
    #[error("{channel}: {seq} names an author who did not send it")]
    WrongAuthor { channel: ChannelId, seq: Seq },
    #[error("{channel}: {seq} is a tombstone and nobody deleted it")]
    Erased { channel: ChannelId, seq: Seq },
    #[error("{channel}: key {key} was told to have failed and stands at {seq}")]
    FailedButPresent {
        channel: ChannelId,
        key: ClientKey,
        seq: Seq,
    },
    #[error("{channel}: {after} is followed by {found}")]
    Hole {
        channel: ChannelId,
        after: Seq,
        found: Seq,
    },
    #[error("{channel}: {seq} says that {prev} is before it")]
    WrongPrev { channel: ChannelId, seq: Seq, prev: Seq },
    #[error("{channel}: key {key} was acknowledged at {one} and at {other}")]
    TwoAcks {
        channel: ChannelId,
        key: ClientKey,
        one: Seq,
        other: Seq,
    },
    #[error("{channel}: {earlier} was sent after {later} had been acknowledged")]
    Reordered {
        channel: ChannelId,
        earlier: Seq,
        later: Seq,
    },
    #[error("{channel}: {one} and {other} read different bytes at {seq}")]
    ReadersDiffer {
        channel: ChannelId,
        one: String,
        other: String,
        seq: Seq,
    },
    #[error("{channel}: {reader} was told of {said} unread messages and has {counted}")]
    Unread {
        channel: ChannelId,
        reader: String,
        said: u64,
        counted: u64,
    },
    #[error("{channel}: what {client} was given as {seq} is not what the log has there")]
    SawOtherBytes {
        client: String,
        channel: ChannelId,
        seq: Seq,
    },
    #[error("{channel}: {client} was given {seq} after {last}")]
    SawDisorder {
        client: String,
        channel: ChannelId,
        last: Seq,
        seq: Seq,
    },
    #[error("{channel}: {client} was given {seq} and was not a member")]
    SawOutside {
        client: String,
        channel: ChannelId,
        seq: Seq,
    },
    #[error("{channel}: operations were recorded and nobody read it at the end")]
    NotRead { channel: ChannelId },
}
