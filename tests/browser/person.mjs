// Someone in front of a browser window: what they do and what they see, told by what is on the screen.

import { mkdir } from "node:fs/promises";
import path from "node:path";
import { chromium } from "playwright-core";
import { PASSWORD } from "./server.mjs";

const pictures = path.resolve(import.meta.dirname, "../../target/screenshots");
const WAIT_MS_MAX = 15_000;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync"];

export function browser() {
	return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS });
}

export class Person {
	complaints = []; // of the page: uncaught errors and refusals by its content security policy

	/** A window of its own profile. */
	static async at(browser, url, options = {}) {
		const person = new Person();
		person.context = await browser.newContext({ viewport: { width: 1180, height: 760 }, locale: "en-GB", ...options });
		await person.tab(url);
		return person;
	}

	async tab(url) {
		const page = await this.context.newPage();
		page.setDefaultTimeout(WAIT_MS_MAX);
		page.on("pageerror", (error) => this.complaints.push(String(error)));
		page.on("console", (message) => {
			if (/content security policy/i.test(message.text())) this.complaints.push(message.text());
		});
		await page.goto(url);
		this.page = page;
		return page;
	}

	async logIn(username, password = PASSWORD) {
		await this.page.getByLabel("Username", { exact: true }).fill(username);
		await this.page.getByLabel("Password", { exact: true }).fill(password);
		await this.page.getByRole("button", { name: "Log in", exact: true }).click();
	}

	async online() {
		await this.page.locator('[data-connection="online"]').waitFor({ state: "attached" });
	}

	line(channel) {
		const name = this.page.locator(".channel-name", { hasText: new RegExp(`^${channel}$`) });
		return this.page.locator("[data-channels] .channel").filter({ has: name });
	}

	async open(channel) {
		await this.line(channel).click();
		await this.opened(channel);
	}

	/** The channel is on the screen, with its messages. */
	async opened(channel) {
		await this.page.locator(".channel-title", { hasText: channel }).waitFor();
		await this.page.locator('[data-messages][aria-busy="false"]').waitFor();
	}

	async send(text) {
		await this.page.getByLabel("Message", { exact: true }).fill(text);
		await this.page.getByLabel("Message", { exact: true }).press("Enter");
	}

	/** A message on the screen; those that are in the log, unless told otherwise. */
	message(text, state = "") {
		const which = state ? `[data-state="${state}"]` : ':not([data-state="sending"]):not([data-state="failed"])';
		const said = this.page.locator(".message-text", { hasText: text });
		return this.page.locator(`[data-messages] article${which}`).filter({ has: said });
	}

	async sees(text) {
		await this.message(text).first().waitFor();
	}

	/** Does something with a message, as its toolbar offers it. */
	async act(text, label) {
		await this.message(text).hover();
		await this.message(text).getByRole("button", { name: label, exact: true }).click();
	}

	/** Does something with a message that is in its menu. */
	async choose(text, label) {
		await this.act(text, "More");
		await this.page.getByRole("menuitem", { name: label, exact: true }).click();
	}

	/** Presses a button of the dialog that is open. */
	async answer(label) {
		await this.page.getByRole("dialog").getByRole("button", { name: label, exact: true }).click();
	}

	/** The texts on the screen, in order, that begin so. */
	async texts(beginning) {
		const texts = await this.page.locator("[data-messages] .message-text").allTextContents();
		return texts.filter((text) => text.startsWith(beginning));
	}

	async channels() {
		return this.page.locator("[data-channels] .channel-name").allTextContents();
	}

	/** What the badge of a line says; `accent` counts what is unread, `alert` what mentions one. */
	async badge(channel, look = "accent") {
		// In one look: between two it may be gone.
		const [badge] = await this.line(channel).locator(`[data-badge="${look}"] .sr-only`).allTextContents();
		return badge ?? null;
	}

	/** Waits until `read()` gives what `wanted` says. */
	async until(read, wanted, what) {
		const end = Date.now() + WAIT_MS_MAX;
		for (let seen; ; ) {
			seen = await read();
			if (wanted(seen)) return seen;
			if (Date.now() > end) throw new Error(`${what}: the last seen was ${JSON.stringify(seen)}`);
			await this.page.evaluate(() => new Promise(requestAnimationFrame));
		}
	}

	async picture(name) {
		await mkdir(pictures, { recursive: true });
		await this.page.screenshot({ path: path.join(pictures, `${name}.png`) });
	}
}
