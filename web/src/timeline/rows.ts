// The rows of a timeline: messages grouped by author and time, with the days and the place where one left off between
// them.

import type { Item } from "@klatch/client";
import { dayOf } from "../i18n/dates.ts";
import type { Message, Seq } from "../wire.ts";

export type Row =
	| { kind: "day"; key: string; at: number }
	| { kind: "new"; key: string }
	| { kind: "message"; key: string; item: Item; first: boolean };

/** A message that comes sooner than this after another of the same author continues it. */
const GROUP_MS = 5 * 60_000;

/** The same before and after the server has a message, so that nothing is drawn anew when its answer comes. */
export function keyOf(item: Item): string {
	if (item.kind === "pending") return `key:${item.waiting.key}`;
	const { key, seq } = item.message;
	return key ? `key:${key}` : `seq:${seq}`;
}

interface Place {
	/** Who reads. */
	me: string;
	/** How far they had read when they opened the channel; what others wrote after it is new. */
	read_before?: Seq | undefined;
}

export function rowsOf(items: readonly Item[], { me, read_before }: Place): Row[] {
	const rows: Row[] = [];
	let day: number | undefined;
	let last: { author: string; at: number } | undefined;
	let told = read_before === undefined;
	for (const item of items) {
		const { at, reply_to } = item.kind === "pending" ? item.waiting : item.message;
		if (dayOf(at) !== day) {
			day = dayOf(at);
			rows.push({ kind: "day", key: `day:${day}`, at });
			last = undefined;
		}
		if (!told && isNew(item, me, read_before)) {
			told = true;
			rows.push({ kind: "new", key: "new" });
			last = undefined;
		}
		const author = item.kind === "pending" ? me : item.message.actor;
		const first = reply_to !== undefined || last?.author !== author || at - last.at > GROUP_MS;
		rows.push({ kind: "message", key: keyOf(item), item, first });
		last = { author, at };
	}
	return rows;
}

function isNew(item: Item, me: string, read: Seq | undefined): boolean {
	return item.kind === "message" && read !== undefined && item.message.seq > read && item.message.actor !== me;
}

/** The newest of one's own messages that can still be edited. */
export function lastOwn(items: readonly Item[], me: string): Message | undefined {
	for (let at = items.length - 1; at >= 0; at--) {
		const item = items[at];
		if (item?.kind === "message" && item.message.actor === me && !item.message.deleted) return item.message;
	}
	return undefined;
}
