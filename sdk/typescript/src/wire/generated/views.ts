// Made by `npm run generate` from protocol/ws.schema.json and openapi.json; do not edit.

/** Position of an event in its channel: 1, 2, 3 … without holes. `Seq(0)` is "before the first event". */
export type Seq = number;
/** What a user is to administer. */
export type AdminChange = "none" | "space" | "server";
/** A channel: a log with members. */
export type ChannelId = string;
/** What a channel is for. */
export type ChannelKind = "direct" | "group" | "meeting" | "course";
/** What an administrator administers. */
export type AdminScope = "space" | "server";
/** A community with its own users, policy and keys. */
export type SpaceId = string;
/** Whether channels may be end-to-end encrypted. */
export type Encryption = "no" | "per_channel";
/** What a new member sees of the time before. */
export type HistoryVisibility = "all" | "since_join";
/** Where membership comes from. */
export type MembershipSource = "roster" | "tokens" | "users";
/** A named set of policy defaults. */
export type Profile = "campus" | "meeting" | "course" | "app";
/** How long messages stay. */
export type Retention =
	| {
			kind: "forever";
	  }
	| {
			/** Days, at least 1. */
			days: number;
			kind: "days";
	  }
	| {
			/** Days, at least 0. */
			days: number;
			kind: "after_meeting";
	  }
	| {
			kind: "until_read";
	  };
/** Whether people may make accounts themselves. */
export type SignUp = "open" | "closed";
/** A person, guest, bot or product of one space. */
export type UserId = string;
/** What kind of account a user is. */
export type UserKind = "person" | "guest" | "system";
/** A name to show: of a person, a channel, a device. */
export type DisplayName = string;
/** A user's unique name within the space, such as `up201906680` (S0.1), `ana` or `+1234567890` (S1.4). */
export type Username = string;
/** Answer to a command. */
export type Answer = Outcome & {
	/** The `id` of the command; none if the frame could not be read that far. */
	re?: number;
};
/** How a command went. */
export type Outcome =
	| {
			/** It took effect. */
			ok: Reply;
	  }
	| {
			/** It did not. */
			error: Problem;
	  };
/** The answer to a [`crate::Command`]. */
export type Reply =
	| Ack
	| Done
	| Cursor
	| Receipts
	| ChannelPresence
	| Channel
	| ChannelCreated
	| Channels
	| Message
	| Messages
	| Events
	| Members
	| Bans
	| Invite
	| Invites
	| InvitePreview
	| Lobby
	| Transcript
	| User
	| Users
	| Circle;
/** How present someone is. */
export type PresenceStatus = "offline" | "away" | "online";
/** What a member may do, weakest first: the order is used to compare ranks. */
export type Role = "guest" | "member" | "moderator" | "owner";
/** Who can find a channel. */
export type Visibility = "private" | "open";
/**
 * The idempotency key that a client makes for a command and keeps until it has a definite answer
 * (contract, delivery 1 to 3). UUIDv7 is best: keys made together are then stored together.
 */
export type ClientKey = string;
/** One entry of a channel's log. */
export type Event = EventBody & {
	/** Who did it. */
	actor: UserId;
	/** When it was committed, Unix milliseconds; to show, not to order. */
	at: number;
	/** The channel. */
	channel: ChannelId;
	/** The key the actor's client gave, so that it knows its own. */
	key?: ClientKey;
	/** The position before it. If it is not the last one the client has, something is missing (S3.1). */
	prev: Seq;
	/** Its position: 1, 2, 3 … without holes. */
	seq: Seq;
};
/** What happened; `type` on the wire names it. */
export type EventBody =
	| {
			/** Whether everyone was mentioned. */
			mention_all?: boolean;
			/** Members mentioned by name. */
			mentions?: UserId[];
			/** How many messages the channel has up to this one. */
			ordinal: number;
			/** The message this one answers. */
			reply_to?: Seq;
			/** The text; empty if the content was erased. */
			text: string;
			/** Whether the content was erased and only the place is left. */
			tombstone?: boolean;
			type: "message.posted";
	  }
	| {
			/** The message. */
			target: Seq;
			/** The new text; empty if the message was deleted later. */
			text: string;
			/** Whether the content was erased and only the place is left. */
			tombstone?: boolean;
			type: "message.edited";
	  }
	| {
			/** The message. */
			target: Seq;
			type: "message.deleted";
	  }
	| {
			/** The emoji. */
			emoji: string;
			/** The message. */
			target: Seq;
			type: "reaction.added";
	  }
	| {
			/** The emoji. */
			emoji: string;
			/** The message. */
			target: Seq;
			type: "reaction.removed";
	  }
	| {
			/** What it is for. */
			kind: ChannelKind;
			/** Its first members. */
			members: InitialMember[];
			/** Its name. */
			name?: string;
			/** Its rules, if it has any of its own. */
			rules?: Rules;
			/** What it is about. */
			topic?: string;
			type: "channel.created";
			/** Who can find it. */
			visibility: Visibility;
	  }
	| {
			/** New name. */
			name?: string;
			/** New topic. */
			topic?: string;
			type: "channel.updated";
			/** New visibility. */
			visibility?: Visibility;
	  }
	| {
			/** The rules from now on. */
			rules: Rules;
			type: "channel.rules_changed";
	  }
	| {
			type: "channel.archived";
	  }
	| {
			/** By which invitation. */
			invite?: InviteId;
			/** As what. */
			role: Role;
			type: "member.joined";
			/** Who. */
			user: UserId;
	  }
	| {
			type: "member.left";
			/** Who. */
			user: UserId;
	  }
	| {
			/** Why. */
			reason?: string;
			type: "member.removed";
			/** Who. */
			user: UserId;
	  }
	| {
			/** Why. */
			reason?: string;
			type: "member.banned";
			/** Until when, Unix milliseconds. */
			until?: number;
			/** Who. */
			user: UserId;
	  }
	| {
			type: "member.unbanned";
			/** Who. */
			user: UserId;
	  }
	| {
			type: "member.muted";
			/** Until when, Unix milliseconds. */
			until?: number;
			/** Who. */
			user: UserId;
	  }
	| {
			type: "member.unmuted";
			/** Who. */
			user: UserId;
	  }
	| {
			/** The new role. */
			role: Role;
			type: "member.role_changed";
			/** Who. */
			user: UserId;
	  };
/** An invitation into a channel. */
export type InviteId = string;
/** What a group of a roster is; nearer to its people the later (S0.3). */
export type RosterKind = "degree" | "course" | "class";
/** A code of the error catalogue, the same over REST and WebSocket. */
export type ErrorCode =
	| "malformed"
	| "unauthenticated"
	| "token_expired"
	| "bad_credentials"
	| "revoked"
	| "forbidden"
	| "muted"
	| "not_started"
	| "waiting"
	| "banned"
	| "archived"
	| "origin_refused"
	| "sign_up_closed"
	| "not_found"
	| "method_not_allowed"
	| "idempotency_conflict"
	| "exists"
	| "full"
	| "limit_reached"
	| "roster_unsafe"
	| "roster_busy"
	| "gone"
	| "resync"
	| "too_large"
	| "unsupported_media_type"
	| "invalid"
	| "rate_limited"
	| "slow_mode"
	| "too_many_connections"
	| "internal"
	| "overloaded"
	| "unavailable"
	| "storage_full";
/** Something that an administrator or the command line did. The words stay as they are for good. */
export type AuditAct =
	| "user.created"
	| "user.renamed"
	| "user.password_changed"
	| "user.disabled"
	| "user.enabled"
	| "user.signed_out"
	| "user.admin_changed"
	| "channel.archived"
	| "space.created"
	| "space.changed"
	| "key.created"
	| "key.revoked"
	| "issuer.added"
	| "issuer.removed"
	| "roster.imported"
	| "roster.changed"
	| "roster.undone"
	| "roster.settings_changed";
/** A line of the audit log. */
export type AuditId = string;
/** One signed-in device of a user; also the family of its refresh tokens. */
export type DeviceId = string;
/** A problem as REST sends it: RFC 9457 section 3, `application/problem+json`. */
export type HttpProblem = Problem & {
	/** A URI of the kind of problem; `about:blank` says that `code` tells it (RFC 9457 section 4.2.1). */
	type: string;
};
/** What became of one who came to a lobby. */
export type LobbyState = "waiting" | "admitted" | "gone";
/** One running process of Klatch. */
export type NodeId = string;
/** A space's short name, unique on the server. */
export type Slug = string;
/** What a change is. */
export type RosterChangeKind =
	"account" | "channel" | "rename" | "back" | "gone" | "join" | "return" | "role" | "drop" | "barred" | "closed";
/** What someone is in a group of a roster, weakest first. */
export type RosterRole = "student" | "assistant" | "teacher";
/** How an import of a roster came about. */
export type RosterImportKind = "whole" | "changes" | "undo";
/** How far an import is. */
export type RosterImportState = "running" | "done" | "unfinished";
/** What the server sends. Exactly one field of these names is in each frame. */
export type ServerFrame =
	| {
			/** Answer to `hello`. */
			ready: Ready;
	  }
	| {
			/** Events of one channel, ascending. */
			events: Event[];
	  }
	| {
			/** Channels to pull. */
			behind: Behind[];
	  }
	| {
			/** How far a channel has come whose events are not pushed just now. Only to clients that said `pull`. */
			head: ChannelHead;
	  }
	| {
			/** Someone types. */
			typing: TypingSignal;
	  }
	| {
			/** Members have received or read further. */
			receipts: ReceiptSignal;
	  }
	| {
			/** Someone waits in a lobby, or does so no longer. */
			lobby: LobbySignal;
	  }
	| {
			/** People one shares a small channel with came, went or are away. Best effort. */
			presence: UserPresence[];
	  }
	| {
			/** The picture of a large channel that one watches. Best effort. */
			channel_presence: ChannelPresence;
	  }
	| {
			/** One's cursor moved, on this or another device. */
			cursor: Cursor;
	  }
	| {
			/** The socket will be closed; come back after this delay. Milliseconds. */
			reconnect: {
				/** How long to wait, milliseconds. */
				delay_ms: number;
			};
	  }
	| {
			/** The first frame was refused; a close follows. */
			refused: Problem;
	  }
	| Answer;

/** A command took effect and is durable. */
export interface Ack {
	/** When it was committed, Unix milliseconds. */
	at: number;
	/** Whether this key had been committed before: this is the first ack again. */
	duplicate?: boolean;
	/** The position before it. */
	prev: Seq;
	/** Position of the event. */
	seq: Seq;
}
/** A channel. */
export interface AdminChannel {
	/** When something last happened in it, Unix milliseconds. */
	active_at: number;
	/** Whether it is closed. */
	archived: boolean;
	/** Position of its last event. */
	head: Seq;
	/** Id. */
	id: ChannelId;
	/** What it is for. */
	kind: ChannelKind;
	/** How many members it has. */
	members: number;
	/** Its name; direct channels have none. */
	name?: string;
}
/** A page of channels, by id: oldest first, but for those of rosters and of two people. */
export interface AdminChannels {
	/** The channels. For the next page, name the last one's id as `after`. */
	channels: AdminChannel[];
}
/** A space. */
export interface AdminSpace {
	/** When it was made, Unix milliseconds. */
	created_at: number;
	/** Id. */
	id: SpaceId;
	/** Name to show. */
	name: string;
	/** Exact origins of pages that may connect, beside the server's own. */
	origins: string[];
	/** Its rules. */
	policy: Policy;
	/** Short name. */
	slug: string;
}
/** Every rule of a space. */
export interface Policy {
	/** Whether files may be attached. */
	attachments: boolean;
	/** Unicode scalar values that one message may have. */
	characters_max: number;
	/** Whether channels may be end-to-end encrypted. */
	encryption: Encryption;
	/** What a new member sees of the time before. */
	history: HistoryVisibility;
	/** Members that one channel may have. */
	members_max: number;
	/** Where membership comes from. */
	membership: MembershipSource;
	/** Whether online state and typing are shown. */
	presence: boolean;
	/** The profile the defaults came from. */
	profile: Profile;
	/** Whether people see how far others have received and read. Policies of before there were receipts have them. */
	receipts?: boolean;
	/** How long messages stay. */
	retention: Retention;
	/** Whether a user may be signed in on several devices; if not, a new login replaces the old. */
	several_devices: boolean;
	/** Whether people may make accounts themselves. */
	sign_up: SignUp;
}
/** A change of a space: what is given changes, the rest stays. */
export interface AdminSpaceUpdate {
	/**
	 * Exact origins of pages that may connect, such as `https://www.example.org`, at most 100: all of them, in place of
	 * those before.
	 */
	origins?: string[];
	/** Its rules. */
	policy?: PolicyChange;
}
/** A change of a space's rules: what is given changes, the rest stays. */
export interface PolicyChange {
	/** Whether files may be attached. */
	attachments?: boolean;
	/** Unicode scalar values that one message may have. */
	characters_max?: number;
	/** Whether channels may be end-to-end encrypted. */
	encryption?: Encryption;
	/** What a new member sees of the time before. */
	history?: HistoryVisibility;
	/** Members that one channel may have. */
	members_max?: number;
	/** Where membership comes from. */
	membership?: MembershipSource;
	/** Whether online state and typing are shown. */
	presence?: boolean;
	/** The profile that the defaults came from; it changes nothing else. */
	profile?: Profile;
	/** Whether people see how far others have received and read. */
	receipts?: boolean;
	/** How long messages stay. */
	retention?: Retention;
	/** Whether a user may be signed in on several devices. */
	several_devices?: boolean;
	/** Whether people may make accounts themselves. */
	sign_up?: SignUp;
}
/** The spaces of the server, by short name. */
export interface AdminSpaces {
	/** The spaces. */
	spaces: AdminSpace[];
}
/** An account. */
export interface AdminUser {
	/** What the user administers; left out if nothing. */
	admin?: AdminScope;
	/** When it was made, Unix milliseconds. */
	created_at: number;
	/** Devices that the user is signed in on. */
	devices: number;
	/** When it was disabled, Unix milliseconds; left out while it is not. */
	disabled_at?: number;
	/** Id. */
	id: UserId;
	/** Kind of account. */
	kind: UserKind;
	/** Name to show. */
	name: string;
	/** Unique name in the space. */
	username: string;
}
/** An account to make. */
export interface AdminUserCreate {
	/** Name to show; the username if left out. */
	name?: DisplayName;
	/** At least 12 characters, at most 256 bytes; one is made up and answered, this once, if left out. */
	password?: string;
	/** Unique name in the space. */
	username: Username;
}
/** An account that was made. */
export interface AdminUserCreated {
	/** The password that was made up for it: it is kept nowhere, and cannot be asked for again. */
	password?: string;
	/** The account. */
	user: AdminUser;
}
/** A change of an account: what is given changes, the rest stays. */
export interface AdminUserUpdate {
	/** What the user administers. For administrators of the server only. */
	admin?: AdminChange;
	/** Whether the account is disabled: signed out everywhere, and not let in again. */
	disabled?: boolean;
	/** Name to show. */
	name?: DisplayName;
}
/** A page of accounts, by username. */
export interface AdminUsers {
	/** The accounts. For the next page, name the last one's username as `after`. */
	users: AdminUser[];
}
/** Whom to let in. */
export interface AdmitBody {
	/** Whom; everyone if left out. */
	user?: UserId;
}
/** A command was carried out; there is nothing to tell. */
export interface Done {
	[k: string]: unknown;
}
/** How far a user has come in a channel. */
export interface Cursor {
	/** The channel. */
	channel: ChannelId;
	/** Of those, how many mention the user. */
	mentions: number;
	/** How far read. */
	read: Seq;
	/** How far received. */
	received: Seq;
	/** Messages after `read`. */
	unread: number;
}
/** How far a message has come among the members who can see it, its author aside. */
export interface Receipts {
	/** How many members there are beside the author. */
	members: number;
	/** Of those, how many have read it and show that; left out for one who shows no reading. */
	read_count?: number;
	/** Of those, how many have received it. */
	received_count: number;
	/** The members, by id; left out in a channel that is too large for a list. */
	users?: ReceiptOfMember[];
}
/** How far a message has come to a member. */
export interface ReceiptOfMember {
	/** Whether they have read it; left out where it is not shown. */
	read?: boolean;
	/** Whether it has reached a device of theirs. */
	received: boolean;
	/** Who. */
	user: UserId;
}
/** Who of a channel is online. */
export interface ChannelPresence {
	/** Of those, how many are connected and not at it. */
	away: number;
	/** Where. */
	channel: ChannelId;
	/** How many members there are. */
	members: number;
	/** Of those, how many are online. */
	online: number;
	/** In a channel of more than 200, some of those who are online. */
	sample?: UserId[];
	/** The members; left out in a channel of more than 200. */
	users?: UserPresence[];
}
/** How present a user is. */
export interface UserPresence {
	/** When last active, Unix milliseconds; left out if nobody remembers. */
	last_active?: number;
	/** How present. */
	status: PresenceStatus;
	/** Who. */
	user: UserId;
}
/** A channel as one user sees it. */
export interface Channel {
	/** Last activity, Unix milliseconds. */
	active_at: number;
	/** Whether it is closed, or its meeting over. */
	archived?: boolean;
	/** Position of its last event. */
	head: Seq;
	/** Id. */
	id: ChannelId;
	/** What it is for. */
	kind: ChannelKind;
	/** How many members it has. */
	members: number;
	/** Of those, how many mention one (by name or all). */
	mentions: number;
	/** Its name; of a `direct` channel, the other user's. */
	name: string;
	/** Of a `direct` channel, the other user. */
	peer?: UserId;
	/** Of a `direct` channel, how far the other has read; left out where it is not shown. */
	peer_read?: Seq;
	/** Of a `direct` channel, how far the other has received; left out where it is not shown. */
	peer_received?: Seq;
	/** Its last message. */
	preview?: Preview;
	/** How far one has read. */
	read: Seq;
	/** How far one's devices have received. */
	received: Seq;
	/** One's role; none if one is not a member. */
	role?: Role;
	/** Its rules, if it has any of its own. */
	rules?: Rules;
	/** What it is about. */
	topic?: string;
	/** Messages after `read`. */
	unread: number;
	/** Who can find it. */
	visibility: Visibility;
}
/** The last message of a channel, for lists. */
export interface Preview {
	/** Who wrote it. */
	actor: UserId;
	/** When, Unix milliseconds. */
	at: number;
	/** Whether it was deleted. */
	deleted?: boolean;
	/** Its position. */
	seq: Seq;
	/** The beginning of its text, at most 140 characters; empty if deleted. */
	text: string;
}
/** What holds in one channel beside the policy of its space. The default is that of a channel without rules of its own. */
export interface Rules {
	/** When the meeting ends, Unix milliseconds. From then on the channel can only be read. */
	ends_at?: number;
	/** What those who come see of the time before, if the channel says so itself. */
	history?: HistoryVisibility;
	/** Whether those who come wait until a moderator lets them in. */
	lobby?: boolean;
	/** Whether only moderators and owners may send. */
	muted_all?: boolean;
	/** Seconds that a member or guest waits between two messages; 0 for none. */
	slow_mode_s?: number;
	/** When the meeting begins, Unix milliseconds. Until then members and guests read, and do not send. */
	starts_at?: number;
}
/** A channel that was made, or found because it existed. */
export interface ChannelCreated {
	/** The channel. */
	channel: Channel;
	/** Whether it existed before. */
	existed: boolean;
}
/** A list of channels. */
export interface Channels {
	/** The channels. */
	channels: Channel[];
}
/** A message with everything later applied. */
export interface Message {
	/** Who wrote it. */
	actor: UserId;
	/** When, Unix milliseconds. */
	at: number;
	/** The channel. */
	channel: ChannelId;
	/** Whether it was deleted. */
	deleted?: boolean;
	/** When it was last edited, Unix milliseconds. */
	edited_at?: number;
	/** The key its client gave. */
	key?: ClientKey;
	/** Whether everyone was mentioned. */
	mention_all?: boolean;
	/** Members mentioned by name. */
	mentions?: UserId[];
	/** How many messages the channel has up to this one. */
	ordinal: number;
	/** The position before it. */
	prev: Seq;
	/** Reactions, first given first. */
	reactions?: Reaction[];
	/** The message it answers. */
	reply_to?: Seq;
	/** Its position. */
	seq: Seq;
	/** Its text now; empty if deleted. */
	text: string;
}
/** One emoji under a message. */
export interface Reaction {
	/** The emoji. */
	emoji: string;
	/** Who gave it, in order. */
	users: UserId[];
}
/** A page of messages. */
export interface Messages {
	/** Which history this is from. */
	epoch: string;
	/** Position of the channel's last event. */
	head: Seq;
	/** The messages, in the order asked for. */
	messages: Message[];
	/** Whether there are more in that direction. */
	more: boolean;
}
/** A page of raw events, ascending. */
export interface Events {
	/** Which history this is from. */
	epoch: string;
	/** The events. */
	events: Event[];
	/** Position of the channel's last event; of the range's end, if one was given and it is not above that. */
	head: Seq;
	/** Whether there are more. */
	more: boolean;
}
/** A member as named in `channel.created`. */
export interface InitialMember {
	/** Their role. */
	role: Role;
	/** The user. */
	user: UserId;
}
/** A page of members. */
export interface Members {
	/** The members. */
	members: Member[];
	/** Whether there are more. */
	more: boolean;
}
/** A member of a channel. */
export interface Member {
	/** Since when, Unix milliseconds. */
	joined_at: number;
	/** Muted until then, Unix milliseconds; `9007199254740991` is "for good". */
	muted_until?: number;
	/** How far read; left out where it is not shown. */
	read?: Seq;
	/** How far received; left out where it is not shown. */
	received?: Seq;
	/** As what. */
	role: Role;
	/** Who. */
	user: User;
}
/** A user as others see them. */
export interface User {
	/** Id. */
	id: UserId;
	/** Kind of account. */
	kind: UserKind;
	/** Name to show. */
	name: string;
	/** Unique name in the space. */
	username: string;
}
/** The bans of a channel. */
export interface Bans {
	/** The bans. */
	bans: Ban[];
}
/** A ban. */
export interface Ban {
	/** Since when, Unix milliseconds. */
	at: number;
	/** By whom. */
	by: UserId;
	/** Why. */
	reason?: string;
	/** Until when, Unix milliseconds; for good if left out. */
	until?: number;
	/** Who. */
	user: UserId;
}
/** An invitation. */
export interface Invite {
	/** Who made it. */
	by: UserId;
	/** The channel. */
	channel: ChannelId;
	/** The code of the link `/join/{code}`. */
	code: string;
	/** Until when, Unix milliseconds. */
	expires_at: number;
	/** Id. */
	id: InviteId;
	/** Role of those who come by it. */
	role: Role;
	/** How many have. */
	uses: number;
	/** How many may come by it. */
	uses_max?: number;
}
/** The invitations of a channel. */
export interface Invites {
	/** The invitations. */
	invites: Invite[];
}
/** What an invitation leads to. */
export interface InvitePreview {
	/** The channel. */
	channel: ChannelId;
	/** Until when the invitation lives, Unix milliseconds. */
	expires_at: number;
	/** What it is for. */
	kind: ChannelKind;
	/** How many members it has. */
	members: number;
	/** Its name. */
	name: string;
}
/** Those who wait to be let into a channel, longest first. */
export interface Lobby {
	/** They. */
	waiting: LobbyEntry[];
}
/** One who waits in a lobby. */
export interface LobbyEntry {
	/** Since when, Unix milliseconds. */
	at: number;
	/** By which invitation. */
	invite?: InviteId;
	/** As what they come in. */
	role: Role;
	/** Who. */
	user: User;
}
/** A page of a transcript, oldest first. */
export interface Transcript {
	/** The messages. */
	messages: TranscriptLine[];
	/** Whether there are more. */
	more: boolean;
}
/** A message as a transcript has it: as it is now. */
export interface TranscriptLine {
	/** When it was sent, RFC 3339. */
	at: string;
	/** Whether it was deleted. */
	deleted?: boolean;
	/** When it was last edited, RFC 3339. */
	edited_at?: string;
	/** Their name to show. */
	name: string;
	/** Reactions, first given first. */
	reactions?: ReactionCount[];
	/** The message it answers. */
	reply_to?: Seq;
	/** Who wrote it. */
	sender: UserId;
	/** Its position. */
	seq: Seq;
	/** Its text; empty if deleted. */
	text: string;
	/** Their unique name in the space. */
	username: string;
}
/** How often one emoji was given. */
export interface ReactionCount {
	/** How many gave it. */
	count: number;
	/** The emoji. */
	emoji: string;
}
/** Users found. */
export interface Users {
	/** The users. */
	users: User[];
}
/** People whom one shares classes and courses with, the nearest first. */
export interface Circle {
	/** The people. */
	people: CirclePerson[];
}
/** Someone of a circle. */
export interface CirclePerson {
	/** What is shared with them, the nearest first. */
	shared: CircleShared[];
	/** Who. */
	user: User;
}
/** A channel of a roster that two people share. */
export interface CircleShared {
	/** The channel. */
	channel: ChannelId;
	/** What its group is. */
	kind: RosterKind;
}
/** An error as the socket and REST tell it (RFC 9457 section 3, `application/problem+json`). */
export interface Problem {
	/** Code of the catalogue. */
	code: ErrorCode;
	/** What exactly, and what to do. */
	detail?: string;
	/** Finds the detail in the operators' log; REST only. */
	requestId?: string;
	/** How long to wait before trying again, milliseconds. */
	retry_after_ms?: number;
	/** HTTP status; REST only. */
	status?: number;
	/** Short sentence of the catalogue. */
	title: string;
}
/** A line of the audit log. */
export interface AuditLine {
	/** What was done. */
	act: AuditAct;
	/** Who did it; left out for the command line. */
	actor?: User;
	/** When, Unix milliseconds. */
	at: number;
	/** What a reader should know besides; may be empty. */
	detail: string;
	/** Id; later lines have greater ones. */
	id: AuditId;
	/** Id of the user, channel, key or issuer that it was done to. */
	target?: string;
}
/** A page of the audit log, newest first. */
export interface AuditLines {
	/** The lines. For the next page, name the last one's id as `before`. */
	lines: AuditLine[];
}
/** How a user is banned. */
export interface BanBody {
	/** Makes a retry safe. */
	key?: ClientKey;
	/** Why, at most 200 characters; shown to the members. */
	reason?: string;
	/** Until when, Unix milliseconds; for good if left out. */
	until?: number;
}
/** A channel whose missed events are too many to replay: the client pulls them. */
export interface Behind {
	/** The position the client gave. */
	after: Seq;
	/** The channel. */
	channel: ChannelId;
	/** Position of the last event. */
	head: Seq;
}
/** Versions that a node understands of what nodes say to each other, both ends included. */
export interface BusVersions {
	/** The newest. */
	max: number;
	/** The oldest. */
	min: number;
}
/** A message. */
export interface CampusMessage {
	/** The same as `id`. */
	_id: string;
	/** Username of who sent it. */
	from: string;
	/** The group. */
	group: ChannelId;
	/** Its id: the channel's and the position, with a colon between them. */
	id: string;
	/** The text; empty if the message was deleted. */
	message: string;
	/** When it was committed, RFC 3339 in UTC. */
	timestamp: string;
}
/** A group with a page of its messages. */
export interface CampusMessages {
	/** The same as `id`. */
	_id: ChannelId;
	/** Id of the group. */
	id: ChannelId;
	/** The messages, newest first. */
	messages: CampusMessage[];
	/** Its name. */
	name: string;
}
/**
 * Makes a channel. A `direct` one names the other user in `members`; if the pair has one already, that one is
 * answered. `course` channels are made by rosters and API keys only.
 */
export interface ChannelCreate {
	/** Makes a retry safe: the same key answers the same channel. */
	key?: ClientKey;
	/** What it is for. */
	kind: ChannelKind;
	/** First members beside the maker, at most 200. */
	members?: UserId[];
	/** Its name; required except for `direct`, which has none. */
	name?: DisplayName;
	/** Its rules: when a meeting is, who waits, who may speak and how often. */
	rules?: RulesChange;
	/** What it is about, at most 500 characters. */
	topic?: string;
	/** Who can find it; `private` if left out. */
	visibility?: Visibility;
}
/** A change of a channel's rules: what is given changes, the rest stays. */
export interface RulesChange {
	/**
	 * When the meeting ends, Unix milliseconds, at most 31 days after it begins; 0 for no such time. Meetings only, and
	 * the owner's alone.
	 */
	ends_at?: number;
	/** What those who come see of the time before; not more than the policy of the space allows. The owner's alone. */
	history?: HistoryVisibility;
	/** Whether those who come wait until a moderator lets them in. Meetings only. */
	lobby?: boolean;
	/** Whether only moderators and owners may send. */
	muted_all?: boolean;
	/** Seconds that a member or guest waits between two messages, 0 to 3,600; 0 for none. */
	slow_mode_s?: number;
	/** When the meeting begins, Unix milliseconds; 0 for no such time. Meetings only, and the owner's alone. */
	starts_at?: number;
}
/**
 * How far a large and active channel's log has come, in place of its events: the client pulls them with `events`, from
 * where its copy ends `until` this position. Everyone is told the same positions, so that they ask for the same ranges.
 */
export interface ChannelHead {
	/** The channel. */
	channel: ChannelId;
	/** Position of the last event. */
	head: Seq;
	/** Pull after a random part of this time, so that not everyone asks at once. Milliseconds. */
	spread_ms: number;
}
/** Changes what is given, leaves the rest. */
export interface ChannelUpdateBody {
	/** Makes a retry safe. */
	key?: ClientKey;
	/** New name. */
	name?: DisplayName;
	/** New topic, at most 500 characters; the empty text takes it away. */
	topic?: string;
	/** New visibility. */
	visibility?: Visibility;
}
/** Where to connect a socket. */
export interface ChatLocation {
	/** Address of the chat server. */
	url: string;
}
/** Makes a group of people of one's circle: of those named in `users`, or of the nearest. */
export interface CircleCreate {
	/** Makes a retry safe: the same key answers the same channel. */
	key?: ClientKey;
	/** The group's name. */
	name: DisplayName;
	/** The nearest so many, 1 to 100, in place of `users`. */
	nearest?: number;
	/** People of one's circle, at most 100. */
	users?: UserId[];
}
/** A message. */
export interface CourseMessage {
	/** The group. */
	channel_id: ChannelId;
	/** The text; empty if the message was deleted. */
	content: string;
	/** When it was committed, RFC 3339 in UTC. */
	created_at: string;
	/** Its position in the group. */
	message_id: Seq;
	/** Username of who sent it. */
	user_id: string;
}
/** A message to a group. */
export interface CourseMessageBody {
	/** Id or name of the group. */
	receiver_groupID: string;
	/** Username or id of the caller. */
	sender_userID: string;
	/** The text; in the profile `course` at most 400 characters. */
	text: string;
}
/** How far; at least one of the two. */
export interface CursorBody {
	/** The last position read. */
	read?: Seq;
	/** The last position received. */
	received?: Seq;
}
/** One signed-in device. */
export interface Device {
	/** When it signed in, Unix milliseconds. */
	created_at: number;
	/** Whether it is the one asking. */
	current: boolean;
	/** Id. */
	id: DeviceId;
	/** Its name. */
	name: string;
	/** When it was last used, Unix milliseconds. */
	seen_at: number;
}
/** A new name. */
export interface DeviceNameBody {
	/** Name of the device. */
	name: DisplayName;
}
/** One of one's own connections. */
export interface DevicePresence {
	/** The signed-in device; left out for tokens of others. */
	device?: DeviceId;
	/** When one was last active there, as far as others were told, Unix milliseconds. */
	last_active: number;
	/** How present one is there. */
	status: PresenceStatus;
}
/** The devices of a user. */
export interface Devices {
	/** The devices. */
	devices: Device[];
}
/** A new text. */
export interface EditBody {
	/** Makes a retry safe. */
	key?: ClientKey;
	/** The new text. */
	text: string;
}
/** A guest to let in. */
export interface GuestBody {
	/** Channels that the guest is put into, at most 50. */
	channels?: GuestChannel[];
	/** Life of the token, seconds; at most and by default a day. */
	life_s?: number;
	/** Name to show. */
	name: DisplayName;
	/** Unique name; the same one later means the same guest. Made up if left out. */
	username?: Username;
}
/** A channel for a guest. */
export interface GuestChannel {
	/** The channel. */
	channel: ChannelId;
	/** As what; `guest` if left out. */
	role?: Role;
}
/** What the invitation allows. */
export interface InviteCreateBody {
	/** Life in seconds, at most a year; 7 days if left out. */
	expires_in_s?: number;
	/** Role of those who come by it: `guest` or `member`; `member` if left out. */
	role?: Role;
	/** How many may come by it; any number if left out. */
	uses_max?: number;
}
/**
 * Someone waits to be let into a channel, or does so no longer: told to them and to the channel's moderators. Best
 * effort: who waits is told again when they ask for the channel, and the list of the lobby is as it is.
 */
export interface LobbySignal {
	/** Where. */
	channel: ChannelId;
	/** What became of them. */
	state: LobbyState;
	/** Who. */
	user: User;
}
/** The server that a client should connect to (S0.4, S4.3). */
export interface Location {
	/** Connect within so many seconds, or ask again. */
	expires_in_s: number;
	/** Its id; say it as `current` the next time. */
	node: NodeId;
	/** Where it stands. */
	region: string;
	/** Its base address; the socket is `/v1/ws` below it. */
	url: string;
}
/** A login by password. */
export interface LoginBody {
	/** Name of the device. */
	device?: DisplayName;
	/** The password. */
	password: string;
	/** The space; may be left out where there is one, or one called `default`. */
	space?: Slug;
	/** The user. */
	username: Username;
}
/** Oneself. */
export interface Me {
	/** What one administers; left out if nothing. */
	admin?: AdminScope;
	/** The device this token belongs to; none for external tokens and API keys. */
	device?: DeviceId;
	/** The space. */
	space: Space;
	/** Who. */
	user: User;
}
/** A space. */
export interface Space {
	/** Id. */
	id: SpaceId;
	/** Name to show. */
	name: string;
	/** Its rules. */
	policy: Policy;
	/** Short name. */
	slug: string;
}
/** A message. */
export interface MeetingMessage {
	/** The channel that it is in. */
	channel: ChannelId;
	/** Its id: the channel's and the position, with a colon between them. */
	id: string;
	/** Username of the user it is for, or the id of the meeting or group. */
	receiver_ID: string;
	/** Username of who sent it. */
	sender_ID: string;
	/** Its position there. */
	seq: Seq;
	/** The text; empty if the message was deleted. */
	text: string;
	/** When it was committed, RFC 3339 in UTC. */
	timestamp: string;
	type: "text" & {
		[k: string]: unknown;
	};
}
/** A message to a user or a meeting. */
export interface MeetingMessageBody {
	/** Username or id of a user, with or without a leading `@`; or id or name of a meeting or group. */
	receiver_ID: string;
	/** Username or id of the caller, with or without a leading `@`. */
	sender_ID: string;
	/** The text. */
	text: string;
	type?: "text" & {
		[k: string]: unknown;
	};
}
/** Whom to add. */
export interface MemberAddBody {
	/** Makes a retry safe. */
	key?: ClientKey;
	/** Role, at most one's own and below owner; `member` if left out. */
	role?: Role;
	/** The user. */
	user: UserId;
}
/** Another role. */
export interface MemberRoleBody {
	/** Makes a retry safe. */
	key?: ClientKey;
	/** The new role. */
	role: Role;
}
/** How a member is muted. */
export interface MuteBody {
	/** Makes a retry safe. */
	key?: ClientKey;
	/** Until when, Unix milliseconds; for good if left out. */
	until?: number;
}
/** A node, for operators. */
export interface Node {
	/** Whether it is the node that was asked. */
	asked?: boolean;
	/** Connections it takes. */
	capacity: number;
	/** Connections it has. */
	connections: number;
	/** Whether its clients are sent away. */
	draining?: boolean;
	/** Id. */
	id: NodeId;
	/** How busy the machine is, 0.0 to 1.0. */
	load: number;
	/** Whether it is too full for new clients. */
	overloaded?: boolean;
	/** Versions of the bus; none for a server that was registered from outside. */
	protocol?: BusVersions;
	/** Where it stands. */
	region: string;
	/** Last digits that it shares with another node (S0.13). */
	split_digits?: number[];
	/** When it started or was registered, Unix milliseconds by its own clock. */
	started_at: number;
	/** Base address that clients use; empty if it is the one at which they come. */
	url: string;
	/** Version of the program. */
	version: string;
}
/** All nodes. */
export interface Nodes {
	/** The nodes, by id. */
	nodes: Node[];
	/** The newest version of the bus that all understand; none if there is none. */
	protocol?: number;
}
/** How to show a user. */
export interface OnlineBody {
	/** Whether as online. */
	online: boolean;
}
/** How oneself is shown to others. */
export interface OwnPresence {
	/** The connections they know of, those of a visible user. */
	devices: DevicePresence[];
	/** How present others see one. */
	status: PresenceStatus;
	/** Whether one is shown, and is shown others. */
	visible: boolean;
}
/** The password before and the one from now on. */
export interface PasswordBody {
	/** The password until now. */
	current: string;
	/** The new one: at least 12 characters, at most 256 bytes. */
	new: string;
}
/** Whether one shows others that one is online or types, and is shown the same of them. */
export interface PresenceSetting {
	/** Whether it is shown. */
	visible: boolean;
}
/** An account to make. */
export interface ProvisionBody {
	/** Name to show; the username if left out. */
	name?: DisplayName;
	/** At least 12 characters, at most 256 bytes; without one, the user cannot log in by password. */
	password?: string;
	/** Unique name in the space. */
	username: Username;
}
/** The socket is open and authenticated; it hears all the user's channels. */
export interface Ready {
	/** One's channels. */
	channels: ReadyChannel[];
	/** The device, if the token has one. */
	device?: DeviceId;
	/** Which history the positions are from. */
	epoch: string;
	/** The server pings this often; a client that hears nothing for twice as long reconnects. Milliseconds. */
	heartbeat_ms: number;
	/** Who one is. */
	user: User;
}
/** A channel in [`Ready`]: where its log stands and how far this user is. */
export interface ReadyChannel {
	/** The channel. */
	channel: ChannelId;
	/** Position of its last event. */
	head: Seq;
	/** How far the user has read. */
	read: Seq;
	/** Messages after that. */
	unread: number;
}
/** How far a member has come, told to the others. */
export interface Receipt {
	/** How far read; left out where it is not shown. */
	read?: Seq;
	/** How far received. */
	received: Seq;
	/** Who. */
	user: UserId;
}
/** Whether one shows others what one has read, and is shown theirs. */
export interface ReceiptSetting {
	/** Whether reading is shown. */
	shown: boolean;
}
/**
 * How far members of a channel have come, those who moved since the last such frame. Best effort: positions only
 * grow, and the channel's view tells them again.
 */
export interface ReceiptSignal {
	/** Where. */
	channel: ChannelId;
	/** Who, and how far. */
	members: Receipt[];
}
/** A refresh token to exchange. */
export interface RefreshBody {
	/** The newest refresh token of the device. */
	refresh_token: string;
}
/** A new name. */
export interface RenameBody {
	/** Name to show. */
	name: DisplayName;
}
/** One change. */
export interface RosterChange {
	/** Which of the counts it is part of. */
	change: RosterChangeKind;
	/** Id of the group. */
	group?: string;
	/** What the group is, where its channel is made. */
	kind?: RosterKind;
	/** Name of the channel, where it is made or renamed. */
	name?: string;
	/** As what. */
	role?: RosterRole;
	/** Username. */
	user?: string;
}
/** Single changes. What is there already is replaced; to end an enrolment that is not there changes nothing. */
export interface RosterChanges {
	/** Enrolments to end. */
	drop?: RosterDrop[];
	/** Enrolments to add, or whose role changes. */
	enrol?: RosterEnrolment[];
	/** Groups to add or change. */
	groups?: RosterGroup[];
	/** People to name. Those who are only in `enrol` are known by their username. */
	users?: RosterUser[];
}
/** That someone is no longer in a group. */
export interface RosterDrop {
	/** Id of the group. */
	group: string;
	/** Who. */
	user: Username;
}
/** That someone is in a group. */
export interface RosterEnrolment {
	/** Id of the group. */
	group: string;
	/** As what; `student` if left out. */
	role?: RosterRole;
	/** Who. */
	user: Username;
}
/**
 * A degree, a course or a class. Each has a channel, whose members are its people and those of the groups that belong to
 * it.
 */
export interface RosterGroup {
	/** Its short name. */
	code?: string;
	/** The student system's own id, at most 160 bytes: the channel stays the same as long as it does. */
	id: string;
	/** What it is. */
	kind: RosterKind;
	/** Id of the group that it belongs to: a class's course or degree, a course's degree. */
	parent?: string;
	/** When it is taught. */
	term?: string;
	/** What it is called, at most 200 characters. */
	title: string;
}
/** Someone who is enrolled. */
export interface RosterUser {
	/** Name to show, for an account that is made. */
	name?: DisplayName;
	/** Unique name in the space. Whoever has no account gets one. */
	username: Username;
}
/** How much there is of each change. */
export interface RosterCounts {
	/** Accounts made. */
	accounts?: number;
	/** Groups that the roster has again. */
	back?: number;
	/** Enrolled, and kept out: banned, removed by hand, disabled, or a username of a guest or back end. */
	barred?: number;
	/** Channels made. */
	channels?: number;
	/** Enrolled, and the channel is closed. */
	closed?: number;
	/** Members dropped, who are removed when the grace is over. */
	drops?: number;
	/** Groups that the roster no longer has. Their channels stay; their people go. */
	gone?: number;
	/** Members put in. */
	joins?: number;
	/** Enrolled, and members already by hand: they stay whatever rosters say. */
	kept?: number;
	/** Channels with another name. */
	renames?: number;
	/** Members dropped before who are enrolled again within the grace. */
	returns?: number;
	/** Members with another role. */
	roles?: number;
	/** Members who stay as they are. */
	unchanged?: number;
}
/** One import. */
export interface RosterImport {
	/** When it began, Unix milliseconds. */
	at: number;
	/** Who did it. */
	by: UserId;
	/** What it does. */
	counts: RosterCounts;
	/** 1, 2, 3 … in the space. */
	import: number;
	/** How it came about. */
	kind: RosterImportKind;
	/** How far it is. */
	state: RosterImportState;
}
/** The imports of a space, newest first. */
export interface RosterImports {
	/** The imports. */
	imports: RosterImport[];
}
/** A whole roster: what is not in it is no longer so. */
export interface RosterPut {
	/** Who is in which, at most 1,000,000. */
	enrolments: RosterEnrolment[];
	/** Degrees, courses and classes, at most 20,000. */
	groups: RosterGroup[];
	/** Everyone who is enrolled, at most 200,000. */
	users: RosterUser[];
}
/** What an import does, or would do. */
export interface RosterReport {
	/** The changes one by one, at most 1,000. */
	changes: RosterChange[];
	/** How much there is of each change. */
	counts: RosterCounts;
	/** Whether it was only asked what would change. */
	dry_run: boolean;
	/** Its number in the space; none for a dry run, and where nothing changes. */
	import?: number;
	/** How many changes are not in `changes`. */
	more: number;
	/** `done`, or `running`: then it goes on, and `GET /v1/roster` tells when it is done. */
	state: RosterImportState;
}
/** How a space follows its rosters. */
export interface RosterSettings {
	/** Name of a class's channel, such as `{course.title} · {class.title} ({term})`. */
	class: string;
	/** Name of a course's channel, such as `{course.code} {course.title}`. */
	course: string;
	/** Name of a degree's channel, such as `{degree.title}`; empty for no such channels. */
	degree: string;
	/** Seconds from the import that drops an enrolment until the member is removed; 0 for at once. */
	grace_s: number;
	/** How many members in a hundred one import may drop without being allowed to. */
	removals_percent: number;
}
/** How a space's roster stands. */
export interface RosterStatus {
	/** Groups with a channel. */
	groups: number;
	/** The newest import. */
	last?: RosterImport;
	/** Members who were dropped and are removed when their grace is over. */
	leaving: number;
	/** Members whom it put in. */
	members: number;
	/** How it is followed. */
	settings: RosterSettings;
}
/** A change of the rules. */
export interface RulesBody {
	/** Makes a retry safe. */
	key?: ClientKey;
	/** What changes. */
	rules: RulesChange;
}
/** Which messages. */
export interface ScreenQuery {
	/** Id or name of the group. */
	groupID: string;
	/** How many messages fit on the screen, 1 to 200. */
	screen_size: number;
}
/** A message to post. */
export interface SendBody {
	/** Made by the client and kept until it has a definite answer. Required, here or as `Idempotency-Key`. */
	key?: ClientKey;
	/** The message this one answers. */
	reply_to?: Seq;
	/** The text; its longest is the policy's `characters_max`. `@username` mentions, `@all` mentions everyone. */
	text: string;
}
/** Someone types. Best effort. */
export interface TypingSignal {
	/** Where. */
	channel: ChannelId;
	/** How long it holds if nothing else is told, milliseconds; 0 if they no longer type. */
	expires_in_ms?: number;
	/** Who. */
	user: UserId;
}
/** An event as S4 writes messages. Every event has one, so that `prevMsgId` tells of everything that is missing. */
export interface ShapedEvent {
	/** The channel. */
	channelId: ChannelId;
	/** When it was committed, RFC 3339 in UTC. */
	createdAt: string;
	/** What happened, if it is not a message. */
	event?: EventBody;
	/** The key the sender's client gave, so that it knows its own. */
	key?: ClientKey;
	/** The text of a message; null for events of another type, and empty if the content was erased. */
	message?: string;
	/** Its position in the channel: unique there, and in order. */
	msgId: Seq;
	/** The position before it. */
	prevMsgId: Seq;
	/** Who did it. */
	senderId: UserId;
}
/** A new account. */
export interface SignUpBody {
	/** Name of the device. */
	device?: DisplayName;
	/** Name to show; the username if left out. */
	name?: DisplayName;
	/** At least 12 characters, at most 256 bytes. */
	password: string;
	/** The space; may be left out where there is one, or one called `default`. */
	space?: Slug;
	/** Unique name in the space. */
	username: Username;
}
/** A sign-in: who, and the tokens. */
export interface SignedIn {
	/** For the `Authorization: Bearer` header and for `hello`. */
	access_token: string;
	/** The device. */
	device: DeviceId;
	/** Life of the access token, seconds. */
	expires_in_s: number;
	/** Gives new tokens once; using it twice signs the device out. */
	refresh_token: string;
	/** Who. */
	user: User;
}
/** A token for a guest or on behalf of a user, without a refresh token. */
export interface Token {
	/** The access token. */
	access_token: string;
	/** Its life, seconds. */
	expires_in_s: number;
	/** Whom it is for. */
	user: User;
}
/** Whom a token is for. */
export interface TokenBody {
	/** The user. */
	user: UserId;
}
