//! The methods: each makes a command or asks identity, and answers with what came of it.

use super::convert::{self, read, read_optional};
use super::proto::klatch_server::Klatch;
use super::proto::{self, mint_token_request::Whose};
use super::refusal::{invalid, refuse};
use super::{Calls, feed};
use klatch_protocol::Command;
use klatch_protocol::command::channel::{ChannelCreate, ChannelGet};
use klatch_protocol::command::member::{MemberAdd, MemberRemove, MemberRole};
use klatch_protocol::command::message::Send;
use klatch_protocol::command::user::UserGet;
use klatch_protocol::view::Reply;
use klatch_session::auth::GuestRequest;
use klatch_session::{Principal, SessionError};
use klatch_types::{Role, Seq, UserId, Visibility, limits};
use tonic::{Request, Response, Status, Streaming};

type Answer<T> = Result<Response<T>, Status>;

impl Calls {
    async fn run(&self, who: &Principal, command: Command) -> Result<Reply, Status> {
        let running = self.app.sessions.run(who, command);
        match tokio::time::timeout(limits::REQUEST_TIMEOUT, running).await {
            Ok(answered) => answered.map_err(|error| refuse(&error.into())),
            Err(_elapsed) => Err(refuse(&crate::TransportError::Timeout)),
        }
    }

    async fn change(&self, who: &Principal, command: Command) -> Answer<proto::Ack> {
        match self.run(who, command).await? {
            Reply::Ack(ack) => Ok(Response::new(convert::ack(&ack))),
            other => Err(unexpected(&other)),
        }
    }
}

/// A reply that the command cannot have: a bug.
fn unexpected(reply: &Reply) -> Status {
    let error = SessionError::Internal(format!("gRPC was answered with {reply:?}"));
    refuse(&error.into())
}

fn refused(error: SessionError) -> Status {
    refuse(&error.into())
}

#[tonic::async_trait]
impl Klatch for Calls {
    type StreamEventsStream = feed::Events;

    async fn create_user(&self, request: Request<proto::CreateUserRequest>) -> Answer<proto::User> {
        let who = self.back_end(request.metadata()).await?;
        let asked = request.into_inner();
        let username = read("username", &asked.username)?;
        let name = read_optional("name", Some(asked.name.as_str()).filter(|name| !name.is_empty()))?;
        let made = self
            .app
            .auth
            .provision(&who, username, name, asked.password.as_deref());
        Ok(Response::new(convert::user(made.await.map_err(refused)?)))
    }

    async fn get_user(&self, request: Request<proto::GetUserRequest>) -> Answer<proto::User> {
        let who = self.back_end(request.metadata()).await?;
        let user = read("id", &request.into_inner().id)?;
        match self.run(&who, Command::UserGet(UserGet { user })).await? {
            Reply::User(user) => Ok(Response::new(convert::user(user))),
            other => Err(unexpected(&other)),
        }
    }

    async fn create_channel(
        &self,
        request: Request<proto::CreateChannelRequest>,
    ) -> Answer<proto::CreateChannelResponse> {
        let who = self.back_end(request.metadata()).await?;
        let asked = request.into_inner();
        let members: Result<Vec<UserId>, Status> =
            asked.members.iter().map(|id| read("members", id)).collect();
        let command = ChannelCreate {
            kind: convert::channel_kind(asked.kind)?,
            name: Some(read("name", &asked.name)?),
            topic: asked.topic,
            visibility: Some(if asked.open {
                Visibility::Open
            } else {
                Visibility::Private
            }),
            members: members?,
            key: read_optional("key", asked.key.as_deref())?,
            rules: None,
        };
        match self.run(&who, Command::ChannelCreate(command)).await? {
            Reply::ChannelCreated(made) => Ok(Response::new(proto::CreateChannelResponse {
                channel: Some(convert::channel(made.channel)),
                existed: made.existed,
            })),
            other => Err(unexpected(&other)),
        }
    }

    async fn get_channel(&self, request: Request<proto::GetChannelRequest>) -> Answer<proto::Channel> {
        let who = self.back_end(request.metadata()).await?;
        let channel = read("id", &request.into_inner().id)?;
        match self
            .run(&who, Command::ChannelGet(ChannelGet { channel }))
            .await?
        {
            Reply::Channel(channel) => Ok(Response::new(convert::channel(channel))),
            other => Err(unexpected(&other)),
        }
    }

    async fn add_member(&self, request: Request<proto::AddMemberRequest>) -> Answer<proto::Ack> {
        let who = self.back_end(request.metadata()).await?;
        let asked = request.into_inner();
        let command = MemberAdd {
            channel: read("channel", &asked.channel)?,
            user: read("user", &asked.user)?,
            role: convert::role(asked.role)?,
            key: read_optional("key", asked.key.as_deref())?,
        };
        self.change(&who, Command::MemberAdd(command)).await
    }

    async fn remove_member(&self, request: Request<proto::RemoveMemberRequest>) -> Answer<proto::Ack> {
        let who = self.back_end(request.metadata()).await?;
        let asked = request.into_inner();
        let command = MemberRemove {
            channel: read("channel", &asked.channel)?,
            user: read("user", &asked.user)?,
            reason: asked.reason,
            key: read_optional("key", asked.key.as_deref())?,
        };
        self.change(&who, Command::MemberRemove(command)).await
    }

    async fn set_role(&self, request: Request<proto::SetRoleRequest>) -> Answer<proto::Ack> {
        let who = self.back_end(request.metadata()).await?;
        let asked = request.into_inner();
        let role = convert::role(asked.role)?.ok_or_else(|| invalid("`role` must be said"))?;
        let command = MemberRole {
            channel: read("channel", &asked.channel)?,
            user: read("user", &asked.user)?,
            role,
            key: read_optional("key", asked.key.as_deref())?,
        };
        self.change(&who, Command::MemberRole(command)).await
    }

    async fn post_message(&self, request: Request<proto::PostMessageRequest>) -> Answer<proto::Ack> {
        let who = self.back_end(request.metadata()).await?;
        let asked = request.into_inner();
        let command = Send {
            channel: read("channel", &asked.channel)?,
            key: read("key", &asked.key)?,
            text: asked.text,
            reply_to: asked.reply_to.map(Seq),
        };
        self.change(&who, Command::Send(command)).await
    }

    async fn mint_token(&self, request: Request<proto::MintTokenRequest>) -> Answer<proto::Token> {
        let who = self.back_end(request.metadata()).await?;
        let auth = &self.app.auth;
        let token = match request.into_inner().whose {
            Some(Whose::User(user)) => auth.token_on_behalf(&who, read("user", &user)?).await,
            Some(Whose::Guest(guest)) => auth.guest(&who, guest_request(&guest)?).await,
            None => return Err(invalid("one of `user` and `guest` must be said")),
        };
        Ok(Response::new(convert::token(token.map_err(refused)?)))
    }

    async fn change_roster(
        &self,
        request: Request<proto::ChangeRosterRequest>,
    ) -> Answer<proto::RosterReport> {
        let who = self.back_end(request.metadata()).await?;
        let report = self.roster_change(&who, request.into_inner()).await?;
        Ok(Response::new(report))
    }

    async fn put_roster(
        &self,
        request: Request<Streaming<proto::PutRosterRequest>>,
    ) -> Answer<proto::RosterReport> {
        let who = self.back_end(request.metadata()).await?;
        let report = self.roster_put(&who, request.into_inner()).await?;
        Ok(Response::new(report))
    }

    async fn undo_roster(&self, request: Request<proto::UndoRosterRequest>) -> Answer<proto::RosterReport> {
        let who = self.back_end(request.metadata()).await?;
        let report = self.roster_undo(&who, request.into_inner()).await?;
        Ok(Response::new(report))
    }

    async fn get_roster_status(
        &self,
        request: Request<proto::GetRosterStatusRequest>,
    ) -> Answer<proto::RosterStatus> {
        let who = self.back_end(request.metadata()).await?;
        Ok(Response::new(self.roster_status(&who).await?))
    }

    async fn stream_events(&self, request: Request<proto::StreamEventsRequest>) -> Answer<feed::Events> {
        let who = self.back_end(request.metadata()).await?;
        let (metadata, _, asked) = request.into_parts();
        let stream = feed::open(self.clone(), who, metadata, &asked).await?;
        Ok(Response::new(stream))
    }
}

fn guest_request(guest: &proto::Guest) -> Result<GuestRequest, Status> {
    let mut channels = Vec::with_capacity(guest.channels.len());
    for channel in &guest.channels {
        let role = convert::role(channel.role)?.unwrap_or(Role::Guest);
        channels.push((read("channel", &channel.channel)?, role));
    }
    Ok(GuestRequest {
        name: read("name", &guest.name)?,
        username: read_optional("username", guest.username.as_deref())?,
        life_s: guest.life_s.unwrap_or(limits::GUEST_TOKEN_LIFE_MAX.as_secs()),
        channels,
    })
}
