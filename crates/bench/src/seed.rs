//! Users, tokens and channels for a scenario, made over REST with an API key, many at a time.

use crate::scan::ID_BYTES;
use anyhow::{Context, anyhow};
use klatch_client::Rest;
use klatch_protocol::command::channel::ChannelCreate;
use klatch_protocol::view::{Token, User};
use klatch_types::{ChannelKind, UserId, limits};
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tokio::task::JoinSet;

/// Requests under way at once.
const CONCURRENCY: usize = 48;

/// Who sits where: user `n` is in channel `n % channels`.
#[derive(Clone, Debug)]
pub(crate) struct Seeded {
    /// An access token for each user.
    pub(crate) tokens: Vec<String>,
    /// The id of each channel.
    pub(crate) channels: Vec<[u8; ID_BYTES]>,
}

#[derive(Serialize)]
struct NewUser {
    username: String,
}

#[derive(Serialize)]
struct OfUser {
    user: UserId,
}

/// Makes `channels` channels of `members` users each, whose names begin with `name`.
pub(crate) async fn seed(
    rest: &Rest,
    name: &'static str,
    channels: usize,
    members: usize,
) -> anyhow::Result<Seeded> {
    let (ids, tokens) = users(rest, name, channels * members).await?;
    let of = move |number: usize| ids.iter().skip(number).step_by(channels).copied().collect();
    Ok(Seeded {
        tokens,
        channels: make_channels(rest, name, channels, of).await?,
    })
}

/// Makes `sets` × `channels` channels; the same `members` users are in all channels of a set. Their tokens, those of a
/// set together.
pub(crate) async fn sets(
    rest: &Rest,
    sets: usize,
    channels: usize,
    members: usize,
) -> anyhow::Result<Vec<String>> {
    let (ids, tokens) = users(rest, "listener", sets * members).await?;
    let of = move |number: usize| ids[number % sets * members..][..members].to_vec();
    make_channels(rest, "quiet", sets * channels, of).await?;
    Ok(tokens)
}

/// Makes one channel of `members`, and tokens for the first `online` of them.
pub(crate) async fn crowd(rest: &Rest, members: usize, online: usize) -> anyhow::Result<Seeded> {
    let (mut ids, tokens) = users(rest, "online", online).await?;
    let others = rest.clone();
    let make = move |number| {
        let rest = others.clone();
        async move {
            let username = format!("offline{number}");
            let user: User = rest.post("/v1/users", &NewUser { username }).await?;
            anyhow::Ok(user.id)
        }
    };
    ids.extend(
        all(members.saturating_sub(online), make)
            .await
            .context("making users")?,
    );
    let (first, more) = ids.split_at(ids.len().min(limits::CHANNEL_CREATE_MEMBERS_MAX - 1));
    let first = first.to_vec();
    let channels = make_channels(rest, "crowd", 1, move |_| first.clone()).await?;
    join(rest, &channels[0], more.to_vec()).await?;
    Ok(Seeded { tokens, channels })
}

/// Makes users; their ids and an access token for each.
pub(crate) async fn users(
    rest: &Rest,
    name: &'static str,
    count: usize,
) -> anyhow::Result<(Vec<UserId>, Vec<String>)> {
    let rest = rest.clone();
    let make = move |number| {
        let rest = rest.clone();
        async move {
            let username = format!("{name}{number}");
            let user: User = rest.post("/v1/users", &NewUser { username }).await?;
            let token: Token = rest.post("/v1/tokens", &OfUser { user: user.id }).await?;
            anyhow::Ok((user.id, token.access_token))
        }
    };
    let made = all(count, make).await.context("making users")?;
    Ok(made.into_iter().unzip())
}

/// Makes channels with the members that `of` gives for a number.
pub(crate) async fn make_channels(
    rest: &Rest,
    name: &'static str,
    count: usize,
    of: impl Fn(usize) -> Vec<UserId> + 'static,
) -> anyhow::Result<Vec<[u8; ID_BYTES]>> {
    let (rest, of) = (rest.clone(), Rc::new(of));
    let make = move |number| {
        let (rest, of) = (rest.clone(), Rc::clone(&of));
        async move {
            let create = ChannelCreate {
                kind: ChannelKind::Group,
                name: Some(format!("{name} {number}").parse()?),
                topic: None,
                visibility: None,
                members: of(number),
                rules: None,
                key: None,
            };
            let channel = rest.create_channel(&create).await?;
            let id = channel.id.to_string();
            id.as_bytes()
                .first_chunk()
                .copied()
                .context("an id has 36 characters")
        }
    };
    all(count, make).await.context("making channels")
}

/// Puts users into a channel, one after the other: each relies on who is there, so that many at once would wait for
/// each other.
pub(crate) async fn join(rest: &Rest, channel: &[u8; ID_BYTES], users: Vec<UserId>) -> anyhow::Result<()> {
    let channel = std::str::from_utf8(channel)?.to_owned();
    for user in users {
        let path = format!("/v1/channels/{channel}/members");
        let _: serde_json::Value = rest.post(&path, &OfUser { user }).await.context("joining")?;
    }
    Ok(())
}

/// Runs `work` for every number below `count`, [`CONCURRENCY`] at a time; the results in order of the numbers.
pub(crate) async fn all<T, F, W>(count: usize, work: F) -> anyhow::Result<Vec<T>>
where
    T: 'static,
    F: Fn(usize) -> W + 'static,
    W: Future<Output = anyhow::Result<T>>,
{
    let (next, work) = (Rc::new(Cell::new(0)), Rc::new(work));
    let done = Rc::new(RefCell::new(Vec::new()));
    let mut workers = JoinSet::new();
    for _ in 0..CONCURRENCY.min(count) {
        let (next, work, done) = (Rc::clone(&next), Rc::clone(&work), Rc::clone(&done));
        workers.spawn_local(async move {
            while next.get() < count {
                let number = next.replace(next.get() + 1);
                let result = work(number).await?;
                done.borrow_mut().push((number, result));
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = workers.join_next().await {
        ended??;
    }
    let mut done = Rc::into_inner(done)
        .ok_or_else(|| anyhow!("a worker still runs"))?
        .into_inner();
    done.sort_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_keeps_the_order_and_tells_of_failures() {
        let local = tokio::task::LocalSet::new();
        let squares = local.run_until(all(200, async |n| {
            for _ in 0..(n * 7) % 5 {
                tokio::task::yield_now().await;
            }
            Ok(n * n)
        }));
        assert_eq!(
            squares.await.unwrap(),
            (0..200).map(|n| n * n).collect::<Vec<_>>()
        );
        let failing = local.run_until(all(
            10,
            async |n| if n == 7 { Err(anyhow!("seven")) } else { Ok(()) },
        ));
        assert_eq!(failing.await.unwrap_err().to_string(), "seven");
    }
}
