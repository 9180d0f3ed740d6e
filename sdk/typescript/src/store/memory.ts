// Keeps everything until the program ends.

import type { Channel, Event, Me, Message, Messages, Seq, User } from "../wire/generated/views.ts";
import { begun, grown, kept, sunk, written } from "./copying.ts";
import type { Copy, Store, Waiting } from "./store.ts";

/** A store in memory. */
export class MemoryStore implements Store {
	#epoch: string | undefined;
	readonly #copies = new Map<string, Copy>();
	readonly #messages = new Map<string, Map<Seq, Message>>();
	readonly #users = new Map<string, User>();
	readonly #waiting = new Map<string, Waiting>();
	#lines: readonly Channel[] = [];
	#me: Me | undefined;

	async copies() {
		return { epoch: this.#epoch, copies: [...this.#copies.values()] };
	}

	async copy(channel: string) {
		return this.#copies.get(channel);
	}

	async begin(channel: string, page: Messages) {
		this.#epoch = page.epoch;
		this.#copies.set(channel, begun(channel, page));
		this.#put(channel, page);
	}

	async append(channel: string, events: readonly Event[]) {
		const copy = this.#copies.get(channel);
		if (!copy) return;
		const grew = grown(copy, events);
		this.#copies.set(channel, grew.copy);
		const messages = this.#of(channel);
		for (const event of grew.taken) {
			await written(
				event,
				async (seq) => messages.get(seq),
				async (message) => messages.set(message.seq, message),
			);
		}
	}

	async extend(channel: string, before: Seq, page: Messages) {
		this.#put(channel, page);
		const copy = this.#copies.get(channel);
		if (copy) this.#copies.set(channel, sunk(copy, before, page));
	}

	async messages(channel: string, before: Seq, limit: number) {
		return [...this.#of(channel).values()]
			.filter(({ seq }) => seq < before)
			.sort((one, other) => other.seq - one.seq)
			.slice(0, limit);
	}

	async forget(channel: string) {
		this.#copies.delete(channel);
		this.#messages.delete(channel);
	}

	async afresh(epoch: string | undefined) {
		this.#epoch = epoch;
		this.#copies.clear();
	}

	async lines() {
		return [...this.#lines];
	}

	async keepLines(lines: readonly Channel[]) {
		this.#lines = lines;
	}

	async me() {
		return this.#me;
	}

	async keepMe(me: Me) {
		this.#me = me;
	}

	async user(id: string) {
		return this.#users.get(id);
	}

	async keepUsers(users: readonly User[]) {
		for (const user of users) this.#users.set(user.id, user);
	}

	async waiting() {
		return [...this.#waiting.values()];
	}

	async keepWaiting(waiting: Waiting) {
		this.#waiting.set(waiting.key, waiting);
	}

	async dropWaiting(key: string) {
		this.#waiting.delete(key);
	}

	close() {}

	async erase() {
		this.#copies.clear();
		this.#messages.clear();
		this.#users.clear();
		this.#waiting.clear();
		this.#lines = [];
		this.#me = undefined;
		this.#epoch = undefined;
	}

	#of(channel: string): Map<Seq, Message> {
		const messages = this.#messages.get(channel) ?? new Map<Seq, Message>();
		this.#messages.set(channel, messages);
		return messages;
	}

	#put(channel: string, page: Messages): void {
		const messages = this.#of(channel);
		for (const message of page.messages) messages.set(message.seq, kept(message, messages.get(message.seq)));
	}
}
