// The package as it is published, in plain Node.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
// @ts-expect-error It is JavaScript, shared with the tests of the browser.
import { PASSWORD } from "../../../tests/browser/server.mjs";
import { type RunningServer, startServer } from "./house.ts";

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, "..");
let server: RunningServer;

beforeAll(async () => {
	[server] = await Promise.all([startServer(), run("npm", ["run", "build"], { cwd: root })]);
});
afterAll(() => server?.stop());

test("it says something from a script", async () => {
	const script = `
		import { Account, Klatch, once } from "@klatch/client";
		const kept = new Map();
		const keeper = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
		const account = await Account.signIn(${JSON.stringify(server.url)}, { username: "ana", password: ${JSON.stringify(PASSWORD)}, device: "script" }, keeper);
		const klatch = await Klatch.open({ url: ${JSON.stringify(server.url)}, token: account.token });
		const [first] = await once(klatch.channels, (channels) => channels?.length > 0);
		const channel = klatch.channel(first.id);
		await channel.timeline.open();
		await channel.send("from a script");
		const { items } = await once(channel.timeline, ({ items }) => items.at(-1)?.message?.text === "from a script");
		console.log(items.at(-1).status);
		await klatch.close();
	`;
	const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "-e", script], { cwd: root });
	expect([stdout, stderr]).toEqual(["sent\n", ""]);
});

test("its types are understood by a program that uses it", async () => {
	const folder = await mkdtemp(path.join(root, "dist", "consumer-"));
	try {
		const program = `
			import { Klatch, type Status, type views } from "@klatch/client";
			import { useMessages } from "@klatch/client/react";
			export async function last(url: string, id: string): Promise<views.Message | undefined> {
				const klatch = await Klatch.open({ url, token: () => "token" });
				const status: Status["state"] = klatch.status.get().state;
				const item = klatch.channel(id).timeline.get().items.at(-1);
				return item?.kind === "message" && status === "online" ? item.message : undefined;
			}
			export const count = (id: string): number => useMessages(id).items.length;
			// @ts-expect-error There is no such command.
			export const wrong = (klatch: Klatch) => klatch.call("sing", {});
		`;
		await writeFile(path.join(folder, "program.ts"), program);
		const options = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2023,dom", "--types", "node"];
		const tsc = run(
			"npx",
			["tsc", "--ignoreConfig", "--module", "nodenext", ...options, path.join(folder, "program.ts")],
			{ cwd: root },
		);
		await tsc.catch(({ stdout }) => expect.fail(stdout));
	} finally {
		await rm(folder, { recursive: true });
	}
});
