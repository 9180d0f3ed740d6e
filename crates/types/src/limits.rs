//! Every bound in one place. Those that operators may change are the defaults of the configuration's
//! `[limits]`; the rest are fixed because something else relies on them.

use std::time::Duration;

// ---- text and names ----

/// Longest username, bytes (they are ASCII).
pub const USERNAME_CHARS_MAX: usize = 64;
/// Longest short name of a space, bytes.
pub const SLUG_CHARS_MAX: usize = 40;
/// Longest name to show, Unicode scalar values.
pub const NAME_CHARS_MAX: usize = 100;
/// Longest channel topic, Unicode scalar values.
pub const TOPIC_CHARS_MAX: usize = 500;
/// Longest message that any policy may allow, Unicode scalar values.
pub const MESSAGE_CHARS_MAX: u32 = 10_000;
/// Longest reaction, bytes: the longest emoji sequences of Unicode 16 stay below it.
pub const REACTION_BYTES_MAX: usize = 64;
/// Most users one message may mention by name.
pub const MENTIONS_MAX: usize = 50;
/// Most edits, reactions and deletions of one message.
pub const AMENDMENTS_PER_MESSAGE_MAX: usize = 2_000;
/// Longest reason of a ban or removal, Unicode scalar values.
pub const REASON_CHARS_MAX: usize = 200;
/// Shortest password, Unicode scalar values.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// Longest password, bytes, so that hashing it stays cheap.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// Largest token accepted, bytes.
pub const TOKEN_BYTES_MAX: usize = 8 * 1024;

// ---- administration ----

/// Most administrators of one server: every node reads all of them every few seconds.
pub const ADMINS_MAX: u32 = 1_000;
/// Longest detail of a line of the audit log, Unicode scalar values; a longer one is cut.
pub const AUDIT_DETAIL_CHARS_MAX: usize = 500;
/// Most origins of pages that may connect to one space.
pub const ORIGINS_MAX: usize = 100;
/// Longest origin, bytes: the longest host name of DNS with its scheme and port is shorter.
pub const ORIGIN_BYTES_MAX: usize = 300;

// ---- pages ----

/// Events or messages in a page when the caller does not say.
pub const PAGE_DEFAULT: u32 = 50;
/// Most events, messages or members in a page.
pub const PAGE_MAX: u32 = 200;
/// Most events in a range, a page whose end is named.
pub const RANGE_MAX: u32 = 1_000;
/// A range ends after the page with which its encoded events reach this, bytes.
pub const RANGE_BYTES: usize = 256 * 1024;
/// How far back pages by number reach in one channel, messages.
pub const COMPAT_DEPTH_MAX: u32 = 10_000;
/// The same for a bundle of pages of many channels.
pub const COMPAT_BUNDLE_DEPTH_MAX: u32 = 1_000;
/// Channels in such a bundle.
pub const COMPAT_BUNDLE_GROUPS_MAX: usize = 100;
/// Groups that the internal routes of the campus chat list at once, and members they name of each.
pub const COMPAT_GROUPS_MAX: u32 = 1_000;
/// Channels that the internal list of all messages looks at.
pub const COMPAT_CHANNELS_MAX: u32 = 10_000;
/// Users that the internal routes of the campus chat list at once.
pub const COMPAT_USERS_MAX: u32 = 10_000;
/// Most channels in one answer of the channel list.
pub const CHANNEL_LIST_MAX: u32 = 1_000;
/// Most members named when a channel is made.
pub const CHANNEL_CREATE_MEMBERS_MAX: usize = 200;
/// Most members that any policy may allow.
pub const CHANNEL_MEMBERS_MAX: u32 = 1_000_000;
/// Most live invitations of one channel.
pub const INVITES_PER_CHANNEL_MAX: u32 = 100;
/// Most channels that one user may be a member of.
pub const CHANNELS_PER_USER_MAX: u32 = 5_000;

// ---- meetings ----

/// Longest meeting.
pub const MEETING_LASTS_MAX: Duration = Duration::from_secs(31 * 24 * 3600);
/// How far ahead a meeting may begin.
pub const MEETING_AHEAD_MAX: Duration = Duration::from_secs(2 * 366 * 24 * 3600);
/// Longest pause of slow mode, seconds.
pub const SLOW_MODE_S_MAX: u32 = 3_600;
/// Channels in slow mode of which a node remembers who sent when.
pub const SLOW_MODE_CHANNELS_MAX: usize = 10_000;
/// Pages of the log that a node reads to learn who sent when.
pub const SLOW_MODE_PAGES_MAX: usize = 10;
/// Most people who wait in the lobby of one channel.
pub const LOBBY_MAX: u32 = 500;
/// Moderators of one channel who are told at once who waits; the others see it in the list.
pub const LOBBY_TOLD_MAX: usize = 50;

// ---- wire ----

/// Largest WebSocket message or REST body that a client may send, bytes.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// Deepest nesting of arrays and objects in a JSON text.
pub const JSON_DEPTH_MAX: usize = 32;
/// Largest body of Socket.IO by polling, bytes: one of the server's packets always fits, and a client may send several of
/// its own at once.
pub const SOCKETIO_BODY_BYTES_MAX: usize = 2 * FRAME_BYTES_MAX;
/// Packets that may wait in the protocol library for one Socket.IO client; more wait in the connection's outbox.
pub const SOCKETIO_PACKETS_MAX: usize = 64;
/// How soon a packet that found no room there is tried again.
pub const SOCKETIO_RETRY: Duration = Duration::from_millis(20);
/// Largest frame of several events that the server makes, bytes.
pub const EVENTS_FRAME_BYTES_MAX: usize = 64 * 1024;
/// Bytes that may wait in one connection's outbox.
pub const OUTBOX_BYTES_MAX: usize = 1024 * 1024;
/// Frames that may wait in one connection's outbox.
pub const OUTBOX_FRAMES_MAX: usize = 256;
/// Slices given to one vectored write.
pub const WRITE_SLICES_MAX: usize = 64;
/// Commands of one connection that may be under way at once.
pub const COMMANDS_IN_FLIGHT_MAX: usize = 256;
/// Cursors in one `hello`.
pub const HELLO_CURSORS_MAX: usize = 1_000;
/// Missed events that `hello` replays over all channels; a client further behind is told to pull.
pub const RESUME_EVENTS_MAX: u32 = 1_000;
/// Longest wait for the first frame of a socket.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for the head of an HTTP request.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time one REST call may take, body included.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest time until a command on a socket is answered, its wait for those before it included; then it is told that nobody
/// knows, and that it can be sent again with its key.
pub const COMMAND_TIMEOUT: Duration = Duration::from_millis(9_500);
/// Longest wait between heartbeats of the server.
pub const HEARTBEAT: Duration = Duration::from_secs(25);
/// Silence after which a connection is dead.
pub const DEAD_AFTER: Duration = Duration::from_secs(45);
/// Longest time a socket may refuse to take a byte while something waits for it.
pub const WRITE_STALL_MAX: Duration = Duration::from_secs(8);

// ---- rates (defaults; see the contract, overload) ----

/// Sends of one user per second, sustained.
pub const SENDS_PER_SECOND: u32 = 10;
/// Sends of one user at once.
pub const SENDS_BURST: u32 = 60;
/// Frames of one connection in ten seconds.
pub const FRAMES_PER_10_S: u32 = 200;
/// Login attempts for one account from one address in fifteen minutes.
pub const LOGINS_PER_ACCOUNT_15_MIN: u32 = 5;
/// Login attempts from one address in fifteen minutes.
pub const LOGINS_PER_IP_15_MIN: u32 = 50;
/// Sign-ups from one address in an hour.
pub const SIGN_UPS_PER_IP_HOUR: u32 = 3;
/// Sockets of one user.
pub const CONNECTIONS_PER_USER: u32 = 10;
/// Sockets from one address.
pub const CONNECTIONS_PER_IP: u32 = 100;
/// Requests of one user per second over REST, sustained.
pub const REQUESTS_PER_SECOND: u32 = 50;

// ---- log ----

/// Appends that may wait for the writer; past it sends are shed with `overloaded`.
pub const APPEND_QUEUE_MAX: usize = 8_192;
/// Most appends and other writes in one commit.
pub const COMMIT_BATCH_MAX: usize = 2_048;
/// Channel heads the writer keeps in memory.
pub const HEADS_CACHED_MAX: usize = 100_000;
/// Channel states (policy, members) kept in memory.
pub const CHANNEL_STATES_CACHED_MAX: usize = 10_000;
/// Times an append is tried again because the channel's membership changed under it.
pub const STALE_RETRIES_MAX: usize = 16;

// ---- receipts ----

/// Members of a channel up to which everyone is told how far the others are; in a larger one they are asked for.
pub const RECEIPT_MEMBERS_MAX: usize = 200;
/// How often the members of a group are told at most.
pub const RECEIPTS_EVERY: Duration = Duration::from_secs(1);
/// The same in a direct channel.
pub const RECEIPTS_EVERY_DIRECT: Duration = Duration::from_millis(100);
/// Channels with receipts that wait to be told; those of further channels are lost, and asked for when they are shown.
pub const RECEIPT_CHANNELS_WAITING_MAX: usize = 10_000;
/// How long the word of the directory on who shows no receipts is believed.
pub const RECEIPTS_HIDDEN_BELIEVED_FOR: Duration = Duration::from_secs(5);
/// Users of whom it is kept whether they show receipts.
pub const RECEIPTS_HIDDEN_CACHED_MAX: usize = 50_000;

// ---- pulling ----

/// Listeners on one node from which on an active channel is pulled instead of pushed.
pub const PULL_LISTENERS: u32 = 1_000;
/// Events per second that make such a channel active.
pub const PULL_EVENTS_PER_SECOND: u32 = 20;
/// How long a pulled channel must be half as active or half as large until it is pushed again.
pub const PULL_LEFT_AFTER: Duration = Duration::from_secs(5);
/// Shortest time between two hints of how far a pulled channel is.
pub const HINT_EVERY: Duration = Duration::from_secs(1);
/// Longest time between two hints.
pub const HINT_EVERY_MAX: Duration = Duration::from_secs(5);
/// Pulls per second and channel that hints lead to on one node, as far as the longest time between them allows.
pub const PULLS_PER_SECOND: u32 = 600;
/// How often a node looks which hints are due.
pub const HINTS_LOOKED_FOR_EVERY: Duration = Duration::from_millis(50);
/// Bytes of encoded ranges kept for those who pull the same.
pub const RANGES_KEPT_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// How long a range is kept: somewhat longer than everyone takes to pull it.
pub const RANGES_KEPT_FOR: Duration = Duration::from_secs(10);
// ---- presence ----

/// How long a user without a connection is still shown as before: who comes back meanwhile was never away.
pub const PRESENCE_GRACE: Duration = Duration::from_secs(10);
/// Silence of a connection after which its user is away there.
pub const PRESENCE_AWAY_AFTER: Duration = Duration::from_secs(5 * 60);
/// How often changes are told; a connection gets those of its time together.
pub const PRESENCE_TICK: Duration = Duration::from_secs(1);
/// Members of a channel up to which each hears who is online; in a larger one those who watch it get a count and a sample.
pub const PRESENCE_MEMBERS_MAX: usize = 200;
/// How often those who watch a large channel are told at most.
pub const PRESENCE_CHANNEL_EVERY: Duration = Duration::from_secs(3);
/// Users in the sample of a large channel.
pub const PRESENCE_SAMPLE_MAX: usize = 20;
/// Channels that a connection may watch.
pub const PRESENCE_WATCHES_MAX: usize = 8;
/// Channels that may be watched on a node; further ones are refused.
pub const PRESENCE_CHANNELS_WATCHED_MAX: usize = 1_000;
/// Users whose changes are told in one tick; those of more wait for the next.
pub const PRESENCE_CHANGES_MAX: usize = 500;
/// Users who are no longer online and of whom it is kept when they were last active.
pub const PRESENCE_LAST_KEPT_MAX: usize = 100_000;
/// Users that a product's back end may show as online without a connection, on a node.
pub const PRESENCE_FLAGS_MAX: usize = 100_000;
/// How long the word of the directory on who hides their presence is believed.
pub const PRESENCE_HIDDEN_BELIEVED_FOR: Duration = Duration::from_secs(5);
/// How often a node tells the others how far its changes are.
pub const PRESENCE_BEAT: Duration = Duration::from_secs(3);
/// Silence of a node, the bus being up, after which its users are offline.
pub const PRESENCE_NODE_SILENT: Duration = Duration::from_secs(15);
/// How long a sign of typing holds without another.
pub const TYPING_EXPIRES: Duration = Duration::from_secs(6);
/// How often a user's typing in a channel is passed on at most.
pub const TYPING_EVERY: Duration = Duration::from_secs(3);
/// Members of a channel up to which typing is passed on.
pub const TYPING_MEMBERS_MAX: usize = 200;
/// Typists who are remembered, so that they are not passed on too often.
pub const TYPISTS_KEPT_MAX: usize = 50_000;

// ---- cluster ----

/// Messages from other nodes that may wait to be taken; past it they are missed, and looked up in the log.
pub const BUS_INBOX_MAX: usize = 16_384;
/// Bytes for other nodes that may wait to be sent; past it they are dropped, and others look them up in the log.
pub const BUS_OUTBOX_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Largest message between nodes, bytes; larger batches are cut.
pub const BUS_MESSAGE_BYTES_MAX: usize = 512 * 1024;
/// How long a hole in a channel may wait for an event that is under way before it is read from the log.
pub const HOLE_GRACE: Duration = Duration::from_millis(25);
/// How often a node compares where its channels stand with the log, while the bus is up.
pub const HEADS_COMPARED_EVERY: Duration = Duration::from_secs(3);
/// The same while the bus is down: a removal must take effect within a second (contract, delivery 9).
pub const HEADS_COMPARED_EVERY_ALONE: Duration = Duration::from_millis(700);
/// How long the state of a channel that this node does not hear is believed before its access position is looked up.
pub const STATE_BELIEVED_FOR: Duration = Duration::from_millis(500);
/// How often a node compares which channels its connected users are in with the directory.
pub const MEMBERSHIPS_COMPARED_EVERY: Duration = Duration::from_secs(30);
/// The same while the bus is down: nobody tells of those who became members on other nodes.
pub const MEMBERSHIPS_COMPARED_EVERY_ALONE: Duration = Duration::from_secs(2);
/// How long a node goes on hearing a channel after its last listener went.
pub const INTEREST_LINGERS: Duration = Duration::from_secs(10);
/// How often a node tells the others about itself.
pub const NODE_HEARTBEAT: Duration = Duration::from_secs(2);
/// Silence after which a node is taken for dead.
pub const NODE_DEAD_AFTER: Duration = Duration::from_secs(10);
/// Most nodes that are known, servers registered from outside included.
pub const NODES_MAX: usize = 1_024;
/// Largest message about nodes, bytes; a larger one is not read.
pub const NODE_MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// Longest region of a node, bytes.
pub const REGION_CHARS_MAX: usize = 32;
/// Longest address or version text of a node, bytes.
pub const NODE_TEXT_BYTES_MAX: usize = 255;
/// Most connections that a node may say it takes.
pub const NODE_CAPACITY_MAX: u32 = 10_000_000;
/// Longest time that a server registered from outside is believed without being registered again.
pub const NODE_REGISTRATION_MAX: Duration = Duration::from_secs(3_600);
/// Longest time over which a drained node's clients are sent away.
pub const DRAIN_SPREAD_MAX: Duration = Duration::from_secs(3_600);
/// How long an order to another node waits until that node shows that it follows.
pub const NODE_ORDER_WAIT: Duration = Duration::from_secs(3);
/// How long the nodes that hold a user's connections have to say so.
pub const WHO_WAIT: Duration = Duration::from_millis(300);
/// Questions after users that may be open at once on a node.
pub const WHO_QUESTIONS_MAX: usize = 256;
/// Connections of a user that one node tells of.
pub const WHO_CONNECTIONS_MAX: usize = 200;
/// How often a node that is too full sends some clients elsewhere.
pub const MOVES_EVERY: Duration = Duration::from_secs(10);
/// How long a client may keep the location it was given before it connects.
pub const LOCATION_LIFE: Duration = Duration::from_secs(10);

// ---- late work ----

/// How long a piece of late work is the node's that claimed it.
pub const WORK_LEASE: Duration = Duration::from_secs(30);
/// Longest time for one attempt at it.
pub const WORK_RUN_MAX: Duration = Duration::from_secs(20);
const _: () = assert!(
    WORK_RUN_MAX.as_secs() < WORK_LEASE.as_secs(),
    "an attempt ends before its lease"
);
/// Most pieces of late work that a node has in hand at once.
pub const WORK_AT_ONCE: usize = 16;
/// Attempts after which a piece is given up: about an hour.
pub const WORK_ATTEMPTS_MAX: u32 = 20;
/// How long after its first failure a piece is tried again; twice as long after each further one.
pub const WORK_RETRY_FIRST: Duration = Duration::from_secs(1);
/// Longest wait before a piece is tried again.
pub const WORK_RETRY_MAX: Duration = Duration::from_secs(300);
/// How soon a node looks for late work again while there is some.
pub const WORK_LOOK_MIN: Duration = Duration::from_millis(50);
/// The same when there has been none for a while.
pub const WORK_LOOK_MAX: Duration = Duration::from_secs(1);
/// How often a node counts late work.
pub const WORK_MEASURED_EVERY: Duration = Duration::from_secs(15);
/// How long a stopping node waits for the late work that it has in hand.
pub const WORK_STOP_MAX: Duration = Duration::from_secs(3);

// ---- rosters ----

/// Most people of one roster.
pub const ROSTER_USERS_MAX: usize = 200_000;
/// Most degrees, courses and classes of one roster.
pub const ROSTER_GROUPS_MAX: usize = 20_000;
/// Most enrolments of one roster.
pub const ROSTER_ENROLMENTS_MAX: usize = 1_000_000;
/// Largest roster that a student system may send, bytes.
pub const ROSTER_BODY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Rosters that a node reads at once; each may be as large as that.
pub const ROSTER_BODIES_AT_ONCE: usize = 2;
/// How long a roster waits until others are read.
pub const ROSTER_BODY_WAIT: Duration = Duration::from_secs(5);
/// Largest file of a roster, out of its archive, bytes.
pub const ROSTER_FILE_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Most entries of an archive.
pub const ROSTER_ARCHIVE_ENTRIES_MAX: usize = 64;
/// Longest id of a group, bytes.
pub const ROSTER_ID_BYTES_MAX: usize = 160;
/// Longest title, code or term, Unicode scalar values.
pub const ROSTER_TITLE_CHARS_MAX: usize = 200;
/// Longest template of a name, Unicode scalar values.
pub const ROSTER_TEMPLATE_CHARS_MAX: usize = 200;
/// Most faults of a roster that are told at once.
pub const ROSTER_FAULTS_TOLD_MAX: usize = 20;
/// Most single changes that a report tells; the rest is counted.
pub const ROSTER_CHANGES_TOLD_MAX: usize = 1_000;
/// Most imports in one list.
pub const ROSTER_IMPORTS_LISTED_MAX: u32 = 100;
/// For how long one import has a space to itself; it asks for more while it runs.
pub const ROSTER_LEASE: Duration = Duration::from_secs(60);
/// How often a running import asks for more.
pub const ROSTER_LEASE_RENEWED_EVERY: Duration = Duration::from_secs(15);
/// How long a call waits for the end of its import before it answers that it goes on.
pub const ROSTER_ANSWER_WAIT: Duration = Duration::from_secs(10);
/// Channels that an import changes at once.
pub const ROSTER_CHANNELS_AT_ONCE: usize = 64;
/// Rows that an import writes in one transaction.
pub const ROSTER_ROWS_AT_ONCE: usize = 1_000;
/// How often is looked for members whose grace is over.
pub const ROSTER_SWEPT_EVERY: Duration = Duration::from_secs(5);
/// Members whose grace is over that are removed in one go.
pub const ROSTER_SWEPT_AT_ONCE: u32 = 1_000;
/// Grace of a dropped enrolment unless the space says otherwise.
pub const ROSTER_GRACE: Duration = Duration::from_secs(7 * 24 * 3600);
/// Longest grace.
pub const ROSTER_GRACE_MAX: Duration = Duration::from_secs(366 * 24 * 3600);
/// Share of the members in hundredths that one import may drop unless the space says otherwise.
pub const ROSTER_REMOVALS_PERCENT: u32 = 20;

const _: () = assert!(ROSTER_LEASE_RENEWED_EVERY.as_secs() * 3 < ROSTER_LEASE.as_secs());
const _: () = assert!(ROSTER_ANSWER_WAIT.as_secs() < REQUEST_TIMEOUT.as_secs());

// ---- social circle ----

/// Largest channel whose members are one's circle: in a larger one nobody knows everybody.
pub const CIRCLE_CHANNEL_MEMBERS_MAX: u32 = 500;
/// Channels that a circle is made of, the closest first.
pub const CIRCLE_CHANNELS_MAX: u32 = 30;
/// People in a circle when the caller does not say.
pub const CIRCLE_DEFAULT: u32 = 20;
/// Most people in a circle.
pub const CIRCLE_MAX: u32 = 100;

const _: () = assert!(CIRCLE_MAX as usize <= CHANNEL_CREATE_MEMBERS_MAX);

// ---- identity ----

/// Life of an access token.
pub const ACCESS_TOKEN_LIFE: Duration = Duration::from_secs(10 * 60);
/// Life of a refresh token.
pub const REFRESH_TOKEN_LIFE: Duration = Duration::from_secs(60 * 24 * 3600);
/// Longest life of a guest token.
pub const GUEST_TOKEN_LIFE_MAX: Duration = Duration::from_secs(24 * 3600);
/// Devices of one user; the one unused longest is signed out when another comes.
pub const DEVICES_PER_USER_MAX: u32 = 20;
/// Longest life of an invitation.
pub const INVITE_LIFE_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

// ---- gRPC ----

/// Largest message of a call, bytes.
pub const GRPC_MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// Calls at once over one connection.
pub const GRPC_CALLS_PER_CONNECTION_MAX: u32 = 64;
/// Streams of events at once on a node.
pub const FEEDS_MAX: usize = 64;
/// Channels of a space that a stream of events follows.
pub const FEED_CHANNELS_MAX: u32 = 200_000;
/// Events that wait for the reader of a stream.
pub const FEED_EVENTS_WAITING_MAX: usize = 256;
/// How often a stream looks for new events; less often where looking takes more than a twentieth of this.
pub const FEED_LOOK: Duration = Duration::from_millis(200);
/// How long a stream waits for a reader that takes nothing.
pub const FEED_STALL_MAX: Duration = Duration::from_secs(30);

const _: () = assert!(FEED_EVENTS_WAITING_MAX >= PAGE_MAX as usize);
const _: () = assert!(DEAD_AFTER.as_secs() > HEARTBEAT.as_secs());
const _: () = assert!(PAGE_DEFAULT <= PAGE_MAX);
// Whoever does not answer any more is offline within a minute: a sweep of the sockets and a tick are a second each.
const _: () = assert!(DEAD_AFTER.as_secs() + PRESENCE_GRACE.as_secs() + 2 * PRESENCE_TICK.as_secs() < 60);
const _: () = assert!(PRESENCE_NODE_SILENT.as_secs() > 3 * PRESENCE_BEAT.as_secs());
const _: () = assert!(PRESENCE_CHANGES_MAX * 128 <= EVENTS_FRAME_BYTES_MAX);
const _: () = assert!(TYPING_EXPIRES.as_secs() > TYPING_EVERY.as_secs());
const _: () = assert!(RECEIPTS_EVERY_DIRECT.as_millis() <= RECEIPTS_EVERY.as_millis());
// They are read as one page of members, and told in one frame.
const _: () = assert!(RECEIPT_MEMBERS_MAX <= PAGE_MAX as usize);
const _: () = assert!(RECEIPT_MEMBERS_MAX * 128 <= EVENTS_FRAME_BYTES_MAX);
const _: () = assert!(EVENTS_FRAME_BYTES_MAX <= OUTBOX_BYTES_MAX);
const _: () = assert!(MESSAGE_CHARS_MAX as usize * 4 <= FRAME_BYTES_MAX);
// Escaped as JSON, a character of a message has six bytes at most.
const _: () = assert!(MESSAGE_CHARS_MAX as usize * 6 + 4_096 <= SOCKETIO_BODY_BYTES_MAX);
const _: () = assert!(WRITE_STALL_MAX.as_secs() < 10);
const _: () = assert!(WRITE_SLICES_MAX <= 1024); // IOV_MAX on Linux
const _: () = assert!(NODE_DEAD_AFTER.as_secs() > 3 * NODE_HEARTBEAT.as_secs());
const _: () = assert!(HEADS_COMPARED_EVERY_ALONE.as_millis() < 1_000);
const _: () = assert!(EVENTS_FRAME_BYTES_MAX < BUS_MESSAGE_BYTES_MAX);
const _: () = assert!(NODE_MESSAGE_BYTES_MAX <= BUS_MESSAGE_BYTES_MAX);
const _: () = assert!(WHO_CONNECTIONS_MAX * 200 < NODE_MESSAGE_BYTES_MAX);
const _: () = assert!(MOVES_EVERY.as_secs() >= 2 * NODE_HEARTBEAT.as_secs());
