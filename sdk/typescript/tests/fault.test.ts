// Nothing is lost and nothing doubled, whatever happens to the server and to the client.

import "fake-indexeddb/auto";
import { afterEach, describe, expect, test } from "vitest";
import { Klatch, MemoryStore, type TimelineView } from "../src/index.ts";
import { IndexedDbStore } from "../src/store/indexeddb.ts";
import { client, type RunningServer, signIn, startServer, until } from "./house.ts";

const texts = ({ items }: TimelineView) =>
	items.map((item) => (item.kind === "message" ? item.message.text : `(${item.status}) ${item.waiting.text}`));

let server: RunningServer | undefined;
const open: Klatch[] = [];

afterEach(async () => {
	await Promise.all(open.splice(0).map((klatch) => klatch.close()));
	await server?.stop();
	server = undefined;
});

async function begin(
	env: Record<string, string> = {},
): Promise<{ server: RunningServer; ana: Klatch; rui: Klatch; id: string }> {
	server = await startServer(env);
	const ana = await client(server, "ana");
	const rui = await client(server, "rui");
	open.push(ana, rui);
	const members = [rui.me.get()?.user.id ?? ""];
	const { channel } = await ana.call("channel_create", { kind: "group", name: "Faults", members });
	await until(rui.channels, (channels) => channels?.some(({ id }) => id === channel.id) ?? false, "the group");
	await Promise.all([ana.channel(channel.id).timeline.open(), rui.channel(channel.id).timeline.open()]);
	return { server, ana, rui, id: channel.id };
}

describe("a server that is killed and started again", () => {
	test("in the middle of a conversation, loses and doubles nothing", async () => {
		const { server, ana, rui, id } = await begin();
		const [hers, his] = [ana.channel(id), rui.channel(id)];
		const all = Array.from({ length: 60 }, (_, number) => `message ${number}`);
		for (const [number, text] of all.entries()) {
			await (number % 2 === 0 ? hers : his).send(text);
			if (number === 25) void server.kill().then(() => server.restart());
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
		const complete = (view: TimelineView) =>
			view.items.length === all.length && view.items.every(({ kind }) => kind === "message");
		const [seen, theirs] = await Promise.all([
			until(hers.timeline, complete, "all"),
			until(his.timeline, complete, "all"),
		]);
		expect(texts(seen)).toEqual(texts(theirs));
		expect(texts(seen).toSorted()).toEqual(all.toSorted());
		const own = (texts: string[], odd: number) => texts.filter((text) => Number(text.split(" ")[1]) % 2 === odd);
		for (const odd of [0, 1]) expect(own(texts(seen), odd), "each sender's order").toEqual(own(all, odd));
	});
});

describe("what was written while offline", () => {
	test("is kept over a restart of the program and delivered once", async () => {
		const { server, rui, id } = await begin();
		const account = await signIn(server, "ana", "another");
		const options = { url: server.url, token: account.token, tabs: false };
		const name = `offline ${server.url}`;
		const first = await Klatch.open({ ...options, store: await IndexedDbStore.open(name) });
		open.push(first);
		await until(first.channels, (channels) => channels?.some((channel) => channel.id === id) ?? false, "the group");
		await first.channel(id).timeline.open();
		await server.kill();
		await until(first.status, ({ state }) => state === "offline", "offline");
		await first.channel(id).send("written offline");
		expect(texts(first.channel(id).timeline.get())).toEqual(["(sending) written offline"]);
		await first.close();

		const second = await Klatch.open({ ...options, store: await IndexedDbStore.open(name) });
		open.push(second);
		expect(second.channels.get()?.map(({ name }) => name)).toContain("Faults");
		await second.channel(id).timeline.open();
		expect(texts(second.channel(id).timeline.get()), "still there without a server").toEqual([
			"(sending) written offline",
		]);
		await server.restart();
		await until(rui.channel(id).timeline, (view) => texts(view).length === 1, "the message");
		const mine = await until(second.channel(id).timeline, ({ items }) => items[0]?.kind === "message", "the message");
		expect(texts(mine)).toEqual(["written offline"]);
		await rui.channel(id).send("got it");
		await until(second.channel(id).timeline, (view) => texts(view).length === 2, "the answer");
		expect(texts(second.channel(id).timeline.get())).toEqual(["written offline", "got it"]);
	});
});

describe("a client that was away", () => {
	test("catches up from its copy, with what changed meanwhile", async () => {
		const { server, ana, rui, id } = await begin();
		const store = new MemoryStore();
		const account = await signIn(server, "rui", "another");
		const options = { url: server.url, token: account.token, store };
		const before = await Klatch.open(options);
		open.push(before);
		await ana.channel(id).send("before");
		await before.channel(id).timeline.open();
		await until(before.channel(id).timeline, ({ items }) => items[0]?.kind === "message", "before");
		await before.close();

		const { items } = ana.channel(id).timeline.get();
		const seq = items[0]?.kind === "message" ? items[0].message.seq : 0;
		await ana.channel(id).edit(seq, "edited while away");
		for (let number = 0; number < 5; number++) await ana.channel(id).send(`while away ${number}`);
		await until(rui.channel(id).timeline, (view) => view.items.length === 6, "all");

		const after = await Klatch.open(options);
		open.push(after);
		await after.channel(id).timeline.open();
		const all = ["edited while away", ...Array.from({ length: 5 }, (_, number) => `while away ${number}`)];
		const view = await until(after.channel(id).timeline, (view) => view.items.length === all.length, "all");
		expect(texts(view)).toEqual(all);
		await after.close();
		expect((await store.messages(id, Number.MAX_SAFE_INTEGER, 50)).map(({ text }) => text)).toEqual(all.toReversed());
	});

	test("for long, reads afresh and can still go back to the beginning", async () => {
		const { server, ana, id } = await begin();
		const store = new MemoryStore();
		const account = await signIn(server, "rui", "another");
		const options = { url: server.url, token: account.token, store };
		const before = await Klatch.open(options);
		open.push(before);
		await before.channel(id).timeline.open();
		await until(before.channel(id).timeline, ({ opening }) => !opening, "open");
		await before.close();
		const count = 105;
		for (let number = 0; number < count; number++) await ana.channel(id).send(`number ${number}`);
		const isSent = ({ items }: TimelineView) => items.length === count && items.every(({ kind }) => kind === "message");
		await until(ana.channel(id).timeline, isSent, "all");
		await store.afresh(undefined);

		const after = await Klatch.open(options);
		open.push(after);
		const { timeline } = after.channel(id);
		await timeline.open();
		await until(timeline, ({ items }) => items.length > 0, "a page");
		expect(timeline.get().items.length).toBeLessThan(count);
		while ((await until(timeline, ({ older }) => older !== "loading")).older === "more") await timeline.older();
		expect(texts(timeline.get())).toEqual(Array.from({ length: count }, (_, number) => `number ${number}`));

		await timeline.jump(10);
		expect(timeline.get().items.length, "what is shown already is not read again").toBe(count);

		const { timeline: other } = ana.channel(id);
		const tenth = timeline.get().items[9];
		if (tenth?.kind !== "message") throw new Error("a message");
		expect(await other.jumpToTime(tenth.message.at)).toBeLessThanOrEqual(tenth.message.seq);
		expect(await other.jumpToTime(Date.now() + 60_000), "nothing is so late").toBeUndefined();
	});
});

describe("a jump into the past", () => {
	test("shows what is around it, goes on both ways, and comes back to what is new", async () => {
		const { ana, rui, id } = await begin({
			KLATCH_LIMITS__SENDS_PER_SECOND: "1000",
			KLATCH_LIMITS__SENDS_BURST: "1000",
		});
		const count = 400;
		const channel = ana.channel(id);
		for (let number = 0; number < count; number++) await channel.send(`number ${number}`);
		await until(
			channel.timeline,
			({ items }) => items.length === count && items.every(({ kind }) => kind === "message"),
			"all",
		);
		const { timeline } = rui.channel(id);
		rui.channel(id).forget();
		await until(timeline, ({ items, opening }) => !opening && items.length === 50, "the newest page");
		await timeline.jump(102);
		const around = timeline.get();
		expect([around.older, around.newer, around.items.length]).toEqual(["more", "more", 100]);
		expect(texts(around)).toContain("number 100");

		await channel.send("new");
		const at = around.items.findIndex((item) => item.kind === "message" && item.message.seq === 102);
		await channel.edit(102, "changed while it is shown");
		await until(timeline, (view) => texts(view)[at] === "changed while it is shown", "the change");
		expect(texts(timeline.get()), "the end is elsewhere").not.toContain("new");
		while (timeline.get().newer === "more") await timeline.newer();
		while (timeline.get().older === "more") await timeline.older();
		expect(timeline.get().items.length).toBe(count + 1);
		await channel.send("newer");
		await until(timeline, (view) => texts(view).at(-1) === "newer", "what is new again");

		rui.channel(id).forget();
		await until(timeline, ({ items, opening }) => !opening && items.length === 50, "the newest page");
		await timeline.jump(102);
		await timeline.latest();
		expect(texts(timeline.get()).at(-1)).toBe("newer");
	});
});

describe("a sign-in", () => {
	test("that is over ends the client and says so", async () => {
		server = await startServer();
		const account = await signIn(server, "ana", "one");
		const klatch = await Klatch.open({ url: server.url, token: account.token });
		open.push(klatch);
		await until(klatch.status, ({ state }) => state === "online", "online");
		const other = await signIn(server, "ana", "other");
		const controller = await Klatch.open({ url: server.url, token: other.token });
		open.push(controller);
		await controller.rest("DELETE", "/v1/devices");
		const status = await until(klatch.status, ({ state }) => state === "ended", "the end");
		expect(status).toMatchObject({ why: "signed_out" });
		await expect(Promise.resolve(account.token(true))).rejects.toMatchObject({ status: 401 });
	});

	test("is renewed once when several ask, and lives on", async () => {
		server = await startServer();
		const account = await signIn(server, "ana");
		const [one, other] = await Promise.all([account.token(true), account.token(true)]);
		expect(one).toBe(other);
		expect(await account.token(false)).toBe(one);
		await account.token(true);
		const { status } = await fetch(new URL("/v1/me", server.url), {
			headers: { authorization: `Bearer ${await account.token(false)}` },
		});
		expect(status).toBe(200);
	});
});
