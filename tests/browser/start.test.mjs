// Two people who have never been here: accounts, a group, an invitation, a conversation.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Person, browser as launch } from "./person.mjs";
import { Server } from "./server.mjs";

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

async function signUp(person, username, name) {
	const { page } = person;
	await page.getByRole("button", { name: "New here? Create an account" }).click();
	await page.getByLabel("Your name").fill(name);
	await page.getByLabel("Username", { exact: true }).fill(username);
	await page.getByLabel("Password", { exact: true }).fill("four words in a row");
	await page.getByRole("button", { name: "Sign up", exact: true }).click();
}

test("sign up, make a group, invite someone who signs up too, and chat both ways", async () => {
	const joana = await Person.at(browser, server.url);
	await signUp(joana, "joana", "Joana Reis");
	await joana.online();
	await joana.page.getByText("No conversations yet").waitFor();
	await joana.picture("start-nothing-yet");
	await joana.page.getByRole("button", { name: "New conversation" }).first().click();
	await joana.page.getByLabel("Name of the group").fill("Reading circle");
	await joana.answer("Start");
	await joana.opened("Reading circle");
	await joana.page.getByRole("button", { name: "Invite by link" }).click();
	await joana.answer("Make a link");
	const link = await joana.page.getByRole("dialog").getByRole("textbox", { name: "Link" }).inputValue();
	await joana.answer("Close");

	const tiago = await Person.at(browser, link);
	await tiago.page.getByText("You have been invited").waitFor();
	await signUp(tiago, "tiago", "Tiago Melo");
	await tiago.page.getByRole("heading", { name: "Reading circle" }).waitFor();
	await tiago.page.getByRole("button", { name: "Join" }).click();
	await tiago.opened("Reading circle");
	await tiago.send("Which book is it?");
	await joana.sees("Which book is it?");
	await joana.send("“Os Maias”. Have you read it?");
	await tiago.sees("Have you read it?");
	for (const person of [joana, tiago]) {
		assert.deepEqual(await person.channels(), ["Reading circle"]);
		assert.deepEqual(person.complaints, []);
	}
});
