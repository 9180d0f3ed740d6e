// WCAG 2.2 AA, as far as a program can tell: axe-core looks at every screen, light and dark, wide and narrow.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { Person, browser as launch } from "./person.mjs";
import { Server } from "./server.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };

/** The guards of a menu take the focus only to hand it on, so that Tab leaves the menu where it was. */
const SEEN = { include: [["html"]], exclude: [["[data-base-ui-focus-guard]"]] };

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 780 };
const WINDOWS = {
	"light, wide": { colorScheme: "light", viewport: WIDE },
	"light, narrow": { colorScheme: "light", viewport: NARROW },
	"dark, wide": { colorScheme: "dark", viewport: WIDE },
	"dark, narrow": { colorScheme: "dark", viewport: NARROW },
};

let server;
let browser;

before(async () => {
	server = await Server.start();
	browser = await launch();
});

after(async () => {
	await browser?.close();
	await server?.stop();
});

/** Fails with what is wrong on the screen; `rules` are those that do not hold there. */
async function fine(person, screen, rules = {}) {
	// What moves in must have come.
	await person.page.evaluate(() => Promise.all(document.getAnimations().filter(({ effect }) => effect.getComputedTiming().iterations !== Infinity).map(({ finished }) => finished.catch(() => {}))));
	await person.page.evaluate(axe);
	const { violations } = await person.page.evaluate(([seen, rules]) => window.axe.run(seen, rules), [SEEN, { ...RULES, rules }]);
	const told = violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ target, failureSummary }) => `  ${target} ${failureSummary}`).join("\n")}`);
	assert.deepEqual(told, [], screen);
}

for (const [name, options] of Object.entries(WINDOWS)) {
	test(`no screen has a fault that axe knows (${name})`, async () => {
		const ana = await Person.at(browser, server.url, options);
		const { page } = ana;
		await page.getByRole("button", { name: "Log in", exact: true }).waitFor();
		await fine(ana, "log in");
		await page.getByRole("button", { name: /sign up|create an account/i }).click();
		await fine(ana, "sign up");
		await page.goto(server.url);
		await page.getByRole("button", { name: "Continue with a token" }).click();
		await fine(ana, "a token");
		await page.goto(server.url);
		await ana.logIn("ana");
		await ana.online();
		await fine(ana, "the list");
		await ana.open("general");
		await ana.send(`A message with **weight**, \`code\` and a https://example.org (${name})`);
		await ana.sees(`(${name})`);
		await fine(ana, "a conversation");
		await ana.act(`(${name})`, "More");
		await page.getByRole("menuitem").first().waitFor();
		// A menu is over everything, and in no part of the page.
		await fine(ana, "the menu of a message", { region: { enabled: false } });
		await page.getByRole("menuitem", { name: "Read by…" }).click();
		await page.getByRole("dialog").getByRole("heading", { name: /delivered/i }).first().waitFor();
		await fine(ana, "who read it");
		await page.keyboard.press("Escape");
		await page.getByRole("button", { name: "Details" }).click();
		await fine(ana, "the details");
		await page.goto(server.url);
		await page.getByRole("button", { name: "New conversation" }).click();
		await page.getByLabel("Find people").fill("ru");
		await page.locator("[data-people]").getByRole("button", { name: /rui/ }).waitFor();
		await fine(ana, "a new conversation");
		await page.getByText("Meeting", { exact: true }).click();
		await fine(ana, "a new meeting");
		await page.keyboard.press("Escape");
		await page.keyboard.press("Control+k");
		await page.getByRole("combobox").fill("g");
		await fine(ana, "the switcher");
		await page.keyboard.press("Escape");
		for (const section of ["profile", "looks", "privacy", "security", "devices"]) {
			await page.goto(`${server.url}/settings/${section}`);
			await page.getByRole("heading", { name: "Settings" }).waitFor();
			await fine(ana, `settings: ${section}`);
		}
		for (const section of ["server", "people", "channels", "roster", "rules", "audit"]) {
			await page.goto(`${server.url}/admin/${section}`);
			await page.locator('main :is([data-row], form, [role="img"])').first().waitFor();
			await fine(ana, `administration: ${section}`);
		}
		await page.goto(`${server.url}/admin/people`);
		await page.getByRole("button", { name: "New account" }).click();
		await page.getByRole("dialog").getByLabel("Username").waitFor();
		await fine(ana, "a new account");
		await page.goto(`${server.url}/admin/roster`);
		const buffer = Buffer.from("user,course,class,role\nrui,Algebra,1A,student\n");
		await page.locator('input[type="file"]').setInputFiles({ name: "roster.csv", mimeType: "text/csv", buffer });
		await page.locator("[data-difference]").waitFor();
		await fine(ana, "what a roster would change");
		await page.goto(`${server.url}/join/nothing-there`);
		await page.getByRole("link", { name: /conversations/i }).or(page.getByRole("button", { name: /conversations/i })).first().waitFor();
		await fine(ana, "an invitation that is gone");
		await ana.context.close();
	});
}
