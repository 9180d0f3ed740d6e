// A large and active channel is pulled, and nothing is lost on the way in or out (S3.3).

import { afterEach, expect, test } from "vitest";
import type { Klatch, TimelineView } from "../src/index.ts";
import { client, type RunningServer, startServer, until } from "./house.ts";

const MESSAGES = 240;

let server: RunningServer | undefined;
const open: Klatch[] = [];

afterEach(async () => {
	await Promise.all(open.splice(0).map((klatch) => klatch.close()));
	await server?.stop();
});

test("a client that is told hints shows the same as all others", async () => {
	server = await startServer({
		KLATCH_FANOUT__PULL_LISTENERS: "2",
		KLATCH_FANOUT__PULL_EVENTS_PER_SECOND: "10",
		KLATCH_FANOUT__PULL_LEFT_AFTER_MS: "1000",
		KLATCH_LIMITS__SENDS_PER_SECOND: "1000",
		KLATCH_LIMITS__SENDS_BURST: "1000",
	});
	const [ana, rui, watcher] = await Promise.all(
		["ana", "rui", "rui"].map((name) => client(server as RunningServer, name)),
	);
	if (!ana || !rui || !watcher) throw new Error("three clients");
	open.push(ana, rui, watcher);
	const members = [rui.me.get()?.user.id ?? ""];
	const { channel } = await ana.call("channel_create", { kind: "group", name: "Large", members });
	await until(rui.channels, (channels) => channels?.some(({ id }) => id === channel.id) ?? false, "the group");
	// The watcher follows the line of the list only.
	for (const klatch of [ana, rui]) await klatch.channel(channel.id).timeline.open();
	for (let number = 0; number < MESSAGES; number++) {
		await (number % 2 === 0 ? ana : rui).channel(channel.id).send(`message ${number}`);
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
	const complete = ({ items }: TimelineView) =>
		items.length === MESSAGES && items.every(({ kind }) => kind === "message");
	const seqs = ({ items }: TimelineView) => items.map((item) => (item.kind === "message" ? item.message.seq : 0));
	const [hers, his] = await Promise.all(
		[ana, rui].map((klatch) => until(klatch.channel(channel.id).timeline, complete, "all")),
	);
	expect(seqs(hers as TimelineView)).toEqual(seqs(his as TimelineView));
	const hints = await fetch(new URL("/metrics", server.internal)).then((response) => response.text());
	expect(Number(hints.match(/^klatch_hints_total (\d+)/m)?.[1] ?? 0), "the channel was pulled").toBeGreaterThan(0);
	const head = hers?.items.at(-1);
	await until(
		watcher.channel(channel.id).view,
		(line) => line?.head === (head?.kind === "message" ? head.message.seq : 0),
	);
});
