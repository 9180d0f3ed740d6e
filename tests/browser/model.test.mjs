// The page's model without a page: holes, duplicates, counting, and applying events twice.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Model, applyToMessages } from "../../crates/transport/src/assets/model.js";
import { afterClose, backoffMs, uuid7 } from "../../crates/transport/src/assets/wire.js";

const view = (more = {}) => ({ id: "c", kind: "group", name: "general", members: 2, head: 10, read: 10, received: 10,
	unread: 0, mentions: 0, active_at: 1, role: "member", visibility: "open", ...more });
const posted = (seq, more = {}) => ({ channel: "c", seq, prev: seq - 1, at: seq * 1000, actor: "rui", type: "message.posted",
	ordinal: seq, text: `m${seq}`, ...more });

function model() {
	const model = new Model();
	model.me = { id: "ana" };
	model.list([view()]);
	const channel = model.channels.get("c");
	channel.take({ messages: [posted(10), posted(9)], more: true });
	channel.loaded = true;
	return { model, channel };
}

test("S3.1: events apply in order, once; a hole stops them", () => {
	const { model: m, channel } = model();
	assert.equal(m.apply(posted(11)), "applied");
	assert.equal(m.apply(posted(11)), "old");
	assert.equal(m.apply(posted(13)), "hole");
	assert.equal(channel.last, 11);
	assert.equal(channel.seen, 13);
	assert.equal(m.apply(posted(12)), "applied");
	assert.equal(m.apply(posted(13)), "applied");
	assert.deepEqual(channel.sorted().map(({ seq }) => seq), [9, 10, 11, 12, 13]);
	assert.equal(m.apply(posted(1, { channel: "other" })), "unknown");
	assert.deepEqual(m.cursors(), { c: 13 });
});

test("others' messages are unread, one's own are not, and the server's list is not counted twice", () => {
	const { model: m, channel } = model();
	m.apply(posted(11));
	m.apply(posted(12, { actor: "ana" }));
	m.apply(posted(13, { mentions: ["ana"] }));
	assert.deepEqual([channel.unread, channel.mentions, m.unread()], [2, 1, 2]);
	m.list([view({ head: 15, unread: 4, mentions: 1 })]);
	m.apply(posted(14));
	m.apply(posted(15));
	assert.equal(channel.unread, 4);
	m.apply(posted(16));
	assert.equal(channel.unread, 5);
	m.cursor({ channel: "c", read: 16, received: 16, unread: 0, mentions: 0 });
	m.cursor({ channel: "c", read: 12, received: 16, unread: 3, mentions: 0 });
	assert.equal(channel.unread, 0);
});

test("applying the same events again changes nothing", () => {
	const { channel } = model();
	const events = [
		{ type: "reaction.added", target: 10, emoji: "👍", actor: "ana" },
		{ type: "reaction.added", target: 10, emoji: "👍", actor: "rui" },
		{ type: "reaction.removed", target: 10, emoji: "👍", actor: "rui" },
		{ type: "message.edited", target: 9, text: "edited", at: 5 },
		{ type: "message.deleted", target: 10 },
		{ type: "message.edited", target: 77, text: "not loaded", at: 5 },
	];
	for (const event of events) applyToMessages(channel, event);
	const once = structuredClone(channel.sorted());
	for (const event of events) applyToMessages(channel, event);
	assert.deepEqual(channel.sorted(), once);
	assert.equal(once[1].deleted, true);
	assert.deepEqual(once[1].reactions, []);
	assert.equal(once[0].text, "edited");
});

test("what was sent leaves the outbox when its event comes", () => {
	const { model: m } = model();
	m.outbox.push({ key: "k1", channel: "c", state: "sending" }, { key: "k2", channel: "c", state: "sending" });
	m.apply(posted(11, { actor: "ana", key: "k1" }));
	assert.deepEqual(m.outbox.map(({ key }) => key), ["k2"]);
});

test("one leaves: the channel goes", () => {
	const { model: m } = model();
	m.apply({ channel: "c", seq: 11, prev: 10, at: 1, actor: "rui", type: "member.removed", user: "ana" });
	assert.equal(m.channels.size, 0);
});

test("keys are UUIDs of version 7, in order of time", () => {
	const keys = [1_000, 2_000, Date.now()].map((at) => uuid7(at));
	for (const key of keys) assert.match(key, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
	assert.deepEqual([...keys].sort(), keys);
	assert.equal(new Set(Array.from({ length: 1_000 }, () => uuid7())).size, 1_000);
});

test("the wait before coming back has full jitter, from half a second to half a minute", () => {
	for (let attempt = 0; attempt < 20; attempt++) {
		assert.equal(backoffMs(attempt, () => 0), 500);
		assert.ok(backoffMs(attempt, () => 0.999999) <= 30_000);
	}
	assert.ok(backoffMs(0, () => 0.999999) <= 1_000);
	assert.ok(backoffMs(12, () => 0.999999) > 29_000);
});

test("close codes are honoured as the catalogue says", async () => {
	const { readFile } = await import("node:fs/promises");
	const { closes } = JSON.parse(await readFile(new URL("../../protocol/errors.json", import.meta.url), "utf8"));
	assert.ok(closes.length > 10);
	for (const { code, reconnect } of closes) {
		const after = afterClose(code);
		if (code === 4001 || code === 4003) assert.equal(after, "token");
		else assert.equal(after !== "stay", reconnect, `${code} → ${after}`);
	}
	assert.equal(afterClose(1006), "back");
});
