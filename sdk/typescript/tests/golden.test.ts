// The frames that Rust and TypeScript agree on (protocol/golden).

import { readdir, readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { amended, posted } from "../src/channel/amend.ts";
import { ChannelList } from "../src/channel/list.ts";
import { Cell } from "../src/readable.ts";
import { MemoryStore } from "../src/store/memory.ts";
import { type Heard, Sync } from "../src/sync.ts";
import type { Channel, Event, Me, ServerFrame } from "../src/wire/generated/views.ts";

const golden = new URL("../../../protocol/golden/", import.meta.url);

async function files<T>(folder: string): Promise<[string, T][]> {
	const names = await readdir(new URL(`${folder}/`, golden));
	const read = async (name: string) => JSON.parse(await readFile(new URL(`${folder}/${name}`, golden), "utf8"));
	return Promise.all(names.map(async (name): Promise<[string, T]> => [name.replace(".json", ""), await read(name)]));
}

async function line(head: number): Promise<Channel> {
	const [, channel] = (await files<Channel>("reply")).find(([name]) => name === "channel") ?? [];
	if (!channel) throw new Error("there is a golden channel");
	return { ...channel, head, unread: 0, mentions: 0 };
}

describe("every event", () => {
	test("is counted by the list, once", async () => {
		const events = await files<Event>("event");
		expect(events.length).toBeGreaterThan(15);
		for (const [name, event] of events) {
			const list = new ChannelList();
			list.take([{ ...(await line(event.prev)), id: event.channel }]);
			expect(list.apply(event), name).toBe("counted");
			expect(list.get()?.[0]?.head, name).toBe(event.seq);
			expect(list.apply(event), `${name} again`).toBe("old");
			expect(list.apply({ ...event, seq: event.seq + 9, prev: event.seq + 8 }), `${name} after a hole`).toBe("hole");
			expect(list.apply({ ...event, channel: "unknown" }), `${name} elsewhere`).toBe("unknown");
		}
	});

	test("that takes oneself out of a channel takes it out of the list", async () => {
		for (const [name, event] of await files<Event>("event")) {
			if (!["member.left", "member.removed", "member.banned"].includes(name) || !("user" in event)) continue;
			const list = new ChannelList();
			list.of(event.user);
			list.take([{ ...(await line(event.prev)), id: event.channel }]);
			expect(list.apply(event), name).toBe("left");
			expect(list.get()).toEqual([]);
		}
	});

	test("about a message changes that message and no other, and nothing more when it comes again", async () => {
		const events = await files<Event>("event");
		const post = events.find(([name]) => name === "message.posted")?.[1];
		if (post?.type !== "message.posted") throw new Error("there is a golden message");
		for (const [name, event] of events) {
			if (!("target" in event)) continue;
			const reactions = event.type === "reaction.removed" ? [{ emoji: event.emoji, users: [event.actor] }] : [];
			const message = { ...posted(post), seq: event.target, reactions };
			const after = amended(message, event);
			expect(after, name).not.toEqual(message);
			expect(amended(after, event), `${name} again`).toEqual(after);
			const other = { ...message, seq: event.target + 1 };
			expect(amended(other, event), `${name} of another`).toBe(other);
		}
	});
});

test("every frame of the server is understood", async () => {
	const frames = await files<ServerFrame>("server");
	expect(frames.length).toBeGreaterThan(10);
	for (const [name, frame] of frames) {
		if (["ok", "error", "refused", "reconnect"].includes(name)) continue; // these the socket keeps to itself
		const heard: [keyof Heard, unknown][] = [];
		const calls: string[] = [];
		const sync = new Sync({
			store: new MemoryStore(),
			readMe: async () => ({}) as Me,
			tell: (kind, what) => void heard.push([kind, what]),
			link: {
				status: new Cell({ state: "online" } as const),
				leads: new Cell(true),
				start() {},
				close() {},
				hurry() {},
				tell() {},
				call: async (op) => {
					calls.push(op);
					return { channels: [] } as never;
				},
			},
		});
		const channel = JSON.stringify(frame).match(/"channel":"([^"]+)"/)?.[1] ?? "";
		sync.list.take([{ ...(await line(1)), id: channel, peer: "0190f3a1-7c1e-7000-8000-00000000a002" }]);
		const handle = sync.channel(channel);
		handle.follow(1);
		handle.watch();
		const before = JSON.stringify([sync.list.get(), handle.typing.get(), handle.presence.get()]);
		sync.hear(frame);
		await new Promise((resolve) => setTimeout(resolve, 0));
		const after = JSON.stringify([sync.list.get(), handle.typing.get(), handle.presence.get()]);
		const people =
			"presence" in frame && frame.presence.some(({ user }) => sync.people.presence(user).get() !== undefined);
		expect(before !== after || heard.length > 0 || calls.length > 1 || people || "head" in frame, name).toBe(true);
	}
});
