// Who types in a channel, and telling that oneself does. Best effort (contract, delivery 8).

import { Cell, type Readable } from "../readable.ts";
import type { TypingSignal, UserId } from "../wire/generated/views.ts";

/** How often one's own typing is told again, milliseconds; the server passes no more on. */
const TOLD_EVERY_MS = 3_000;

/** Those who type, first come first. */
export class Typing implements Readable<readonly UserId[]> {
	readonly #users = new Cell<readonly UserId[]>([]);
	readonly #timers = new Map<UserId, ReturnType<typeof setTimeout>>();
	readonly #tell: (stop: boolean) => void;
	#toldAt = 0;

	/** `tell` tells the server that oneself types, or no longer does. */
	constructor(tell: (stop: boolean) => void) {
		this.#tell = tell;
	}

	get(): readonly UserId[] {
		return this.#users.get();
	}

	subscribe(listener: () => void): () => void {
		return this.#users.subscribe(listener);
	}

	/** Someone types, or does so no longer. */
	hear({ user, expires_in_ms = 0 }: TypingSignal): void {
		clearTimeout(this.#timers.get(user));
		if (expires_in_ms === 0) return this.rest(user);
		this.#timers.set(
			user,
			setTimeout(() => this.rest(user), expires_in_ms),
		);
		if (!this.get().includes(user)) this.#users.set([...this.get(), user]);
	}

	/** Someone does no longer type: they have sent what they typed. */
	rest(user: UserId): void {
		clearTimeout(this.#timers.get(user));
		this.#timers.delete(user);
		if (this.get().includes(user)) this.#users.set(this.get().filter((other) => other !== user));
	}

	/** Oneself types (call it at every key), or has stopped. */
	type(stop: boolean, now: number = Date.now()): void {
		if (stop ? this.#toldAt === 0 : now - this.#toldAt < TOLD_EVERY_MS) return;
		this.#toldAt = stop ? 0 : now;
		this.#tell(stop);
	}
}
