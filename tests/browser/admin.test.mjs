// The administration as administrators and others see it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Person, browser as launch } from "./person.mjs";
import { PASSWORD, Server } from "./server.mjs";

const ROSTER = `user,course,class,role,name
rui,Algebra,1A,student,Rui Matos
marta,Algebra,1A,teacher,Marta Lopes
joana,Algebra,1B,student,Joana Reis
`;
const SMALLER = "user,course,class,role\nmarta,Algebra,1A,teacher\n";

let server;
let browser;
let ana;
let page;

before(async () => {
	server = await Server.start();
	browser = await launch();
	ana = await Person.at(browser, server.url);
	page = ana.page;
	await ana.logIn("ana");
	await ana.online();
});

after(async () => {
	await browser?.close();
	await server?.stop();
});

const row = (name) => page.locator(`[data-row="${name}"]`);
const section = (name) => page.getByRole("navigation").getByRole("link", { name, exact: true }).click();

/** Chooses something in the menu of a person. */
async function choose(username, label) {
	await row(username).getByRole("button").click();
	await page.getByRole("menuitem", { name: label, exact: true }).or(page.getByRole("menuitemradio", { name: label, exact: true })).or(page.getByRole("menuitemcheckbox", { name: label, exact: true })).click();
}

test("an administrator of the server sees nodes and live figures", async () => {
	await page.locator("[data-me]").click();
	await page.getByRole("menuitem", { name: "Administration" }).click();
	await page.getByRole("heading", { name: "Nodes" }).waitFor();
	await page.locator("tr", { hasText: "this one" }).filter({ hasText: "1 of" }).waitFor();
	const traffic = page.getByRole("img", { name: /^Messages and deliveries per second/ });
	const latency = page.getByRole("img", { name: /^Time to deliver a message/ });
	await traffic.waitFor();
	await page.locator("[data-points='2']").first().waitFor();
	// Somebody writes, and the line moves.
	const login = await server.call("POST", "/v1/auth/login", { body: { username: "rui", password: PASSWORD } });
	const { channels } = await server.call("GET", "/v1/channels", { token: login.access_token });
	const general = channels.find(({ name }) => name === "general");
	const end = Date.now() + 15_000;
	let told = ["", ""];
	for (let at = 0; !/events (?!0\/)[\d.]+\/s/.test(told[0]) || !/half within [\d.]+m?s/.test(told[1]); at++) {
		assert.ok(Date.now() < end, `nothing moved: ${told}`);
		const key = `0190f3a1-7c1e-7000-8000-${String(at).padStart(12, "0")}`;
		await server.call("POST", `/v1/channels/${general.id}/messages`, { token: login.access_token, body: { key, text: `figure ${at}` } });
		await page.waitForTimeout(100);
		told = await Promise.all([traffic, latency].map((chart) => chart.getAttribute("aria-label")));
	}
	await row("demo").filter({ hasText: "Any app" }).waitFor();
	await ana.picture("admin-server");
});

test("an account is made, renamed, disabled, and comes in no more", async () => {
	await section("People");
	await page.getByRole("button", { name: "New account" }).click();
	const dialog = page.getByRole("dialog");
	await dialog.getByLabel("Username").fill("Not a name!");
	await ana.answer("Create");
	await dialog.locator("[data-refusal]").waitFor();
	await dialog.getByLabel("Username").fill("helena");
	await ana.answer("Create");
	const password = await dialog.locator("[data-password]").textContent();
	await dialog.getByText("Close", { exact: true }).click();
	await row("helena").waitFor();

	await choose("helena", "Rename");
	await dialog.getByLabel("Name").fill("Helena Costa");
	await ana.answer("Save");
	await row("helena").filter({ hasText: "Helena Costa" }).waitFor();

	const helena = await Person.at(browser, server.url);
	await helena.logIn("helena", password);
	await helena.online();
	await choose("helena", "Disable");
	await ana.answer("Disable");
	await row("helena").filter({ hasText: "disabled" }).waitFor();
	await helena.page.getByRole("button", { name: "Log in", exact: true }).waitFor();
	await helena.logIn("helena", password);
	await helena.page.getByRole("alert").waitFor();
	await choose("helena", "Enable");
	await page.locator('[data-row="helena"]:not(:has-text("disabled"))').waitFor();
	await helena.logIn("helena", password);
	await helena.online();
	await helena.context.close();

	await page.getByLabel("Find people").fill("mato");
	await page.locator("[data-row]").first().filter({ hasText: "Rui Matos" }).waitFor();
	assert.equal(await page.locator("[data-row]").count(), 1);
	await ana.picture("admin-people");
});

test("an administrator of the space has their space and not the server; others have nothing", async () => {
	await page.getByLabel("Find people").fill("");
	await choose("rui", "Administers the space");
	await row("rui").filter({ hasText: "Administrator" }).waitFor();
	const rui = await Person.at(browser, `${server.url}/admin`);
	await rui.logIn("rui");
	await rui.page.getByRole("heading", { name: "People" }).waitFor();
	assert.equal(await rui.page.getByRole("link", { name: "Server", exact: true }).count(), 0);
	await rui.page.goto(`${server.url}/admin/server`);
	await rui.page.getByRole("heading", { name: "People" }).waitFor();
	// One of the server is beyond them.
	await rui.page.locator('[data-row="ana"]').waitFor();
	assert.equal(await rui.page.locator('[data-row="ana"]').getByRole("button").count(), 0);

	await choose("rui", "Administers nothing");
	await page.locator('[data-row="rui"]:not(:has-text("Administrator"))').waitFor();
	await rui.page.waitForTimeout(3_500); // a change holds within three seconds
	await rui.page.reload();
	await rui.page.getByText("This page is for administrators").waitFor();
	await rui.context.close();
	const marta = await Person.at(browser, server.url);
	await marta.logIn("marta");
	await marta.page.locator("[data-me]").click();
	await marta.page.getByRole("menuitem", { name: "Settings" }).waitFor();
	assert.equal(await marta.page.getByRole("menuitem", { name: "Administration" }).count(), 0);
	await marta.context.close();
});

test("a roster is looked at before it is imported, and taken back", async () => {
	await section("Roster");
	const choose = (name, text) => page.locator('input[type="file"]').setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
	const difference = page.locator("[data-difference]");
	const count = (name) => difference.locator(`[data-count="${name}"]`).textContent();

	await choose("broken.csv", "user,course,class,role\n,Algebra,1A,student\n");
	await page.locator("[data-refusal]").filter({ hasText: "roster.csv:2" }).waitFor();

	await choose("roster.csv", ROSTER);
	await difference.waitFor();
	assert.equal(await count("accounts"), "1 account made");
	assert.equal(await count("channels"), "3 channels made");
	await difference.getByText("joana joins").first().waitFor();
	await ana.picture("admin-roster");
	await page.getByRole("button", { name: "Import this roster" }).click();
	await page.getByText("The roster is imported.").waitFor();
	await row("1").filter({ hasText: "done" }).waitFor();

	// Most would go: it takes a word more.
	await choose("roster.csv", SMALLER);
	await difference.waitFor();
	assert.match(await count("drops"), /members dropped/);
	await page.getByRole("button", { name: "Import this roster" }).click();
	await page.locator('[data-refusal="roster_unsafe"]').waitFor();
	await page.getByRole("switch", { name: "Remove that many members" }).click();
	await page.getByRole("button", { name: "Import this roster" }).click();
	await row("2").filter({ hasText: "done" }).waitFor();

	await page.getByRole("button", { name: "Take it back" }).click();
	await ana.answer("Take it back");
	await row("3").filter({ hasText: "taken back" }).waitFor();

	await page.getByLabel("Name of a class's channel").fill("{nothing}");
	const settings = page.locator("form");
	await settings.getByRole("button", { name: "Save" }).click();
	await settings.locator("[data-refusal]").waitFor();
	await page.getByLabel("Name of a class's channel").fill("{class.title}");
	await settings.getByRole("button", { name: "Save" }).click();
	await page.getByText("Saved.").waitFor();
});

test("a channel is closed, and the rules are changed for those who are here", async () => {
	await section("Channels");
	await page.getByLabel("Find channels").fill("1B");
	const line = page.locator("[data-row]").filter({ hasText: "1B" });
	await line.getByRole("button").click();
	await page.getByRole("dialog").getByText("Close", { exact: true }).click();
	await line.filter({ hasText: "closed" }).waitFor();

	await section("Rules");
	await page.getByLabel("Characters of a message, at most").fill("0");
	await page.getByRole("button", { name: "Save" }).click();
	// The browser itself does not send what is out of range.
	assert.equal(await page.getByLabel("Characters of a message, at most").evaluate((field) => field.validity.valid), false);
	await page.getByLabel("Characters of a message, at most").fill("50");
	await page.getByLabel("Making accounts").selectOption({ label: "Only administrators and rosters" });
	await page.getByLabel(/^Origins of other pages/).fill("not an origin");
	await page.getByRole("button", { name: "Save" }).click();
	await page.locator("[data-refusal]").waitFor();
	await page.getByLabel(/^Origins of other pages/).fill("https://www.example.org");
	await page.getByRole("button", { name: "Save" }).click();
	await page.getByText("Saved.").waitFor();
	await ana.picture("admin-rules");
	await assert.rejects(
		server.call("POST", "/v1/auth/signup", { body: { username: "stranger", password: "a password of some length" } }),
		/sign_up_closed/,
	);
});

test("all of it stands in the audit log", async () => {
	await section("Audit log");
	for (const act of ["Made an account", "Disabled an account", "Imported a roster", "Took an import back", "Closed a channel", "Changed the rules"]) {
		await page.locator("tr", { hasText: act }).filter({ hasText: "Ana Ferreira" }).first().waitFor();
	}
	await ana.picture("admin-audit");
	assert.deepEqual(ana.complaints, []);
});
