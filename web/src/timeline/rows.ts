// The rows of a timeline: messages grouped by author and time, with the days and the place where one left off between
// them.

import type { Item, Notice } from "@klatch/client";
import { dayOf } from "../i18n/dates.ts";
import type { Message, Seq } from "../wire.ts";
import { linesOf, type NoticeLine } from "./notices.ts";

/**
 * A message, and what is above it. A day is no row of its own, and neither is what happened beside messages: at the head of the list it would be first before and after
 * older messages come, and what is first on the screen is what stays where it is.
 */
export interface Row {
	key: string;
	item: Item;
	/** Whether it begins a group, and shows who and when. */
	first: boolean;
	/** When the day was that it begins. */
	day?: number;
	/** Whether what is new begins with it. */
	isNew?: boolean;
	/** What happened before it. */
	before?: readonly NoticeLine[];
	/** What happened after it, if it is the last. */
	after?: readonly NoticeLine[];
}

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
	/** Whether there are older messages: then nobody knows whether the first one begins a day. */
	older?: boolean;
	/** What happened beside messages, oldest first. */
	notices?: readonly Notice[];
	/** When the meeting began; nothing as long as it has not. */
	begun?: number | undefined;
}

export function rowsOf(items: readonly Item[], place: Place): Row[] {
	const { me, read_before, older } = place;
	const rows: Row[] = [];
	const between = noticesBetween(place);
	let day: number | undefined;
	let last: { author: string; at: number } | undefined;
	let told = read_before === undefined;
	for (const item of items) {
		const { at, reply_to } = item.kind === "pending" ? item.waiting : item.message;
		const author = item.kind === "pending" ? me : item.message.actor;
		const before = between(item.kind === "pending" ? undefined : item.message.seq, at);
		day = withDays(before, day, older);
		const begins = dayOf(at) !== day;
		const starts = !told && isNew(item, me, read_before);
		const follows = last?.author === author && at - last.at <= GROUP_MS && reply_to === undefined;
		const first = !follows || begins || starts || before.length > 0;
		const row: Row = { key: keyOf(item), item, first };
		if (before.length > 0) row.before = before;
		if (begins && (day !== undefined || !older)) row.day = at;
		if (starts) row.isNew = true;
		rows.push(row);
		day = dayOf(at);
		told ||= starts;
		last = { author, at };
	}
	const end = rows.at(-1);
	const after = end ? between(undefined, Number.MAX_SAFE_INTEGER) : [];
	if (end && after.length > 0) end.after = after;
	withDays(after, day, older);
	// It would become lower as soon as the one before it is known, and all below it would move.
	if (older && rows.length > 1) rows.shift();
	return rows;
}

/** Gives, message by message, the lines of what happened since the one before: up to a position, and to a time for what is
 * no event. */
function noticesBetween({ notices = [], begun, older }: Place): (seq: Seq | undefined, at: number) => NoticeLine[] {
	let next = 0;
	let toBegin = begun;
	// What was before the first of them, older messages will tell.
	let early = older;
	return (seq, at) => {
		const from = next;
		while (next < notices.length && (seq === undefined || (notices[next]?.seq ?? 0) < seq)) next += 1;
		const begins = toBegin !== undefined && toBegin <= at ? toBegin : undefined;
		if (begins !== undefined) toBegin = undefined;
		const told = early ? undefined : begins;
		early = false;
		return from === next && told === undefined ? [] : linesOf(notices.slice(from, next), told);
	};
}

/** Marks the lines that begin a day; which day it is after them. */
function withDays(lines: readonly NoticeLine[], before: number | undefined, older = false): number | undefined {
	let day = before;
	for (const line of lines) {
		if (dayOf(line.at) !== day && (day !== undefined || !older)) line.day = true;
		day = dayOf(line.at);
	}
	return day;
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
