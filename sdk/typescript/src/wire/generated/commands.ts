// Made by `npm run generate` from protocol/ws.schema.json; do not edit.

/** A channel: a log with members. */
export type ChannelId = string;
/**
 * The idempotency key that a client makes for a command and keeps until it has a definite answer
 * (contract, delivery 1 to 3). UUIDv7 is best: keys made together are then stored together.
 */
export type ClientKey = string;
/** A person, guest, bot or product of one space. */
export type UserId = string;
/** What a channel is for. */
export type ChannelKind = "direct" | "group" | "meeting" | "course";
/** A name to show: of a person, a channel, a device. */
export type DisplayName = string;
/** What a new member sees of the time before. */
export type HistoryVisibility = "all" | "since_join";
/** Who can find a channel. */
export type Visibility = "private" | "open";
/** Which channels to list. */
export type ChannelScope = "mine" | "open";
/** A frame of a client after the first. */
export type ClientFrame = Command & {
	/** Chosen by the client; the answer names it in `re`. */
	id: number;
};
/** A command; `op` on the wire names it. */
export type Command =
	| (Send & {
			op: "send";
	  })
	| (Edit & {
			op: "edit";
	  })
	| (Delete & {
			op: "delete";
	  })
	| (React & {
			op: "react";
	  })
	| (Unreact & {
			op: "unreact";
	  })
	| (History & {
			op: "history";
	  })
	| (MessageGet & {
			op: "message_get";
	  })
	| (Events & {
			op: "events";
	  })
	| (Read & {
			op: "read";
	  })
	| (Received & {
			op: "received";
	  })
	| (Receipts & {
			op: "receipts";
	  })
	| (Typing & {
			op: "typing";
	  })
	| (PresenceGet & {
			op: "presence_get";
	  })
	| (PresenceSet & {
			op: "presence_set";
	  })
	| (ChannelCreate & {
			op: "channel_create";
	  })
	| (ChannelGet & {
			op: "channel_get";
	  })
	| (ChannelList & {
			op: "channel_list";
	  })
	| (ChannelUpdate & {
			op: "channel_update";
	  })
	| (ChannelArchive & {
			op: "channel_archive";
	  })
	| (ChannelRules & {
			op: "channel_rules";
	  })
	| (LobbyList & {
			op: "lobby_list";
	  })
	| (LobbyAdmit & {
			op: "lobby_admit";
	  })
	| (LobbyDeny & {
			op: "lobby_deny";
	  })
	| (Transcript & {
			op: "transcript";
	  })
	| (Join & {
			op: "join";
	  })
	| (Leave & {
			op: "leave";
	  })
	| (MemberList & {
			op: "member_list";
	  })
	| (MemberAdd & {
			op: "member_add";
	  })
	| (MemberRemove & {
			op: "member_remove";
	  })
	| (MemberRole & {
			op: "member_role";
	  })
	| (Ban & {
			op: "ban";
	  })
	| (Unban & {
			op: "unban";
	  })
	| (BanList & {
			op: "ban_list";
	  })
	| (Mute & {
			op: "mute";
	  })
	| (Unmute & {
			op: "unmute";
	  })
	| (InviteCreate & {
			op: "invite_create";
	  })
	| (InviteList & {
			op: "invite_list";
	  })
	| (InviteRevoke & {
			op: "invite_revoke";
	  })
	| (InvitePreview & {
			op: "invite_preview";
	  })
	| (InviteAccept & {
			op: "invite_accept";
	  })
	| (UserGet & {
			op: "user_get";
	  })
	| (UserSearch & {
			op: "user_search";
	  })
	| (Circle & {
			op: "circle";
	  })
	| (CircleCreate & {
			op: "circle_create";
	  });
/** Position of an event in its channel: 1, 2, 3 … without holes. `Seq(0)` is "before the first event". */
export type Seq = number;
/** How present one says to be. */
export type Presentness = "online" | "away";
/** What a member may do, weakest first: the order is used to compare ranks. */
export type Role = "guest" | "member" | "moderator" | "owner";
/** An invitation into a channel. */
export type InviteId = string;
/** In which shape a client wants events. */
export type Shape = "klatch" | "s4";

/** Removes a user and keeps them out. */
export interface Ban {
	/** The channel. */
	channel: ChannelId;
	/** Makes a retry safe. */
	key?: ClientKey;
	/** Why, at most 200 characters; shown to the members. */
	reason?: string;
	/** Until when, Unix milliseconds; for good if left out. */
	until?: number;
	/** The user. */
	user: UserId;
}
/** Lists who is banned. */
export interface BanList {
	/** The channel. */
	channel: ChannelId;
}
/** Closes a channel for good: it can be read, and nothing else. */
export interface ChannelArchive {
	/** The channel. */
	channel: ChannelId;
	/** Makes a retry safe. */
	key?: ClientKey;
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
/** One channel. */
export interface ChannelGet {
	/** The channel. */
	channel: ChannelId;
}
/** A list of channels. */
export interface ChannelList {
	/** How many, 1 to 1,000; 200 if left out. */
	limit?: number;
	/** Which. */
	scope?: ChannelScope;
}
/** Changes what is given of a channel's rules, leaves the rest. */
export interface ChannelRules {
	/** The channel. */
	channel: ChannelId;
	/** Makes a retry safe. */
	key?: ClientKey;
	/** What changes. */
	rules: RulesChange;
}
/** Changes what is given, leaves the rest. */
export interface ChannelUpdate {
	/** The channel. */
	channel: ChannelId;
	/** Makes a retry safe. */
	key?: ClientKey;
	/** New name. */
	name?: DisplayName;
	/** New topic; the empty text takes it away. */
	topic?: string;
	/** New visibility. */
	visibility?: Visibility;
}
/**
 * The people nearest to oneself: those of the most and the smallest shared classes, courses and degrees first. Channels
 * of more than 500 members do not count.
 */
export interface Circle {
	/** How many, 1 to 100; 20 if left out. */
	limit?: number;
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
/** Posts a message. Acknowledged with [`crate::view::Ack`] once it is durable. */
export interface Send {
	/** Where to. */
	channel: ChannelId;
	/** Made by the client and kept until it has a definite answer; sent again unchanged after a time-out. */
	key: ClientKey;
	/** The message this one answers. */
	reply_to?: Seq;
	/** The text; its longest is the policy's `characters_max`. `@username` mentions, `@all` mentions everyone. */
	text: string;
}
/** Replaces the text of one's own message. */
export interface Edit {
	/** The channel. */
	channel: ChannelId;
	/** Makes a retry safe. */
	key?: ClientKey;
	/** The message. */
	target: Seq;
	/** The new text. */
	text: string;
}
/** Deletes a message: one's own, or another's as moderator. Its content is erased, its place stays. */
export interface Delete {
	/** The channel. */
	channel: ChannelId;
	/** Makes a retry safe. */
	key?: ClientKey;
	/** The message. */
	target: Seq;
}
/** Adds one's reaction to a message; adding it twice changes nothing. */
export interface React {
	/** The channel. */
	channel: ChannelId;
	/** One emoji, at most 64 bytes of UTF-8. */
	emoji: string;
	/** Makes a retry safe. */
	key?: ClientKey;
	/** The message. */
	target: Seq;
}
/** Takes one's reaction back. */
export interface Unreact {
	/** The channel. */
	channel: ChannelId;
	/** The emoji. */
	emoji: string;
	/** Makes a retry safe. */
	key?: ClientKey;
	/** The message. */
	target: Seq;
}
/**
 * A page of messages, with edits, deletions and reactions applied. With `before` or none of the three: newest first,
 * downwards. With `after` or `since`: oldest first, upwards.
 */
export interface History {
	/** Messages above this position, oldest first. */
	after?: Seq;
	/** Messages below this position, newest first. */
	before?: Seq;
	/** The channel. */
	channel: ChannelId;
	/** How many, 1 to 200; 50 if left out. */
	limit?: number;
	/** Messages from this time on, Unix milliseconds, oldest first: how one jumps to a day. */
	since?: number;
}
/** One message, with edits, deletion and reactions applied. */
export interface MessageGet {
	/** The channel. */
	channel: ChannelId;
	/** The message. */
	target: Seq;
}
/** A page of raw events in order: how a client fills a hole. */
export interface Events {
	/** Events above this position. */
	after?: Seq;
	/** The channel. */
	channel: ChannelId;
	/** The epoch the client's copy is from; another one is answered with `resync`. */
	epoch?: string;
	/** How many, 1 to 200, with `until` to 1,000; 50 if left out. */
	limit?: number;
	/**
	 * Events up to this position and no further. A range that has an end below the head is the same for everyone who
	 * may see it: it is read once for all who ask for it together.
	 */
	until?: Seq;
}
/** Moves the reader's cursor forward; it never goes back. */
export interface Read {
	/** The channel. */
	channel: ChannelId;
	/** The last position read. */
	seq: Seq;
}
/** Moves the cursor of what has reached a device of the user; it never goes back. */
export interface Received {
	/** The channel. */
	channel: ChannelId;
	/** The last position received. */
	seq: Seq;
}
/** How many of a channel's other members a message has reached, and in a small channel which. */
export interface Receipts {
	/** The channel. */
	channel: ChannelId;
	/** The message. */
	target: Seq;
}
/** Says that the user types in the channel just now. */
export interface Typing {
	/** The channel. */
	channel: ChannelId;
	/** Whether they no longer do. */
	stop?: boolean;
}
/** Who of a channel is online: everyone in a small channel, else a count and a sample. */
export interface PresenceGet {
	/** The channel. */
	channel: ChannelId;
	/** On a socket: whether to be told from now on when the picture of a channel of more than 200 members changes. */
	watch?: boolean;
}
/** Says how present one is at this connection. Only on a socket. */
export interface PresenceSet {
	/** How present. */
	status: Presentness;
}
/** Lists who waits. */
export interface LobbyList {
	/** The channel. */
	channel: ChannelId;
}
/** Lets one of them in, or all; the answer is who still waits. */
export interface LobbyAdmit {
	/** The channel. */
	channel: ChannelId;
	/** Whom; everyone if left out. */
	user?: UserId;
}
/** Sends one of them away; oneself, to wait no longer. */
export interface LobbyDeny {
	/** The channel. */
	channel: ChannelId;
	/** Whom. */
	user: UserId;
}
/** Reads a page of the transcript, oldest first. */
export interface Transcript {
	/** Only what comes after this position. */
	after?: Seq;
	/** The channel. */
	channel: ChannelId;
	/** How many, 1 to 200; 50 if left out. */
	limit?: number;
}
/** Joins an open channel. */
export interface Join {
	/** The channel. */
	channel: ChannelId;
	/** Makes a retry safe. */
	key?: ClientKey;
}
/** Leaves a channel. The last owner must make another one first. */
export interface Leave {
	/** The channel. */
	channel: ChannelId;
	/** Makes a retry safe. */
	key?: ClientKey;
}
/** A page of members, ordered by user id. */
export interface MemberList {
	/** Members above this id. */
	after?: UserId;
	/** The channel. */
	channel: ChannelId;
	/** How many, 1 to 200; 50 if left out. */
	limit?: number;
}
/** Adds a user of the space to a channel. */
export interface MemberAdd {
	/** The channel. */
	channel: ChannelId;
	/** Makes a retry safe. */
	key?: ClientKey;
	/** Role, below one's own (members may add members, owners may make owners); `member` if left out, `guest` for guests. */
	role?: Role;
	/** The user. */
	user: UserId;
}
/** Removes a member; they may come back if invited. */
export interface MemberRemove {
	/** The channel. */
	channel: ChannelId;
	/** Makes a retry safe. */
	key?: ClientKey;
	/** Why, at most 200 characters; shown to the members. */
	reason?: string;
	/** The user. */
	user: UserId;
}
/** Gives a member another role. */
export interface MemberRole {
	/** The channel. */
	channel: ChannelId;
	/** Makes a retry safe. */
	key?: ClientKey;
	/** The new role. */
	role: Role;
	/** The user. */
	user: UserId;
}
/** Lets a banned user come back. */
export interface Unban {
	/** The channel. */
	channel: ChannelId;
	/** Makes a retry safe. */
	key?: ClientKey;
	/** The user. */
	user: UserId;
}
/** Keeps a member from sending. */
export interface Mute {
	/** The channel. */
	channel: ChannelId;
	/** Makes a retry safe. */
	key?: ClientKey;
	/** Until when, Unix milliseconds; for good if left out. */
	until?: number;
	/** The user. */
	user: UserId;
}
/** Lets a muted member send again. */
export interface Unmute {
	/** The channel. */
	channel: ChannelId;
	/** Makes a retry safe. */
	key?: ClientKey;
	/** The user. */
	user: UserId;
}
/** Makes an invitation. */
export interface InviteCreate {
	/** The channel. */
	channel: ChannelId;
	/** Life in seconds, at most a year; 7 days if left out. */
	expires_in_s?: number;
	/** Role of those who come by it: `guest` or `member`; `member` if left out. */
	role?: Role;
	/** How many may come by it; any number if left out. */
	uses_max?: number;
}
/** Lists the live invitations of a channel. */
export interface InviteList {
	/** The channel. */
	channel: ChannelId;
}
/** Takes an invitation back. */
export interface InviteRevoke {
	/** The channel. */
	channel: ChannelId;
	/** The invitation. */
	invite: InviteId;
}
/** What an invitation leads to, before accepting it. */
export interface InvitePreview {
	/** The code of the link. */
	code: string;
}
/** Joins by an invitation. */
export interface InviteAccept {
	/** The code of the link. */
	code: string;
	/** Makes a retry safe. */
	key?: ClientKey;
}
/** One user of the space. */
export interface UserGet {
	/** The user. */
	user: UserId;
}
/** Users whose username or name begins with a text. */
export interface UserSearch {
	/** How many, 1 to 50; 20 if left out. */
	limit?: number;
	/** The beginning, at least one character; letter case is ignored. */
	query: string;
}
/** The first frame of a client: `{"op":"hello", …}`. */
export interface Hello {
	/** What the client calls itself, for operators' eyes. */
	client?: string;
	/** Last position the client has, per channel. Missed events follow `ready` in order, or `behind` is sent. */
	cursors?: {
		[k: string]: number;
	};
	/** The epoch that the client's copy is from. */
	epoch?: string;
	op: "hello";
	/** Whether the client understands `head` and pulls. One that does not goes on getting every event pushed. */
	pull?: boolean;
	/** In which shape the client wants events. */
	shape?: Shape;
	/**
	 * An access token: the server's own, or one of an issuer the space trusts. A page whose browser sent the server's
	 * cookie with the upgrade may leave it out; one that is given wins over the cookie.
	 */
	token?: string;
}
