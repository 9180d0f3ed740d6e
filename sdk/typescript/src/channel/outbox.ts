// What waits to be sent: kept until there is a definite answer, sent in order, each message once (contract, delivery 1 to 3).

import type { Store, Waiting } from "../store/store.ts";
import { Refused } from "../wire/errors.ts";
import type { Ack, Event, Seq } from "../wire/generated/views.ts";
import type { ArgsOf } from "../wire/replies.ts";

/** Wait before sending again when the server said nothing of it, milliseconds. */
const AGAIN_MS = 1_000;
/** How long a message that another tab has sent is shown as waiting, should its event not come, milliseconds. */
const SETTLED_MS_MAX = 5_000;

/** What an outbox needs of its surroundings. */
export interface OutboxHost {
	readonly store: Store;
	/** Whether this tab sends. */
	sends(): boolean;
	send(args: ArgsOf<"send">): Promise<Ack>;
	/** The server has a message, at this position. */
	acked(channel: string, seq: Seq): void;
	/** What waits in a channel has changed. */
	changed(channel: string): void;
	/** The other tabs must look at the store. */
	tell(): void;
}

/** The outbox of all channels. */
export class Outbox {
	readonly #host: OutboxHost;
	#entries: readonly Waiting[] = [];
	readonly #sending = new Set<string>();
	/** Sent, and waiting for their events. */
	readonly #sent = new Set<string>();
	/** On their way into the store. */
	readonly #keeping = new Set<string>();

	constructor(host: OutboxHost) {
		this.#host = host;
	}

	/** What waits in a channel, in the order in which it was written. */
	of(channel: string): readonly Waiting[] {
		return this.#entries.filter((entry) => entry.channel === channel);
	}

	/** Takes a message; resolves once it is kept here, and will be sent whatever happens. */
	async add(entry: Waiting): Promise<void> {
		this.#keeping.add(entry.key);
		this.#set([...this.#entries, entry], entry.channel);
		try {
			await this.#host.store.keepWaiting(entry);
		} finally {
			this.#keeping.delete(entry.key);
		}
		this.#host.tell();
		this.flush();
	}

	/** Sends one again that was refused. */
	async retry(key: string): Promise<void> {
		const entry = this.#entries.find((entry) => entry.key === key);
		if (!entry?.problem) return;
		const { problem, ...again } = entry;
		await this.#replace(again);
		this.flush();
	}

	/** Gives one up that was refused. */
	async discard(key: string): Promise<void> {
		const entry = this.#entries.find((entry) => entry.key === key);
		if (entry?.problem) await this.#drop(entry);
	}

	/** Takes what the store has: at the start, and when another tab has changed it. */
	async load(): Promise<void> {
		const stored = await this.#host.store.waiting();
		const here = new Set(stored.map(({ key }) => key));
		const before = this.#entries;
		// What is gone from there was sent, and its event is on its way; or it was given up.
		const missing = before.filter(({ key }) => !here.has(key));
		const coming = missing.filter(({ key }) => this.#keeping.has(key));
		const leaving = missing.filter(({ key, problem }) => !this.#keeping.has(key) && !problem);
		for (const { key } of leaving) {
			if (!this.#sent.has(key)) setTimeout(() => this.#remove(key), SETTLED_MS_MAX);
			this.#sent.add(key);
		}
		this.#entries = [...leaving, ...stored, ...coming];
		for (const channel of new Set([...before, ...stored].map(({ channel }) => channel))) this.#host.changed(channel);
		this.flush();
	}

	/** A message is in the log. */
	settle(event: Event): void {
		const { key } = event;
		if (key === undefined || !this.#remove(key) || !this.#host.sends()) return;
		// The answer to it may never come, and need not.
		this.#host.store.dropWaiting(key).catch(() => {});
	}

	/** Sends everything that waits. */
	flush(): void {
		if (!this.#host.sends()) return;
		for (const { channel } of this.#entries) void this.#flush(channel);
	}

	/** One after the other, so that their order stays. */
	async #flush(channel: string): Promise<void> {
		if (this.#sending.has(channel)) return;
		this.#sending.add(channel);
		try {
			for (let entry = this.#next(channel); entry && this.#host.sends(); entry = this.#next(channel)) {
				const { key, text, reply_to } = entry;
				try {
					const ack = await this.#host.send({ channel, key, text, ...(reply_to === undefined ? {} : { reply_to }) });
					if (this.#entries.includes(entry)) this.#sent.add(key);
					await this.#host.store.dropWaiting(key);
					this.#host.tell();
					this.#host.acked(channel, ack.seq);
				} catch (error) {
					// Goes on when the connection is back.
					if (!(error instanceof Refused)) return;
					if (error.passes) await pause(error.problem.retry_after_ms ?? AGAIN_MS);
					else await this.#replace({ ...entry, problem: error.problem });
				}
			}
		} finally {
			this.#sending.delete(channel);
		}
	}

	#next(channel: string): Waiting | undefined {
		return this.of(channel).find(({ key, problem }) => !problem && !this.#sent.has(key));
	}

	async #replace(entry: Waiting): Promise<void> {
		this.#set(
			this.#entries.map((other) => (other.key === entry.key ? entry : other)),
			entry.channel,
		);
		await this.#host.store.keepWaiting(entry);
		this.#host.tell();
	}

	async #drop(entry: Waiting): Promise<void> {
		this.#remove(entry.key);
		await this.#host.store.dropWaiting(entry.key);
		this.#host.tell();
	}

	#remove(key: string): boolean {
		const entry = this.#entries.find((entry) => entry.key === key);
		this.#sent.delete(key);
		if (!entry) return false;
		this.#set(
			this.#entries.filter((other) => other.key !== key),
			entry.channel,
		);
		return true;
	}

	#set(entries: readonly Waiting[], channel: string): void {
		this.#entries = entries;
		this.#host.changed(channel);
	}
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
