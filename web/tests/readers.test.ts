import { expect, test } from "vitest";
import { mayAskReaders } from "../src/message/actions.ts";
import { readersOf } from "../src/message/readers.ts";
import type { Channel } from "../src/wire.ts";
import { message } from "./house.tsx";

const channel = (more: Partial<Channel> = {}) =>
	({ id: "c", kind: "group", role: "member", members: 200, ...more }) as Channel;

test("one asks about one's own message, in a channel of so many, where the space has receipts", () => {
	const own = message(1, { actor: "ana" });
	expect(mayAskReaders(own, channel(), "ana", true)).toBe(true);
	expect(mayAskReaders(own, channel({ kind: "meeting", archived: true }), "ana", true)).toBe(true);
	expect(mayAskReaders(own, channel(), "ana", false)).toBe(false);
	expect(mayAskReaders(own, channel({ members: 201 }), "ana", true)).toBe(false);
	expect(mayAskReaders(own, channel({ kind: "direct" }), "ana", true)).toBe(false);
	expect(mayAskReaders(own, channel(), "rui", true)).toBe(false);
	expect(mayAskReaders(message(2, { actor: "ana", deleted: true }), channel(), "ana", true)).toBe(false);
});

test("everyone is in one list: who read, who only received, who neither", () => {
	const users = [
		{ user: "a", read: true, received: true },
		{ user: "b", read: false, received: true },
		{ user: "c", read: false, received: false },
		// A device that reads before it tells that it received.
		{ user: "d", read: true, received: false },
	];
	expect(readersOf({ members: 4, received_count: 2, read_count: 2, users })).toEqual({
		read: ["a", "d"],
		received: ["b"],
		neither: ["c"],
		hide: false,
	});
});

test("who hides what they read has it delivered", () => {
	const users = [{ user: "a", received: true }];
	expect(readersOf({ members: 1, received_count: 1, read_count: 0, users })).toMatchObject({
		received: ["a"],
		hide: true,
	});
	expect(readersOf({ members: 300, received_count: 9 })).toEqual({ read: [], received: [], neither: [], hide: false });
});
