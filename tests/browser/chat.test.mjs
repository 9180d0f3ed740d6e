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
		assert.equal(await person.page.locator("#messages :is(img, script, b, svg)").count(), 0);
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
	await rui.until(() => rui.page.title(), (title) => /^\(\d+\) Klatch$/.test(title), "the title counts");
	assert.equal((await rui.channels())[0], "general");
	assert.match(await rui.line("general").locator(".preview").textContent(), /Second unread for @rui/);
	await rui.picture("3-unread");
	await rui.open("general");
	await rui.until(() => rui.badge("general"), (badge) => badge === null, "nothing is unread");
});

test("replies, reactions, edits and deletions are seen by both", async () => {
	const act = async (person, text, label) => {
		await person.message(text).hover();
		await person.message(text).getByRole("button", { name: label, exact: true }).click();
	};
	await ana.send("Shall we meet at four?");
	await rui.sees("Shall we meet at four?");
	await act(rui, "Shall we meet at four?", "Reply");
	await rui.send("Four is fine.");
	await ana.message("Four is fine.").locator(".quote", { hasText: "Shall we meet at four?" }).waitFor();
	await act(rui, "Shall we meet at four?", "React with 👍");
	await ana.message("Shall we meet at four?").locator(".reaction", { hasText: "👍 1" }).waitFor();
	await ana.send("A typo hree");
	await rui.sees("A typo hree");
	await act(ana, "A typo hree", "Edit");
	await ana.send("No typo here");
	await rui.message("No typo here").locator(".edited").waitFor();
	await ana.send("Said too much");
	await rui.sees("Said too much");
	await act(ana, "Said too much", "Delete");
	await ana.page.locator("#ask").getByRole("button", { name: "Delete" }).click();
	for (const person of [ana, rui]) await person.message("Said too much").waitFor({ state: "detached" });
	assert.equal(await rui.message("Four is fine.").getByRole("button", { name: "Delete" }).count(), 1);
	await ana.picture("4-replies-and-reactions");
});

test("a killed server loses nothing and doubles nothing", async () => {
	for (let i = 1; i <= 3; i++) await ana.send(`Durable ${i}`);
	await rui.sees("Durable 3");
	await server.kill();
	for (const person of [ana, rui]) await person.page.locator('#connection:not([data-state="online"])').waitFor();
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
	await ana.page.locator("#people-found").getByRole("button", { name: /rui/ }).click();
	await ana.page.getByLabel("Name of the group").fill("Study group");
	await ana.picture("6-new-conversation");
	await ana.page.getByRole("button", { name: "Start" }).click();
	await ana.page.locator("#title", { hasText: "Study group" }).waitFor();
	await rui.open("Study group");

	const { access_token: token } = await server.call("POST", "/v1/auth/login", { body: { username: "rui", password: PASSWORD } });
	const id = new URL(ana.page.url()).hash.slice(1);
	const key = (i) => `0190f3a1-7c1e-7000-8000-${String(i).padStart(12, "0")}`;
	for (let i = 1; i <= 55; i++) {
		await server.call("POST", `/v1/channels/${id}/messages`, { token, body: { key: key(i), text: `Line ${i}.` } });
	}
	await ana.sees("Line 55.");

	await ana.page.getByRole("button", { name: "Invite" }).click();
	await ana.page.getByLabel("Link").waitFor();
	const link = await ana.page.getByLabel("Link").inputValue();
	await ana.page.locator("#ask").getByRole("button", { name: "Cancel" }).click();
	assert.match(link, /\/join\/[\w-]+$/);
	const marta = await Person.at(browser, link, { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true });
	await marta.page.getByText("You have been invited").waitFor();
	await marta.logIn("marta");
	await marta.page.getByRole("button", { name: "Join" }).click();
	await marta.page.locator("#title", { hasText: "Study group" }).waitFor();
	await marta.sees("Line 55.");
	assert.equal(await marta.message(/Line 1\./).count(), 0);
	await marta.page.locator("#scroller").evaluate((scroller) => (scroller.scrollTop = 0));
	await marta.message("Line 1.").waitFor();
	const lines = await marta.texts("Line");
	assert.deepEqual(lines, Array.from({ length: 55 }, (_, i) => `Line ${i + 1}.`));
	await marta.picture("7-marta-mobile");
	await marta.page.getByRole("button", { name: "Back to the list" }).click();
	await marta.picture("7-marta-mobile-list");
	assert.deepEqual(marta.complaints, []);
	await marta.context.close();
});

test("the keyboard is enough", async () => {
	const { keyboard } = ana.page;
	await ana.line("general").focus();
	await keyboard.press("ArrowDown");
	const name = await ana.page.evaluate(() => document.activeElement.querySelector(".channel-name").textContent);
	await keyboard.press("Enter");
	await ana.page.locator("#title", { hasText: name }).waitFor();
	await ana.page.locator("#text:focus").waitFor();
	await keyboard.type("By keyboard");
	await keyboard.press("Shift+Enter");
	await keyboard.type("in two lines");
	await keyboard.press("Enter");
	await ana.sees("By keyboard\nin two lines");
	await keyboard.press("ArrowUp");
	await ana.page.locator("#context-text", { hasText: "Editing" }).waitFor();
	await keyboard.press("Escape");
	await ana.page.locator("#context").waitFor({ state: "hidden" });
});

test("logging out ends every tab and leaves no token behind", async () => {
	const first = ana.page;
	const second = await ana.tab(server.url);
	await ana.online();
	await second.getByRole("button", { name: "Log out" }).click();
	for (const page of [first, second]) await page.getByRole("button", { name: "Log in" }).waitFor();
	assert.equal(await second.evaluate(() => localStorage.length), 0);
	await second.reload();
	await second.getByRole("button", { name: "Log in" }).waitFor();
});

test("a device that is signed out elsewhere is shown the door", async () => {
	const { access_token: token } = await server.call("POST", "/v1/auth/login", { body: { username: "rui", password: PASSWORD } });
	const { devices } = await server.call("GET", "/v1/devices", { token });
	const page = devices.find(({ name }) => name === "Web page");
	await server.call("DELETE", `/v1/devices/${page.id}`, { token });
	await rui.page.getByRole("button", { name: "Log in" }).waitFor();
	assert.equal(await rui.page.evaluate(() => localStorage.length), 0);
	assert.equal(await rui.page.locator("#messages .message").count(), 0);
});

test("no page complained", () => {
	assert.deepEqual(ana.complaints, []);
	assert.deepEqual(rui.complaints, []);
});
