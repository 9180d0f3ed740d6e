// The list of channels: each a line with its last message and what is unread, kept true by the events that come.

import { Cell, type Readable } from "../readable.ts";
import type { Channel, Cursor, Event, ReceiptSignal, UserId } from "../wire/generated/views.ts";

/** Longest text of a preview, characters; the server's own limit. */
const PREVIEW_CHARACTERS_MAX = 140;

/** What became of an event: it was counted, was known, does not follow what is known, is of a channel that is not in the
 * list, or took oneself out of the channel. */
export type Counted = "counted" | "old" | "hole" | "unknown" | "left";

/** The list, last activity first; `undefined` until it is known. */
export class ChannelList implements Readable<readonly Channel[] | undefined> {
	readonly #sorted = new Cell<readonly Channel[] | undefined>(undefined);
	readonly #lines = new Map<string, Cell<Channel | undefined>>();
	#me: UserId | undefined;

	get(): readonly Channel[] | undefined {
		return this.#sorted.get();
	}

	subscribe(listener: () => void): () => void {
		return this.#sorted.subscribe(listener);
	}

	/** The line of one channel; `undefined` as long as it is not in the list. */
	line(id: string): Cell<Channel | undefined> {
		let line = this.#lines.get(id);
		if (!line) {
			line = new Cell<Channel | undefined>(undefined);
			this.#lines.set(id, line);
		}
		return line;
	}

	/** Whose list it is. */
	of(me: UserId): void {
		this.#me = me;
	}

	/** Takes the server's list; those that are not in it are gone. Returns their ids. */
	take(channels: readonly Channel[]): string[] {
		const here = new Map(channels.map((channel) => [channel.id, channel]));
		const gone = (this.get() ?? []).filter(({ id }) => !here.has(id)).map(({ id }) => id);
		for (const id of gone) this.line(id).set(undefined);
		for (const channel of channels) this.line(channel.id).set(newer(this.line(channel.id).get(), channel));
		this.#sort();
		return gone;
	}

	/** Takes what the server says of one channel. */
	put(channel: Channel): void {
		this.line(channel.id).set(newer(this.line(channel.id).get(), channel));
		this.#sort();
	}

	/** One is no longer in a channel. */
	drop(id: string): void {
		this.line(id).set(undefined);
		this.#sort();
	}

	/** Counts an event. */
	apply(event: Event): Counted {
		const line = this.line(event.channel);
		const channel = line.get();
		if (!channel) return "unknown";
		if (event.seq <= channel.head) return "old";
		if (event.prev !== channel.head) return "hole";
		const after = counted(channel, event, this.#me);
		if (!after) {
			this.drop(event.channel);
			return "left";
		}
		line.set(after);
		this.#sort();
		return "counted";
	}

	/** One's cursor moved, here or on another device. It never goes back. */
	cursor({ channel, ...cursor }: Cursor): void {
		const line = this.line(channel);
		const before = line.get();
		if (!before || cursor.read < before.read) return;
		line.set({ ...before, ...cursor });
		this.#sort();
	}

	/** Members have received or read further; of interest here in direct channels. */
	receipts({ channel, members }: ReceiptSignal): void {
		const line = this.line(channel);
		const before = line.get();
		const peer = members.find(({ user }) => user === before?.peer);
		if (!before || !peer) return;
		const read = Math.max(before.peer_read ?? 0, peer.read ?? 0);
		const received = Math.max(before.peer_received ?? 0, peer.received);
		line.set({ ...before, peer_received: received, ...(peer.read === undefined ? {} : { peer_read: read }) });
		this.#sort();
	}

	#sort(): void {
		const channels = [...this.#lines.values()].map((line) => line.get()).filter((line) => line !== undefined);
		channels.sort((one, other) => other.active_at - one.active_at || (one.id < other.id ? 1 : -1));
		this.#sorted.set(channels);
	}
}

/** An answer may be older than what came by the socket meanwhile. */
function newer(known: Channel | undefined, told: Channel): Channel {
	return known && known.head > told.head ? known : told;
}

/** A line after an event; none if oneself is out of the channel. */
function counted(channel: Channel, event: Event, me: UserId | undefined): Channel | undefined {
	const line = { ...channel, head: event.seq };
	const { preview } = channel;
	switch (event.type) {
		case "message.posted": {
			const { seq, at, actor, tombstone = false } = event;
			const text = [...event.text].slice(0, PREVIEW_CHARACTERS_MAX).join("");
			const shown = {
				...line,
				active_at: Math.max(line.active_at, at),
				preview: { seq, at, actor, text, deleted: tombstone },
			};
			if (actor === me || seq <= channel.read) return shown;
			const named = event.mention_all === true || (me !== undefined && event.mentions?.includes(me) === true);
			return { ...shown, unread: line.unread + 1, mentions: line.mentions + (named ? 1 : 0) };
		}
		case "message.edited":
			if (preview?.seq !== event.target || event.tombstone) return line;
			return { ...line, preview: { ...preview, text: [...event.text].slice(0, PREVIEW_CHARACTERS_MAX).join("") } };
		case "message.deleted":
			return preview?.seq === event.target ? { ...line, preview: { ...preview, text: "", deleted: true } } : line;
		case "channel.updated":
			return updated(line, event);
		case "channel.rules_changed":
			return { ...line, rules: event.rules };
		case "channel.archived":
			return { ...line, archived: true };
		case "member.joined":
			return { ...line, members: line.members + 1, ...(event.user === me ? { role: event.role } : {}) };
		case "member.left":
		case "member.removed":
			return event.user === me ? undefined : { ...line, members: Math.max(0, line.members - 1) };
		case "member.banned":
			// Who was banned need not have been a member; the list says how many there are when it is read next.
			return event.user === me ? undefined : line;
		case "member.role_changed":
			return event.user === me ? { ...line, role: event.role } : line;
		default:
			return line;
	}
}

function updated(line: Channel, event: Event & { type: "channel.updated" }): Channel {
	const { name, topic, visibility } = event;
	const { topic: before, ...rest } = line;
	const now = topic ?? before;
	return {
		...rest,
		...(name === undefined ? {} : { name }),
		...(visibility === undefined ? {} : { visibility }),
		...(now ? { topic: now } : {}),
	};
}
