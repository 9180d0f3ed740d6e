// S1.1, S1.2: <klatch-chat> in the two pages of a meeting product (examples/meeting), in real windows.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { Person, browser as launch } from "./person.mjs";
import { Server } from "./server.mjs";

const example = path.resolve(import.meta.dirname, "../../examples/meeting/host.mjs");

let server;
let product;
let browser;
let organizer;
let participant;

/** The chat in a person's page. Locators look into shadows by themselves. */
const chat = (person) => person.page.locator("klatch-chat");
const write = async (person, text) => {
	await chat(person).getByRole("textbox").fill(text);
	await chat(person).getByRole("textbox").press("Enter");
};
const sees = (person, text) => chat(person).locator("article").filter({ hasText: text }).first().waitFor();

before(async () => {
	const port = await freePort();
	const origin = `http://127.0.0.1:${port}`;
	server = await Server.start();
	await server.end();
	await server.command("space", "add", "meetings", "--profile", "meeting");
	await server.command("space", "policy", "meetings", "--origin", origin);
	const key = (await server.command("space", "key", "add", "meetings", "product")).match(/kk_\S+/)[0];
	await server.restart();
	product = await startProduct({ KLATCH_URL: server.url, KLATCH_KEY: key, PORT: String(port) });
	browser = await launch();
	organizer = await Person.at(browser, `${origin}/organizer`);
	participant = await Person.at(browser, `${origin}/participant?name=Paul`);
});

after(async () => {
	await browser?.close();
	product?.kill();
	await server?.stop();
});

test("an organizer and a participant chat in the pages of their product", async () => {
	await write(participant, "Can you **hear** me?");
	await sees(organizer, "Can you hear me?");
	await write(organizer, "Loud and clear");
	await sees(participant, "Loud and clear");
	await organizer.picture("widget-organizer");
	await participant.picture("widget-participant");
});

test("the organizer has the members at hand, and the participant has not", async () => {
	const people = (person) => chat(person).getByRole("button", { name: "Details", exact: true });
	assert.equal(await people(participant).count(), 0);
	await people(organizer).click();
	await chat(organizer).getByText("Paul", { exact: true }).waitFor();
	await people(organizer).click();
});

test("menus and the emoji picker open inside, and work", async () => {
	const message = chat(organizer).locator("article").filter({ hasText: "hear" });
	await message.hover();
	await message.getByRole("button", { name: "More", exact: true }).click();
	await chat(organizer).getByRole("menuitem", { name: "React" }).click();
	await chat(organizer).getByRole("searchbox").fill("ear");
	await chat(organizer).getByRole("button", { name: "ear", exact: true }).click();
	await chat(participant).locator("article").filter({ hasText: "hear" }).getByText("👂").waitFor();
});

test("the page comes first: nothing moves in it, and all but a small script waits until it is loaded", async () => {
	const { shift, load, early, late } = await organizer.page.evaluate(async () => {
		const shift = await new Promise((resolve) => {
			let sum = 0;
			new PerformanceObserver((list) => {
				for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
			}).observe({ type: "layout-shift", buffered: true });
			setTimeout(() => resolve(sum), 200);
		});
		const [{ loadEventEnd: load }] = performance.getEntriesByType("navigation");
		const files = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/widget"));
		const names = (entries) => entries.map(({ name }) => new URL(name).pathname);
		return {
			shift,
			load,
			early: names(files.filter(({ startTime }) => startTime < load)),
			late: names(files.filter(({ startTime }) => startTime >= load)),
		};
	});
	assert.equal(shift, 0, "nothing moves");
	assert.ok(load > 0);
	assert.deepEqual(early, ["/widget.js"]);
	assert.ok(late.some((name) => name.startsWith("/widget/mount")), `${late}`);
});

test("the page's style stays outside, and its colours are taken", async () => {
	const [size, accent, lang] = await chat(organizer).evaluate((element) => {
		const text = element.shadowRoot.querySelector(".message-text");
		const style = getComputedStyle(element.shadowRoot.querySelector(".klatch"));
		return [getComputedStyle(text).fontSize, style.getPropertyValue("--accent").trim(), document.documentElement.lang];
	});
	assert.equal(size, "15px", "the page's html has 20px");
	assert.equal(accent, "#3d5afe");
	assert.equal(lang, "en", "the page's language is the page's");
	await chat(organizer).evaluate((element) => element.setAttribute("theme", "dark"));
	await organizer.until(() => chat(organizer).evaluate((element) => element.dataset.theme), (theme) => theme === "dark", "dark");
	await organizer.picture("widget-dark");
});

test("it tells its page what is unread, and stays the same when it is moved", async () => {
	const counts = await participant.page.evaluateHandle(() => {
		const counts = [];
		const element = document.querySelector("klatch-chat");
		element.addEventListener("klatch:unread", ({ detail }) => counts.push(detail));
		document.querySelector("main").prepend(element);
		return counts;
	});
	// Elsewhere on the screen, so that the message is not read at once.
	await write(organizer, "After the move");
	await sees(participant, "After the move");
	await participant.until(() => counts.jsonValue(), (counts) => counts.includes(0) && counts.includes(1), "counts");
});

test("the organizer mutes all, makes newcomers wait and lets one in, and takes the transcript along", async () => {
	await chat(organizer).getByRole("button", { name: "Details", exact: true }).click();
	const turn = (name) => chat(organizer).getByRole("switch", { name }).click();
	await turn("Mute all");
	await chat(participant).getByText("Only moderators can write just now.").waitFor();
	await turn("Mute all");
	await chat(participant).getByRole("textbox").waitFor();

	await turn("Lobby");
	await chat(organizer).getByRole("switch", { name: "Lobby", checked: true }).waitFor();
	const { origin } = new URL(organizer.page.url());
	const latecomer = await Person.at(browser, `${origin}/participant?name=Lena`);
	await chat(latecomer).getByText("You are in the lobby").waitFor();
	await chat(organizer).getByRole("button", { name: "Let Lena in" }).waitFor();
	await organizer.picture("widget-lobby");
	await chat(organizer).getByRole("button", { name: "Let Lena in" }).click();
	await chat(latecomer).locator("article").filter({ hasText: "Loud and clear" }).waitFor();
	assert.deepEqual(latecomer.complaints, []);
	await latecomer.context.close();

	const download = organizer.page.waitForEvent("download");
	await chat(organizer).getByRole("button", { name: "CSV", exact: true }).click();
	const file = await readFile(await (await download).path(), "utf8");
	assert.match(file, /Loud and clear/);
	await chat(organizer).getByRole("button", { name: "Details", exact: true }).click();
});

test("someone who is removed sees nothing more within a second", async () => {
	await chat(organizer).getByRole("button", { name: "Details", exact: true }).click();
	const line = chat(organizer).getByRole("listitem").filter({ hasText: "Paul" });
	await line.hover();
	await line.getByRole("button").click();
	await chat(organizer).getByRole("menuitem", { name: "Remove", exact: true }).click();
	await chat(organizer).getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
	await chat(participant).locator("article", { hasText: "After the move" }).waitFor({ state: "detached", timeout: 1_000 });
});

test("nothing broke in either page", () => {
	assert.deepEqual([...organizer.complaints, ...participant.complaints], []);
});

/** A port that nobody listens on; the product's address must be known to the server before either is there. */
function freePort() {
	return new Promise((resolve) => {
		const probe = createServer().listen(0, "127.0.0.1", () => {
			const { port } = probe.address();
			probe.close(() => resolve(port));
		});
	});
}

function startProduct(env) {
	return new Promise((resolve, reject) => {
		const child = spawn(process.execPath, [example], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
		child.once("exit", (code) => reject(new Error(`the product ended with ${code}`)));
		createInterface({ input: child.stdout }).once("line", () => resolve(child));
	});
}
