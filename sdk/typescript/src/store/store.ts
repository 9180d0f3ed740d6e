// What a client keeps on its machine: copies of channels, what waits to be sent, people, the list of channels.

import type {
	Channel,
	ChannelId,
	ClientKey,
	Event,
	Me,
	Message,
	Messages,
	Problem,
	Seq,
	User,
} from "../wire/generated/views.ts";

/**
 * How much of a channel is kept: every message from `floor` (0: from its beginning) up to `head`, with everything applied
 * that happened up to there. Messages below the floor may be kept too; they are as they were when they were read.
 */
export interface Copy {
	channel: ChannelId;
	floor: Seq;
	head: Seq;
}

/** A message that waits to be sent, or was refused. */
export interface Waiting {
	/** Made once, and the same until there is a definite answer (contract, delivery 1 to 3). */
	key: ClientKey;
	channel: ChannelId;
	text: string;
	reply_to?: Seq;
	/** When it was written, Unix milliseconds. */
	at: number;
	/** Why it was refused; none as long as it waits. */
	problem?: Problem;
}

/** Everything that is kept of a user. All are durable once their promise resolves, as far as the machine can. */
export interface Store {
	/** The copies, and the history that they are from. */
	copies(): Promise<{ epoch: string | undefined; copies: Copy[] }>;
	/** How much of a channel is kept. */
	copy(channel: ChannelId): Promise<Copy | undefined>;
	/** Begins the copy of a channel anew with its newest page of messages (newest first). */
	begin(channel: ChannelId, page: Messages): Promise<void>;
	/** Goes on with a copy. Events that it has are skipped, those behind a hole are not taken; where there is no copy nothing
	 * happens. */
	append(channel: ChannelId, events: readonly Event[]): Promise<void>;
	/** Takes a page of messages, newest first, that was read below the position `before`. */
	extend(channel: ChannelId, before: Seq, page: Messages): Promise<void>;
	/** Up to `limit` kept messages below `before`, newest first. */
	messages(channel: ChannelId, before: Seq, limit: number): Promise<Message[]>;
	/** Forgets a channel: one is no longer in it. */
	forget(channel: ChannelId): Promise<void>;
	/** Ends all copies, because the history is another one; the messages stay below their floors. */
	afresh(epoch: string | undefined): Promise<void>;

	/** The list of channels as it was last known. */
	lines(): Promise<Channel[]>;
	/** Keeps the list of channels. */
	keepLines(lines: readonly Channel[]): Promise<void>;
	/** Oneself as last known. */
	me(): Promise<Me | undefined>;
	keepMe(me: Me): Promise<void>;
	user(id: string): Promise<User | undefined>;
	keepUsers(users: readonly User[]): Promise<void>;

	/** What waits to be sent, in the order in which it was written. */
	waiting(): Promise<Waiting[]>;
	/** Keeps a message that is to be sent, or what became of it. */
	keepWaiting(waiting: Waiting): Promise<void>;
	/** There is a definite answer. */
	dropWaiting(key: ClientKey): Promise<void>;

	/** Lets go of the storage; everything stays. */
	close(): void;
	/** Deletes everything. */
	erase(): Promise<void>;
}
