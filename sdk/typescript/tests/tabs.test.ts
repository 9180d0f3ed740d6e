// Several tabs, one socket. The locks of a browser are played by a few lines; the channel between tabs is Node's own.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Hearer, Note } from "../src/link/link.ts";
import { SocketLink } from "../src/link/socket.ts";
import { TabsLink } from "../src/link/tabs.ts";
import { Refused, Unanswered } from "../src/wire/errors.ts";
import type { ServerFrame } from "../src/wire/generated/views.ts";
import { until } from "./house.ts";
import { Scripted } from "./scripted.ts";

/** One holder at a time, in the order in which they came (Web Locks API, exclusive mode). */
class Locks {
	#queue: Promise<unknown> = Promise.resolve();
	request(_name: string, { signal }: { signal: AbortSignal }, run: () => Promise<void>): Promise<void> {
		const mine = this.#queue.then(() => (signal.aborted ? undefined : run()));
		this.#queue = mine.catch(() => {});
		return mine;
	}
}

/** What a tab has heard. */
class Tab implements Hearer {
	readonly frames: ServerFrame[] = [];
	readonly notes: Note[] = [];
	afreshes = 0;
	readonly link: TabsLink;

	constructor(name: string, url: string) {
		this.link = new TabsLink(name, new SocketLink({ url, token: () => "token", name: "test" }));
		this.link.start(this);
	}
	async held() {
		return { cursors: {} };
	}
	hear(frame: ServerFrame) {
		this.frames.push(frame);
	}
	told(note: Note) {
		this.notes.push(note);
	}
	async afresh() {
		this.afreshes += 1;
	}
	online() {
		return until(this.link.status, ({ state }) => state === "online", "online");
	}
}

describe("tabs", () => {
	let server: Scripted;
	let tabs: Tab[];
	let name: string;
	const tab = () => {
		const tab = new Tab(name, server.url);
		tabs.push(tab);
		return tab;
	};

	beforeEach(async () => {
		vi.stubGlobal("navigator", { locks: new Locks() });
		server = await Scripted.start();
		name = `tabs ${server.url}`;
		tabs = [];
	});
	afterEach(() => {
		for (const { link } of tabs) link.close();
		server.stop();
		vi.unstubAllGlobals();
	});

	test("share one socket: all hear, and all can ask", async () => {
		const first = tab();
		const line = await server.line();
		await line.greet();
		await first.online();
		const second = tab();
		await second.online();
		expect([first.link.leads.get(), second.link.leads.get()]).toEqual([true, false]);
		await expect.poll(() => second.frames.map((frame) => Object.keys(frame)[0])).toEqual(["ready"]);
		line.say({ typing: { channel: "c", user: "u" } });
		for (const { frames } of tabs) await expect.poll(() => frames.at(-1)).toHaveProperty("typing");

		const answer = second.link.call("user_get", { user: "u" });
		const { id } = await line.frame({ op: "user_get" });
		line.say({ re: id, ok: { id: "u" } });
		expect(await answer).toEqual({ id: "u" });
		const refused = second.link.call("leave", { channel: "c" });
		const { id: other } = await line.frame({ op: "leave" });
		line.say({ re: other, error: { code: "forbidden", title: "" } });
		await expect(refused).rejects.toBeInstanceOf(Refused);
		expect(server.more).toBe(0);
	});

	test("go on when the leading one is closed: another takes the socket over", async () => {
		const first = tab();
		await (await server.line()).greet();
		await first.online();
		const second = tab();
		await second.online();
		const unanswered = expect(second.link.call("user_get", { user: "u" })).rejects.toBeInstanceOf(Unanswered);
		first.link.close();
		const line = await server.line();
		await unanswered;
		expect(second.link.status.get().state, "not ended with the other").not.toBe("ended");
		await line.greet();
		await second.online();
		expect(second.link.leads.get()).toBe(true);
		const third = tab();
		await third.online();
	});

	test("know together how the connection stands, and can hurry it", async () => {
		const first = tab();
		const line = await server.line();
		await line.greet();
		await first.online();
		const second = tab();
		await second.online();
		line.say({ reconnect: { delay_ms: 600_000 } });
		line.close(4090);
		await until(second.link.status, ({ state }) => state === "offline", "offline");
		expect([first.afreshes, second.afreshes]).toEqual([1, 1]);
		await expect(second.link.call("user_get", { user: "u" })).rejects.toBeInstanceOf(Unanswered);
		second.link.hurry();
		await (await server.line()).greet();
		await second.online();
	});

	test("may be closed by whoever hears that it is over", async () => {
		const first = tab();
		const line = await server.line();
		await line.greet();
		await first.online();
		first.link.status.subscribe(() => first.link.status.get().state === "ended" && first.link.close());
		line.close(4004);
		const status = await until(first.link.status, ({ state }) => state === "ended", "the end");
		expect(status).toMatchObject({ state: "ended" });
		await expect(first.link.call("user_get", { user: "u" })).rejects.toBeInstanceOf(Unanswered);
	});

	test("tell each other what has changed", async () => {
		const [first, second] = [tab(), tab()];
		await (await server.line()).greet();
		await second.online();
		second.link.tell({ note: "outbox" });
		await expect.poll(() => first.notes).toEqual([{ note: "outbox" }]);
		expect(second.notes).toEqual([]);
	});
});
