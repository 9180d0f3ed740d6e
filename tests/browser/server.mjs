// A real server for a test: its own data folder, any free port, killed and started again at will.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, "../..");
const binary = path.resolve(process.env.KLATCH_BIN ?? path.join(root, "target/debug/klatch"));
const START_MS_MAX = 60_000;

/** Password of everyone in the demo space. */
export const PASSWORD = "klatch-demo-2026";

export class Server {
	#child = null;
	#folder = null;
	#said = "";
	/** Base address of the public listener. */
	url = null;
	/** Base address of the internal listener. */
	internal = null;

	#env = {};

	/** A server with a demo; `env` has variables of its configuration. */
	static async start({ env = {} } = {}) {
		const server = new Server();
		server.#env = env;
		server.#folder = await mkdtemp(path.join(tmpdir(), "klatch-browser-"));
		await server.#run("127.0.0.1:0", ["--demo"]);
		return server;
	}

	/** Runs a command on the data; most need the process to have ended. What it prints. */
	async command(...args) {
		const options = { cwd: this.#folder, env: this.#ownEnv() };
		const { stdout } = await run(binary, ["--data", this.#data(), ...args], options);
		return stdout;
	}

	/** The process ends at once, wherever it is. */
	async kill() {
		const gone = new Promise((resolve) => this.#child.once("exit", resolve));
		this.#child.kill("SIGKILL");
		await gone;
	}

	/** The process is asked to end, and does. */
	async end() {
		const gone = new Promise((resolve) => this.#child.once("exit", resolve));
		this.#child.kill("SIGTERM");
		await gone;
	}

	/** Starts again at the same address with the same data. */
	async restart() {
		await this.#run(new URL(this.url).host, []);
	}

	async stop() {
		if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
		await rm(this.#folder, { recursive: true, force: true });
	}

	#data() {
		return path.join(this.#folder, "data");
	}

	/** The test's own variables are not the server's configuration. */
	#ownEnv() {
		const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("KLATCH_")));
		return { ...env, ...this.#env };
	}

	async #run(address, more) {
		const listen = ["--public", address, "--internal", "127.0.0.1:0"];
		const child = spawn(binary, ["--data", this.#data(), "serve", ...listen, ...more], { cwd: this.#folder, env: this.#ownEnv() });
		this.#child = child;
		child.stderr.on("data", (chunk) => (this.#said = (this.#said + chunk).slice(-8_000)));
		[this.url, this.internal] = await new Promise((resolve, reject) => {
			const fail = (why) => reject(new Error(`${binary} ${why}\n${this.#said}`));
			const timer = setTimeout(() => fail("did not say its address"), START_MS_MAX);
			child.once("error", (error) => fail(`could not be started: ${error.message}`));
			child.once("exit", (code) => fail(`ended with ${code}`));
			const told = {};
			createInterface({ input: child.stdout }).on("line", (line) => {
				const [, what, where] = line.match(/^\s*(open|internal)\s+(http:\/\/[^/\s]+)/) ?? [];
				if (!what) return;
				told[what] = where;
				if (!told.open || !told.internal) return;
				clearTimeout(timer);
				resolve([told.open, told.internal]);
			});
		});
	}

	/** A REST call; the answer, or an error with what the server said. */
	async call(method, where, { token, body } = {}) {
		const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
		const response = await fetch(this.url + where, { method, headers, body: body && JSON.stringify(body) });
		const answer = await response.json();
		if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${JSON.stringify(answer)}`);
		return answer;
	}
}
