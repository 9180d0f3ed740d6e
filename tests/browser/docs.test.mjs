// The pages for those who build against the server, as a browser shows them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browser, Person } from "./person.mjs";
import { PASSWORD, Server } from "./server.mjs";

const PAGES = [["docs", "/docs", ".opblock"], ["docs-socket", "/docs/socket", "details"], ["docs-errors", "/docs/errors", "table"]];
let server;
let chromium;
const readers = [];

before(async () => {
	server = await Server.start();
	chromium = await browser();
});

after(async () => {
	await chromium?.close();
	await server?.stop();
});

async function reader(path, options) {
	const one = await Person.at(chromium, server.url + path, options);
	readers.push(one);
	return one;
}

for (const colorScheme of ["light", "dark"]) {
	for (const width of [1180, 390]) {
		test(`S0.7: the pages fit a ${colorScheme} screen of ${width} pixels`, async () => {
			for (const [name, path, content] of PAGES) {
				const one = await reader(path, { colorScheme, viewport: { width, height: 800 } });
				await one.page.locator(content).first().waitFor();
				const wide = await one.page.evaluate(() => document.documentElement.scrollWidth);
				assert.ok(wide <= width, `${path} is ${wide} pixels wide`);
				await one.picture(`${name}-${colorScheme}-${width}`);
				await one.context.close();
			}
		});
	}
}

test("S0.7: a request is tried out with a token, which is gone with the page", async () => {
	const { access_token: token } = await server.call("POST", "/v1/auth/login", { body: { username: "ana", password: PASSWORD } });
	const one = await reader("/docs");
	await one.page.locator(".authorize").first().click();
	await one.page.locator('.auth-container input[type="text"], .auth-container input[type="password"]').first().fill(token);
	await one.page.locator(".auth-container .authorize").click();
	await one.page.locator(".auth-container .btn-done").click();
	const me = one.page.locator('.opblock[id$="get_me"]');
	await me.locator(".opblock-summary-control").click();
	await me.locator(".execute").click();
	await me.locator(".live-responses-table .response-col_status", { hasText: "200" }).waitFor();
	assert.match(await me.locator(".live-responses-table").textContent(), /"username"[^,]*ana/);
	const kept = await one.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
	assert.ok(!kept.includes(token), kept);
	await one.page.reload();
	await one.page.locator(".authorize.unlocked").first().waitFor();
});

test("S0.7: the page of the socket opens a message with its example", async () => {
	const one = await reader("/docs/socket");
	const send = one.page.locator('[id="command.send"]');
	await send.locator("summary").click();
	assert.deepEqual(JSON.parse(await send.locator("pre").textContent()).op, "send");
});

test("no page complained", () => {
	assert.ok(readers.length > 10);
	for (const one of readers) assert.deepEqual(one.complaints, []);
});
