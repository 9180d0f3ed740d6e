// People: their names, asked for once, and how present they are.

import { Cell, type Readable } from "./readable.ts";
import type { Store } from "./store/store.ts";
import { Refused } from "./wire/errors.ts";
import type { User, UserId, UserPresence } from "./wire/generated/views.ts";

/** Names that are asked for at the same time, well below the server's limit on frames. */
const ASKED_MAX = 4;

/** What is needed of the surroundings. */
export interface PeopleHost {
	store(): Store;
	ask(user: UserId): Promise<User>;
}

/** The people that the client has heard of. */
export class People {
	readonly #host: PeopleHost;
	readonly #users = new Map<UserId, Cell<User | undefined>>();
	readonly #presence = new Map<UserId, Cell<UserPresence | undefined>>();
	readonly #wanted = new Set<UserId>();
	#asking = 0;

	constructor(host: PeopleHost) {
		this.#host = host;
	}

	/** A person; who is not known yet is asked for. */
	user(id: UserId): Readable<User | undefined> {
		let user = this.#users.get(id);
		if (!user) {
			user = new Cell<User | undefined>(undefined);
			this.#users.set(id, user);
			this.#wanted.add(id);
			// Later: many are asked about while a page is being drawn, and some of them are about to be told.
			queueMicrotask(() => void this.#find(id));
		}
		return user;
	}

	/** How present someone is; `undefined` as long as nothing was told. */
	presence(id: UserId): Readable<UserPresence | undefined> {
		let presence = this.#presence.get(id);
		if (!presence) {
			presence = new Cell<UserPresence | undefined>(undefined);
			this.#presence.set(id, presence);
		}
		return presence;
	}

	/** Takes people that an answer told of. */
	learn(users: readonly User[]): void {
		const news = users.filter((user) => !same(this.#users.get(user.id)?.get(), user));
		for (const user of news) {
			this.#wanted.delete(user.id);
			const known = this.#users.get(user.id);
			if (known) known.set(user);
			else this.#users.set(user.id, new Cell<User | undefined>(user));
		}
		if (news.length > 0)
			this.#host
				.store()
				.keepUsers(news)
				.catch(() => {});
	}

	/** Takes what was told of presence. */
	take(presences: readonly UserPresence[]): void {
		for (const presence of presences) (this.presence(presence.user) as Cell<UserPresence | undefined>).set(presence);
	}

	/** The connection was lost: nobody knows who is there. */
	forgetPresence(): void {
		for (const presence of this.#presence.values()) presence.set(undefined);
	}

	/** Asks for those who are still unknown: the connection is back. */
	resume(): void {
		while (this.#asking < ASKED_MAX && this.#wanted.size > 0) void this.#next();
	}

	async #find(id: UserId): Promise<void> {
		const kept = await this.#host.store().user(id);
		if (kept) this.#users.get(id)?.set(kept);
		this.resume();
	}

	async #next(): Promise<void> {
		const [id] = this.#wanted;
		if (id === undefined) return;
		this.#wanted.delete(id);
		this.#asking += 1;
		try {
			this.learn([await this.#host.ask(id)]);
		} catch (error) {
			// One who is not known to the server will not be by asking again.
			if (!(error instanceof Refused) || error.passes) this.#wanted.add(id);
			if (!(error instanceof Refused)) return;
		} finally {
			this.#asking -= 1;
		}
		this.resume();
	}
}

function same(one: User | undefined, other: User): boolean {
	return one?.name === other.name && one.username === other.username && one.kind === other.kind;
}
