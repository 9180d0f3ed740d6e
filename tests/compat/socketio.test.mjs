// S0.6 with the stock `socket.io-client`: it joins, chats, leaves and comes back, by WebSocket and by polling.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, afterEach, before, describe, test } from "node:test";
import { Server } from "../browser/server.mjs";
import { Chatter, Plain, signIn, soon } from "./chat.mjs";

let server;
let people;
const open = [];

before(async () => {
	// The limits of sending have tests of their own.
	server = await Server.start({ env: { KLATCH_LIMITS__SENDS_PER_SECOND: "0" } });
	people = Object.fromEntries(await Promise.all(["ana", "rui", "marta"].map(async (who) => [who, await signIn(server, who)])));
});

// Clients that are left open would come back after a restart.
afterEach(() => {
	for (const connection of open.splice(0)) connection.close();
});

after(() => server.stop());

function connect(who, options) {
	const chatter = new Chatter(server.url, people[who] ?? who, options);
	open.push(chatter);
	return chatter;
}

/** A group of ana's that everybody may join, and one that only ana and rui are in. */
async function group(visibility = "open", members = []) {
	const name = `group ${randomUUID().slice(0, 8)}`;
	const body = { kind: "group", name, visibility, members };
	return server.call("POST", "/v1/channels", { token: people.ana, body });
}

const transports = {
	"WebSocket only": { io: { transports: ["websocket"] } },
	"polling only": { io: { transports: ["polling"] } },
	"polling upgraded to WebSocket": {},
};

for (const [how, options] of Object.entries(transports)) {
	describe(how, () => {
		test("S0.6: joins by name, chats, leaves", async () => {
			const room = await group();
			const [ana, rui] = [connect("ana", options), connect("rui", options)];
			await Promise.all([ana.ready(), rui.ready()]);
			assert.deepEqual(await ana.ask("online", { up: "ana" }), { ok: true, up: "ana" });
			const joined = await ana.ask("join room", { up: "ana", room: room.name });
			assert.equal(joined.channel, room.id);
			// Nobody waits for an answer between joining and speaking.
			rui.socket.emit("join room", { up: "rui", room: room.id });
			const sent = await rui.ask("chat message", { message: "olá", up: "rui", room: room.id, timestamp: "2022-06-13T12:15:43.333Z" });
			assert.equal(sent.ok, true);
			assert.deepEqual(await ana.texts(1), ["olá"]);
			assert.deepEqual(await rui.texts(1), ["olá"], "the sender is in the room");
			const [heard] = ana.heard;
			assert.equal(heard.up, "rui");
			assert.equal(heard.room, room.name, "as this client calls it");
			assert.equal(rui.heard[0].room, room.id);
			assert.equal(heard.timestamp, sent.timestamp, "the server's time");
			assert.notEqual(heard.timestamp, "2022-06-13T12:15:43.333Z");
			assert.equal(heard.id, sent.id);

			assert.equal((await rui.ask("leave room", { up: "rui", room: room.id })).ok, true);
			const refused = await rui.ask("chat message", { message: "still here?", up: "rui", room: room.id });
			assert.equal(refused.error.code, "forbidden");
			await ana.ask("chat message", { message: "bye", up: "ana", room: room.name });
			assert.deepEqual(await ana.texts(2), ["olá", "bye"]);
			assert.equal(rui.heard.length, 1);
			if (how.includes("upgraded")) assert.equal(ana.socket.io.engine.transport.name, "websocket");
		});

		test("S0.6: two clients and one of /v1/ws see the same messages in the same order", async () => {
			const room = await group("private", [await idOf("rui"), await idOf("marta")]);
			const [ana, rui] = [connect("ana", options), connect("rui", options)];
			const marta = new Plain(server.url, people.marta);
			open.push(marta);
			await Promise.all([ana.ready(), rui.ready(), marta.ready]);
			for (const [who, chatter] of [["ana", ana], ["rui", rui]]) await chatter.ask("join room", { up: who, room: room.id });
			const say = (who, chatter, n) => chatter.ask("chat message", { message: `${who} ${n}`, up: who, room: room.name });
			const sends = Array.from({ length: 20 }, (_, n) => [say("ana", ana, n), say("rui", rui, n)]).flat();
			const acks = await Promise.all(sends);
			assert.ok(acks.every((ack) => ack.ok));
			const [first, second] = await Promise.all([ana.texts(40), rui.texts(40)]);
			await soon(poll(() => marta.heard.length === 40), "the last of them");
			assert.deepEqual(first, second);
			assert.deepEqual(first, marta.heard.map((event) => event.text));
			assert.deepEqual(first.filter((text) => text.startsWith("ana")), Array.from({ length: 20 }, (_, n) => `ana ${n}`), "as one client sent them");
		});
	});
}

async function idOf(username) {
	const { users } = await server.call("GET", `/v1/users?query=${username}`, { token: people.ana });
	return users.find((user) => user.username === username).id;
}

async function poll(test) {
	while (!test()) await new Promise((resolve) => setTimeout(resolve, 10));
}

test("S0.6: comes back by itself after the server was killed, and gets what it missed", async () => {
	const room = await group("private", [await idOf("rui")]);
	const rui = connect("rui");
	await rui.ready();
	const { head } = await rui.ask("join room", { up: "rui", room: room.id });
	// What the application of a stock client does: it joins its rooms whenever it is connected, from where it is.
	rui.socket.on("connect", () => rui.socket.emit("join room", { up: "rui", room: room.id, after: rui.heard.at(-1)?.seq ?? head }));
	const say = (text) => server.call("POST", `/v1/channels/${room.id}/messages`, { token: people.ana, body: { key: randomUUID(), text } });
	await say("before");
	await rui.texts(1);
	const gone = rui.next("disconnect");
	await server.kill();
	assert.equal(await gone, "transport close");
	await server.restart();
	await say("between");
	await rui.ready();
	await say("after");
	assert.deepEqual(await rui.texts(3), ["before", "between", "after"]);
});

test("S0.6: cursors in the handshake join rooms and replay what was missed", async () => {
	const room = await group();
	const say = (text) => server.call("POST", `/v1/channels/${room.id}/messages`, { token: people.ana, body: { key: randomUUID(), text } });
	const { seq } = await say("known");
	await say("missed");
	const ana = connect("ana", { auth: { cursors: { [room.id]: seq } } });
	await ana.ready();
	await say("live");
	assert.deepEqual(await ana.texts(2), ["missed", "live"]);
	assert.deepEqual(ana.heard.map((message) => [message.room, message.prev]), [[room.id, seq], [room.id, seq + 1]]);
});

test("S0.6: a key makes a retry one message", async () => {
	const room = await group();
	const ana = connect("ana");
	await ana.ready();
	await ana.ask("join room", { up: "ana", room: room.id });
	const message = { message: "once", up: "ana", room: room.id, key: randomUUID() };
	const [first, again] = [await ana.ask("chat message", message), await ana.ask("chat message", message)];
	assert.equal(first.seq, again.seq);
	await ana.ask("chat message", { ...message, message: "last", key: randomUUID() });
	assert.deepEqual(await ana.texts(2), ["once", "last"]);
});

test("S0.1: without a good token there is no connection, and the error is one of the catalogue", async () => {
	for (const transport of ["websocket", "polling"]) {
		for (const [token, code] of [[undefined, "unauthenticated"], ["nonsense", "unauthenticated"], [7, "invalid"]]) {
			const nobody = new Chatter(server.url, token, { io: { transports: [transport], reconnection: false } });
			open.push(nobody);
			await assert.rejects(nobody.ready(), (error) => error.message.startsWith(`${code}: `), `${transport} ${token}`);
		}
	}
});

test("S0.1: events that are wrong are answered and change nothing", async () => {
	const room = await group("private");
	const [ana, rui] = [connect("ana"), connect("rui")];
	await Promise.all([ana.ready(), rui.ready()]);
	const cases = [
		[ana, "chat message", { message: "hi", up: "rui", room: room.id }, "forbidden"],
		[ana, "join room", { up: "rui", room: room.id }, "forbidden"],
		[ana, "online", { up: "rui" }, "forbidden"],
		[ana, "chat message", { message: "", up: "ana", room: room.id }, "invalid"],
		[ana, "chat message", { message: "x".repeat(10_001), up: "ana", room: room.id }, "too_large"],
		[ana, "chat message", { up: "ana", room: room.id }, "invalid"],
		[ana, "chat message", "hi", "invalid"],
		[ana, "chat message", { message: "hi", up: "ana", room: room.id, key: "1" }, "invalid"],
		[ana, "chat message", { message: "hi", up: "ana", room: "no such room" }, "not_found"],
		[ana, "join room", { up: "ana", room: room.id, after: 9_999 }, "resync"],
		[ana, "fly", {}, "invalid"],
		[rui, "join room", { up: "rui", room: room.id }, "not_found"],
		[rui, "join room", { up: "rui", room: room.name }, "not_found"],
		[rui, "chat message", { message: "hi", up: "rui", room: room.id }, "not_found"],
		[rui, "leave room", { up: "rui", room: room.id }, "not_found"],
	];
	for (const [who, event, value, code] of cases) {
		const answer = await who.ask(event, value);
		assert.equal(answer.ok, false, JSON.stringify([event, value]));
		assert.equal(answer.error.code, code, JSON.stringify([event, value]));
		assert.ok(answer.error.title);
	}
	// Without an acknowledgement an event tells it.
	const told = rui.next("error");
	rui.socket.emit("join room", { up: "rui", room: room.id });
	assert.equal((await told).error.code, "not_found");
	const history = await server.call("GET", `/v1/channels/${room.id}/messages`, { token: people.ana });
	assert.deepEqual(history.messages, []);
});

test("S0.6: who is removed hears no more of the room", async () => {
	const rui = connect("rui");
	const room = await group("private", [await idOf("rui")]);
	await rui.ready();
	await rui.ask("join room", { up: "rui", room: room.id });
	const left = rui.next("left room");
	await server.call("DELETE", `/v1/channels/${room.id}/members/${await idOf("rui")}`, { token: people.ana });
	assert.deepEqual(await left, { room: room.id, channel: room.id });
	await server.call("POST", `/v1/channels/${room.id}/messages`, { token: people.ana, body: { key: randomUUID(), text: "among us" } });
	assert.equal((await rui.ask("join room", { up: "rui", room: room.id })).error.code, "not_found");
	assert.deepEqual(rui.heard, []);
});

for (const transport of ["websocket", "polling"]) {
	test(`S0.6: a device that is signed out is told so and stays away, by ${transport}`, async () => {
		const token = await signIn(server, "marta");
		const marta = connect(token, { io: { transports: [transport] } });
		await marta.ready();
		const [closing, gone] = [marta.next("closing"), marta.next("disconnect")];
		await server.call("POST", "/v1/auth/logout", { token, body: {} });
		assert.deepEqual(await closing, { code: 4003, reason: "revoked", reconnect: false });
		assert.equal(await gone, "io server disconnect");
		assert.equal(marta.socket.active, false, "the stock client does not come back by itself");
	});
}

for (const transport of ["websocket", "polling"]) {
	test(`S0.6: a restart sends clients away, and they come back by themselves, by ${transport}`, async () => {
		const room = await group();
		const ana = connect("ana", { io: { transports: [transport] } });
		await ana.ready();
		await ana.ask("join room", { up: "ana", room: room.id });
		// By polling it is best effort: the request that would bring it may end with the listener.
		const closing = transport === "websocket" && ana.next("closing");
		const gone = ana.next("disconnect");
		await server.end();
		if (closing) assert.deepEqual(await closing, { code: 1012, reason: "restarting", reconnect: true });
		assert.match(await gone, /^transport (close|error)$/);
		assert.equal(ana.socket.active, true, "the stock client tries again");
		await server.restart();
		await ana.ready();
		assert.equal((await ana.ask("join room", { up: "ana", room: room.id })).ok, true);
	});
}

test("security: pages of other origins are refused, by every transport", async () => {
	for (const transport of ["polling", "websocket"]) {
		const path = `/socket.io/?EIO=4&transport=${transport}`;
		const response = await fetch(server.url + path, { headers: { origin: "https://evil.example" } });
		assert.equal(response.status, 403, transport);
		assert.equal((await response.json()).code, "origin_refused");
	}
});

test("security: queries with tokens, old protocols and unknown sessions are refused", async () => {
	for (const [query, status] of [
		["EIO=4&transport=polling&token=x", 400],
		["EIO=3&transport=polling", 400],
		["EIO=4&transport=carrier-pigeon", 400],
		["EIO=4&transport=polling&sid=nonsense", 400],
		["EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAA", 400],
		["EIO=4&transport=websocket", 400],
		["", 400],
	]) {
		const response = await fetch(`${server.url}/socket.io/?${query}`);
		assert.equal(response.status, status, query);
		await response.arrayBuffer();
	}
	const wrong = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, { method: "DELETE" });
	assert.equal(wrong.status, 405);
});
