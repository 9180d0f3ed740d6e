//! Idempotency (contract, delivery 1 to 3).

use super::world::{World, put};
use crate::{Append, Change, Expect, LogError, Receipt};
use klatch_types::{Millis, Seq};

/// The same key with the same body is the first receipt again; with another body it is a conflict.
pub async fn a_key_is_one_event(world: &World) {
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    let send = world.message(channel, ana, "once");
    let first = world.append(send.clone()).await;
    world.append(world.message(channel, ana, "between")).await;
    // Its time is the server's and may differ; what counts is the digest of what was asked.
    let again = world
        .append(Append {
            at: Millis(9_999),
            ..send.clone()
        })
        .await;
    assert_eq!(
        again,
        Receipt {
            duplicate: true,
            ..first
        }
    );
    let other = Append {
        payload: b"other".to_vec(),
        digest: send.digest ^ 1,
        ..send.clone()
    };
    assert!(matches!(world.try_append(other).await, Err(LogError::Conflict)));
    let found = world
        .log
        .find(channel, ana, send.key.expect("a key"))
        .await
        .expect("found")
        .expect("there");
    assert_eq!((found.seq, &found.payload), (first.seq, &send.payload));
    assert_eq!(world.all(channel).await.len(), 3);

    // A retry that overtakes its own first answer, in the same commit if the log groups.
    let twin = world.message(channel, ana, "twins");
    let (one, two) = tokio::join!(world.try_append(twin.clone()), world.try_append(twin));
    let (one, two) = (one.expect("appended"), two.expect("appended"));
    assert_eq!((one.seq, two.seq), (Seq(4), Seq(4)));
    assert!(one.duplicate ^ two.duplicate);
}

/// The same key of another sender, or in another channel, is another event.
pub async fn keys_are_per_sender_and_channel(world: &World) {
    let (ana, rui) = (world.user(), world.user());
    let (here, there) = (world.channel(&[ana, rui]).await, world.channel(&[ana]).await);
    let send = world.message(here, ana, "mine");
    assert!(!world.append(send.clone()).await.duplicate);
    assert!(
        !world
            .append(Append {
                actor: rui,
                ..send.clone()
            })
            .await
            .duplicate
    );
    assert!(
        !world
            .append(Append {
                channel: there,
                ..send.clone()
            })
            .await
            .duplicate
    );
    let unknown = world
        .log
        .find(there, rui, send.key.expect("a key"))
        .await
        .expect("readable");
    assert_eq!(unknown, None);
}

/// A retry has its first answer also after the channel changed, was closed, or the content was erased.
pub async fn retries_are_answered_whatever_changed(world: &World) {
    let ana = world.user();
    let channel = world.channel(&[ana]).await;
    let send = Append {
        expect: Expect::AccessAt(Seq(1)),
        ..world.message(channel, ana, "once")
    };
    let first = world.append(send.clone()).await;
    let edit = world.edit(channel, ana, first.seq, "twice");
    let edited = world.append(edit.clone()).await;
    world
        .append(world.other(channel, ana, vec![put(world.user())]))
        .await;
    world
        .append(world.other(channel, ana, vec![Change::Archive]))
        .await;
    assert_eq!(
        world.append(send.clone()).await,
        Receipt {
            duplicate: true,
            ..first
        }
    );
    world.log.tombstone(channel, first.seq).await.expect("erased");
    assert_eq!(
        world.append(send.clone()).await,
        Receipt {
            duplicate: true,
            ..first
        }
    );
    assert_eq!(
        world.append(edit).await,
        Receipt {
            duplicate: true,
            ..edited
        }
    );
    let other = Append {
        digest: send.digest ^ 1,
        ..send
    };
    assert!(matches!(world.try_append(other).await, Err(LogError::Conflict)));
}
