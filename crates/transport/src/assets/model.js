// What the page knows: channels, messages, people and what is still to be sent. No network and no DOM in here.

const MESSAGES_MAX = 600;

/** One channel: its line in the list, and the messages that have been loaded. */
export class Channel {
	constructor(view) {
		this.id = view.id;
		this.messages = new Map(); // seq → message
		this.loaded = false;
		this.more = true; // whether older messages can be loaded
		this.last = view.head; // the log is known up to here
		this.seen = view.head; // the log is known to reach here
		this.list(view);
	}

	/** Takes what the server's list says; from then on only later events change the line. */
	list(view) {
		const { head, ...line } = view;
		Object.assign(this, line);
		this.preview = view.preview ?? null;
		this.archived = view.archived ?? false;
		this.counted = head;
		this.seen = Math.max(this.seen, head);
		if (!this.loaded) this.last = Math.max(this.last, head);
	}

	/** Forgets the messages, as after a gap that is too long to fill. */
	unload() {
		this.messages.clear();
		this.loaded = false;
		this.more = true;
		this.last = Math.max(this.last, this.seen);
	}

	/** Takes a page of messages, newest first. */
	take(page) {
		for (const message of page.messages) this.messages.set(message.seq, message);
		this.more = page.more;
	}

	sorted() {
		return [...this.messages.values()].sort((a, b) => a.seq - b.seq);
	}

	/** Drops the oldest messages of a long sitting; they can be loaded again. */
	trim() {
		if (this.messages.size <= MESSAGES_MAX) return;
		for (const { seq } of this.sorted().slice(0, -MESSAGES_MAX / 2)) this.messages.delete(seq);
		this.more = true;
	}

	newest() {
		let newest = 0;
		for (const seq of this.messages.keys()) newest = Math.max(newest, seq);
		return newest;
	}

	oldest() {
		let oldest = Infinity;
		for (const seq of this.messages.keys()) oldest = Math.min(oldest, seq);
		return oldest;
	}
}

/** Applies an event to the loaded messages. Doing so twice changes nothing. */
export function applyToMessages(channel, event) {
	const { messages } = channel;
	if (event.type === "message.posted") {
		if (!messages.has(event.seq)) messages.set(event.seq, { ...event, deleted: event.tombstone ?? false });
		return;
	}
	const target = messages.get(event.target);
	if (!target) return;
	const change = (fields) => messages.set(event.target, { ...target, ...fields });
	const reactions = target.reactions ?? [];
	const found = reactions.find(({ emoji }) => emoji === event.emoji);
	switch (event.type) {
		case "message.edited":
			if (!event.tombstone && !target.deleted) change({ text: event.text, edited_at: event.at });
			break;
		case "message.deleted":
			change({ text: "", deleted: true, reactions: [] });
			break;
		case "reaction.added":
			if (target.deleted || found?.users.includes(event.actor)) break;
			if (!found) change({ reactions: [...reactions, { emoji: event.emoji, users: [event.actor] }] });
			else change({ reactions: reactions.map((r) => (r === found ? { ...r, users: [...r.users, event.actor] } : r)) });
			break;
		case "reaction.removed":
			if (!found) break;
			change({
				reactions: reactions
					.map((r) => (r === found ? { ...r, users: r.users.filter((user) => user !== event.actor) } : r))
					.filter(({ users }) => users.length > 0),
			});
	}
}

/** Everything the page knows. */
export class Model {
	me = null;
	epoch = null;
	open = null; // id of the channel that is shown
	users = new Map();
	channels = new Map();
	outbox = []; // { key, channel, text, reply_to, at, state: "sending" | "failed" | "sent", why, seq }

	/** Forgets all copies of the server's history: it is another one now. */
	forget() {
		this.channels.clear();
		this.epoch = null;
	}

	/** Positions to resume from: only of channels whose messages are held. */
	cursors() {
		const loaded = [...this.channels.values()].filter((channel) => channel.loaded);
		return Object.fromEntries(loaded.map(({ id, last }) => [id, last]));
	}

	/** Takes the server's list of channels; those that are not in it are gone. */
	list(views) {
		const here = new Set(views.map(({ id }) => id));
		for (const id of this.channels.keys()) if (!here.has(id)) this.channels.delete(id);
		for (const view of views) {
			const channel = this.channels.get(view.id);
			if (channel) channel.list(view);
			else this.channels.set(view.id, new Channel(view));
		}
	}

	/** By last activity, newest first. */
	byActivity() {
		return [...this.channels.values()].sort((a, b) => b.active_at - a.active_at || (a.id < b.id ? 1 : -1));
	}

	unread() {
		return [...this.channels.values()].reduce((sum, channel) => sum + channel.unread, 0);
	}

	/**
	 * Applies an event that came in order: "applied", or "old" (had it), "hole" (some before it are missing: ask for
	 * those after `channel.last`) or "unknown" (not a channel of the list).
	 */
	apply(event) {
		const channel = this.channels.get(event.channel);
		if (!channel) return "unknown";
		channel.seen = Math.max(channel.seen, event.seq);
		if (event.seq <= channel.last) return "old";
		if (event.prev !== channel.last) return "hole";
		channel.last = event.seq;
		if (channel.loaded) applyToMessages(channel, event);
		if (event.type === "message.posted") this.settle(event);
		if (event.seq > channel.counted) this.#count(channel, event);
		return "applied";
	}

	/** A message is in the log: it is no longer to be sent. */
	settle({ channel, key, seq }) {
		this.outbox = this.outbox.filter((e) => !(e.channel === channel && ((key && e.key === key) || e.seq === seq)));
	}

	/** The line in the list, after an event that the server's list did not know. */
	#count(channel, event) {
		channel.counted = event.seq;
		const { seq, at, actor } = event;
		switch (event.type) {
			case "message.posted": {
				const mine = actor === this.me?.id;
				channel.active_at = Math.max(channel.active_at, at);
				channel.preview = { seq, at, actor, text: event.text.slice(0, 140), deleted: event.tombstone ?? false };
				if (mine || seq <= channel.read) break;
				channel.unread += 1;
				if (event.mention_all || event.mentions?.includes(this.me?.id)) channel.mentions += 1;
				break;
			}
			case "message.edited":
				if (channel.preview?.seq === event.target) channel.preview.text = event.text.slice(0, 140);
				break;
			case "message.deleted":
				if (channel.preview?.seq === event.target) channel.preview = { ...channel.preview, text: "", deleted: true };
				break;
			case "channel.updated":
				for (const field of ["name", "topic", "visibility"]) if (event[field] != null) channel[field] = event[field];
				break;
			case "channel.archived":
				channel.archived = true;
				break;
			case "member.joined":
				channel.members += 1;
				break;
			case "member.left":
			case "member.removed":
			case "member.banned":
				if (event.user === this.me?.id) this.channels.delete(channel.id);
				else if (event.type !== "member.banned") channel.members -= 1;
				break;
			case "member.role_changed":
				if (event.user === this.me?.id) channel.role = event.role;
		}
	}

	/** One's cursor moved, here or on another device. */
	cursor(cursor) {
		const channel = this.channels.get(cursor.channel);
		if (!channel || cursor.read < channel.read) return;
		const { read, received, unread, mentions } = cursor;
		Object.assign(channel, { read, received, unread, mentions });
	}
}
