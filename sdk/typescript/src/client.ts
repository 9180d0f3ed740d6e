// The client: one connection to the server, and everything that is known of it.

import type { ChannelHandle } from "./channel/channel.ts";
import type { Link, Status } from "./link/link.ts";
import { SocketLink } from "./link/socket.ts";
import { canShare, TabsLink } from "./link/tabs.ts";
import type { Readable } from "./readable.ts";
import { IndexedDbStore } from "./store/indexeddb.ts";
import { MemoryStore } from "./store/memory.ts";
import type { Store } from "./store/store.ts";
import { type Heard, Sync } from "./sync.ts";
import type {
	Channel,
	ChannelCreated,
	Me,
	Members,
	Reply,
	User,
	UserId,
	UserPresence,
	Users,
} from "./wire/generated/views.ts";
import type { ArgsOf, Op, Replies } from "./wire/replies.ts";
import { downloadAs, requestAs, type TokenSource } from "./wire/rest.ts";

/** How a client is made. */
export interface KlatchOptions {
	/** Base address of the server, such as `https://chat.example.org`. */
	url: string;
	/** Gives access tokens: `Account.token`, or the token of the page's own product. */
	token: TokenSource;
	/** Whose client it is: any text that is always the same for the same user. Their channels, messages and what waits to
	 * be sent are then kept in this browser, and its tabs share one socket. Without it everything is in memory. */
	owner?: string;
	/** Where to keep things, in place of the browser's IndexedDB. */
	store?: Store;
	/** Whether tabs share a socket; `true` where the browser can and `owner` is given. */
	tabs?: boolean;
	/** What the client calls itself in the operators' lists. */
	name?: string;
}

/** A client of one user. */
export class Klatch {
	/** Base address of the server. */
	readonly url: string;
	/** How the connection stands. */
	readonly status: Readable<Status>;
	/** Oneself; `undefined` until it is known. */
	readonly me: Readable<Me | undefined>;
	/** One's channels, last activity first; `undefined` until they are known. */
	readonly channels: Readable<readonly Channel[] | undefined>;
	/** Whether the socket is this tab's own. */
	readonly leads: Readable<boolean>;
	readonly #token: TokenSource;
	readonly #store: Store;
	readonly #link: Link;
	readonly #sync: Sync;
	readonly #listeners = new Map<keyof Heard, Set<(what: never) => void>>();
	readonly #ending = new AbortController();

	private constructor(options: KlatchOptions, store: Store) {
		const { url, token, owner, tabs = true, name = "klatch-client" } = options;
		this.url = url;
		this.#token = token;
		this.#store = store;
		const socket = new SocketLink({ url, token, name });
		this.#link = owner !== undefined && tabs && canShare() ? new TabsLink(database(url, owner), socket) : socket;
		this.#sync = new Sync({
			store,
			link: this.#link,
			readMe: () => this.rest<Me>("GET", "/v1/me"),
			tell: (kind, what) => this.#tell(kind, what),
		});
		this.status = this.#link.status;
		this.leads = this.#link.leads;
		this.me = this.#sync.me;
		this.channels = this.#sync.list;
	}

	/** Makes a client, takes what was kept from before, and begins to connect. */
	static async open(options: KlatchOptions): Promise<Klatch> {
		const klatch = new Klatch(options, options.store ?? (await storeOf(options)));
		await klatch.#sync.restore();
		klatch.#link.start(klatch.#sync);
		klatch.#hurryWhenItHelps();
		return klatch;
	}

	/** The channel of an id, always the same object. */
	channel(id: string): ChannelHandle {
		return this.#sync.channel(id);
	}

	/** A person; who is not known yet is asked for. */
	user(id: UserId): Readable<User | undefined> {
		return this.#sync.people.user(id);
	}

	/** How present someone is; `undefined` as long as nobody has told. */
	presence(id: UserId): Readable<UserPresence | undefined> {
		return this.#sync.people.presence(id);
	}

	/** Listens to something until the function that is returned is called. */
	on<K extends keyof Heard>(kind: K, listener: (what: Heard[K]) => void): () => void {
		const listeners = this.#listeners.get(kind) ?? new Set();
		this.#listeners.set(kind, listeners);
		listeners.add(listener);
		return () => void listeners.delete(listener);
	}

	/** Runs any command of the socket. Errors: `Refused` with the server's problem, `Unanswered` if nothing definite came. */
	async call<O extends Op>(op: O, args: ArgsOf<O>): Promise<Replies[O]> {
		const reply = await this.#link.call(op, args);
		this.#learn(op, reply);
		return reply;
	}

	/** Asks over REST, as oneself. Errors as of `call`. */
	rest<T>(method: string, path: string, body?: unknown): Promise<T> {
		return requestAs<T>(this.url, this.#token, method, path, body);
	}

	/** Reads a file over REST, such as a transcript, as oneself. Errors as of `call`. */
	download(path: string): Promise<Blob> {
		return downloadAs(this.url, this.#token, path);
	}

	/** Connects now rather than after the wait. */
	hurry(): void {
		this.#link.hurry();
	}

	/** Ends the connection; everything that is kept stays. */
	async close(): Promise<void> {
		this.#ending.abort();
		this.#link.close();
		await this.#sync.written();
		this.#store.close();
	}

	/** Ends the connection and deletes everything that is kept here. */
	async forget(): Promise<void> {
		await this.close();
		await this.#store.erase();
	}

	/** What an answer tells beside what was asked. */
	#learn(op: Op, reply: Reply): void {
		const { people } = this.#sync;
		if (op === "member_list") people.learn((reply as Members).members.map(({ user }) => user));
		else if (op === "user_search") people.learn((reply as Users).users);
		else if (op === "user_get") people.learn([reply as User]);
		else if (op === "channel_create" || op === "circle_create") this.#sync.put((reply as ChannelCreated).channel);
		else if (op === "invite_accept" || op === "channel_get") this.#putMine(reply as Channel);
	}

	/** A channel that one only looks at is not in the list. */
	#putMine(channel: Channel): void {
		if (channel.role !== undefined) this.#sync.put(channel);
	}

	#tell<K extends keyof Heard>(kind: K, what: Heard[K]): void {
		for (const listener of this.#listeners.get(kind) ?? []) listener(what as never);
	}

	/** A page that is looked at again, or is back on the network, does not wait. */
	#hurryWhenItHelps(): void {
		if (globalThis.document === undefined) return;
		const { signal } = this.#ending;
		const hurry = () => document.visibilityState === "visible" && this.hurry();
		window.addEventListener("online", hurry, { signal });
		document.addEventListener("visibilitychange", hurry, { signal });
	}
}

/** The browser's database, if it has one for us: some have none in private windows. */
async function storeOf({ url, owner }: KlatchOptions): Promise<Store> {
	if (owner === undefined || globalThis.indexedDB === undefined) return new MemoryStore();
	return IndexedDbStore.open(database(url, owner)).catch(() => new MemoryStore());
}

function database(url: string, owner: string): string {
	return `klatch:${new URL(url).origin}:${owner}`;
}
