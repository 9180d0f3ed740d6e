// Two people and a real server.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Item, Klatch, TimelineView } from "../src/index.ts";
import { client, type RunningServer, startServer, until } from "./house.ts";

const text = (item: Item) => (item.kind === "message" ? item.message.text : item.waiting.text);
const texts = ({ items }: TimelineView) => items.map(text);
const isSent = ({ items }: TimelineView) => items.every(({ kind }) => kind === "message");

describe("a conversation", () => {
	let server: RunningServer;
	let ana: Klatch;
	let rui: Klatch;

	beforeAll(async () => {
		server = await startServer();
		[ana, rui] = await Promise.all([client(server, "ana"), client(server, "rui")]);
	});

	afterAll(async () => {
		await Promise.all([ana?.close(), rui?.close()]);
		await server?.stop();
	});

	/** A new group of both. */
	async function group(name: string): Promise<string> {
		const { users } = await ana.call("user_search", { query: "rui" });
		const members = users.map(({ id }) => id);
		const { channel } = await ana.call("channel_create", { kind: "group", name, members });
		await until(rui.channels, (channels) => channels?.some(({ id }) => id === channel.id) ?? false, "the group");
		return channel.id;
	}

	test("goes both ways, and what is unread is counted until it is read", async () => {
		const id = await group("Both ways");
		const [hers, his] = [ana.channel(id), rui.channel(id)];
		await Promise.all([hers.timeline.open(), his.timeline.open()]);
		await hers.send("Good morning @rui");
		await until(his.timeline, (view) => texts(view).includes("Good morning @rui"), "the greeting");
		await until(his.view, (line) => line?.unread === 1 && line.mentions === 1, "the count");
		his.read();
		await until(his.view, (line) => line?.unread === 0, "nothing unread");
		await his.send("Hello", 2);
		const view = await until(hers.timeline, (view) => texts(view).length === 2 && isSent(view), "the answer");
		expect(texts(view)).toEqual(["Good morning @rui", "Hello"]);
		expect(view.items[1]).toMatchObject({ message: { reply_to: 2 } });
		expect(ana.channels.get()?.[0]?.preview?.text).toBe("Hello");
	});

	test("edits, deletions and reactions are seen by the other", async () => {
		const id = await group("Changes");
		const [hers, his] = [ana.channel(id), rui.channel(id)];
		await Promise.all([hers.timeline.open(), his.timeline.open()]);
		await hers.send("one");
		await hers.send("two");
		const { items } = await until(his.timeline, ({ items }) => items.length === 2, "both");
		const [one, two] = items.map((item) => (item.kind === "message" ? item.message.seq : 0));
		if (one === undefined || two === undefined) throw new Error("two messages");
		await hers.edit(one, "One.");
		await his.react(one, "👍");
		await hers.delete(two);
		const view = await until(
			his.timeline,
			({ items: [first, second] }) =>
				first?.kind === "message" &&
				first.message.reactions?.length === 1 &&
				second?.kind === "message" &&
				second.message.deleted === true,
			"the changes",
		);
		expect(texts(view)).toEqual(["One.", ""]);
		await his.unreact(one, "👍");
		await until(
			hers.timeline,
			({ items: [first] }) => first?.kind === "message" && first.message.reactions?.length === 0,
		);
	});

	test("typing is shown, and over with the message", async () => {
		const id = await group("Typing");
		const [hers, his] = [ana.channel(id), rui.channel(id)];
		await his.timeline.open();
		hers.type();
		await until(his.typing, (users) => users.length === 1, "typing");
		await hers.send("typed");
		await until(his.typing, (users) => users.length === 0, "no typing");
	});

	test("who is removed loses the channel at once", async () => {
		const id = await group("Removed");
		const removed = new Promise<string>((resolve) => rui.on("removed", resolve));
		await rui.channel(id).timeline.open();
		const user = rui.me.get()?.user.id ?? "";
		await ana.call("member_remove", { channel: id, user });
		expect(await removed).toBe(id);
		expect(rui.channel(id).view.get()).toBeUndefined();
		expect(rui.channel(id).timeline.get().items).toEqual([]);
	});

	test("a message that is refused says why, and can be given up", async () => {
		const id = await group("Refused");
		const hers = ana.channel(id);
		await hers.timeline.open();
		await hers.send("x".repeat(5_000));
		const { items } = await until(hers.timeline, ({ items }) => items.some(({ status }) => status === "failed"));
		const failed = items.find((item) => item.kind === "pending");
		expect(failed?.waiting.problem?.code).toBe("too_large");
		await hers.discard(failed?.waiting.key ?? "");
		expect(hers.timeline.get().items).toEqual([]);
	});

	test("names and presence are told", async () => {
		const id = await group("People");
		const user = rui.me.get()?.user.id ?? "";
		expect((await until(ana.user(user), (user) => user !== undefined))?.username).toBe("rui");
		const stop = ana.channel(id).watch();
		const presence = await until(ana.channel(id).presence, (presence) => presence?.online === 2, "presence");
		expect(presence?.members).toBe(2);
		expect(ana.presence(user).get()?.status).toBe("online");
		stop();
	});
});
