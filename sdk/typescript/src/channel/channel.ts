// One channel as a program uses it.

import { Cell, type Readable } from "../readable.ts";
import type { Store } from "../store/store.ts";
import { Unanswered } from "../wire/errors.ts";
import type { Ack, Channel, ChannelPresence, Event, Me, Message, Seq, UserPresence } from "../wire/generated/views.ts";
import type { ArgsOf, Op, Replies } from "../wire/replies.ts";
import { uuid7 } from "../wire/uuid.ts";
import { Log } from "./log.ts";
import type { Outbox } from "./outbox.ts";
import { Progress } from "./progress.ts";
import { Timeline } from "./timeline.ts";
import { Typing } from "./typing.ts";

/** Channels with more members are not told who received what (docs/receipts.md). */
const RECEIPTS_MEMBERS_MAX = 200;

/** How long the event of an acknowledged change may take, milliseconds. */
const LATE_MS = 1_500;

/** How long it takes until the server counts one who has just come as online, and some more, milliseconds. */
const COUNTED_MS = 1_500;

/** What a channel needs of the client. */
export interface ChannelHost {
	readonly store: Store;
	readonly outbox: Outbox;
	call<O extends Op>(op: O, args: ArgsOf<O>): Promise<Replies[O]>;
	/** Oneself, once known. */
	me(): Me | undefined;
	/** Whether this tab has the socket. */
	leads(): boolean;
	/** How present people are. */
	tell(presences: readonly UserPresence[]): void;
	/** The channel's line in the list. */
	line(id: string): Cell<Channel | undefined>;
	/** Events of the channel that were applied: counts them and writes them into its copy. */
	applied(id: string, events: readonly Event[]): void;
	/** Resolves once everything is written. */
	written(): Promise<void>;
	/** A copy of the channel was begun. */
	copied(id: string, head: Seq): void;
	/** One has read all of a channel. */
	haveRead(line: Channel): void;
	/** One is not in the channel any more. */
	lost(id: string): void;
}

/** A channel. The client gives the same object for the same id. */
export class ChannelHandle {
	readonly id: string;
	/** Its line in the list; `undefined` as long as one is not in it. */
	readonly view: Readable<Channel | undefined>;
	/** Its messages; open it before it is shown. */
	readonly timeline: Timeline;
	/** Who types. */
	readonly typing: Readable<readonly string[]>;
	/** Who is online, while somebody watches. */
	readonly presence: Readable<ChannelPresence | undefined>;
	readonly #host: ChannelHost;
	readonly #typing: Typing;
	readonly #presence = new Cell<ChannelPresence | undefined>(undefined);
	readonly #log: Log;
	readonly #read: Progress;
	readonly #received: Progress;
	#watchers = 0;

	/** Made by `Klatch.channel`. */
	constructor(id: string, host: ChannelHost) {
		this.id = id;
		this.#host = host;
		this.view = host.line(id);
		this.presence = this.#presence;
		this.#typing = new Typing((stop) => {
			host.call("typing", { channel: id, ...(stop ? { stop } : {}) }).catch(() => {});
		});
		this.typing = this.#typing;
		this.#read = new Progress((seq) => host.call("read", { channel: id, seq }));
		this.#received = new Progress((seq) => host.call("received", { channel: id, seq }));
		this.timeline = new Timeline({
			channel: id,
			store: host.store,
			stored: () => host.written(),
			history: (args) => host.call("history", { channel: id, ...args }),
			events: (args) => host.call("events", { channel: id, ...args }),
			opened: (head) => {
				if (this.#log.at === undefined || this.#log.at < head) this.#log.follow(head);
				host.copied(id, head);
				this.#log.reach(this.view.get()?.head ?? 0);
			},
			waiting: () => host.outbox.of(id),
			statusOf: (message) => this.#statusOf(message),
		});
		this.#log = new Log({
			events: (args) => host.call("events", { channel: id, ...args }),
			apply: (events) => this.#apply(events),
			afresh: () => void this.timeline.afresh(),
			lost: () => host.lost(id),
		});
		let ticks = "";
		this.view.subscribe(() => {
			const { peer_received, peer_read } = this.view.get() ?? {};
			const now = `${peer_received} ${peer_read}`;
			if (now !== ticks) this.timeline.refresh();
			ticks = now;
		});
	}

	/** Sends a message. Resolves once it is kept here: it will be sent even if the program is stopped and started again. */
	async send(text: string, reply_to?: Seq): Promise<void> {
		this.#typing.type(true);
		const waiting = { key: uuid7(), channel: this.id, text, at: Date.now() };
		await this.#host.outbox.add(reply_to === undefined ? waiting : { ...waiting, reply_to });
	}

	/** Sends one again that was refused. */
	retry(key: string): Promise<void> {
		return this.#host.outbox.retry(key);
	}

	/** Gives one up that was refused. */
	discard(key: string): Promise<void> {
		return this.#host.outbox.discard(key);
	}

	/** Replaces the text of one's own message. Errors: `Refused`, `Unanswered`. */
	edit(target: Seq, text: string): Promise<Ack> {
		return this.#done(this.#host.call("edit", { channel: this.id, target, text, key: uuid7() }));
	}

	/** Deletes a message. Errors: `Refused`, `Unanswered`. */
	delete(target: Seq): Promise<Ack> {
		return this.#done(this.#host.call("delete", { channel: this.id, target, key: uuid7() }));
	}

	/** Reacts with an emoji. Errors: `Refused`, `Unanswered`. */
	react(target: Seq, emoji: string): Promise<Ack> {
		return this.#done(this.#host.call("react", { channel: this.id, target, emoji, key: uuid7() }));
	}

	/** Takes a reaction back. Errors: `Refused`, `Unanswered`. */
	unreact(target: Seq, emoji: string): Promise<Ack> {
		return this.#done(this.#host.call("unreact", { channel: this.id, target, emoji, key: uuid7() }));
	}

	/** One has read up to this position; everything if left out. */
	read(seq?: Seq): void {
		const line = this.view.get();
		if (!line) return;
		const position = Math.min(seq ?? line.head, line.head);
		if (position <= line.read) return;
		this.#read.known(line.read);
		this.#read.reach(position);
		// What is shown does not wait for the server to be told.
		if (position === line.head) this.#host.haveRead(line);
	}

	/** One types (call it at every key; the server is told now and then), or has stopped. */
	type(stop = false): void {
		this.#typing.type(stop);
	}

	/** Keeps `presence` true until the function that is returned is called. */
	watch(): () => void {
		this.#watchers += 1;
		if (this.#watchers === 1) void this.#askPresence();
		let over = false;
		return () => {
			if (over) return;
			over = true;
			this.#watchers -= 1;
			if (this.#watchers > 0) return;
			this.#presence.set(undefined);
			this.#host.call("presence_get", { channel: this.id, watch: false }).catch(() => {});
		};
	}

	/** Takes events that were pushed. For the client. */
	hear(events: readonly Event[]): void {
		for (const event of events) if (event.type === "message.posted") this.#typing.rest(event.actor);
		this.#log.take(events);
	}

	/** The log is known to go up to here. For the client. */
	reach(head: Seq): void {
		this.#log.reach(head);
	}

	/** A change of one's own has been acknowledged; should its event not come, it is asked for. For the client. */
	acked(seq: Seq): void {
		setTimeout(() => this.#log.reach(seq), LATE_MS);
	}

	/** The log goes up to here, and is pulled. For the client. */
	hint(head: Seq, spreadMs: number): void {
		this.#log.hint(head, spreadMs);
	}

	/** Someone types. For the client. */
	hearTyping(signal: Parameters<Typing["hear"]>[0]): void {
		this.#typing.hear(signal);
	}

	/** Who is online has changed. For the client. */
	hearPresence(presence: ChannelPresence): void {
		if (this.#watchers > 0) this.#presence.set(presence);
	}

	/** Some people came, went or are away. For the client. */
	hearPeople(presences: readonly UserPresence[]): void {
		const before = this.#presence.get();
		if (before?.users) this.#presence.set(changed(before, before.users, presences));
	}

	/** Keeps a copy up to date that goes up to here. For the client. */
	follow(head: Seq): void {
		if (this.#log.at === undefined) this.#log.follow(head);
	}

	/** How far the channel is followed. For the client. */
	get at(): Seq | undefined {
		return this.#log.at;
	}

	/** The connection is back. For the client. */
	resume(): void {
		const line = this.view.get();
		if (line) this.#log.reach(line.head);
		this.#read.flush();
		void this.timeline.resume();
		if (this.#watchers > 0) void this.#askPresence();
	}

	/** What is known of the channel's log is of another history. For the client. */
	forget(): void {
		this.#log.stop();
		void this.timeline.afresh();
	}

	/** One is no longer in the channel: nothing of it is shown any more. For the client. */
	leave(): void {
		this.#log.stop();
		this.timeline.clear();
	}

	/** The outbox has changed. For the client. */
	refresh(): void {
		this.timeline.refresh();
	}

	#apply(events: readonly Event[]): void {
		this.#host.applied(this.id, events);
		this.timeline.apply(events);
		this.#receive(events);
	}

	/** Tells that messages of others have come; where nobody is told of it, nothing. */
	#receive(events: readonly Event[]): void {
		const me = this.#host.me();
		const line = this.view.get();
		if (!this.#host.leads() || !me?.space.policy.receipts || !line || line.members > RECEIPTS_MEMBERS_MAX) return;
		const theirs = events.filter((event) => event.type === "message.posted" && event.actor !== me.user.id);
		const last = theirs.at(-1);
		if (!last) return;
		this.#received.known(line.received);
		this.#received.reach(last.seq);
	}

	async #done(answer: Promise<Ack>): Promise<Ack> {
		const ack = await answer;
		this.acked(ack.seq);
		return ack;
	}

	async #askPresence(again = true): Promise<void> {
		try {
			const presence = await this.#host.call("presence_get", { channel: this.id, watch: true });
			this.#host.tell(presence.users ?? []);
			this.hearPresence(presence);
			const me = this.#host.me()?.user.id;
			// One is told of others only; who has just come is not counted yet.
			const early = presence.users?.some(({ user, status }) => user === me && status === "offline");
			if (early && again) setTimeout(() => this.#watchers > 0 && void this.#askPresence(false), COUNTED_MS);
		} catch (error) {
			// Refused where the policy shows nobody.
			if (error instanceof Unanswered) this.#presence.set(undefined);
		}
	}

	#statusOf({ actor, seq }: Message): "sent" | "received" | "read" {
		const line = this.view.get();
		if (!line?.peer || actor === line.peer) return "sent";
		if ((line.peer_read ?? 0) >= seq) return "read";
		return (line.peer_received ?? 0) >= seq ? "received" : "sent";
	}
}

/** The picture of a small channel after some people came, went or are away. */
function changed(
	before: ChannelPresence,
	known: readonly UserPresence[],
	presences: readonly UserPresence[],
): ChannelPresence {
	const news = new Map(presences.map((presence) => [presence.user, presence]));
	if (!known.some(({ user }) => news.has(user))) return before;
	const users = known.map((presence) => news.get(presence.user) ?? presence);
	const count = (wanted: UserPresence["status"]) => users.filter(({ status }) => status === wanted).length;
	return { ...before, users, online: count("online"), away: count("away") };
}
