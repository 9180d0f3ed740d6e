import { Cell, type Klatch, type Notice } from "@klatch/client";
import { KlatchProvider } from "@klatch/client/react";
import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { NoticeLines } from "../src/timeline/NoticeText.tsx";
import { linesOf, type Told } from "../src/timeline/notices.ts";
import { rowsOf } from "../src/timeline/rows.ts";
import { AT, said, show, user } from "./house.tsx";

type Body<N = Notice> = N extends Notice ? Omit<N, "channel" | "seq" | "prev" | "at" | "actor"> : never;

const notice = (seq: number, actor: string, body: Body, at = AT + seq * 1_000) =>
	({ channel: "c", seq, prev: seq - 1, at, actor, ...body }) as Notice;
const joined = (seq: number, name: string, actor = name, at?: number) =>
	notice(seq, actor, { type: "member.joined", user: name, role: "member" }, at);
const left = (seq: number, name: string) => notice(seq, name, { type: "member.left", user: name });
const told = (notices: readonly Notice[], begun?: number) => linesOf(notices, begun).map(({ told }) => told);

test("those who do the same in a row are one line", () => {
	expect(told([joined(1, "rui"), joined(2, "marta"), left(3, "rui"), joined(4, "eva")])).toEqual([
		{ kind: "joined", users: ["rui", "marta"] },
		{ kind: "left", users: ["rui"] },
		{ kind: "joined", users: ["eva"] },
	]);
});

test("whom others added is told of those who added them", () => {
	expect(told([joined(1, "rui", "ana"), joined(2, "eva", "ana"), joined(3, "ivo", "rui"), joined(4, "zoe")])).toEqual([
		{ kind: "added", actor: "ana", users: ["rui", "eva"] },
		{ kind: "added", actor: "rui", users: ["ivo"] },
		{ kind: "joined", users: ["zoe"] },
	]);
});

test("a change of name and topic are two lines, other changes none", () => {
	const change = notice(1, "ana", { type: "channel.updated", name: "New", topic: "" });
	expect(told([change])).toEqual([
		{ kind: "renamed", actor: "ana", text: "New" },
		{ kind: "topic", actor: "ana", text: "" },
	]);
	expect(told([notice(2, "ana", { type: "channel.updated", visibility: "open" })])).toEqual([]);
});

test("where many come and go there are few lines", () => {
	const many = Array.from({ length: 40 }, (_, at) => (at % 2 ? left(at + 1, `u${at - 1}`) : joined(at + 1, `u${at}`)));
	expect(told(many).map((line) => [line.kind, "users" in line && line.users.length])).toEqual([
		["joined", 20],
		["left", 20],
	]);
});

test("a meeting begins where its time is", () => {
	expect(told([joined(1, "rui"), joined(9, "eva")], AT + 5_000).map(({ kind }) => kind)).toEqual([
		"joined",
		"begun",
		"joined",
	]);
	const rows = rowsOf([said(1), said(2), said(3)], { me: "ana", begun: AT + 2_500 });
	expect(rows.map(({ before }) => before?.map(({ told }) => told.kind))).toEqual([undefined, undefined, ["begun"]]);
	const older = rowsOf([said(1), said(2)], { me: "ana", begun: AT, older: true });
	expect(older.map(({ before }) => before)).toEqual([undefined]);
	const ended = rowsOf([said(1)], { me: "ana", begun: AT + 9_999_999 });
	expect(ended[0]?.after?.map(({ told }) => told.kind)).toEqual(["begun"]);
});

test("notices are above the message that follows, below the last one, and part an author's messages", () => {
	const notices = [joined(2, "eva"), joined(5, "ivo"), left(6, "eva")];
	const rows = rowsOf([said(1), said(3), said(4)], { me: "ana", notices });
	expect(rows.map(({ before, after, first }) => [before?.length ?? 0, after?.length ?? 0, first])).toEqual([
		[0, 0, true],
		[1, 0, true],
		[0, 2, false],
	]);
});

test("a day may begin with a notice", () => {
	const night = new Date(2026, 2, 3, 23, 59).getTime();
	const morning = new Date(2026, 2, 4, 0, 1).getTime();
	const items = [said(1, { at: night }), said(3, { at: morning + 60_000 })];
	const rows = rowsOf(items, { me: "ana", notices: [joined(2, "eva", "eva", morning)] });
	expect(rows.map(({ day, before }) => [day !== undefined, before?.[0]?.day])).toEqual([
		[true, undefined],
		[false, true],
	]);
});

test("notices are sentences", async () => {
	const people = ["Ana", "Rui", "Marta", "Eva", "Ivo"].map((name) => user(name.toLowerCase(), name));
	people.push({ ...user("school", "School"), kind: "system" });
	const client = { user: (id: string) => new Cell(people.find((one) => one.id === id)) } as unknown as Klatch;
	const all: Told[] = [
		{ kind: "joined", users: ["rui", "marta", "eva"] },
		{ kind: "joined", users: ["rui", "marta", "eva", "ivo", "ana"] },
		{ kind: "added", actor: "ana", users: ["rui"] },
		{ kind: "added", actor: "school", users: ["eva"] },
		{ kind: "role", role: "moderator", users: ["rui"] },
		{ kind: "renamed", actor: "ana", text: "Algebra" },
		{ kind: "closed" },
	];
	const lines = all.map((told, at) => ({ key: String(at), at: AT, told }));
	await show(
		<KlatchProvider client={client}>
			<NoticeLines lines={lines} meeting />
		</KlatchProvider>,
	);
	const texts = [...document.querySelectorAll("[data-notice]")].map(({ textContent }) =>
		// Some write a comma before the last one.
		textContent?.replace(", and", " and"),
	);
	expect(texts).toEqual([
		"Rui, Marta and Eva joined",
		"Rui, Marta and 3 others joined",
		"Ana added Rui",
		"Eva joined",
		"Rui has a new role: Moderator",
		"Ana changed the name to “Algebra”",
		"The meeting is over",
	]);
	expect(screen.queryByText(/…/)).toBeNull();
});
