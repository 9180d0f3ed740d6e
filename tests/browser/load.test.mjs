// S1: a page loads with the chat in it as it does without. Both are loaded in turn, so that what else the machine does hits
// both alike; the difference is held against how much the page without it differs from itself.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { browser as launch } from "./person.mjs";
import { Server } from "./server.mjs";

const PAIRS = 9;
/** What is done within this seems to be done at once, milliseconds; a busy machine differs from itself by half of it. */
const INSTANT_MS = 100;

const host = (chat) => `<!doctype html>
<html lang="en">
	<head>
		<meta charset="utf-8" />
		<title>A page</title>
		${chat ? `<script type="module" async src="${server.url}/widget.js"></script>` : ""}
		<style>
			klatch-chat, .chat { display: block; width: 360px; height: 480px; }
			li { display: inline-block; width: 80px; height: 40px; background: linear-gradient(teal, white); }
		</style>
	</head>
	<body>
		<h1>A page with some content</h1>
		<p>${"Words that take their place. ".repeat(200)}</p>
		<ul>${"<li>item</li>".repeat(400)}</ul>
		${chat ? `<klatch-chat channel="00000000-0000-7000-8000-000000000000" role="participant"></klatch-chat>` : `<div class="chat"></div>`}
	</body>
</html>`;

let server;
let browser;
let site;
let address;

before(async () => {
	server = await Server.start();
	browser = await launch();
	site = createServer(({ url }, response) => response.writeHead(200, { "content-type": "text/html" }).end(host(url === "/with")));
	await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
	address = `http://127.0.0.1:${site.address().port}`;
});

after(async () => {
	await browser?.close();
	site?.close();
	await server?.stop();
});

/** Loads a page in a fresh profile: its load metrics, milliseconds, and by how much it shifted. */
async function load(path) {
	const context = await browser.newContext({ viewport: { width: 1180, height: 760 } });
	const page = await context.newPage();
	await page.goto(address + path, { waitUntil: "load" });
	const metrics = await page.evaluate(async () => {
		const entries = (type) =>
			new Promise((resolve) => {
				const seen = [];
				new PerformanceObserver((list) => seen.push(...list.getEntries())).observe({ type, buffered: true });
				setTimeout(resolve, 400, seen);
			});
		const [painted, shifts, tasks] = await Promise.all(["largest-contentful-paint", "layout-shift", "longtask"].map(entries));
		const [{ domContentLoadedEventEnd: ready, loadEventEnd: loaded }] = performance.getEntriesByType("navigation");
		const [first] = performance.getEntriesByName("first-contentful-paint");
		return {
			first: first.startTime,
			largest: painted.at(-1).startTime,
			ready,
			loaded,
			blocked: tasks.filter(({ startTime }) => startTime < loaded).reduce((sum, { duration }) => sum + Math.max(0, duration - 50), 0),
			shift: shifts.reduce((sum, { value }) => sum + value, 0),
		};
	});
	await context.close();
	return metrics;
}

const sorted = (numbers) => [...numbers].sort((one, other) => one - other);
const at = (numbers, part) => sorted(numbers)[Math.round((numbers.length - 1) * part)];

test("a page loads as fast with the chat as without, and nothing moves in it", async () => {
	await load("/without"); // the browser's own first time
	const runs = { with: [], without: [] };
	for (let pair = 0; pair < PAIRS; pair++) {
		for (const which of pair % 2 === 0 ? ["with", "without"] : ["without", "with"]) runs[which].push(await load(`/${which}`));
	}
	for (const metric of ["first", "largest", "ready", "loaded", "blocked"]) {
		const [chat, none] = [runs.with, runs.without].map((loads) => loads.map((one) => one[metric]));
		const noise = Math.max(INSTANT_MS, at(none, 1) - at(none, 0));
		const more = at(chat, 0.5) - at(none, 0.5);
		console.log(`# ${metric}: ${at(none, 0.5).toFixed(0)} ms without, ${at(chat, 0.5).toFixed(0)} ms with (noise ${noise.toFixed(0)} ms)`);
		assert.ok(more <= noise, `${metric}: ${more.toFixed(0)} ms more, where the page itself differs by ${noise.toFixed(0)} ms`);
	}
	for (const { shift } of runs.with) assert.equal(shift, 0);
});
