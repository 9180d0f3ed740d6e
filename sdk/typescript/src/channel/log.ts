// Where one stands in a channel's log: events come in order and without holes, or are asked for (S3.1, contract, delivery 6).

import { Refused } from "../wire/errors.ts";
import type { Event, Events, Seq } from "../wire/generated/views.ts";
import type { ArgsOf } from "../wire/replies.ts";

/** How many events are asked for at once; of a range that has an end, and is the same for everyone (docs/hybrid.md). */
const PAGE = 200;
const RANGE = 1_000;
/** Further behind than this, reading afresh is cheaper. */
const EVENTS_MAX = 5_000;
/** Wait before asking again when the server said nothing of it, milliseconds. */
const AGAIN_MS = 1_000;

/** What a log needs of its surroundings. */
export interface LogHost {
	/** Asks for events of the channel. */
	events(args: Omit<ArgsOf<"events">, "channel">): Promise<Events>;
	/** Takes events in order, each once. */
	apply(events: readonly Event[]): void;
	/** Too much is missing, or the history is another one: what is known of the channel is read anew. */
	afresh(): void;
	/** One may not see the channel any more. */
	lost(): void;
}

/** A place in the log that moves forward. */
export class Log {
	readonly #host: LogHost;
	#at: Seq | undefined;
	#reach: Seq = 0;
	/** The end of the range that a hint named. */
	#hinted: Seq | undefined;
	#pulling = false;
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(host: LogHost) {
		this.#host = host;
	}

	/** The last event that was applied; `undefined` as long as the log is not followed. */
	get at(): Seq | undefined {
		return this.#at;
	}

	/** Follows the log from a position on. */
	follow(at: Seq): void {
		this.#at = at;
		this.reach(this.#reach);
	}

	/** Follows it no longer. */
	stop(): void {
		this.#at = undefined;
		this.#hinted = undefined;
		clearTimeout(this.#timer);
	}

	/** Events that were pushed. */
	take(events: readonly Event[]): void {
		const taken: Event[] = [];
		let at = this.#at;
		for (const event of events) {
			if (at === undefined) break;
			if (event.seq <= at) continue;
			if (event.prev !== at) {
				this.#reach = Math.max(this.#reach, events.at(-1)?.seq ?? 0);
				break;
			}
			at = event.seq;
			taken.push(event);
		}
		this.#at = at;
		if (taken.length > 0) this.#host.apply(taken);
		this.reach(this.#reach);
	}

	/** The log is known to go up to `head`. */
	reach(head: Seq): void {
		this.#reach = Math.max(this.#reach, head);
		if (this.#at !== undefined && this.#at < this.#reach && this.#timer === undefined) void this.#pull();
	}

	/** The log goes up to `head`, and everyone is told so: it is pulled after a random part of `spreadMs`. */
	hint(head: Seq, spreadMs: number, random: () => number = Math.random): void {
		this.#hinted = Math.max(this.#hinted ?? 0, head);
		if (this.#at === undefined || this.#timer !== undefined) return;
		this.#later(random() * spreadMs, head);
	}

	#later(wait: number, head: Seq): void {
		this.#timer = setTimeout(() => {
			this.#timer = undefined;
			this.reach(Math.max(head, this.#hinted ?? 0));
		}, wait);
	}

	async #pull(): Promise<void> {
		if (this.#pulling) return;
		this.#pulling = true;
		try {
			while (this.#at !== undefined && this.#at < this.#reach) {
				const at: Seq = this.#at;
				if (this.#reach - at > EVENTS_MAX) return this.#host.afresh();
				const until =
					this.#hinted !== undefined && at < this.#hinted ? { until: this.#hinted, limit: RANGE } : { limit: PAGE };
				const page = await this.#host.events({ after: at, ...until });
				// Something may have come by the socket meanwhile.
				if (this.#at !== at) continue;
				// The page is right about what one may see: before it there may be what one may not.
				this.#at = page.events.at(-1)?.seq ?? Math.max(at, page.more ? at : page.head);
				if (page.events.length > 0) this.#host.apply(page.events);
				if (this.#at === at) return;
			}
		} catch (error) {
			this.#failed(error);
		} finally {
			this.#pulling = false;
		}
	}

	#failed(error: unknown): void {
		// Without a definite answer the connection is gone, and coming back says how far the log goes.
		if (!(error instanceof Refused)) return;
		if (error.code === "resync") this.#host.afresh();
		else if (error.code === "not_found" || error.code === "forbidden") this.#host.lost();
		else this.#later(error.problem.retry_after_ms ?? AGAIN_MS, this.#reach);
	}
}
