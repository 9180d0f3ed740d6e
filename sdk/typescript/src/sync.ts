// In step with the server: what the link hears goes to where it belongs. Nothing is shown here, nothing is sent by hand.

import { ChannelHandle, type ChannelHost } from "./channel/channel.ts";
import { ChannelList } from "./channel/list.ts";
import { Outbox } from "./channel/outbox.ts";
import type { Hearer, Held, Link, Note } from "./link/link.ts";
import { People } from "./people.ts";
import { Cell } from "./readable.ts";
import type { Store } from "./store/store.ts";
import { Unanswered } from "./wire/errors.ts";
import type { Channel, Event, LobbySignal, Me, Ready, ServerFrame, UserPresence } from "./wire/generated/views.ts";

/** Channels in the list; the server's own limit. */
const CHANNELS_MAX = 1_000;
/** Channels that are resumed by `hello`, so that it fits into a frame; the others catch up by themselves. */
const CURSORS_MAX = 500;
/** How long changes of the list gather until it is kept, milliseconds. */
const KEPT_AFTER_MS = 1_000;
/** Wait before the list is asked for again when the server was busy, milliseconds. */
const AGAIN_MS = 1_000;

/** What a program can listen to. */
export interface Heard {
	/** Something happened in a channel, in order for each. After a reconnect it may be told again. */
	event: Event;
	/** Someone waits in a lobby, or does so no longer. */
	lobby: LobbySignal;
	/** One is not in a channel any more. */
	removed: string;
}

/** What is needed of the surroundings. */
export interface SyncHost {
	readonly store: Store;
	readonly link: Link;
	/** Reads who one is. */
	readMe(): Promise<Me>;
	tell<K extends keyof Heard>(kind: K, what: Heard[K]): void;
}

/** Everything that a tab knows, and how it is kept true. */
export class Sync implements Hearer {
	readonly me = new Cell<Me | undefined>(undefined);
	readonly list = new ChannelList();
	readonly people: People;
	readonly outbox: Outbox;
	readonly #host: SyncHost;
	readonly #channels = new Map<string, ChannelHandle>();
	readonly #told = new Map<string, number>();
	#epoch: string | undefined;
	/** From `ready` until the list is read, events wait here. */
	#early: Event[] | undefined;
	#listing = false;
	/** Whether the list was asked for since it was last asked of the server. */
	#stale = false;
	readonly #asked = new Set<string>();
	#writes: Promise<void> = Promise.resolve();
	#keeping: ReturnType<typeof setTimeout> | undefined;

	constructor(host: SyncHost) {
		this.#host = host;
		const { store, link } = host;
		this.people = new People({ store: () => store, ask: (user) => link.call("user_get", { user }) });
		this.outbox = new Outbox({
			store,
			sends: () => link.leads.get() && link.status.get().state === "online",
			send: (args) => link.call("send", args),
			acked: (channel, seq) => this.#channels.get(channel)?.acked(seq),
			changed: (channel) => this.#channels.get(channel)?.refresh(),
			tell: () => link.tell({ note: "outbox" }),
		});
		this.list.subscribe(() => this.#keepSoon());
	}

	/** Takes what was kept when the program last ran. */
	async restore(): Promise<void> {
		const { store } = this.#host;
		const [me, lines, { epoch }] = await Promise.all([store.me(), store.lines(), store.copies()]);
		this.#epoch = epoch;
		if (me) {
			this.me.set(me);
			this.list.of(me.user.id);
		}
		if (lines.length > 0) this.list.take(lines);
		await this.outbox.load();
	}

	/** The channel of an id, always the same object. */
	channel(id: string): ChannelHandle {
		let channel = this.#channels.get(id);
		if (!channel) {
			channel = new ChannelHandle(id, this.#channelHost());
			this.#channels.set(id, channel);
		}
		return channel;
	}

	async held(): Promise<Held> {
		await this.#writes;
		const { epoch, copies } = await this.#host.store.copies();
		const places = new Map(this.list.get()?.map(({ id }, place) => [id, place]));
		const place = (channel: string) => places.get(channel) ?? CHANNELS_MAX;
		copies.sort((one, other) => place(one.channel) - place(other.channel));
		for (const { channel, head } of copies) this.channel(channel).follow(head);
		const cursors = Object.fromEntries(copies.slice(0, CURSORS_MAX).map(({ channel, head }) => [channel, head]));
		return { cursors, ...(epoch === undefined ? {} : { epoch }) };
	}

	hear(frame: ServerFrame): void {
		if ("ready" in frame) void this.#ready(frame.ready);
		else if ("events" in frame) this.#take(frame.events);
		else if ("behind" in frame) for (const { channel, head } of frame.behind) this.#channels.get(channel)?.reach(head);
		else if ("head" in frame) this.#hint(frame.head);
		else if ("cursor" in frame) this.list.cursor(frame.cursor);
		else if ("receipts" in frame) this.list.receipts(frame.receipts);
		else if ("typing" in frame) this.#typing(frame.typing);
		else if ("presence" in frame) this.#present(frame.presence);
		else if ("channel_presence" in frame)
			this.#channels.get(frame.channel_presence.channel)?.hearPresence(frame.channel_presence);
		else if ("lobby" in frame) this.#host.tell("lobby", frame.lobby);
	}

	told(note: Note): void {
		if (note.note === "outbox") void this.outbox.load();
		else if (this.#host.link.leads.get()) this.channel(note.channel).follow(note.head);
	}

	async afresh(): Promise<void> {
		this.#epoch = undefined;
		this.#told.clear();
		await this.#writes;
		if (this.#host.link.leads.get()) await this.#host.store.afresh(undefined);
		for (const channel of this.#channels.values()) channel.forget();
	}

	/** Reads the list of channels anew, as it is after this call, even if it is being read already. */
	async relist(): Promise<void> {
		this.#stale = true;
		if (this.#listing) return;
		this.#listing = true;
		this.#early ??= [];
		while (this.#stale) {
			this.#stale = false;
			await this.#readList();
		}
		this.#listing = false;
		const early = this.#early;
		this.#early = undefined;
		this.#take(early);
	}

	/** A channel is known to be as told. */
	put(channel: Channel): void {
		this.list.put(channel);
	}

	/** Resolves once everything that was heard is written down. */
	async written(): Promise<void> {
		if (this.#keeping !== undefined) this.#keepLines();
		await this.#writes;
	}

	async #ready({ user, epoch, channels }: Ready): Promise<void> {
		this.#early ??= [];
		this.people.forgetPresence();
		this.people.learn([user]);
		this.list.of(user.id);
		if (this.#epoch !== undefined && this.#epoch !== epoch) await this.afresh();
		this.#epoch = epoch;
		void this.#readMe();
		for (const { channel, head } of channels) this.#channels.get(channel)?.reach(head);
		await this.relist();
		this.people.resume();
		for (const channel of this.#channels.values()) channel.resume();
		await this.outbox.load();
	}

	async #readMe(): Promise<void> {
		try {
			const me = await this.#host.readMe();
			this.me.set(me);
			await this.#host.store.keepMe(me);
		} catch {
			// What was known before still holds, and the next connection asks again.
		}
	}

	async #readList(): Promise<void> {
		try {
			const { channels } = await this.#host.link.call("channel_list", { limit: CHANNELS_MAX });
			for (const id of this.list.take(channels)) this.#lost(id);
		} catch (error) {
			// Without a connection the next one reads it.
			if (error instanceof Unanswered) return;
			await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
			this.#stale = true;
		}
	}

	#take(events: readonly Event[]): void {
		if (this.#early) {
			this.#early.push(...events);
			return;
		}
		for (const event of events) {
			const outcome = this.#count(event);
			if (outcome === "unknown") void this.relist();
			if (outcome === "hole" && this.#channels.get(event.channel)?.at === undefined) void this.#askAgain(event.channel);
		}
		for (const [id, theirs] of byChannel(events)) this.#channels.get(id)?.hear(theirs);
	}

	/** Counts an event in the list; what waited for it waits no more. */
	#count(event: Event): ReturnType<ChannelList["apply"]> {
		const outcome = this.list.apply(event);
		this.outbox.settle(event);
		if (event.seq > (this.#told.get(event.channel) ?? 0)) {
			this.#told.set(event.channel, event.seq);
			this.#host.tell("event", event);
		}
		if (outcome === "left") this.#lost(event.channel);
		return outcome;
	}

	/** A channel is pulled just now. One that is not shown or kept has its line told now and then. */
	#hint({ channel, head, spread_ms }: { channel: string; head: number; spread_ms: number }): void {
		const handle = this.#channels.get(channel);
		if (handle?.at !== undefined) handle.hint(head, spread_ms);
		else setTimeout(() => void this.#askAgain(channel), Math.random() * spread_ms);
	}

	/** Asks for the line of a channel. */
	async #askAgain(channel: string): Promise<void> {
		if (this.#asked.has(channel)) return;
		this.#asked.add(channel);
		try {
			this.list.put(await this.#host.link.call("channel_get", { channel }));
		} catch {
			// The list is read again with the next connection.
		} finally {
			this.#asked.delete(channel);
		}
	}

	#typing(signal: Parameters<ChannelHandle["hearTyping"]>[0]): void {
		if (signal.user !== this.me.get()?.user.id) this.#channels.get(signal.channel)?.hearTyping(signal);
	}

	#present(presences: readonly UserPresence[]): void {
		this.people.take(presences);
		for (const channel of this.#channels.values()) channel.hearPeople(presences);
	}

	#lost(id: string): void {
		this.list.drop(id);
		this.#channels.get(id)?.leave();
		this.#write(() => this.#host.store.forget(id));
		this.#host.tell("removed", id);
	}

	/** Changes the copies, one change after the other; only the tab that has the socket does. */
	#write(change: () => Promise<void>): void {
		if (!this.#host.link.leads.get()) return;
		// A copy that could not be written ends where it was: whatever is missing is read from the server again.
		this.#writes = this.#writes.then(change).catch(() => {});
	}

	#keepSoon(): void {
		this.#keeping ??= setTimeout(() => this.#keepLines(), KEPT_AFTER_MS);
	}

	#keepLines(): void {
		clearTimeout(this.#keeping);
		this.#keeping = undefined;
		this.#write(() => this.#host.store.keepLines(this.list.get() ?? []));
	}

	#channelHost(): ChannelHost {
		const { store, link } = this.#host;
		return {
			store,
			outbox: this.outbox,
			call: (op, args) => link.call(op, args),
			me: () => this.me.get(),
			leads: () => link.leads.get(),
			tell: (presences) => this.people.take(presences),
			line: (id) => this.list.line(id),
			applied: (id, events) => {
				for (const event of events) this.#count(event);
				this.#write(() => store.append(id, events));
			},
			written: () => this.#writes,
			copied: (channel, head) => link.tell({ note: "copied", channel, head }),
			haveRead: ({ id, head, received }) =>
				this.list.cursor({ channel: id, read: head, received, unread: 0, mentions: 0 }),
			lost: (id) => this.#lost(id),
		};
	}
}

/** Events of each channel, in their order. */
function byChannel(events: readonly Event[]): Map<string, Event[]> {
	const channels = new Map<string, Event[]>();
	for (const event of events) {
		const theirs = channels.get(event.channel);
		if (theirs) theirs.push(event);
		else channels.set(event.channel, [event]);
	}
	return channels;
}
