// Values that change and can be listened to, in the form that React's `useSyncExternalStore` takes.

/** A value that changes. */
export interface Readable<T> {
	/** The value now; the same object as long as nothing has changed. */
	get(): T;
	/** Calls `listener` after each change, until the function that is returned is called. */
	subscribe(listener: () => void): () => void;
}

/** A value that its owner changes. */
export class Cell<T> implements Readable<T> {
	#value: T;
	readonly #listeners = new Set<() => void>();

	constructor(value: T) {
		this.#value = value;
	}

	get(): T {
		return this.#value;
	}

	set(value: T): void {
		if (Object.is(value, this.#value)) return;
		this.#value = value;
		for (const listener of [...this.#listeners]) listener();
	}

	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => void this.#listeners.delete(listener);
	}
}

/** Resolves with the first value that `accepts`. */
export function once<T>(readable: Readable<T>, accepts: (value: T) => boolean): Promise<T> {
	return new Promise((resolve) => {
		let stop: (() => void) | undefined;
		const look = () => {
			const value = readable.get();
			if (!accepts(value)) return false;
			stop?.();
			resolve(value);
			return true;
		};
		if (!look()) stop = readable.subscribe(look);
	});
}
