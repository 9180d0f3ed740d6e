// Real windows, a real server: a message goes from one browser to another, durably.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Person, browser as launch } from "./person.mjs";
import { PASSWORD, Server } from "./server.mjs";

let server;
let browser;
let ana;
let rui;

before(async () => {
	server = await Server.start();
	browser = await launch();
	ana = await Person.at(browser, server.url, { colorScheme: "light" });
	rui = await Person.at(browser, server.url, { colorScheme: "dark" });
});

after(async () => {
	await browser?.close();
	await server?.stop();
});

test("a wrong password is told, the right one opens the list of channels", async () => {
	await ana.logIn("ana", "not the password");
	await ana.page.getByRole("alert").filter({ hasText: "not right" }).waitFor();
	await ana.picture("1-log-in");
	await ana.logIn("ana");
	await rui.logIn("rui");
	for (const person of [ana, rui]) {
		await person.online();
		await person.line("general").waitFor();
	}
});

test("S0.14, S1.2: two windows chat in both directions", async () => {
	await ana.open("general");
	await rui.open("general");
	await ana.send("Hello Rui, are you there?");
	await rui.sees("Hello Rui, are you there?");
	await rui.send("Yes, here I am.");
	await ana.sees("Yes, here I am.");
	await ana.sees("Hello Rui, are you there?");
	await ana.picture("2-ana-light");
	await rui.picture("2-rui-dark");
});

test("markup is shown as text and runs nowhere", async () => {
	const texts = [
		`XSS <img src=x onerror="document.title='owned'"> <b>bold</b>`,
		"XSS <script>document.title='owned'</script>",
		"XSS javascript:alert(1) https://example.org/?a=<svg/onload=alert(1)>",
	];
	for (const text of texts) await ana.send(text);
	for (const person of [ana, rui]) {
		await person.sees(texts.at(-1));
		assert.deepEqual(await person.texts("XSS"), texts);
		assert.equal(await person.page.locator(".message-text :is(img, script, b, svg)").count(), 0);
		assert.doesNotMatch(await person.page.title(), /owned/);
	}
	const link = rui.message(texts[2]).locator("a");
	assert.equal(await link.getAttribute("href"), "https://example.org/?a=");
	assert.match(await link.getAttribute("rel"), /noopener/);
});

test("S4.1: what is unread is counted, and the channel rises to the top of the list", async () => {
	const other = (await rui.channels()).find((name) => name !== "general");
	await rui.open(other);
	await rui.send("A word elsewhere");
	await rui.sees("A word elsewhere");
	await rui.until(() => rui.channels(), ([first]) => first === other, "the channel of the last message is first");
	assert.equal(await rui.badge("general"), null);
	await ana.send("First unread");
	await ana.send("Second unread for @rui");
	await rui.until(() => rui.badge("general"), (badge) => badge === "2 unread", "two are unread");
	await rui.until(() => rui.badge("general", "alert"), (badge) => badge === "1 mention", "one of them mentions Rui");
	await rui.until(() => rui.page.title(), (title) => /^\(\d+\) Demo$/.test(title), "the title counts");
	assert.equal((await rui.channels())[0], "general");
	assert.match(await rui.line("general").locator(".preview").textContent(), /Second unread for @rui/);
	await rui.picture("3-unread");
	await rui.open("general");
	await rui.until(() => rui.badge("general"), (badge) => badge === null, "nothing is unread");
});

test("replies, reactions, edits and deletions are seen by both", async () => {
	await ana.send("Shall we meet at four?");
	await rui.sees("Shall we meet at four?");
	await rui.act("Shall we meet at four?", "Reply");
	await rui.page.locator('[data-context="reply"]', { hasText: "Shall we meet at four?" }).waitFor();
	await rui.send("Four is fine.");
	await ana.message("Four is fine.").locator(".quote", { hasText: "Shall we meet at four?" }).waitFor();
	await rui.act("Shall we meet at four?", "React with 👍");
	await ana.message("Shall we meet at four?").locator(".reaction", { hasText: /👍\s*1/ }).waitFor();
	await ana.message("Shall we meet at four?").locator(".reaction").click();
	await rui.message("Shall we meet at four?").locator(".reaction", { hasText: /👍\s*2/ }).waitFor();
	await ana.send("A typo hree");
	await rui.sees("A typo hree");
	await ana.act("A typo hree", "Edit");
	await ana.send("No typo here");
	await rui.message("No typo here").locator(".edited").waitFor();
	await ana.send("Said too much");
	await rui.sees("Said too much");
	await ana.choose("Said too much", "Delete");
	await ana.answer("Delete");
	for (const person of [ana, rui]) await person.message("Said too much").waitFor({ state: "detached" });
	await rui.message("Message deleted").last().waitFor();
	await rui.act("Four is fine.", "More");
	await rui.page.getByRole("menuitem", { name: "Delete" }).waitFor();
	await rui.page.keyboard.press("Escape");
	await ana.picture("4-replies-and-reactions");
});

test("a killed server loses nothing and doubles nothing", async () => {
	for (let i = 1; i <= 3; i++) await ana.send(`Durable ${i}`);
	await rui.sees("Durable 3");
	await server.kill();
	for (const person of [ana, rui]) await person.page.locator('[data-connection]:not([data-connection="online"])').waitFor({ state: "attached" });
	await ana.send("Durable 4, said in the dark");
	await ana.message("Durable 4", "sending").waitFor();
	await ana.picture("5-offline");
	await server.restart();
	for (const person of [ana, rui]) await person.online();
	await rui.sees("Durable 4");
	await ana.sees("Durable 4");
	await rui.send("Durable 5, from Rui");
	await ana.sees("Durable 5");
	const said = ["Durable 1", "Durable 2", "Durable 3", "Durable 4, said in the dark", "Durable 5, from Rui"];
	for (const person of [ana, rui]) {
		assert.deepEqual(await person.texts("Durable"), said);
		await person.page.reload();
		await person.online();
		await person.sees("Durable 5");
		assert.deepEqual(await person.texts("Durable"), said);
	}
});

test("a new group, an invitation, and history that loads as one scrolls up", async () => {
	await ana.page.getByRole("button", { name: "New conversation" }).click();
	await ana.page.getByLabel("Find people").fill("ru");
	await ana.page.locator("[data-people]").getByRole("button", { name: /rui/ }).click();
	await ana.page.getByLabel("Name of the group").fill("Study group");
	await ana.picture("6-new-conversation");
	await ana.answer("Start");
	await ana.opened("Study group");
	await rui.open("Study group");

	const { access_token: token } = await server.call("POST", "/v1/auth/login", { body: { username: "rui", password: PASSWORD } });
	const id = new URL(ana.page.url()).pathname.split("/").at(-1);
	const key = (i) => `0190f3a1-7c1e-7000-8000-${String(i).padStart(12, "0")}`;
	for (let i = 1; i <= 55; i++) {
		await server.call("POST", `/v1/channels/${id}/messages`, { token, body: { key: key(i), text: `Line ${i}.` } });
	}
	await ana.sees("Line 55.");

	await ana.page.getByRole("button", { name: "Invite by link" }).click();
	await ana.answer("Make a link");
	const field = ana.page.getByRole("dialog").getByRole("textbox", { name: "Link" });
	await field.waitFor();
	const link = await field.inputValue();
	await ana.picture("6-invitation");
	await ana.answer("Close");
	assert.match(link, /\/join\/[\w-]+$/);
	const marta = await Person.at(browser, link, { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true });
	await marta.page.getByText("You have been invited").waitFor();
	await marta.logIn("marta");
	await marta.page.getByRole("button", { name: "Join" }).click();
	await marta.opened("Study group");
	await marta.sees("Line 55.");
	assert.equal(await marta.message(/Line 1\./).count(), 0);
	await marta.picture("7-marta-mobile");
	assert.deepEqual(await linesUpwards(marta), Array.from({ length: 55 }, (_, i) => `Line ${i + 1}.`));
	await marta.page.getByRole("link", { name: "Back" }).click();
	await marta.picture("7-marta-mobile-list");
	assert.deepEqual(marta.complaints, []);
	await marta.context.close();
});

/** Scrolls to the top and gives the lines met on the way, in the order of the list. */
async function linesUpwards(person) {
	const met = new Map();
	const scroller = person.page.locator("[data-messages]");
	await person.until(
		async () => {
			const seen = await scroller.evaluate((element) => {
				const rows = [...element.querySelectorAll("article")].map((row) => [Number(row.dataset.seq), row.querySelector(".message-text").textContent]);
				element.scrollTop -= element.clientHeight / 2;
				return rows;
			});
			for (const [seq, text] of seen) met.set(seq, text);
			return seen;
		},
		(seen) => seen.some(([, text]) => text === "Line 1."),
		"the first line is reached",
	);
	const inOrder = [...met].sort(([one], [other]) => one - other).map(([, text]) => text);
	return inOrder.filter((text) => text.startsWith("Line"));
}

test("the keyboard is enough", async () => {
	const { keyboard } = ana.page;
	await ana.line("general").focus();
	await keyboard.press("ArrowDown");
	const name = await ana.page.evaluate(() => document.activeElement.querySelector(".channel-name").textContent);
	await keyboard.press("Enter");
	await ana.opened(name);
	await ana.page.locator("textarea:focus").waitFor();
	await keyboard.type("By keyboard");
	await keyboard.press("Shift+Enter");
	await keyboard.type("in two lines");
	await keyboard.press("Enter");
	await ana.sees(/By keyboard\s*in two lines/);
	await keyboard.press("ArrowUp");
	await ana.page.locator('[data-context="edit"]', { hasText: "Editing" }).waitFor();
	await keyboard.press("Escape");
	await ana.page.locator('[data-context="edit"]').waitFor({ state: "detached" });
	await keyboard.press("Control+k");
	await ana.page.getByRole("combobox").fill("gener");
	await ana.page.getByRole("option", { name: "general" }).waitFor();
	await keyboard.press("Enter");
	await ana.opened("general");
});

test("removed members lose sight of the group at once", async () => {
	await ana.open("Study group");
	await rui.open("Study group");
	await ana.page.getByRole("button", { name: "Details" }).click();
	await ana.page.locator('[data-member="rui"]').hover();
	await ana.page.locator('[data-member="rui"]').getByRole("button").click();
	await ana.picture("8-moderation");
	await ana.page.getByRole("menuitem", { name: "Remove" }).click();
	await ana.answer("Remove");
	await rui.page.locator("[data-gone]").waitFor();
	await rui.line("Study group").waitFor({ state: "detached" });
	await rui.picture("8-removed");
});

test("logging out ends every tab and leaves no token behind", async () => {
	const first = ana.page;
	const second = await ana.tab(server.url);
	await ana.online();
	await second.locator("[data-me]").click();
	await second.getByRole("menuitem", { name: "Log out" }).click();
	for (const page of [first, second]) await page.getByRole("button", { name: "Log in", exact: true }).waitFor();
	assert.deepEqual(await second.evaluate(() => Object.keys(localStorage)), []);
	assert.deepEqual(await second.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name)), []);
	await second.reload();
	await second.getByRole("button", { name: "Log in", exact: true }).waitFor();
});

test("a device that is signed out elsewhere is shown the door", async () => {
	const { access_token: token } = await server.call("POST", "/v1/auth/login", { body: { username: "rui", password: PASSWORD } });
	const { devices } = await server.call("GET", "/v1/devices", { token });
	const page = devices.find(({ name }) => name.startsWith("Web, Chrome"));
	await server.call("DELETE", `/v1/devices/${page.id}`, { token });
	await rui.page.getByRole("button", { name: "Log in", exact: true }).waitFor();
	assert.deepEqual(await rui.page.evaluate(() => Object.keys(localStorage)), []);
	assert.equal(await rui.page.locator("article").count(), 0);
});

test("no page complained", () => {
	assert.deepEqual(ana.complaints, []);
	assert.deepEqual(rui.complaints, []);
});
