// What the app must stand: several tabs, a long history, the rules of a space. Real windows, a real server.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Person, browser as launch } from "./person.mjs";
import { PASSWORD, Server } from "./server.mjs";

const MESSAGES = 20_000;
/** After so many messages something else happens, which is told between them. */
const NOTICE_EVERY = 100;
/** Steps at the beginning that are small enough to follow what one reads; the others are as large as of a thrown wheel. */
const SLOW_STEPS = 200;

let server;
let browser;

before(async () => {
	const unlimited = ["SENDS_PER_SECOND", "FRAMES_PER_10_S", "REQUESTS_PER_SECOND"].map((name) => [`KLATCH_LIMITS__${name}`, "0"]);
	server = await Server.start({ env: Object.fromEntries(unlimited) });
	browser = await launch();
});

after(async () => {
	await browser?.close();
	await server?.stop();
});

test("two tabs share one socket, and one goes on when the other is closed", async () => {
	const ana = await Person.at(browser, server.url);
	const sockets = [];
	ana.context.on("page", (page) => page.on("websocket", (socket) => sockets.push(socket)));
	ana.page.on("websocket", (socket) => sockets.push(socket));
	await ana.logIn("ana");
	await ana.open("general");
	const first = ana.page;
	const second = await ana.tab(server.url);
	await ana.open("general");
	await ana.send("From the second tab");
	await ana.sees("From the second tab");
	ana.page = first;
	await ana.sees("From the second tab");
	assert.equal(sockets.length, 1, "one socket for both");
	await first.close();
	ana.page = second;
	await ana.online();
	await ana.send("From the one that is left");
	await ana.sees("From the one that is left");
	assert.equal(sockets.length, 2, "the second tab has its own now");
	assert.deepEqual(ana.complaints, []);
	await ana.context.close();
});

test("S2.2: in a course a message has 400 characters, and the field says how many are left", async (t) => {
	const server = await Server.start();
	t.after(() => server.stop());
	await server.end();
	await server.command("space", "add", "course", "--profile", "course");
	const key = (await server.command("space", "key", "add", "course", "school")).match(/kk_\S+/)[0];
	await server.restart();
	const school = (method, where, body) => server.call(method, where, { token: key, body });
	const student = await school("POST", "/v1/users", { username: "eva", name: "Eva", password: PASSWORD });
	await school("POST", "/v1/channels", { kind: "course", name: "Algebra", members: [student.id] });
	const eva = await Person.at(browser, `${server.url}/?space=course`);
	await eva.logIn("eva");
	await eva.open("Algebra");
	const field = eva.page.getByLabel("Message", { exact: true });
	const send = eva.page.getByRole("button", { name: "Send", exact: true });
	await field.fill("x".repeat(401));
	await eva.page.getByText("-1", { exact: true }).waitFor();
	assert.equal(await send.isDisabled(), true);
	await eva.picture("10-course-limit");
	await field.fill("x".repeat(400));
	await send.click();
	await eva.sees("x".repeat(400));
	assert.deepEqual(eva.complaints, []);
	await eva.context.close();
});

test(`a history of ${MESSAGES} messages is read both ways, and what one reads never jumps`, async () => {
	const { access_token: token } = await server.call("POST", "/v1/auth/login", { body: { username: "rui", password: PASSWORD } });
	const body = { kind: "group", name: "Archive", members: [] };
	const { id } = await server.call("POST", "/v1/channels", { token, body });
	const rui = await Person.at(browser, server.url);
	await rui.page.evaluate(send, { token, channel: id, count: MESSAGES, every: NOTICE_EVERY });
	await rui.logIn("rui");
	await rui.open("Archive");
	const scroller = rui.page.locator("[data-messages]");
	await scroller.locator("article").first().waitFor();
	await scroller.locator("[data-notice]", { hasText: `changed the topic: Topic ${MESSAGES}` }).waitFor();

	const up = await scroller.evaluate(scroll, { by: -1, until: 2, slowly: SLOW_STEPS });
	const down = await scroller.evaluate(scroll, { by: 1, until: MESSAGES, slowly: SLOW_STEPS });
	// All of it is of today; what comes tomorrow is not there yet.
	if ((await rui.page.getByRole("button", { name: "Details" }).getAttribute("aria-pressed")) !== "true") await rui.page.getByRole("button", { name: "Details" }).click();
	const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
	await rui.page.getByLabel("Go to a day").fill(day(2));
	await rui.page.getByText("Nothing was said on that day or later.").waitFor();
	await rui.page.getByLabel("Go to a day").fill(day(-2));
	await rui.message(/Message 1\. /).waitFor();
	for (const [way, run] of [["up", up], ["down", down]]) {
		assert.ok(run.reached, `${way}: the end was reached (at ${run.seq})`);
		assert.deepEqual(run.jumps.slice(0, 5), [], `${way}: what is read stays`);
		console.log(`# ${way}: ${run.steps} steps, frames median ${run.median.toFixed(1)} ms, 95 % ${run.late.toFixed(1)} ms`);
	}
	assert.deepEqual(rui.complaints, []);
	await rui.context.close();
});

/** In the page: scrolls step by step until a position is on the screen. A jump is a message that is neither where the step
 * moved it to nor where it was (while older ones come, a step may be lost), once the next frames are drawn; how long frames
 * take is told. */
async function scroll(element, { by, until, slowly }) {
	const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
	const rows = () => [...element.querySelectorAll("article[data-seq]")];
	const seqOf = (row) => Number(row.dataset.seq);
	const seen = new Set();
	const jumps = [];
	const frames = [];
	let steps = 0;
	let last = performance.now();
	let waited = 0;
	const draw = async () => {
		await frame();
		const now = performance.now();
		frames.push(now - last);
		last = now;
	};
	let reached = false;
	while (!reached && steps < 5_000 && waited < 300) {
		const box = element.getBoundingClientRect();
		const shown = rows().filter((row) => {
			const { top, bottom } = row.getBoundingClientRect();
			return bottom > box.top && top < box.bottom;
		});
		for (const row of shown) seen.add(seqOf(row));
		reached = shown.some((row) => (by < 0 ? seqOf(row) <= until : seqOf(row) > until));
		// What is in the middle is what one reads.
		const middle = shown[Math.floor(shown.length / 2)];
		const before = middle?.getBoundingClientRect().top ?? 0;
		const from = element.scrollTop;
		const slow = steps < slowly;
		const step = by * (slow ? 375 : 4_000);
		element.scrollTop += step;
		const moved = element.scrollTop - from;
		await draw();
		await draw();
		waited = moved === 0 ? waited + 1 : 0;
		if (slow && middle?.isConnected) {
			const now = middle.getBoundingClientRect().top;
			const off = now - (before - moved);
			if (Math.abs(off) > 2 && Math.abs(now - before) > 2) jumps.push({ seq: seqOf(middle), off, moved });
		}
		steps += 1;
	}
	frames.sort((one, other) => one - other);
	const at = (part) => frames[Math.floor(frames.length * part)] ?? 0;
	return { reached, steps, jumps, seen: seen.size, seq: Math.max(...seen), median: at(0.5), late: at(0.95) };
}

/** In the page: sends so many messages over a socket of its own, of one to five lines, so that heights have to be measured; now
 * and then the topic changes. */
function send({ token, channel, count, every }) {
	const AT_ONCE = 200;
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(`${location.origin.replace("http", "ws")}/v1/ws`, "klatch.v1");
		const say = (frame) => socket.send(JSON.stringify(frame));
		let sent = 0;
		let acked = 0;
		const next = () => {
			const id = ++sent;
			const text = `Message ${id}. ${"And some more of it. ".repeat(id % 23)}`;
			say({ id, op: "send", channel, key: `0190f3a1-7c1e-7000-8000-${String(id).padStart(12, "0")}`, text });
			if (id % every === 0) say({ id: count + id, op: "channel_update", channel, topic: `Topic ${id}` });
		};
		socket.onopen = () => say({ op: "hello", token });
		socket.onclose = ({ code }) => reject(new Error(`closed with ${code} after ${acked}`));
		socket.onmessage = ({ data }) => {
			const frame = JSON.parse(data);
			if (frame.ready) for (let i = 0; i < AT_ONCE; i++) next();
			if (frame.error) reject(new Error(data));
			if (!frame.ok || frame.re > count) return;
			acked += 1;
			if (sent < count) next();
			if (acked === count) resolve();
		};
	});
}
