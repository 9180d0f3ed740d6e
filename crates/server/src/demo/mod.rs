//! The demo of `klatch serve --demo`: a space with three people and some history, made by the operations that real
//! users call.

mod past;
mod script;

pub use past::Past;

use crate::compose::Operator;
use anyhow::{Context, bail};
use klatch_protocol::Command;
use klatch_protocol::command::{channel::ChannelCreate, message, reaction};
use klatch_protocol::view::Reply;
use klatch_session::{Principal, SessionError};
use klatch_types::{
    AdminScope, ChannelId, ChannelKind, ClientKey, Entropy, Policy, Profile, Seq, SystemEntropy, UserId,
    Visibility,
};
use script::{Act, PEOPLE, STORIES, Story};
use std::collections::HashMap;
use std::time::Duration;

/// Short name of the demo's space.
pub const SPACE: &str = "demo";
/// The password of everyone in the demo. It is printed at every start, and a demo listens on loopback only.
pub const PASSWORD: &str = "klatch-demo-2026";
/// Who of them administers the server.
const ADMINISTRATOR: &str = "ana";

/// Time between two things that happen in a channel.
const BEAT: Duration = Duration::from_secs(75);
/// Life of the tokens by which the demo's people act.
const TOKEN_LIFE: Duration = Duration::from_secs(300);

/// The usernames that can log in.
pub fn usernames() -> Vec<&'static str> {
    PEOPLE.iter().map(|person| person.username).collect()
}

/// Makes the demo. `clock` is the one that events are given their time by; it is right again at the end.
///
/// # Errors
/// If an operation is refused, which would be a bug, or the storage fails.
pub async fn fill(operator: &Operator, clock: &Past) -> anyhow::Result<()> {
    let mut cast = Cast::enter(operator).await?;
    let told = tell_all(&mut cast, clock).await;
    clock.set_back(Duration::ZERO);
    told
}

async fn tell_all(cast: &mut Cast<'_>, clock: &Past) -> anyhow::Result<()> {
    for story in STORIES {
        cast.tell(story, clock)
            .await
            .with_context(|| story.name.unwrap_or("a direct chat").to_owned())?;
    }
    Ok(())
}

/// Who acts: the people, and the space itself.
struct Cast<'a> {
    operator: &'a Operator,
    system: Principal,
    people: HashMap<&'static str, Principal>,
}

/// A message of the story being told.
struct Told {
    seq: Seq,
    author: &'static str,
}

impl<'a> Cast<'a> {
    async fn enter(operator: &'a Operator) -> anyhow::Result<Self> {
        let auth = &operator.auth;
        let policy = Policy::of(Profile::App);
        let space = auth
            .create_space(SPACE.parse()?, "Demo".parse()?, policy, Vec::new())
            .await?;
        let mut people = HashMap::new();
        for person in PEOPLE {
            let name = person.name.parse()?;
            let user = auth
                .create_user(space.id, person.username.parse()?, Some(name), Some(PASSWORD))
                .await?;
            if person.username == ADMINISTRATOR {
                auth.set_admin(user.id, Some(AdminScope::Server)).await?;
            }
            let token = auth.token_for(user.id, TOKEN_LIFE).await?;
            people.insert(person.username, auth.authenticate(&token.access_token).await?);
        }
        let system = auth.system_principal(space.id).await?;
        Ok(Self {
            operator,
            system,
            people,
        })
    }

    fn who(&self, username: &str) -> anyhow::Result<&Principal> {
        self.people
            .get(username)
            .with_context(|| format!("`{username}` is not in the demo"))
    }

    async fn tell(&mut self, story: &Story, clock: &Past) -> anyhow::Result<()> {
        let mut ago = Duration::from_secs(story.minutes_ago * 60);
        clock.set_back(ago);
        let channel = self.make(story).await?;
        let mut told: Vec<Told> = Vec::new();
        for act in story.acts {
            ago = match act {
                Act::Pause(minutes) => ago.saturating_sub(Duration::from_secs(minutes * 60)),
                _ => ago.saturating_sub(BEAT),
            };
            clock.set_back(ago);
            self.act(channel, act, &mut told).await?;
        }
        Ok(())
    }

    async fn make(&self, story: &Story) -> anyhow::Result<ChannelId> {
        let maker = story.maker.map_or(Ok(&self.system), |maker| self.who(maker))?;
        let members: Vec<UserId> = story
            .members
            .iter()
            .map(|name| self.who(name).map(|p| p.user))
            .collect::<Result<_, _>>()?;
        let open = story.kind == ChannelKind::Group;
        let create = ChannelCreate {
            kind: story.kind,
            name: story.name.map(str::parse).transpose()?,
            topic: story.topic.map(str::to_owned),
            visibility: open.then_some(Visibility::Open),
            members,
            rules: None,
            key: None,
        };
        match self.run(maker, Command::ChannelCreate(create)).await? {
            Reply::ChannelCreated(made) => Ok(made.channel.id),
            other => bail!("unexpected answer {other:?}"),
        }
    }

    async fn act(&self, channel: ChannelId, act: &Act, told: &mut Vec<Told>) -> anyhow::Result<()> {
        let back = |told: &[Told], by: usize| {
            let index = told
                .len()
                .checked_sub(by)
                .context("nothing was said so far back")?;
            told.get(index)
                .map(|t| (t.seq, t.author))
                .context("nothing was said so far back")
        };
        match *act {
            Act::Say(author, text) => told.push(self.say(channel, author, text, None).await?),
            Act::Reply(author, by, text) => {
                let (target, _) = back(told, by)?;
                told.push(self.say(channel, author, text, Some(target)).await?);
            }
            Act::Edit(by, text) => {
                let (target, author) = back(told, by)?;
                let edit = message::Edit {
                    channel,
                    target,
                    text: text.to_owned(),
                    key: None,
                };
                self.run(self.who(author)?, Command::Edit(edit)).await?;
            }
            Act::React(username, by, emoji) => {
                let (target, _) = back(told, by)?;
                let react = reaction::React {
                    channel,
                    target,
                    emoji: emoji.to_owned(),
                    key: None,
                };
                self.run(self.who(username)?, Command::React(react)).await?;
            }
            Act::Pause(_) => {}
        }
        Ok(())
    }

    async fn say(
        &self,
        channel: ChannelId,
        author: &'static str,
        text: &str,
        reply_to: Option<Seq>,
    ) -> anyhow::Result<Told> {
        let mut random = [0u8; 16];
        SystemEntropy.fill(&mut random);
        let key = ClientKey(uuid::Builder::from_random_bytes(random).into_uuid());
        let send = message::Send {
            channel,
            key,
            text: text.to_owned(),
            reply_to,
        };
        match self.run(self.who(author)?, Command::Send(send)).await? {
            Reply::Ack(ack) => Ok(Told { seq: ack.seq, author }),
            other => bail!("unexpected answer {other:?}"),
        }
    }

    /// Runs a command as anybody would, and waits when that is too fast.
    async fn run(&self, who: &Principal, command: Command) -> anyhow::Result<Reply> {
        loop {
            match self.operator.sessions.run(who, command.clone()).await {
                Err(SessionError::RateLimited(wait)) => tokio::time::sleep(wait).await,
                answer => return Ok(answer?),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_refer_to_what_was_said_and_end_before_now() {
        let mut messages = 0;
        for story in STORIES {
            let mut said = 0;
            let mut minutes = 0.0;
            for act in story.acts {
                minutes += match act {
                    Act::Pause(minutes) => *minutes as f64,
                    _ => BEAT.as_secs_f64() / 60.0,
                };
                match act {
                    Act::Say(..) => said += 1,
                    Act::Reply(_, by, _) => {
                        assert!(*by >= 1 && *by <= said);
                        said += 1;
                    }
                    Act::Edit(by, _) | Act::React(_, by, _) => assert!(*by >= 1 && *by <= said),
                    Act::Pause(_) => {}
                }
            }
            assert!(
                minutes < story.minutes_ago as f64,
                "{:?} lasts {minutes} minutes",
                story.name
            );
            messages += said;
        }
        assert!(messages >= 35, "{messages}");
    }

    #[test]
    fn only_people_of_the_demo_act() {
        let known = |name: &str| assert!(usernames().contains(&name), "{name}");
        for story in STORIES {
            story
                .members
                .iter()
                .chain(story.maker.iter())
                .for_each(|name| known(name));
            for act in story.acts {
                match act {
                    Act::Say(who, _) | Act::Reply(who, _, _) | Act::React(who, _, _) => known(who),
                    Act::Edit(..) | Act::Pause(_) => {}
                }
            }
        }
    }
}
