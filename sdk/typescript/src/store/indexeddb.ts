// Keeps everything in the browser's IndexedDB, shared by its tabs.

import { type DBSchema, deleteDB, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from "idb";
import type { Channel, Event, Me, Message, Messages, Seq, User } from "../wire/generated/views.ts";
import { begun, grown, kept, sunk, written } from "./copying.ts";
import type { Copy, Store, Waiting } from "./store.ts";

/** Counts changes of the tables below. */
const VERSION = 1;

interface Tables extends DBSchema {
	messages: { key: [string, Seq]; value: Message };
	copies: { key: string; value: Copy };
	/** Each channel with its place in the list. */
	lines: { key: string; value: { place: number; channel: Channel } };
	users: { key: string; value: User };
	/** Numbered in the order in which they were written. */
	waiting: { key: number; value: Waiting; indexes: { key: string } };
	facts: { key: "epoch" | "me"; value: string | Me };
}

type Writing = IDBPTransaction<Tables, StoreNames<Tables>[], "readwrite">;

/** A store in IndexedDB. */
export class IndexedDbStore implements Store {
	readonly #name: string;
	readonly #database: IDBPDatabase<Tables>;

	private constructor(name: string, database: IDBPDatabase<Tables>) {
		this.#name = name;
		this.#database = database;
	}

	/** Opens the database of this name, or makes it. Errors: those of IndexedDB, where a browser allows none. */
	static async open(name: string): Promise<IndexedDbStore> {
		const database = await openDB<Tables>(name, VERSION, {
			upgrade(database) {
				database.createObjectStore("messages", { keyPath: ["channel", "seq"] });
				database.createObjectStore("copies", { keyPath: "channel" });
				database.createObjectStore("lines", { keyPath: "channel.id" });
				database.createObjectStore("users", { keyPath: "id" });
				const waiting = database.createObjectStore("waiting", { autoIncrement: true });
				waiting.createIndex("key", "key", { unique: true });
				database.createObjectStore("facts");
			},
			// Another tab deletes the database or brings a newer version.
			blocking: (_old, _new, event) => (event.target as IDBDatabase).close(),
		});
		return new IndexedDbStore(name, database);
	}

	async copies() {
		const [epoch, copies] = await Promise.all([
			this.#database.get("facts", "epoch") as Promise<string | undefined>,
			this.#database.getAll("copies"),
		]);
		return { epoch, copies };
	}

	async copy(channel: string) {
		return this.#database.get("copies", channel);
	}

	begin(channel: string, page: Messages) {
		return this.#write(["copies", "messages", "facts"], async (tables) => {
			await tables.objectStore("facts").put(page.epoch, "epoch");
			await tables.objectStore("copies").put(begun(channel, page));
			await put(tables, page);
		});
	}

	append(channel: string, events: readonly Event[]) {
		return this.#write(["copies", "messages"], async (tables) => {
			const copy = await tables.objectStore("copies").get(channel);
			if (!copy) return;
			const grew = grown(copy, events);
			if (grew.taken.length === 0) return;
			await tables.objectStore("copies").put(grew.copy);
			const messages = tables.objectStore("messages");
			for (const event of grew.taken) {
				await written(
					event,
					(seq) => messages.get([channel, seq]),
					(message) => messages.put(message),
				);
			}
		});
	}

	extend(channel: string, before: Seq, page: Messages) {
		return this.#write(["copies", "messages"], async (tables) => {
			await put(tables, page);
			const copy = await tables.objectStore("copies").get(channel);
			if (copy) await tables.objectStore("copies").put(sunk(copy, before, page));
		});
	}

	async messages(channel: string, before: Seq, limit: number) {
		const found: Message[] = [];
		const range = IDBKeyRange.bound([channel, 0], [channel, before], false, true);
		const { store } = this.#database.transaction("messages");
		for (let cursor = await store.openCursor(range, "prev"); cursor && found.length < limit; ) {
			found.push(cursor.value);
			cursor = await cursor.continue();
		}
		return found;
	}

	forget(channel: string) {
		return this.#write(["copies", "messages"], async (tables) => {
			await tables.objectStore("copies").delete(channel);
			await tables.objectStore("messages").delete(IDBKeyRange.bound([channel, 0], [channel, Number.MAX_SAFE_INTEGER]));
		});
	}

	afresh(epoch: string | undefined) {
		return this.#write(["copies", "facts"], async (tables) => {
			await tables.objectStore("copies").clear();
			if (epoch === undefined) await tables.objectStore("facts").delete("epoch");
			else await tables.objectStore("facts").put(epoch, "epoch");
		});
	}

	async lines() {
		const lines = await this.#database.getAll("lines");
		return lines.sort((one, other) => one.place - other.place).map(({ channel }) => channel);
	}

	keepLines(lines: readonly Channel[]) {
		return this.#write(["lines"], async (tables) => {
			const table = tables.objectStore("lines");
			await table.clear();
			for (const [place, channel] of lines.entries()) await table.put({ place, channel });
		});
	}

	async me() {
		return (await this.#database.get("facts", "me")) as Me | undefined;
	}

	async keepMe(me: Me) {
		await this.#database.put("facts", me, "me");
	}

	async user(id: string) {
		return this.#database.get("users", id);
	}

	keepUsers(users: readonly User[]) {
		return this.#write(["users"], async (tables) => {
			for (const user of users) await tables.objectStore("users").put(user);
		});
	}

	async waiting() {
		return this.#database.getAll("waiting");
	}

	keepWaiting(waiting: Waiting) {
		return this.#write(["waiting"], async (tables) => {
			const table = tables.objectStore("waiting");
			await table.put(waiting, await table.index("key").getKey(waiting.key));
		});
	}

	dropWaiting(key: string) {
		return this.#write(["waiting"], async (tables) => {
			const table = tables.objectStore("waiting");
			const number = await table.index("key").getKey(key);
			if (number !== undefined) await table.delete(number);
		});
	}

	close() {
		this.#database.close();
	}

	async erase() {
		this.#database.close();
		await deleteDB(this.#name);
	}

	/** Durable: a message that waits must survive a crash of the machine's browser. */
	async #write(names: StoreNames<Tables>[], change: (tables: Writing) => Promise<void>): Promise<void> {
		const tables = this.#database.transaction(names, "readwrite", {
			durability: names.includes("waiting") ? "strict" : "relaxed",
		});
		await Promise.all([change(tables as Writing), tables.done]);
	}
}

async function put(tables: Writing, page: Messages): Promise<void> {
	const table = tables.objectStore("messages");
	for (const message of page.messages) {
		const ours = message.text === "" ? await table.get([message.channel, message.seq]) : undefined;
		await table.put(kept(message, ours));
	}
}
