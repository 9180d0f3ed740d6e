// What happened between the messages that are shown: who came and went, what the channel is called. The history has messages
// only, so the holes between their positions are asked for, each once.

import type { Event, Events, Message, Seq } from "../wire/generated/views.ts";
import type { ArgsOf } from "../wire/replies.ts";

const TOLD = [
	"channel.updated",
	"channel.archived",
	"member.joined",
	"member.left",
	"member.removed",
	"member.banned",
	"member.role_changed",
] as const;

/** An event that is told between messages. */
export type Notice = Extract<Event, { type: (typeof TOLD)[number] }>;

/** Events that are asked for at once; the server's own limit of a range. */
const RANGE = 1_000;
/** Holes nearer to each other than this are asked for together, with the messages between them. */
const NEAR = 200;
/** Of one hole no more is asked for than so many ranges: in a channel where thousands come and go, some are left out. */
const RANGES_MAX = 5;
/** How long messages wait for what happened between them, so that they come together and nothing moves, milliseconds. */
const SOON_MS = 300;

/** Positions above `after` and up to `until`. */
interface Hole {
	after: Seq;
	until: Seq;
}

/** The notices of one channel, as far as somebody asked. */
export class Notices {
	readonly #ask: (args: Omit<ArgsOf<"events">, "channel">) => Promise<Events>;
	readonly #late: () => void;
	/** Ascending. */
	#events: readonly Notice[] = [];
	/** From a message on (0: from the beginning), up to where all that is no message is known. */
	readonly #known = new Map<Seq, Seq>();
	readonly #asked = new Set<Seq>();
	#shown: { of: readonly Notice[]; low: Seq; high: Seq; notices: readonly Notice[] } | undefined;

	/** `late` is called when something has come that nobody waits for any more. */
	constructor(ask: (args: Omit<ArgsOf<"events">, "channel">) => Promise<Events>, late: () => void) {
		this.#ask = ask;
		this.#late = late;
	}

	/** Those above `low` and below `high`, oldest first; the same array as long as they are the same. */
	between(low: Seq, high: Seq): readonly Notice[] {
		const { of, low: lower, high: higher, notices } = this.#shown ?? {};
		if (notices && of === this.#events && lower === low && higher === high) return notices;
		const now = this.#events.filter(({ seq }) => seq > low && seq < high);
		this.#shown = { of: this.#events, low, high, notices: now };
		return now;
	}

	/** Takes an event that follows the message at `last`. Whether nothing is missing before it. */
	take(last: Seq, event: Event): boolean {
		const reach = this.#known.get(last) ?? last;
		if (event.seq <= reach) return true;
		if (event.prev > reach) return false;
		if (event.type !== "message.posted") {
			this.#known.set(last, event.seq);
			this.#put([event]);
		}
		return true;
	}

	/** Asks for what is missing between positions, ascending. Whether something was asked for and answered. */
	async fill(places: readonly Seq[]): Promise<boolean> {
		let filled = false;
		// The newest first: that is where one looks.
		for (const holes of near(this.#missing(places)).reverse()) {
			for (const { after } of holes) this.#asked.add(after);
			try {
				await this.#read(holes);
				filled = true;
			} catch {
				// Without a connection they are asked for with the next page, or when it is back.
			} finally {
				for (const { after } of holes) this.#asked.delete(after);
			}
		}
		return filled;
	}

	/** As `fill`, for messages that are about to be shown: they do not wait long. */
	async soon(places: readonly Seq[]): Promise<void> {
		let timer: ReturnType<typeof setTimeout> | undefined;
		const late = new Promise<"late">((resolve) => {
			timer = setTimeout(resolve, SOON_MS, "late");
		});
		const filling = this.fill(places);
		if ((await Promise.race([filling, late])) === "late") void filling.then((filled) => filled && this.#late());
		clearTimeout(timer);
	}

	#missing(places: readonly Seq[]): Hole[] {
		const holes: Hole[] = [];
		for (const [at, place] of places.entries()) {
			const until = (places[at + 1] ?? 0) - 1;
			if (until > (this.#known.get(place) ?? place) && !this.#asked.has(place)) holes.push({ after: place, until });
		}
		return holes;
	}

	async #read(holes: readonly Hole[]): Promise<void> {
		const until = holes.at(-1)?.until ?? 0;
		const [first] = holes;
		let after = first ? (this.#known.get(first.after) ?? first.after) : until;
		for (let ranges = 0; after < until && ranges < RANGES_MAX * holes.length; ranges++) {
			const page = await this.#ask({ after, until, limit: RANGE });
			this.#put(page.events);
			after = page.more ? (page.events.at(-1)?.seq ?? until) : until;
		}
		for (const hole of holes) this.#known.set(hole.after, Math.max(hole.until, this.#known.get(hole.after) ?? 0));
	}

	#put(events: readonly Event[]): void {
		const known = new Set(this.#events.map(({ seq }) => seq));
		const news = events.filter((event): event is Notice => isNotice(event) && !known.has(event.seq));
		if (news.length > 0) this.#events = [...this.#events, ...news].sort((one, other) => one.seq - other.seq);
	}
}

function isNotice(event: Event): event is Notice {
	return TOLD.some((type) => type === event.type);
}

/** Holes in groups that are asked for together. */
function near(holes: readonly Hole[]): Hole[][] {
	const groups: Hole[][] = [];
	for (const hole of holes) {
		const group = groups.at(-1);
		const last = group?.at(-1);
		if (group && last && hole.after - last.until <= NEAR) group.push(hole);
		else groups.push([hole]);
	}
	return groups;
}

/** Positions between which something may have happened: of messages, from the beginning and up to the last event if they
 * begin and end there. */
export function placesOf(messages: readonly Message[], beginning: boolean, head?: Seq): Seq[] {
	const seqs = messages.map(({ seq }) => seq).sort((one, other) => one - other);
	return [...(beginning ? [0] : []), ...seqs, ...(head === undefined ? [] : [head + 1])];
}
