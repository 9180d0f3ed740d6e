import { expect, test } from "vitest";
import { keyOf, lastOwn, rowsOf } from "../src/timeline/rows.ts";
import { AT, said, waiting } from "./house.tsx";

const MINUTE_MS = 60_000;
const shape = (rows: ReturnType<typeof rowsOf>) =>
	rows.map((row) =>
		[row.day !== undefined && "day", row.isNew && "new", row.key, row.first && "first"].filter(Boolean).join(" "),
	);

test("an author's messages in a row are a group, until others write, time passes or something is answered", () => {
	const items = [
		said(1),
		said(2),
		said(3, { actor: "ana" }),
		said(4),
		said(5, { at: AT + 10 * MINUTE_MS }),
		said(6, { at: AT + 11 * MINUTE_MS, reply_to: 1 }),
	];
	expect(shape(rowsOf(items, { me: "ana" }))).toEqual([
		"day seq:1 first",
		"seq:2",
		"seq:3 first",
		"seq:4 first",
		"seq:5 first",
		"seq:6 first",
	]);
});

test("days part messages", () => {
	const items = [
		said(1, { at: new Date(2026, 2, 3, 23, 59).getTime() }),
		said(2, { at: new Date(2026, 2, 4, 0, 1).getTime() }),
	];
	expect(shape(rowsOf(items, { me: "ana" }))).toEqual(["day seq:1 first", "day seq:2 first"]);
});

test("the first message begins a day only if nothing is older", () => {
	expect(shape(rowsOf([said(1)], { me: "ana", older: true }))).toEqual(["seq:1 first"]);
	const items = [said(1), said(2), said(3)];
	const [, ...known] = shape(rowsOf(items, { me: "ana" }));
	expect(shape(rowsOf(items, { me: "ana", older: true })), "each as it will be when older ones come").toEqual(known);
});

test("what is new begins with the first message of another after what was read", () => {
	const items = [said(1), said(2, { actor: "ana" }), said(3), said(4)];
	expect(shape(rowsOf(items, { me: "ana", read_before: 1 }))).toEqual([
		"day seq:1 first",
		"seq:2 first",
		"new seq:3 first",
		"seq:4",
	]);
	expect(shape(rowsOf(items, { me: "ana", read_before: 4 })).join()).not.toContain("new");
});

test("a message keeps its key when the server has it", () => {
	expect(keyOf(waiting("k", "text"))).toBe(keyOf(said(9, { key: "k" })));
});

test("older messages change no key of those that are there", () => {
	const newer = [said(3), said(4)];
	const before = rowsOf(newer, { me: "ana" }).map(({ key }) => key);
	const after = rowsOf([said(1), said(2), ...newer], { me: "ana" }).map(({ key }) => key);
	expect(after.slice(-2)).toEqual(before.slice(-2));
	expect(new Set(after).size).toBe(after.length);
});

test("the last of one's own that can be edited", () => {
	const items = [said(1, { actor: "ana" }), said(2, { actor: "ana", deleted: true }), said(3), waiting("k", "x")];
	expect(lastOwn(items, "ana")?.seq).toBe(1);
	expect(lastOwn([said(1)], "ana")).toBeUndefined();
});
