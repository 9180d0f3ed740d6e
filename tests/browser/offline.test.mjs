// What one writes while the line is cut arrives once, whenever it comes back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Line } from "./line.mjs";
import { Person, browser as launch } from "./person.mjs";
import { Server } from "./server.mjs";

let server;
let line;
let browser;
let ana;
let rui;

before(async () => {
	server = await Server.start();
	line = await Line.to(server.url);
	browser = await launch();
	ana = await Person.at(browser, line.url);
	rui = await Person.at(browser, server.url);
	for (const [person, name] of [[ana, "ana"], [rui, "rui"]]) {
		await person.logIn(name);
		await person.online();
		await person.open("general");
	}
	await ana.send("Nobody is there yet");
	await ana.sees("Nobody is there yet");
});

after(async () => {
	await browser?.close();
	await line?.close();
	await server?.stop();
});

/** Both see these texts, each once, in this order. */
async function once(beginning, texts) {
	for (const person of [ana, rui]) {
		await person.until(() => person.texts(beginning), (seen) => seen.length >= texts.length, "what is on the screen");
		await person.page.waitForTimeout(500); // a second copy would have come
		assert.deepEqual(await person.texts(beginning), texts);
	}
}

test("CONTRACT delivery: what is sent offline waits, is marked, and is delivered once", async () => {
	// Menus and dialogs have come by themselves; the last of them is the picker of emoji.
	await ana.page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name }) => /\/Picker-/.test(name)));
	line.cut();
	await ana.page.locator('[data-connection]:not([data-connection="online"])').waitFor({ state: "attached" });
	await ana.send("Offline one");
	await ana.send("Offline two");
	await ana.message("Offline one", "sending").waitFor();
	await ana.message("Offline two", "sending").waitFor();
	await ana.act("Nobody is there", "More");
	await ana.page.getByRole("menuitem", { name: "Copy text" }).waitFor();
	await ana.page.keyboard.press("Escape");
	await ana.page.getByRole("button", { name: "Invite by link" }).click();
	await ana.page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
	await ana.picture("offline");
	assert.deepEqual(await rui.texts("Offline"), []);
	line.mend();
	await once("Offline", ["Offline one", "Offline two"]);
});

test("what arrived and whose answer was lost is not sent twice", async () => {
	line.deafen();
	await ana.send("Deaf one");
	await rui.sees("Deaf one");
	await ana.message("Deaf one", "sending").waitFor();
	line.cut();
	line.mend();
	await once("Deaf", ["Deaf one"]);
});

test("what waits outlives the page", async () => {
	line.cut();
	await ana.page.locator('[data-connection]:not([data-connection="online"])').waitFor({ state: "attached" });
	await ana.send("Waiting one");
	await ana.message("Waiting one", "sending").waitFor();
	// The page goes away, and is opened again when the line works.
	await ana.page.goto("about:blank");
	line.mend();
	await ana.page.goto(line.url);
	await ana.online();
	await ana.open("general");
	await once("Waiting", ["Waiting one"]);
	assert.deepEqual(ana.complaints, []);
});
