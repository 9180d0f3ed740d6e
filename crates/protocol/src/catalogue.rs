//! Every error code and close code, as data: what it means, what to do, whether to come back.

use serde::{Deserialize, Serialize};

macro_rules! errors {
    ($($variant:ident $code:literal $status:literal $title:literal $todo:literal;)+) => {
        /// A code of the error catalogue, the same over REST and WebSocket.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $(#[doc = $title] #[serde(rename = $code)] $variant,)+
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The HTTP status that carries it.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// A short sentence for people (S0.8).
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// What a developer or client should do.
            pub fn advice(self) -> &'static str {
                match self { $(Self::$variant => $todo),+ }
            }
        }
    };
}

errors! {
    Malformed "malformed" 400 "The request could not be read." "Send valid JSON in UTF-8 of the documented shape.";
    Unauthenticated "unauthenticated" 401 "You are not signed in." "Send a valid access token.";
    TokenExpired "token_expired" 401 "Your sign-in has expired." "Refresh the access token and try again.";
    BadCredentials "bad_credentials" 401 "The name or the password is not right." "Check both and try again.";
    Revoked "revoked" 401 "This device has been signed out." "Sign in again.";
    Forbidden "forbidden" 403 "You may not do this here." "Ask a moderator or owner of the channel.";
    Muted "muted" 403 "You are muted in this channel." "Wait until the mute ends or ask a moderator.";
    NotStarted "not_started" 403 "The meeting has not begun." "Wait until it begins; until then only its moderators and owners send.";
    Waiting "waiting" 403 "You wait in the lobby." "Wait until a moderator of the meeting lets you in.";
    Banned "banned" 403 "You are banned from this channel." "Ask a moderator of the channel.";
    Archived "archived" 403 "This channel is closed; it can only be read." "Use another channel.";
    OriginRefused "origin_refused" 403 "This page may not connect here." "An operator must add the page's origin to the space's allow-list.";
    SignUpClosed "sign_up_closed" 403 "Accounts are not made here by signing up." "Ask the operator for an account.";
    NotFound "not_found" 404 "There is no such thing, or you may not see it." "Check the id.";
    MethodNotAllowed "method_not_allowed" 405 "This address does not take that method." "See /openapi.json.";
    IdempotencyConflict "idempotency_conflict" 409 "This key was used for something else." "Make a new key for every new command.";
    Exists "exists" 409 "There is one already." "Use the existing one or choose another name.";
    Full "full" 409 "The channel has as many members as its policy allows." "Ask the operator of the space.";
    LimitReached "limit_reached" 409 "A limit has been reached." "The detail names the limit.";
    RosterUnsafe "roster_unsafe" 409 "This would drop more members than one import may." "Look at the difference with a dry run; allow the removals if they are meant.";
    RosterBusy "roster_busy" 409 "Another import is under way." "Wait until it is done, then try again.";
    Gone "gone" 410 "This invitation or message is no longer there." "Ask for a new one.";
    Resync "resync" 410 "Your copy is older than the server's history." "Forget the local copy of the channel and read it again.";
    TooLarge "too_large" 413 "This is too large." "The detail names the limit.";
    UnsupportedMediaType "unsupported_media_type" 415 "This content type is not understood." "Send application/json.";
    Invalid "invalid" 422 "Something in the request is not valid." "The detail names the field and what it must be.";
    RateLimited "rate_limited" 429 "Too fast." "Wait for the time given in Retry-After or retry_after_ms.";
    SlowMode "slow_mode" 429 "This channel takes one message at a time from each member." "Wait for the time given in Retry-After or retry_after_ms.";
    TooManyConnections "too_many_connections" 429 "Too many connections." "Close another connection first.";
    Internal "internal" 500 "Something went wrong on our side." "Try again; if it stays, give the request id to the operator.";
    Overloaded "overloaded" 503 "The server is busy." "Send the same command with the same key again after the delay.";
    Unavailable "unavailable" 503 "The service is not available just now." "Send the same command with the same key again after the delay.";
    StorageFull "storage_full" 507 "The server's storage is full." "Reading goes on; try again later.";
}

// By hand, because the derive does not see names that a macro puts in.
impl utoipa::PartialSchema for ErrorCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "A code of the error catalogue, the same over REST and WebSocket.",
            ))
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .into()
    }
}

impl utoipa::ToSchema for ErrorCode {}

macro_rules! closes {
    ($($variant:ident $code:literal $reconnect:literal $reason:literal $when:literal;)+) => {
        /// Why the server closed a socket, and whether to come back (RFC 6455 section 7.4).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum CloseCode {
            $(#[doc = $when] $variant,)+
        }

        impl CloseCode {
            /// Every close code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The number in the close frame.
            pub fn code(self) -> u16 {
                match self { $(Self::$variant => $code),+ }
            }

            /// From the number in a close frame.
            pub fn from_code(code: u16) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// Whether the client should connect again by itself.
            pub fn reconnect(self) -> bool {
                match self { $(Self::$variant => $reconnect),+ }
            }

            /// The word in the close frame.
            pub fn reason(self) -> &'static str {
                match self { $(Self::$variant => $reason),+ }
            }

            /// When it is sent.
            pub fn when(self) -> &'static str {
                match self { $(Self::$variant => $when),+ }
            }
        }
    };
}

closes! {
    Normal 1000 false "bye" "The client asked to close.";
    Protocol 1002 false "protocol_error" "The client broke the WebSocket protocol (RFC 6455).";
    Unsupported 1003 false "unsupported" "A binary frame came; only text is understood.";
    NotUtf8 1007 false "not_utf8" "A text frame was not valid UTF-8.";
    TooBig 1009 false "too_big" "A frame was larger than the limit.";
    Restarting 1012 true "restarting" "The server restarts; wait for the delay it gave.";
    TryLater 1013 true "try_later" "The server is overloaded, or the connection limit is reached.";
    NotAuthenticated 4001 false "not_authenticated" "No valid first frame came in time, or its token was refused.";
    Revoked 4003 false "revoked" "The device was signed out.";
    Replaced 4004 false "replaced" "Another device signed in where one at a time is allowed; this one was replaced.";
    TooSlow 4008 true "too_slow" "The client read too slowly; it catches up after it reconnects.";
    HeartbeatMissed 4009 true "heartbeat_missed" "Nothing was heard for too long.";
    RateLimited 4029 true "rate_limited" "Too many frames.";
    Resync 4090 true "resync" "The client's copy is from another history; it starts afresh.";
}
