// Who read it, what happened between messages, coming with another site's token, meetings, a school's channels.

import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { Person, browser as launch } from "./person.mjs";
import { PASSWORD, Server } from "./server.mjs";

const ISSUER = "https://id.example.org";
const secret = randomBytes(48).toString("base64");
const ROSTER = `user,course,class,role,degree
ana,Algebra,1A,student,Mathematics
rui,Algebra,1A,student,Mathematics
marta,Algebra,1A,teacher,Mathematics
`;

let server;
let browser;
let folder;
/** Those of the demo: `{ token, id }` by username. */
const people = {};

before(async () => {
	folder = await mkdtemp(path.join(tmpdir(), "klatch-screens-"));
	await writeFile(path.join(folder, "secret"), secret);
	await writeFile(path.join(folder, "roster.csv"), ROSTER);
	server = await Server.start();
	await server.end();
	await server.command("space", "issuer", "add", "demo", ISSUER, "--secret-file", path.join(folder, "secret"));
	await server.command("roster", "import", path.join(folder, "roster.csv"), "--space", "demo");
	await server.restart();
	browser = await launch();
	for (const username of ["ana", "rui", "marta"]) {
		const signed = await server.call("POST", "/v1/auth/login", { body: { username, password: PASSWORD } });
		people[username] = { token: signed.access_token, id: signed.user.id };
	}
});

after(async () => {
	await browser?.close();
	await server?.stop();
	await rm(folder, { recursive: true, force: true });
});

const as = (name, method, where, body) => server.call(method, where, { token: people[name].token, body });
let keys = 0;
const say = (name, channel, text) => {
	const key = `0190f3a1-7c1e-7000-8000-${String(++keys).padStart(12, "0")}`;
	return as(name, "POST", `/v1/channels/${channel}/messages`, { key, text });
};
const group = (name, members) =>
	as("ana", "POST", "/v1/channels", { kind: "group", name, members: members.map((member) => people[member].id) });

async function at(name, options) {
	const person = await Person.at(browser, server.url, options);
	await person.logIn(name);
	await person.online();
	return person;
}

/** What is told between messages, from above to below. */
const notices = (person) => person.page.locator("[data-notice]").allTextContents();

/** A token as the other site makes it (RFC 7515). */
function tokenOf(claims, key = secret) {
	const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
	const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ iss: ISSUER, exp: Math.floor(Date.now() / 1000) + 3600, ...claims })}`;
	return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

test("one sees who has read a message, who has only received it, and who has neither", async () => {
	const channel = await group("Readers", ["rui", "marta"]);
	const ana = await at("ana");
	await ana.open("Readers");
	await ana.send("Who has read this?");
	await ana.sees("Who has read this?");
	const seq = Number(await ana.message("Who has read this?").getAttribute("data-seq"));
	const dialog = ana.page.getByRole("dialog");
	const list = (title) => dialog.locator("section").filter({ has: ana.page.getByRole("heading", { name: title }) });
	await ana.choose("Who has read this?", "Read by…");
	await list(/^Not delivered yet · 2$/).getByText("Marta").waitFor();
	await ana.answer("Close");
	await as("marta", "PUT", `/v1/channels/${channel.id}/cursor`, { received: seq });
	await as("rui", "PUT", `/v1/channels/${channel.id}/cursor`, { read: seq });
	await ana.choose("Who has read this?", "Read by…");
	await list(/^Read · 1$/).getByText("Rui").waitFor();
	await list(/^Only delivered · 1$/).getByText("Marta").waitFor();
	assert.equal(await dialog.getByRole("heading", { name: "Not delivered yet" }).count(), 0);
	await ana.picture("11-read-by");
	await ana.answer("Close");
	await say("rui", channel.id, "Another's is not asked about");
	await ana.act("Another's is not asked about", "More");
	await ana.page.getByRole("menuitem", { name: "Copy text" }).waitFor();
	assert.equal(await ana.page.getByRole("menuitem", { name: "Read by…" }).count(), 0);
	await ana.page.keyboard.press("Escape");
	assert.deepEqual(ana.complaints, []);
	await ana.context.close();
});

test("who came and went and what changed is told between messages, and is not unread", async () => {
	const channel = await group("Notices", ["rui"]);
	await say("ana", channel.id, "The first message");
	const rui = await at("rui");
	await rui.open("Notices");
	await rui.open("general");
	await rui.until(() => rui.badge("Notices"), (badge) => badge === null, "all is read");
	const change = (body) => as("ana", "PATCH", `/v1/channels/${channel.id}`, body);
	await as("ana", "POST", `/v1/channels/${channel.id}/members`, { user: people.marta.id });
	await as("ana", "PATCH", `/v1/channels/${channel.id}/members/${people.marta.id}`, { role: "moderator" });
	await change({ topic: "Tuesdays" });
	await say("ana", channel.id, "Between the two");
	await as("marta", "POST", `/v1/channels/${channel.id}/leave`);
	await rui.until(() => rui.badge("Notices"), (badge) => badge === "1 unread", "only the message is unread");
	await rui.open("Notices");
	const wanted = [/^Ana .* added Marta /, /^Marta .* has a new role: Moderator$/, /^Ana .* changed the topic: Tuesdays$/, /^Marta .* left$/];
	const fits = (seen) => seen.length === wanted.length && wanted.every((pattern, at) => pattern.test(seen[at]));
	await rui.until(() => notices(rui), fits, "four lines");
	await rui.picture("12-notices");
	await rui.page.reload();
	await rui.opened("Notices");
	await rui.until(() => notices(rui), fits, "the same after a reload");
	await change({ name: "Noticed" });
	await rui.page.locator("[data-notice=renamed]", { hasText: "changed the name to “Noticed”" }).waitFor();
	await as("ana", "DELETE", `/v1/channels/${channel.id}`);
	await rui.page.locator("[data-notice=closed]", { hasText: "The conversation was closed" }).waitFor();
	assert.deepEqual(rui.complaints, []);
	await rui.context.close();
});

test("whoever comes from another site is in, and their token is in no address and no other tab", async () => {
	const token = tokenOf({ sub: "ines", name: "Inês Costa" });
	const ines = await Person.at(browser, `${server.url}/continue#token=${token}`);
	const { page } = ines;
	await ines.online();
	assert.equal(page.url(), `${server.url}/`);
	assert.match(await page.locator("[data-me]").textContent(), /Inês Costa/);
	const kept = () => page.evaluate(() => [Object.keys(localStorage), Object.keys(sessionStorage)]);
	assert.deepEqual(await kept(), [[], ["klatch.brought"]]);
	await page.reload();
	await ines.online();
	await page.goto(`${server.url}/settings/devices`);
	await page.getByRole("link", { name: "Profile" }).waitFor();
	assert.equal(await page.getByRole("link", { name: "Devices" }).count(), 0);
	assert.equal(await page.getByRole("link", { name: "Password" }).count(), 0);
	const other = await ines.context.newPage();
	await other.goto(server.url);
	await other.getByRole("button", { name: "Log in", exact: true }).waitFor();
	// Another token of the same person in another tab ends by itself.
	await other.goto(`${server.url}/continue#token=${tokenOf({ sub: "ines", name: "Inês Costa", exp: Math.floor(Date.now() / 1000) + 4 })}`);
	await other.getByRole("alert").filter({ hasText: "has ended" }).waitFor();
	await other.close();
	assert.equal(await page.locator('[data-connection="online"]').count(), 1);
	await page.locator("[data-me]").click();
	await page.getByRole("menuitem", { name: "Log out" }).click();
	await page.getByRole("button", { name: "Log in", exact: true }).waitFor();
	assert.deepEqual(await kept(), [[], []]);
	assert.deepEqual(await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name)), []);
	assert.deepEqual(ines.complaints, []);
	await ines.context.close();
});

test("a token that ends, and one that is refused, lead to the sign-in screen, which says why", async () => {
	const exp = Math.floor(Date.now() / 1000) + 5;
	const ivo = await Person.at(browser, `${server.url}/continue#token=${tokenOf({ sub: "ivo", name: "Ivo", exp })}`);
	await ivo.online();
	const why = ivo.page.getByRole("alert").filter({ hasText: "sign-in of the other site has ended" });
	await why.waitFor();
	await ivo.picture("13-token-ended");
	assert.deepEqual(await ivo.page.evaluate(() => Object.keys(sessionStorage)), []);
	await ivo.page.reload();
	await ivo.page.getByRole("button", { name: "Log in", exact: true }).waitFor();
	assert.equal(await why.count(), 0);
	await ivo.page.goto(`${server.url}/continue#token=${tokenOf({ sub: "ivo" }, "not the secret of anybody")}`);
	await why.waitFor();
	assert.equal(ivo.page.url(), `${server.url}/`);
	await ivo.context.close();
});

test("a token can be pasted on the sign-in screen", async () => {
	const eva = await Person.at(browser, server.url);
	const { page } = eva;
	await page.getByRole("button", { name: "Continue with a token" }).click();
	await page.getByLabel("Token", { exact: true }).fill("nothing.like.it");
	await page.getByRole("button", { name: "Continue", exact: true }).click();
	await page.getByRole("alert").filter({ hasText: "not accepted here" }).waitFor();
	await eva.picture("14-token");
	await page.getByLabel("Token", { exact: true }).fill(tokenOf({ sub: "eva", name: "Eva" }));
	await page.keyboard.press("Enter");
	await eva.online();
	assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
	assert.deepEqual(eva.complaints, []);
	await eva.context.close();
});

test("a meeting is made with a lobby and a link, and its organizer lets people in", async () => {
	const ana = await at("ana");
	const { page } = ana;
	await page.getByRole("button", { name: "New conversation" }).click();
	await page.getByText("Meeting", { exact: true }).click();
	await page.getByLabel("Title of the meeting").fill("Stand-up");
	assert.equal(await page.getByRole("switch", { name: "Lobby" }).getAttribute("aria-checked"), "true");
	await ana.picture("15-new-meeting");
	await ana.answer("Start");
	const field = page.getByRole("dialog").getByRole("textbox", { name: "Link" });
	await field.waitFor();
	const link = await field.inputValue();
	await ana.picture("15-meeting-link");
	await ana.answer("Close");
	await ana.opened("Stand-up");
	await page.locator("[data-meeting]").getByRole("switch", { name: "Lobby" }).waitFor();
	const rui = await Person.at(browser, link, { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true });
	await rui.logIn("rui");
	await rui.page.getByRole("button", { name: "Join" }).click();
	await rui.page.getByText("You are in the lobby").waitFor();
	await page.locator("[data-lobby]").getByRole("button", { name: /^Let Rui .* in$/ }).click();
	await rui.opened("Stand-up");
	await page.locator("[data-notice]", { hasText: "Rui" }).waitFor();
	await ana.picture("15-meeting");
	await page.getByRole("button", { name: "End the meeting" }).click();
	await ana.answer("End the meeting");
	await rui.page.locator("[data-notice=closed]", { hasText: "The meeting is over" }).waitFor();
	for (const person of [ana, rui]) {
		assert.deepEqual(person.complaints, []);
		await person.context.close();
	}
});

test("a school's channels look as such, and offer what can be done by hand", async () => {
	const rui = await at("rui");
	const marta = await at("marta", { colorScheme: "dark" });
	const mark = (person, name, kind) => person.line(name).locator(`[data-roster=${kind}]`).waitFor();
	await mark(rui, "Algebra · 1A", "class");
	await mark(rui, "Algebra", "course");
	await mark(rui, "Mathematics", "degree");
	for (const person of [rui, marta]) {
		await person.open("Algebra · 1A");
		const details = person.page.getByRole("button", { name: "Details" });
		if ((await details.getAttribute("aria-pressed")) !== "true") await details.click();
		await person.page.getByText("Its members come from the school's roster.").waitFor();
		assert.equal(await person.page.getByRole("button", { name: "Leave" }).count(), 0);
		assert.equal(await person.page.locator("header [data-roster=class]").count(), 1);
	}
	assert.equal(await rui.page.getByRole("button", { name: "Add people" }).count(), 0);
	await marta.page.getByRole("button", { name: "Add people" }).waitFor();
	await rui.picture("16-roster");
	await marta.picture("16-roster-teacher");
	for (const person of [rui, marta]) {
		assert.deepEqual(person.complaints, []);
		await person.context.close();
	}
});

test("what cannot be asked is told, and can be asked again", async () => {
	await group("Gone", ["rui"]);
	const ana = await at("ana");
	await ana.open("Gone");
	await ana.send("Nobody hears of this");
	await ana.sees("Nobody hears of this");
	await ana.choose("Nobody hears of this", "Read by…");
	await ana.page.getByRole("dialog").getByText("Rui").waitFor();
	await ana.answer("Close");
	await server.end();
	await ana.page.locator('[data-connection]:not([data-connection="online"])').waitFor({ state: "attached" });
	await ana.choose("Nobody hears of this", "Read by…");
	await ana.page.getByRole("dialog").getByRole("alert").waitFor();
	await server.restart();
	await ana.online();
	await ana.answer("Try again");
	await ana.page.getByRole("dialog").getByText("Rui").waitFor();
	await ana.context.close();
});
