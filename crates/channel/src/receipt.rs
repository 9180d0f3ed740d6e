//! Who has received and read what, told to the others (S4.1). Best effort and never on the way of a message: cursors
//! that moved are noted, and one task of the node tells of them, a channel's together. In channels with more than
//! [`limits::RECEIPT_MEMBERS_MAX`] members nobody is told, and whoever wants to know asks.

mod hiding;
mod waiting;

pub(crate) use hiding::ShownReceipts;

use crate::channels::SharedState;
use crate::{Actor, ChannelError, Channels};
use hiding::Hiding;
use klatch_fanout::Frame;
use klatch_protocol::frame::{Receipt, ReceiptSignal};
use klatch_protocol::{ServerFrame, codec, view};
use klatch_store::CursorRow;
use klatch_types::{ChannelId, ChannelKind, Seq, UserId, limits};
use std::collections::HashSet;
use waiting::{Board, Moved, Waiting};

/// What is kept of receipts.
#[derive(Default)]
pub(crate) struct Receipts {
    waiting: Board,
    hiding: Hiding,
}

/// A channel to tell: who listens and hides, and who moved.
struct Telling {
    channel: ChannelId,
    members: Vec<UserId>,
    moved: Waiting,
}

impl Channels {
    /// How far a message has come among the members who can see it: counts, and in a small channel who.
    ///
    /// # Errors
    /// `NotFound` for what is no message the actor may see, `Forbidden` where the policy shows no receipts.
    pub async fn receipts(
        &self,
        actor: &Actor,
        channel: ChannelId,
        seq: Seq,
    ) -> Result<view::Receipts, ChannelError> {
        let message = self.message(actor, channel, seq).await?;
        let shown = self.shown_receipts(actor).await?;
        if shown == ShownReceipts::NONE {
            return Err(ChannelError::Forbidden("this space shows no receipts"));
        }
        let members = self.state(channel).await?.read().members.len();
        if members > limits::RECEIPT_MEMBERS_MAX {
            let directory = &self.parts.directory;
            let counts = directory.receipt_counts(channel, seq, message.actor).await?;
            return Ok(view::Receipts {
                members: count(counts.members),
                received_count: count(counts.received),
                read_count: shown.read.then_some(count(counts.read)),
                users: None,
            });
        }
        self.receipts_of_few(channel, seq, message.actor, shown).await
    }

    async fn receipts_of_few(
        &self,
        channel: ChannelId,
        seq: Seq,
        author: UserId,
        shown: ShownReceipts,
    ) -> Result<view::Receipts, ChannelError> {
        let page = limits::PAGE_MAX;
        let rows = self.parts.directory.members(channel, None, page).await?;
        let ids: Vec<UserId> = rows.iter().map(|(member, _)| member.user).collect();
        let hidden = self.hide_reading(&ids).await?;
        let reached = rows
            .iter()
            .map(|(member, _)| member)
            .filter(|member| member.user != author && member.visible_after < seq);
        let users: Vec<view::ReceiptOfMember> = reached
            .map(|member| view::ReceiptOfMember {
                user: member.user,
                received: member.received >= seq,
                read: (shown.read && !hidden.contains(&member.user)).then_some(member.read >= seq),
            })
            .collect();
        let how_many =
            |is: fn(&view::ReceiptOfMember) -> bool| count(users.iter().filter(|of| is(of)).count() as u64);
        Ok(view::Receipts {
            members: count(users.len() as u64),
            received_count: how_many(|of| of.received),
            read_count: shown.read.then(|| how_many(|of| of.read == Some(true))),
            users: Some(users),
        })
    }

    /// Notes that a member's cursors moved, for the others to be told.
    pub(crate) fn note_receipt(&self, state: &SharedState, user: UserId, row: &CursorRow) {
        let (channel, space, direct) = {
            let state = state.read();
            if state.members.len() > limits::RECEIPT_MEMBERS_MAX {
                return;
            }
            (state.id, state.space, state.kind == ChannelKind::Direct)
        };
        let moved = Moved {
            read: row.read,
            received: row.received,
            read_moved: row.read_moved,
            received_moved: row.received_moved,
        };
        self.receipts.waiting.note(channel, space, direct, user, moved);
    }

    /// Tells of what was noted, for as long as the node runs. What cannot be told for a fault of the directory is lost:
    /// the next view of the channel has it.
    pub async fn tell_receipts(&self) {
        loop {
            let due = self.receipts.waiting.due().await;
            if let Err(error) = self.tell(due).await {
                tracing::debug!(%error, "receipts were not told");
            }
        }
    }

    async fn tell(&self, due: Vec<(ChannelId, Waiting)>) -> Result<(), ChannelError> {
        let mut tellings = Vec::new();
        for (channel, mut moved) in due {
            if !self.space(moved.space).await?.policy.receipts {
                continue;
            }
            let state = self.state(channel).await?;
            let members: Vec<UserId> = state.read().members.keys().copied().collect();
            moved.members.retain(|user, _| members.contains(user));
            if members.len() <= limits::RECEIPT_MEMBERS_MAX && !moved.members.is_empty() {
                tellings.push(Telling {
                    channel,
                    members,
                    moved,
                });
            }
        }
        let everyone: HashSet<UserId> = tellings
            .iter()
            .flat_map(|telling| telling.members.iter().copied())
            .collect();
        let hidden = self
            .hide_reading(&everyone.into_iter().collect::<Vec<_>>())
            .await?;
        for telling in &tellings {
            self.tell_channel(telling, &hidden);
        }
        Ok(())
    }

    /// Those who show what they read hear all that is shown; the others only how far messages were received.
    fn tell_channel(&self, telling: &Telling, hidden: &HashSet<UserId>) {
        let Telling {
            channel,
            members,
            moved,
        } = telling;
        let hiding: Vec<UserId> = members
            .iter()
            .filter(|user| hidden.contains(user))
            .copied()
            .collect();
        let moves = || moved.members.iter().map(|(user, moved)| (*user, *moved));
        let shown = moves()
            .map(|(user, moved)| (user, moved, !hidden.contains(&user)))
            .filter(|(_, moved, shows)| moved.received_moved || *shows)
            .map(|(user, moved, shows)| Receipt {
                user,
                read: shows.then_some(moved.read),
                received: moved.received,
            });
        if let Some(frame) = frame(*channel, shown.collect()) {
            self.parts.hub.publish_lossy_except(*channel, &frame, &hiding);
            self.parts.peers.signal_except(*channel, &hiding, frame.payload());
        }
        let received = moves()
            .filter(|(_, moved)| moved.received_moved)
            .map(|(user, moved)| Receipt {
                user,
                read: None,
                received: moved.received,
            });
        if hiding.is_empty() {
            return;
        }
        if let Some(frame) = frame(*channel, received.collect()) {
            for user in hiding {
                self.parts.hub.publish_user_lossy(user, &frame);
                self.parts.peers.user(user, frame.payload());
            }
        }
    }
}

/// A frame of these, the order of which tells nothing of who came first.
fn frame(channel: ChannelId, mut members: Vec<Receipt>) -> Option<Frame> {
    if members.is_empty() {
        return None;
    }
    members.sort_unstable_by_key(|receipt| receipt.user);
    let signal = ServerFrame::Receipts(ReceiptSignal { channel, members });
    Some(Frame::text(&codec::write(&signal)))
}

/// Members fit in 32 bits: `limits::CHANNEL_MEMBERS_MAX`.
fn count(members: u64) -> u32 {
    u32::try_from(members).unwrap_or(u32::MAX)
}
