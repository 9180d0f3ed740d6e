// One suite for every store.

import "fake-indexeddb/auto";
import { beforeEach, describe, expect, test } from "vitest";
import { IndexedDbStore } from "../src/store/indexeddb.ts";
import { MemoryStore } from "../src/store/memory.ts";
import type { Store } from "../src/store/store.ts";
import type { Channel, Event, Me, Message, Messages } from "../src/wire/generated/views.ts";

const CHANNEL = "0190f3a1-7c1e-7000-8000-00000000c001";
const ALL = Number.MAX_SAFE_INTEGER;

const message = (seq: number, text = `text ${seq}`): Message => ({
	channel: CHANNEL,
	seq,
	prev: seq - 1,
	at: seq,
	actor: "a",
	ordinal: seq,
	text,
});
const page = (seqs: number[], head: number, more: boolean, epoch = "e1"): Messages => ({
	messages: seqs.map((seq) => message(seq)),
	head,
	more,
	epoch,
});
const event = (seq: number, body: object): Event =>
	({ channel: CHANNEL, seq, prev: seq - 1, at: seq, actor: "a", ...body }) as Event;
const posted = (seq: number) => event(seq, { type: "message.posted", ordinal: seq, text: `text ${seq}` });

let databases = 0;
const stores: [string, () => Promise<Store>][] = [
	["memory", async () => new MemoryStore()],
	["IndexedDB", () => IndexedDbStore.open(`store ${databases++}`)],
];

describe.each(stores)("%s", (_name, open) => {
	let store: Store;
	beforeEach(async () => {
		store = await open();
	});

	const seqs = async (before = ALL, limit = 50) => (await store.messages(CHANNEL, before, limit)).map(({ seq }) => seq);

	test("a copy begins with the newest page and grows at both ends", async () => {
		expect(await store.copy(CHANNEL)).toBeUndefined();
		await store.append(CHANNEL, [posted(1)]);
		expect(await seqs(), "nothing grows where there is no copy").toEqual([]);
		await store.begin(CHANNEL, page([9, 8, 7], 10, true));
		expect(await store.copy(CHANNEL)).toEqual({ channel: CHANNEL, floor: 7, head: 10 });
		await store.append(CHANNEL, [posted(10), posted(11), posted(12)]);
		expect(await store.copy(CHANNEL)).toMatchObject({ floor: 7, head: 12 });
		await store.extend(CHANNEL, 7, page([6, 5], 12, true));
		expect(await store.copy(CHANNEL)).toMatchObject({ floor: 5, head: 12 });
		await store.extend(CHANNEL, 5, page([3], 12, false));
		expect(await store.copy(CHANNEL), "from the beginning").toMatchObject({ floor: 0, head: 12 });
		expect(await seqs()).toEqual([12, 11, 9, 8, 7, 6, 5, 3]);
		expect(await seqs(9, 2)).toEqual([8, 7]);
	});

	test("a page that does not touch the copy is kept, and does not sink its floor", async () => {
		await store.begin(CHANNEL, page([90], 90, true));
		await store.extend(CHANNEL, 40, page([39, 38], 90, true));
		expect(await store.copy(CHANNEL)).toMatchObject({ floor: 90 });
		expect(await seqs()).toEqual([90, 39, 38]);
	});

	test("events are taken once, in order, and none behind a hole", async () => {
		await store.begin(CHANNEL, page([1], 1, false));
		await store.append(CHANNEL, [posted(1), posted(2)]);
		await store.append(CHANNEL, [posted(2), posted(3), posted(5)]);
		expect(await store.copy(CHANNEL)).toMatchObject({ head: 3 });
		expect(await seqs()).toEqual([3, 2, 1]);
	});

	test("what happens to messages later is applied to those that are kept", async () => {
		await store.begin(CHANNEL, page([2, 1], 2, false));
		await store.append(CHANNEL, [
			event(3, { type: "message.edited", target: 1, text: "better" }),
			event(4, { type: "reaction.added", target: 1, emoji: "👍" }),
			event(5, { type: "message.deleted", target: 2 }),
			event(6, { type: "message.edited", target: 99, text: "not kept" }),
			event(7, { type: "member.left", user: "b" }),
		]);
		const [two, one] = await store.messages(CHANNEL, ALL, 50);
		expect(one).toMatchObject({ text: "better", edited_at: 3, reactions: [{ emoji: "👍", users: ["a"] }] });
		expect(two).toMatchObject({ text: "", deleted: true });
		expect(await store.copy(CHANNEL)).toMatchObject({ head: 7 });
	});

	test("what the server erased after all had read it stays, what somebody deleted does not (S0.12)", async () => {
		await store.begin(CHANNEL, page([2, 1], 2, false));
		const erased = { ...page([], 2, false), messages: [message(2, ""), { ...message(1, ""), deleted: true }] };
		await store.begin(CHANNEL, erased);
		const texts = (await store.messages(CHANNEL, ALL, 50)).map(({ text }) => text);
		expect(texts).toEqual(["text 2", ""]);
	});

	test("another history ends the copies, and leaving a channel deletes its messages", async () => {
		await store.begin(CHANNEL, page([1], 1, false));
		expect(await store.copies()).toEqual({ epoch: "e1", copies: [{ channel: CHANNEL, floor: 0, head: 1 }] });
		await store.afresh("e2");
		expect(await store.copies()).toEqual({ epoch: "e2", copies: [] });
		expect(await seqs()).toEqual([1]);
		await store.forget(CHANNEL);
		expect(await seqs()).toEqual([]);
	});

	test("what waits keeps its order and its place", async () => {
		const waiting = (key: string) => ({ key, channel: CHANNEL, text: key, at: 1 });
		for (const key of ["one", "two", "three"]) await store.keepWaiting(waiting(key));
		const problem = { code: "muted", title: "You are muted in this channel." } as const;
		await store.keepWaiting({ ...waiting("two"), problem });
		await store.dropWaiting("one");
		await store.dropWaiting("one");
		expect(await store.waiting()).toEqual([{ ...waiting("two"), problem }, waiting("three")]);
	});

	test("the list, oneself and people come back as they were", async () => {
		const lines = ["c", "a", "b"].map((id) => ({ id, name: id }) as Channel);
		await store.keepLines(lines);
		await store.keepLines(lines.slice(0, 2));
		expect(await store.lines()).toEqual(lines.slice(0, 2));
		const user = { id: "u", username: "ana", name: "Ana", kind: "person" } as const;
		await store.keepUsers([user]);
		await store.keepMe({ user } as Me);
		expect([await store.user("u"), await store.user("x"), (await store.me())?.user]).toEqual([user, undefined, user]);
	});

	test("erasing leaves nothing", async () => {
		await store.begin(CHANNEL, page([1], 1, false));
		await store.keepWaiting({ key: "one", channel: CHANNEL, text: "one", at: 1 });
		await store.erase();
		const again = store instanceof MemoryStore ? store : await IndexedDbStore.open(`store ${databases - 1}`);
		expect(await again.copies()).toEqual({ epoch: undefined, copies: [] });
		expect(await again.waiting()).toEqual([]);
	});
});
