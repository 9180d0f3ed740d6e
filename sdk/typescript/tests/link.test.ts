// The socket: what it says, what it answers to each close, when it comes back.

import { readdir, readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { backoffMs } from "../src/link/backoff.ts";
import type { Hearer } from "../src/link/link.ts";
import { SocketLink } from "../src/link/socket.ts";
import { Refused, refusal, Unanswered } from "../src/wire/errors.ts";
import { CLOSES } from "../src/wire/generated/catalogue.ts";
import type { ServerFrame } from "../src/wire/generated/views.ts";
import type { ArgsOf, Op } from "../src/wire/replies.ts";
import { until } from "./house.ts";
import { Scripted } from "./scripted.ts";

const golden = new URL("../../../protocol/golden/", import.meta.url);

describe("a socket", () => {
	let server: Scripted;
	let link: SocketLink;
	let heard: ServerFrame[];
	let tokens: boolean[];
	let afresh: number;
	const hearer: Hearer = {
		held: async () => ({ epoch: "e0", cursors: { c: 7 } }),
		hear: (frame) => heard.push(frame),
		told: () => {},
		afresh: async () => void afresh++,
	};

	beforeEach(async () => {
		server = await Scripted.start();
		[heard, tokens, afresh] = [[], [], 0];
		link = new SocketLink({
			url: server.url,
			name: "test",
			token: (fresh) => {
				tokens.push(fresh);
				return `token ${tokens.length}`;
			},
		});
		link.start(hearer);
	});

	afterEach(() => {
		link.close();
		server.stop();
	});

	const online = () => until(link.status, ({ state }) => state === "online", "online");

	test("says hello with what is here, and hears frames in order", async () => {
		const line = await server.line();
		const hello = await line.greet();
		expect(hello).toEqual({
			op: "hello",
			token: "token 1",
			client: "test",
			pull: true,
			epoch: "e0",
			cursors: { c: 7 },
		});
		await online();
		line.say({ typing: { channel: "c", user: "u", expires_in_ms: 1 } });
		line.say({ behind: [] });
		await expect.poll(() => heard.map((frame) => Object.keys(frame)[0])).toEqual(["ready", "typing", "behind"]);
	});

	test("writes every command as the protocol has it, and takes its answer", async () => {
		const line = await server.line();
		await line.greet();
		await online();
		const files = (await readdir(new URL("command/", golden))).filter((file) => file !== "hello.json");
		expect(files.length).toBeGreaterThan(40);
		for (const file of files) {
			const { id: _, op, ...args } = JSON.parse(await readFile(new URL(`command/${file}`, golden), "utf8"));
			const answer = link.call(op as Op, args as ArgsOf<Op>);
			const { id, ...frame } = await line.frame({ op });
			expect(frame, file).toEqual({ op, ...args });
			line.say({ re: id, ok: { seq: id } });
			expect(await answer).toEqual({ seq: id });
		}
	});

	test("tells refusals from what was not answered", async () => {
		const line = await server.line();
		await line.greet();
		await online();
		const refused = link.call("leave", { channel: "c" });
		const { id } = await line.frame({ op: "leave" });
		line.say({ re: id, error: { code: "forbidden", title: "You may not do this here." } });
		await expect(refused).rejects.toMatchObject({ name: "Refused", code: "forbidden", status: 403, passes: false });
		const lost = link.call("join", { channel: "c" });
		await line.frame({ op: "join" });
		line.drop();
		await expect(lost).rejects.toBeInstanceOf(Unanswered);
		await expect(link.call("join", { channel: "c" })).rejects.toBeInstanceOf(Unanswered);
	});

	test("does not send what the server would close the connection for", async () => {
		const line = await server.line();
		await line.greet();
		await online();
		const long = link.call("send", { channel: "c", key: "k", text: "ą".repeat(40_000) });
		await expect(long).rejects.toMatchObject({ code: "too_large" });
	});

	test("waits as long as the server asks before it comes back", async () => {
		const line = await server.line();
		await line.greet();
		await online();
		line.say({ reconnect: { delay_ms: 120 } });
		line.close(1012);
		const status = await until(link.status, ({ state }) => state === "offline", "offline");
		const wait = status.state === "offline" ? status.retry_at - Date.now() : 0;
		expect(wait).toBeGreaterThan(20);
		expect(wait).toBeLessThanOrEqual(120);
		await (await server.line()).greet();
		await online();
	});

	test("comes back at once when hurried", async () => {
		const line = await server.line();
		await line.greet();
		await online();
		line.say({ reconnect: { delay_ms: 600_000 } });
		line.close(1012);
		await until(link.status, ({ state }) => state === "offline", "offline");
		link.hurry();
		await (await server.line()).greet();
		await online();
	});

	test("tries a fresh token when one is refused, and ends when those are refused as well", async () => {
		for (let attempt = 0; attempt < 3; attempt++) {
			const line = await server.line();
			await line.frame({ op: "hello" });
			line.say({ refused: refusal("token_expired").problem });
			line.close(4001);
		}
		const status = await until(link.status, ({ state }) => state === "ended", "the end");
		expect(status).toMatchObject({ why: "signed_out", problem: { code: "token_expired" } });
		expect(tokens).toEqual([false, true, true]);
	});

	test("ends for good when its page may not connect", async () => {
		const line = await server.line();
		await line.frame({ op: "hello" });
		line.say({ refused: refusal("origin_refused").problem });
		line.close(4001);
		const status = await until(link.status, ({ state }) => state === "ended", "the end");
		expect(status).toMatchObject({ why: "refused", problem: { code: "origin_refused" } });
		expect(tokens.length).toBe(1);
	});

	test.each(Object.entries(CLOSES).filter(([code]) => code !== "1000"))(
		"after close %s does as the catalogue says",
		async (code, close) => {
			const line = await server.line();
			await line.greet();
			await online();
			line.say({ reconnect: { delay_ms: 1 } });
			line.close(Number(code), close.reason);
			if (code === "4001" || code === "4003") {
				await server.line();
				expect(tokens).toEqual([false, true]);
			} else if (close.reconnect) {
				await (await server.line()).greet();
				await online();
				expect(afresh).toBe(code === "4090" ? 1 : 0);
			} else {
				const status = await until(link.status, ({ state }) => state === "ended", "the end");
				expect(status).toMatchObject({ why: code === "4004" ? "replaced" : "refused" });
				await new Promise((resolve) => setTimeout(resolve, 20));
				expect(server.more).toBe(0);
			}
		},
	);

	test("notices a connection that has died without a word", async () => {
		const line = await server.line();
		await line.greet({ heartbeat_ms: 30 });
		await online();
		await line.frame({ op: "user_get" });
		line.drop();
		await until(link.status, ({ state }) => state === "offline", "offline");
	});

	test("says goodbye", async () => {
		const line = await server.line();
		await line.greet();
		await online();
		const closed = line.closed();
		link.close();
		expect(await closed).toBe(1000);
		expect(link.status.get()).toEqual({ state: "ended", why: "closed" });
	});
});

describe("the back-off", () => {
	test("has full jitter within its bounds", () => {
		const bounds = [0, 1, 2, 3, 4, 5, 6, 50].map((attempt) => backoffMs(attempt, () => 1));
		expect(bounds).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
		expect(backoffMs(9, () => 0)).toBe(500);
	});
});

describe("a refusal", () => {
	test("carries what the server said", () => {
		const refused = new Refused({ code: "muted", title: "You are muted in this channel.", detail: "until noon" });
		expect([refused.message, refused.code, refused.status]).toEqual(["until noon", "muted", 403]);
	});
});
