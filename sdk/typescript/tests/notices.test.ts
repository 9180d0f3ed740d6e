import { expect, test, vi } from "vitest";
import { Notices, placesOf } from "../src/channel/notices.ts";
import type { Event, Events, Message } from "../src/wire/generated/views.ts";
import type { ArgsOf } from "../src/wire/replies.ts";

const common = { channel: "c", actor: "a", at: 0 };
const joined = (seq: number): Event => ({
	...common,
	seq,
	prev: seq - 1,
	type: "member.joined",
	user: `u${seq}`,
	role: "member",
});
const said = (seq: number): Event => ({
	...common,
	seq,
	prev: seq - 1,
	type: "message.posted",
	text: "",
	ordinal: seq,
});
const reacted = (seq: number): Event => ({
	...common,
	seq,
	prev: seq - 1,
	type: "reaction.added",
	target: 1,
	emoji: "x",
});
const message = (seq: number) => ({ seq }) as Message;

/** A log of events at the positions 1, 2, 3 …, and what was asked of it. */
function house(log: readonly Event[]) {
	const asked: Omit<ArgsOf<"events">, "channel">[] = [];
	const ask = async (args: Omit<ArgsOf<"events">, "channel">): Promise<Events> => {
		asked.push(args);
		const { after = 0, until = log.length, limit = 50 } = args;
		const events = log.slice(after, Math.min(until, after + limit));
		return { events, more: after + events.length < until, head: until, epoch: "e" };
	};
	const late = vi.fn();
	return { notices: new Notices(ask, late), asked, late };
}
const seqs = (notices: Notices, low = 0, high = Number.MAX_SAFE_INTEGER) =>
	notices.between(low, high).map(({ seq }) => seq);

test("messages without holes ask for nothing", async () => {
	const { notices, asked } = house([]);
	expect(await notices.fill(placesOf([message(7), message(6), message(5)], false))).toBe(false);
	expect(asked).toEqual([]);
});

test("holes that are near are asked for together, each once", async () => {
	const log = [joined(1), said(2), joined(3), said(4), reacted(5), joined(6)];
	const { notices, asked } = house(log);
	const places = placesOf([message(4), message(2)], true, 6);
	expect(places).toEqual([0, 2, 4, 7]);
	expect(await notices.fill(places)).toBe(true);
	expect(asked).toEqual([{ after: 0, until: 6, limit: 1_000 }]);
	expect(seqs(notices)).toEqual([1, 3, 6]);
	expect(seqs(notices, 2, 6), "of the messages that are shown").toEqual([3]);
	expect(await notices.fill(places)).toBe(false);
	expect(notices.between(0, 9)).toBe(notices.between(0, 9));
});

test("holes that are far apart are asked for one by one, the newest first", async () => {
	const log = Array.from({ length: 1_002 }, (_, at) => (at === 1 || at === 1_000 ? joined(at + 1) : said(at + 1)));
	const { notices, asked } = house(log);
	const messages = log.filter(({ type }) => type === "message.posted").map(({ seq }) => message(seq));
	await notices.fill(placesOf(messages, true, 1_002));
	expect(asked.map(({ after, until }) => [after, until])).toEqual([
		[1_000, 1_001],
		[1, 2],
	]);
	expect(seqs(notices)).toEqual([2, 1_001]);
});

test("a hole without an end is read in part", async () => {
	const { notices, asked } = house(Array.from({ length: 9_000 }, (_, at) => joined(at + 1)));
	await notices.fill([0, 9_001]);
	expect(asked).toHaveLength(5);
	expect(await notices.fill([0, 9_001])).toBe(false);
});

test("what comes by the socket is taken as far as nothing is missing before it", async () => {
	const log = [said(1), joined(2), reacted(3), said(4), joined(5), joined(6)];
	const { notices, asked } = house(log);
	expect(log.slice(0, 4).every((event) => notices.take(1, event))).toBe(true);
	expect(notices.take(4, joined(6)), "the one before is missing").toBe(false);
	expect(await notices.fill(placesOf([message(1), message(4)], true, 6))).toBe(true);
	expect(asked.map(({ after, until }) => [after, until])).toEqual([[4, 6]]);
	expect(seqs(notices)).toEqual([2, 5, 6]);
});

test("what cannot be had now is asked for again later", async () => {
	const { notices, asked } = house([joined(1)]);
	let online = false;
	const moody = new Notices(
		async (args) => {
			if (!online) throw new Error("offline");
			asked.push(args);
			return { events: [joined(1)], more: false, head: 1, epoch: "e" };
		},
		() => {},
	);
	expect(await moody.fill([0, 2])).toBe(false);
	online = true;
	expect(await moody.fill([0, 2])).toBe(true);
	expect(seqs(moody)).toEqual([1]);
	expect(seqs(notices)).toEqual([]);
});

test("messages do not wait long, and are told of what comes late", async () => {
	vi.useFakeTimers();
	let answer = (_: Events) => {};
	const late = vi.fn();
	const notices = new Notices(() => new Promise((resolve) => (answer = resolve)), late);
	const soon = notices.soon([0, 2]);
	await vi.advanceTimersByTimeAsync(1_000);
	await soon;
	expect(late).not.toHaveBeenCalled();
	answer({ events: [joined(1)], more: false, head: 1, epoch: "e" });
	await vi.advanceTimersByTimeAsync(0);
	expect(late).toHaveBeenCalledOnce();
	vi.useRealTimers();
});
