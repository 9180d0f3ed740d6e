import { expect, test } from "vitest";
import { Timeline, type TimelineHost } from "../src/channel/timeline.ts";
import { MemoryStore } from "../src/index.ts";
import type { Event, Message } from "../src/wire/generated/views.ts";

const common = (seq: number) => ({ channel: "c", actor: "a", at: seq, seq, prev: seq - 1 });
const said = (seq: number): Event => ({ ...common(seq), type: "message.posted", text: `m${seq}`, ordinal: seq });
const joined = (seq: number): Event => ({ ...common(seq), type: "member.joined", user: `u${seq}`, role: "member" });

/** A channel whose server has this log; every `tenth` position is somebody who joins. */
function house(length: number) {
	const log = Array.from({ length }, (_, at) => ((at + 1) % 10 === 0 ? joined(at + 1) : said(at + 1)));
	const posts = () => log.filter((event) => event.type === "message.posted");
	const messageOf = ({ channel, actor, at, seq, prev }: Event): Message => ({
		...{ channel, actor, at, seq, prev },
		text: `m${seq}`,
		ordinal: seq,
	});
	const asked: [number, number][] = [];
	const host: TimelineHost = {
		channel: "c",
		store: new MemoryStore(),
		stored: async () => {},
		history: async ({ before, after, limit = 50 }) => {
			const found =
				after === undefined
					? posts()
							.filter(({ seq }) => seq < (before ?? Number.MAX_SAFE_INTEGER))
							.reverse()
					: posts().filter(({ seq }) => seq > after);
			const messages = found.slice(0, limit).map(messageOf);
			return { messages, more: found.length > limit, head: log.length, epoch: "e" };
		},
		events: async ({ after = 0, until = log.length, limit = 50 }) => {
			asked.push([after, until]);
			const events = log.slice(after, Math.min(until, after + limit));
			return { events, more: after + events.length < until, head: until, epoch: "e" };
		},
		opened: () => {},
		waiting: () => [],
		statusOf: () => "sent",
	};
	const timeline = new Timeline(host);
	const notices = () => timeline.get().notices.map(({ seq }) => seq);
	const happens = (event: Event) => {
		log.push(event);
		return event;
	};
	return { log, timeline, notices, asked, happens };
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

test("what happened between the first messages comes with them", async () => {
	const { timeline, notices, asked } = house(100);
	const seen: [number, number][] = [];
	timeline.subscribe(() => seen.push([timeline.get().items.length, timeline.get().notices.length]));
	await timeline.open();
	await settled();
	expect(notices()).toEqual([50, 60, 70, 80, 90, 100]);
	expect(asked, "in one question").toEqual([[49, 100]]);
	expect(seen.filter(([items]) => items > 0).every(([, notices]) => notices === 6)).toBe(true);
});

test("older messages bring what happened between them, and the beginning what was before them", async () => {
	const { timeline, notices } = house(100);
	await timeline.open();
	await timeline.older();
	await settled();
	expect(timeline.get().older).toBe("none");
	expect(notices()).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
});

test("what happens now is told at once, and nothing is asked for it", async () => {
	const { timeline, notices, asked, happens } = house(5);
	await timeline.open();
	await settled();
	timeline.apply([happens(joined(6)), happens(joined(7)), happens(said(8)), happens(joined(9))]);
	expect(notices()).toEqual([6, 7, 9]);
	await settled();
	expect(asked).toEqual([]);
});

test("what was missed meanwhile is asked for", async () => {
	const { timeline, notices, asked, happens } = house(5);
	await timeline.open();
	await settled();
	happens(joined(6));
	timeline.apply([happens(joined(7))]);
	await settled();
	expect(notices()).toEqual([6, 7]);
	expect(asked).toEqual([[5, 7]]);
});

test("after a jump only what is between the messages there is told, and the way back tells the rest", async () => {
	const { timeline, notices } = house(400);
	await timeline.open();
	await timeline.jump(100);
	await settled();
	expect(notices()[0]).toBe(50);
	expect(notices().at(-1)).toBe(150);
	while (timeline.get().newer !== "none") await timeline.newer();
	await settled();
	expect(notices().at(-1)).toBe(400);
	expect(notices()).toHaveLength(36);
});

test("leaving forgets all of it", async () => {
	const { timeline, notices } = house(20);
	await timeline.open();
	timeline.clear();
	await settled();
	expect(notices()).toEqual([]);
});
