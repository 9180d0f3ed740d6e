// Holes are noticed and filled, hints are followed.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Log } from "../src/channel/log.ts";
import { Refused, Unanswered } from "../src/wire/errors.ts";
import type { Event, Events } from "../src/wire/generated/views.ts";

const event = (seq: number, prev = seq - 1) =>
	({ channel: "c", seq, prev, at: 0, actor: "a", type: "member.left", user: "b" }) as Event;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => event(from + index));

/** A log of a server that has so many events, and what became of the client's. */
class House {
	head = 0;
	asked: unknown[] = [];
	applied: number[] = [];
	afresh = 0;
	lost = 0;
	fail: unknown;
	readonly log = new Log({
		events: async ({ after = 0, until, limit = 50 }) => {
			this.asked.push({ after, ...(until === undefined ? {} : { until }), limit });
			const fail = this.fail;
			this.fail = undefined;
			if (fail) throw fail;
			const end = Math.min(until ?? this.head, after + limit);
			return {
				events: range(after + 1, end),
				more: end < (until ?? this.head),
				head: until ?? this.head,
				epoch: "e",
			} as Events;
		},
		apply: (events) => this.applied.push(...events.map(({ seq }) => seq)),
		afresh: () => this.afresh++,
		lost: () => this.lost++,
	});
}

const numbers = (from: number, to: number) => range(from, to).map(({ seq }) => seq);

describe("a log", () => {
	let house: House;
	beforeEach(() => {
		vi.useFakeTimers();
		house = new House();
	});
	afterEach(() => vi.useRealTimers());

	test("takes nothing until it is followed, then everything once and in order", () => {
		house.log.take(range(1, 3));
		house.log.follow(2);
		house.log.take(range(1, 4));
		house.log.take(range(4, 5));
		expect(house.applied).toEqual([3, 4, 5]);
		expect(house.asked).toEqual([]);
	});

	test("asks for what is missing, page by page, and goes on with what came meanwhile", async () => {
		house.log.follow(1);
		house.head = 450;
		house.log.take([event(450)]);
		await vi.runAllTimersAsync();
		expect(house.applied).toEqual(numbers(2, 450));
		expect(house.asked).toEqual([1, 201, 401].map((after) => ({ after, limit: 200 })));
		house.log.take(range(450, 451));
		expect(house.applied.at(-1)).toBe(451);
	});

	test("asks once however often it is told, and again after the answer if that was not enough", async () => {
		house.log.follow(1);
		house.head = 5;
		for (const head of [3, 4, 5]) house.log.reach(head);
		house.head = 9;
		house.log.reach(9);
		await vi.runAllTimersAsync();
		expect(house.applied).toEqual(numbers(2, 9));
		expect(house.asked.length).toBe(2);
	});

	test("follows a hint after a part of its spread, with the range that everyone asks for", async () => {
		house.log.follow(3_800);
		house.head = 5_200;
		house.log.hint(4_200, 500, () => 0.5);
		await vi.advanceTimersByTimeAsync(249);
		expect(house.asked).toEqual([]);
		house.log.hint(5_100, 500, () => 0.5);
		await vi.advanceTimersByTimeAsync(1);
		expect(house.asked).toEqual([
			{ after: 3_800, until: 5_100, limit: 1_000 },
			{ after: 4_800, until: 5_100, limit: 1_000 },
		]);
		expect(house.log.at).toBe(5_100);
	});

	test("believes the server about what one may not see", async () => {
		house.log.follow(0);
		house.head = 3;
		const hidden: Events = { events: [event(3)], more: false, head: 3, epoch: "e" };
		const log = new Log({ ...hostOf(house), events: async () => hidden });
		log.follow(0);
		log.reach(3);
		await vi.runAllTimersAsync();
		expect([house.applied, log.at]).toEqual([[3], 3]);
	});

	test("waits when the server is busy, and gives up without a connection", async () => {
		house.log.follow(1);
		house.head = 2;
		house.fail = new Refused({ code: "overloaded", title: "The server is busy.", retry_after_ms: 300 });
		house.log.reach(2);
		await vi.advanceTimersByTimeAsync(299);
		expect(house.applied).toEqual([]);
		await vi.advanceTimersByTimeAsync(1);
		expect(house.applied).toEqual([2]);
		house.head = 3;
		house.fail = new Unanswered("gone");
		house.log.reach(3);
		await vi.runAllTimersAsync();
		expect(house.applied).toEqual([2]);
		house.log.reach(3);
		await vi.runAllTimersAsync();
		expect(house.applied).toEqual([2, 3]);
	});

	test("reads afresh what is too far behind or of another history, and loses what it may not see", async () => {
		house.log.follow(1);
		house.log.reach(100_000);
		await vi.runAllTimersAsync();
		expect([house.afresh, house.asked.length]).toEqual([1, 0]);
		for (const [code, counts] of [
			["resync", [1, 0]],
			["not_found", [0, 1]],
		] as const) {
			const other = new House();
			other.fail = new Refused({ code, title: "" });
			other.log.follow(1);
			other.log.reach(2);
			await vi.runAllTimersAsync();
			expect([other.afresh, other.lost], code).toEqual(counts);
		}
	});
});

function hostOf(house: House) {
	return {
		apply: (events: readonly Event[]) => house.applied.push(...events.map(({ seq }) => seq)),
		afresh: () => house.afresh++,
		lost: () => house.lost++,
	};
}
