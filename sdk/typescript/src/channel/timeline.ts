// The messages of a channel that are shown: a window on its log that grows at both ends.

import { Cell, type Readable } from "../readable.ts";
import type { Store, Waiting } from "../store/store.ts";
import { Refused } from "../wire/errors.ts";
import type { Event, Events, Message, Messages, Problem, Seq } from "../wire/generated/views.ts";
import type { ArgsOf } from "../wire/replies.ts";
import { amended, posted, targetOf } from "./amend.ts";
import { type Notice, Notices, placesOf } from "./notices.ts";

/** Messages that are asked for at once. */
const PAGE = 50;

/** A line of a timeline. */
export type Item =
	/** A message of the log; of one's own in a direct channel how far the other has come. */
	| { kind: "message"; message: Message; status: "sent" | "received" | "read" }
	/** One's own that is not in the log yet, or was refused. */
	| { kind: "pending"; waiting: Waiting; status: "sending" | "failed" };

/** Whether there is more in a direction. */
export type More = "none" | "more" | "loading";

/** What a timeline shows. */
export interface TimelineView {
	/** Oldest first. The same object stands for the same message as long as nothing about it has changed. */
	items: readonly Item[];
	/** What happened beside messages, from the first one that is shown on, oldest first: who came and went, other names. What
	 * is not known yet comes later. */
	notices: readonly Notice[];
	older: More;
	/** Anything but `none`: the newest messages are not shown, after a jump into the past. */
	newer: More;
	/** Whether the first page is still being read. */
	opening: boolean;
	/** Why messages could not be read, until they can. */
	problem?: Problem | "offline";
}

/** What a timeline needs of its surroundings. */
export interface TimelineHost {
	readonly channel: string;
	readonly store: Store;
	/** Resolves once everything that was applied is in the store. */
	stored(): Promise<void>;
	history(args: Omit<ArgsOf<"history">, "channel">): Promise<Messages>;
	events(args: Omit<ArgsOf<"events">, "channel">): Promise<Events>;
	/** The log as far as the messages that were read first go; what comes later is applied. */
	opened(head: Seq): void;
	/** What of one's own is not in the log. */
	waiting(): readonly Waiting[];
	/** How far one's own message has come. */
	statusOf(message: Message): "sent" | "received" | "read";
}

const CLOSED: TimelineView = { items: [], notices: [], older: "none", newer: "none", opening: true };

/** The messages of one channel. Nothing is read until it is opened. */
export class Timeline implements Readable<TimelineView> {
	readonly #host: TimelineHost;
	readonly #view = new Cell<TimelineView>(CLOSED);
	/** Ascending. */
	#messages: Message[] = [];
	#items = new Map<Seq, Item & { kind: "message" }>();
	#pending = new Map<string, Item & { kind: "pending" }>();
	#notices: Notices;
	/** The last event that is known of. */
	#head: Seq = 0;
	#older: More = "none";
	#newer: More = "none";
	#problem: Problem | "offline" | undefined;
	#state: "closed" | "opening" | "open" = "closed";
	/** Events that came while the first page was being read. */
	#early: Event[] = [];
	/** Counts fresh starts, so that an answer to an earlier one is not taken. */
	#turn = 0;

	constructor(host: TimelineHost) {
		this.#host = host;
		this.#notices = this.#noNotices();
	}

	get(): TimelineView {
		return this.#view.get();
	}

	subscribe(listener: () => void): () => void {
		return this.#view.subscribe(listener);
	}

	/** Whether it was opened. */
	get isOpen(): boolean {
		return this.#state !== "closed";
	}

	/** Reads the newest messages: those kept here at once, else those of the server. Does nothing the second time. */
	async open(): Promise<void> {
		if (this.#state !== "closed") return;
		const turn = this.#begin();
		const { channel, store } = this.#host;
		await this.#host.stored();
		const copy = await store.copy(channel);
		const kept = await store.messages(channel, Number.MAX_SAFE_INTEGER, PAGE);
		const good = copy ? kept.filter(({ seq }) => seq >= copy.floor) : [];
		if (turn !== this.#turn) return;
		if (copy && (good.length > 0 || copy.floor === 0)) {
			this.#older = copy.floor > 0 || good.length === PAGE ? "more" : "none";
			return this.#opened(good, copy.head);
		}
		await this.#readNewest(turn, kept);
	}

	/** Reads the newest messages anew from the server, as after a gap that is too long to fill. */
	async afresh(): Promise<void> {
		if (this.#state === "closed") return;
		this.#forgetNotices();
		await this.#readNewest(this.#begin(), []);
	}

	/** Forgets everything, as if it had never been opened. */
	clear(): void {
		this.#close();
		this.#messages = [];
		this.#items.clear();
		this.#forgetNotices();
		this.#view.set(CLOSED);
	}

	/** Goes on where reading failed: the connection is back. */
	async resume(): Promise<void> {
		if (this.#state === "opening" && this.#problem !== undefined) await this.#readNewest(this.#begin(), []);
		else {
			this.#failed(undefined);
			void this.#fill();
		}
	}

	/** Reads older messages. */
	async older(): Promise<void> {
		const before = this.#messages[0]?.seq;
		if (this.#older !== "more" || before === undefined) return;
		const turn = this.#turn;
		this.#older = "loading";
		this.#show();
		const { channel, store } = this.#host;
		const copy = await store.copy(channel);
		const kept = await store.messages(channel, before, PAGE);
		const good = copy ? kept.filter(({ seq }) => seq >= copy.floor) : [];
		if (copy && (good.length > 0 || copy.floor === 0)) {
			const more = copy.floor > 0 || good.length === PAGE;
			await this.#notices.soon(placesOf([...good, ...this.#messages.slice(0, 1)], !more));
			return this.#grow(turn, good, () => (this.#older = more ? "more" : "none"));
		}
		try {
			const page = await this.#host.history({ before, limit: PAGE });
			await store.extend(channel, before, page);
			await this.#notices.soon(placesOf([...page.messages, ...this.#messages.slice(0, 1)], !page.more));
			this.#grow(turn, page.messages, () => (this.#older = page.more ? "more" : "none"));
		} catch (error) {
			// Offline what was kept once is better than nothing.
			this.#grow(turn, error instanceof Refused ? [] : kept, () => (this.#older = "more"));
			this.#failed(error);
		}
	}

	/** Reads newer messages, after a jump. */
	async newer(): Promise<void> {
		const after = this.#messages.at(-1)?.seq;
		if (this.#newer !== "more" || after === undefined) return;
		const turn = this.#turn;
		this.#newer = "loading";
		this.#show();
		try {
			const page = await this.#host.history({ after, limit: PAGE });
			await this.#notices.soon(placesOf([...page.messages, ...this.#messages.slice(-1)], false));
			this.#grow(turn, page.messages, () => (this.#newer = page.more ? "more" : "none"));
		} catch (error) {
			this.#grow(turn, [], () => (this.#newer = "more"));
			this.#failed(error);
		}
	}

	/** Shows the newest messages again, after a jump. */
	async latest(): Promise<void> {
		if (this.#newer === "none") return;
		this.#close();
		await this.open();
	}

	/** Shows a message and those around it. Errors: `Refused`, `Unanswered`. */
	async jump(seq: Seq): Promise<void> {
		await this.open();
		const first = this.#messages[0]?.seq;
		const last = this.#messages.at(-1)?.seq ?? 0;
		if (first !== undefined && first <= seq && (seq <= last || this.#newer === "none")) return;
		const turn = ++this.#turn;
		const [below, above] = await Promise.all([
			this.#host.history({ before: seq + 1, limit: PAGE }),
			this.#host.history({ after: seq, limit: PAGE }),
		]);
		await this.#notices.soon(placesOf([...below.messages, ...above.messages], !below.more));
		if (turn !== this.#turn) return;
		this.#messages = [];
		this.#older = below.more ? "more" : "none";
		this.#newer = above.more ? "more" : "none";
		this.#grow(turn, [...below.messages, ...above.messages], () => {});
	}

	/** Shows the first message from a time on (Unix milliseconds) and those around it; the newest if there is none so late.
	 * Its position, if there is one. Errors: `Refused`, `Unanswered`. */
	async jumpToTime(since: number): Promise<Seq | undefined> {
		const { messages } = await this.#host.history({ since, limit: 1 });
		const seq = messages[0]?.seq;
		if (seq === undefined) await this.latest();
		else await this.jump(seq);
		return seq;
	}

	/** Takes events of the log, in order. */
	apply(events: readonly Event[]): void {
		if (this.#state === "opening") this.#early.push(...events);
		if (this.#state !== "open") return;
		const missing = events.filter((event) => !this.#take(event)).length > 0;
		this.#show();
		if (missing) void this.#fill();
	}

	/** Something that is shown has changed elsewhere: what waits, or how far the other has come. */
	refresh(): void {
		if (this.#state !== "closed") this.#show();
	}

	#begin(): number {
		this.#close();
		this.#state = "opening";
		return this.#turn;
	}

	#close(): void {
		this.#turn += 1;
		this.#state = "closed";
		this.#early = [];
		this.#problem = undefined;
		this.#older = "none";
		this.#newer = "none";
	}

	async #readNewest(turn: number, kept: readonly Message[]): Promise<void> {
		const { channel, store } = this.#host;
		try {
			const page = await this.#host.history({ limit: PAGE });
			if (turn !== this.#turn) return;
			await store.begin(channel, page);
			await this.#notices.soon(placesOf(page.messages, !page.more, page.head));
			if (turn !== this.#turn) return;
			this.#older = page.more ? "more" : "none";
			this.#opened(page.messages, page.head);
		} catch (error) {
			if (turn !== this.#turn) return;
			if (kept.length > 0) this.#messages = sorted(kept);
			this.#failed(error);
		}
	}

	#opened(messages: readonly Message[], head: Seq): void {
		this.#messages = sorted(messages);
		this.#state = "open";
		this.#head = Math.max(this.#head, head);
		const early = this.#early;
		this.#early = [];
		for (const event of early) if (event.seq > head) this.#take(event);
		this.#show();
		this.#host.opened(head);
		void this.#fill();
	}

	#grow(turn: number, messages: readonly Message[], change: () => void): void {
		if (turn !== this.#turn) return;
		change();
		this.#problem = undefined;
		const known = new Set(this.#messages.map(({ seq }) => seq));
		this.#messages = sorted([...this.#messages, ...messages.filter(({ seq }) => !known.has(seq))]);
		this.#show();
		void this.#fill();
	}

	/** Takes an event; whether what happened before it is known, too. */
	#take(event: Event): boolean {
		this.#head = Math.max(this.#head, event.seq);
		const last = this.#messages.at(-1)?.seq ?? 0;
		const whole = this.#newer !== "none" || this.#notices.take(last, event);
		if (event.type !== "message.posted") this.#amend(event);
		else if (this.#newer === "none" && event.seq > last) this.#messages = [...this.#messages, posted(event)];
		return whole;
	}

	#amend(event: Event): void {
		const target = targetOf(event);
		if (target === undefined) return;
		const place = placeOf(this.#messages, target);
		const before = this.#messages[place];
		if (before?.seq !== target) return;
		const after = amended(before, event);
		if (after !== before) this.#messages = this.#messages.with(place, after);
	}

	/** Asks for what happened between the messages that are shown, and shows it. */
	async #fill(): Promise<void> {
		const notices = this.#notices;
		const places = () =>
			placesOf(this.#messages, this.#older === "none", this.#newer === "none" ? this.#head : undefined);
		// While one hole is filled, there may be another at the end.
		while (this.#state === "open" && notices === this.#notices && (await notices.fill(places()))) this.#show();
	}

	#noNotices(): Notices {
		return new Notices(this.#host.events, () => this.#state === "open" && this.#show());
	}

	#forgetNotices(): void {
		this.#notices = this.#noNotices();
		this.#head = 0;
	}

	#failed(error: unknown): void {
		this.#problem = error === undefined ? undefined : error instanceof Refused ? error.problem : "offline";
		this.#show();
	}

	#show(): void {
		const problem = this.#problem === undefined ? {} : { problem: this.#problem };
		const waiting = this.#newer === "none" ? this.#host.waiting() : [];
		const pending = waiting.map((entry) => this.#pendingOf(entry));
		this.#pending = new Map(pending.map((item) => [item.waiting.key, item]));
		this.#view.set({
			items: [...this.#messages.map((message) => this.#itemOf(message)), ...pending],
			notices: this.#notices.between(
				this.#older === "none" ? 0 : (this.#messages[0]?.seq ?? 0),
				this.#newer === "none" ? Number.MAX_SAFE_INTEGER : (this.#messages.at(-1)?.seq ?? 0),
			),
			older: this.#older,
			newer: this.#newer,
			opening: this.#state === "opening",
			...problem,
		});
	}

	#itemOf(message: Message): Item {
		const status = this.#host.statusOf(message);
		const known = this.#items.get(message.seq);
		if (known?.message === message && known.status === status) return known;
		const item = { kind: "message", message, status } as const;
		this.#items.set(message.seq, item);
		return item;
	}

	#pendingOf(waiting: Waiting): Item & { kind: "pending" } {
		const known = this.#pending.get(waiting.key);
		if (known?.waiting === waiting) return known;
		return { kind: "pending", waiting, status: waiting.problem ? "failed" : "sending" };
	}
}

function sorted(messages: readonly Message[]): Message[] {
	return [...messages].sort((one, other) => one.seq - other.seq);
}

/** Where a position is in ascending messages, or would be. */
function placeOf(messages: readonly Message[], seq: Seq): number {
	let low = 0;
	let high = messages.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((messages[middle]?.seq ?? 0) < seq) low = middle + 1;
		else high = middle;
	}
	return low;
}
