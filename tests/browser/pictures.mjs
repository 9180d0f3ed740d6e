// Takes the pictures of docs/screenshots anew: `npm run pictures` here. Every screen, light and dark, wide and narrow. The
// machine should have a font with emoji (Debian: fonts-noto-color-emoji).

import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Person, browser as launch } from "./person.mjs";
import { Server } from "./server.mjs";

const folder = path.resolve(import.meta.dirname, "../../docs/screenshots");
const WIDTHS = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };

const TALK = [
	["rui", "Morning! Did anyone understand **exercise 4** of the sheet?"],
	["marta", "Yes: it is the sum over all paths, so\n```\nP(n) = P(n-1) + P(n-2)\n```"],
	["rui", "Ah, that is all? I looked for a formula for an hour 😅"],
	["ana", "@rui we can go through it before the lecture, I am in the library from ten"],
	["marta", "I will be there too. See https://example.org/notes for mine"],
];

const ROSTER = `user,course,class,role,name
marta,Algebra,1A,teacher,Marta Lopes
rui,Algebra,1A,student,Rui Matos
joana,Algebra,1A,student,Joana Reis
tiago,Algebra,1B,student,Tiago Melo
ana,Analysis,2B,student,Ana Ferreira
marta,Analysis,2B,teacher,Marta Lopes
`;

await mkdir(folder, { recursive: true });
const server = await Server.start();
await server.end();
await writeFile(path.join(tmpdir(), "klatch-pictures.csv"), "user,course,class,role\nana,Analysis,2B,student\nmarta,Analysis,2B,teacher\n");
await server.command("roster", "import", path.join(tmpdir(), "klatch-pictures.csv"), "--space", "demo");
await server.restart();
const browser = await launch();
try {
	const { chat, code } = await talk();
	for (const colorScheme of ["light", "dark"]) {
		for (const [size, viewport] of Object.entries(WIDTHS)) await screens({ colorScheme, size, viewport, chat, code });
	}
} finally {
	await browser.close();
	await server.stop();
}

/** The administration, with something going on in its charts. */
async function administration(page, picture, chat) {
	await page.goto(`${server.url}/admin/server`);
	for (let at = 0; at < 60; at++) {
		await chat(`Number ${at}`);
		await page.waitForTimeout(150);
	}
	await picture("admin-server");
	for (const section of ["people", "channels", "rules", "audit"]) {
		await page.goto(`${server.url}/admin/${section}`);
		await page.locator("main :is([data-row], form)").first().waitFor();
		await picture(`admin-${section}`);
	}
	await page.goto(`${server.url}/admin/roster`);
	await page.locator('input[type="file"]').setInputFiles({ name: "autumn.csv", mimeType: "text/csv", buffer: Buffer.from(ROSTER) });
	await page.locator("[data-difference]").waitFor();
	await picture("admin-roster");
}

/** Something to read; gives how to say something elsewhere, and an invitation to there. */
async function talk() {
	const people = {};
	for (const name of ["ana", "rui", "marta"]) {
		const body = { username: name, password: "klatch-demo-2026" };
		people[name] = await server.call("POST", "/v1/auth/login", { body });
	}
	const as = (name, method, where, body) => server.call(method, where, { token: people[name].access_token, body });
	const members = ["rui", "marta"].map((name) => people[name].user.id);
	const group = await as("ana", "POST", "/v1/channels", { kind: "group", name: "Algebra, study group", topic: "Mondays at ten in the library", members });
	for (const [at, [name, text]] of TALK.entries()) {
		const key = `0190f3a1-7c1e-7000-8000-${String(at).padStart(12, "0")}`;
		const { seq } = await as(name, "POST", `/v1/channels/${group.id}/messages`, { key, text });
		if (at === 1) for (const other of ["ana", "rui"]) await as(other, "PUT", `/v1/channels/${group.id}/messages/${seq}/reactions/${encodeURIComponent("👍")}`);
	}
	const direct = await as("rui", "POST", "/v1/channels", { kind: "direct", members: [people.ana.user.id] });
	await as("rui", "POST", `/v1/channels/${direct.id}/messages`, { key: "0190f3a1-7c1e-7000-8000-0000000000ff", text: "Do you have the book with you?" });
	await as("ana", "POST", "/v1/channels", { kind: "meeting", name: "Weekly meeting", members });
	const team = await as("marta", "POST", "/v1/channels", { kind: "group", name: "Volleyball on Thursdays", members: [people.rui.user.id] });
	const { code } = await as("marta", "POST", `/v1/channels/${team.id}/invites`, {});
	const chat = (text) => as("rui", "POST", `/v1/channels/${team.id}/messages`, { key: crypto.randomUUID(), text });
	return { chat, code };
}

async function screens({ colorScheme, size, viewport, chat, code }) {
	const touch = size === "narrow" ? { hasTouch: true, isMobile: true } : {};
	const ana = await Person.at(browser, server.url, { colorScheme, viewport, reducedMotion: "reduce", ...touch });
	const { page } = ana;
	const picture = async (name) => {
		await page.mouse.move(viewport.width / 2, 4); // no tooltip in the way
		await page.waitForTimeout(400); // what comes a little later: presence, pictures of menus
		await page.screenshot({ path: path.join(folder, `${name}-${size}-${colorScheme}.png`) });
	};
	await page.getByRole("button", { name: "Log in", exact: true }).waitFor();
	await picture("sign-in");
	await page.getByRole("button", { name: "New here? Create an account" }).click();
	await picture("sign-up");
	await page.goto(server.url);
	await page.getByRole("button", { name: "Continue with a token" }).click();
	await picture("token");
	await page.goto(server.url);
	await ana.logIn("ana");
	await ana.online();
	await ana.line("general").waitFor();
	if (size === "narrow") await picture("list");
	await ana.open("Algebra, study group");
	await ana.sees("I will be there too");
	await picture("conversation");
	const details = page.getByRole("button", { name: "Details" });
	if ((await details.getAttribute("aria-pressed")) !== "true") await details.click();
	await page.locator('[data-member="rui"]').waitFor();
	await picture("details");
	await page.goto(server.url);
	await ana.open("Algebra, study group");
	// By keyboard, which a wide window and a telephone have in common.
	await ana.message("we can go through it before the lecture").focus();
	await page.keyboard.press("Enter");
	await page.getByRole("menuitem", { name: "Read by…" }).click();
	await page.getByRole("dialog").getByText("Rui Matos").waitFor();
	await picture("read-by");
	await page.goto(server.url);
	await ana.open("Weekly meeting");
	if ((await details.getAttribute("aria-pressed")) !== "true") await details.click();
	await page.locator("[data-meeting]").waitFor();
	await picture("meeting");
	await page.goto(server.url);
	await ana.open("Analysis · 2B");
	if ((await details.getAttribute("aria-pressed")) !== "true") await details.click();
	await page.locator('[data-member="ana"]').waitFor();
	await picture("roster-channel");
	await page.goto(server.url);
	await page.getByRole("button", { name: "New conversation" }).click();
	await page.getByLabel("Find people").fill("r");
	await page.locator("[data-people]").getByRole("button", { name: /rui/ }).waitFor();
	await picture("new-conversation");
	await page.getByText("Meeting", { exact: true }).click();
	await picture("new-meeting");
	await page.keyboard.press("Escape");
	await page.keyboard.press("Control+k");
	await page.getByRole("combobox").fill("al");
	await picture("switcher");
	for (const section of ["profile", "looks", "privacy", "security", "devices"]) {
		await page.goto(`${server.url}/settings/${section}`);
		await page.getByRole("heading", { name: "Settings" }).waitFor();
		await picture(`settings-${section}`);
	}
	await page.goto(`${server.url}/join/${code}`);
	await page.getByRole("button", { name: "Join" }).waitFor();
	await picture("join");
	await administration(page, picture, chat);
	await ana.context.close();
}
