// A real server and its people.

// @ts-expect-error It is JavaScript, shared with the tests of the browser.
import { PASSWORD, Server } from "../../../tests/browser/server.mjs";
import { Account, Klatch, type KlatchOptions, once, type Readable } from "../src/index.ts";

/** A process of the built binary with a folder of its own. */
export interface RunningServer {
	readonly url: string;
	/** Base address of the listener for operators. */
	readonly internal: string;
	kill(): Promise<void>;
	end(): Promise<void>;
	restart(): Promise<void>;
	stop(): Promise<void>;
}

/** Starts a server with the demo's people: ana, rui and others. */
export function startServer(env: Record<string, string> = {}): Promise<RunningServer> {
	return Server.start({ env });
}

/** Where a sign-in is remembered in a test. */
export class Memory implements Pick<Storage, "getItem" | "setItem" | "removeItem"> {
	readonly kept = new Map<string, string>();
	getItem(key: string) {
		return this.kept.get(key) ?? null;
	}
	setItem(key: string, value: string) {
		this.kept.set(key, value);
	}
	removeItem(key: string) {
		this.kept.delete(key);
	}
}

/** Signs one of the demo's people in. */
export function signIn(server: RunningServer, username: string, device = "test"): Promise<Account> {
	return Account.signIn(server.url, { username, password: PASSWORD, device }, new Memory());
}

/** A client of one of the demo's people, online and with its list of channels. */
export async function client(
	server: RunningServer,
	username: string,
	options: Partial<KlatchOptions> = {},
): Promise<Klatch> {
	const account = await signIn(server, username);
	const klatch = await Klatch.open({ url: server.url, token: account.token, ...options });
	await once(klatch.status, ({ state }) => state === "online");
	await once(klatch.channels, (channels) => channels !== undefined);
	await once(klatch.me, (me) => me !== undefined);
	return klatch;
}

/** The first value that is as wished; fails with the last one when it does not come. */
export async function until<T>(readable: Readable<T>, accepts: (value: T) => boolean, what = "a value"): Promise<T> {
	const late = new Promise<never>((_, reject) => {
		const tell = () =>
			reject(new Error(`${what} did not come; last: ${JSON.stringify(readable.get())?.slice(0, 2_000)}`));
		setTimeout(tell, 20_000).unref();
	});
	return Promise.race([once(readable, accepts), late]);
}
