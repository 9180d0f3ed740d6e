// How far one has received and read a channel, told to the server now and then.

import type { Seq } from "../wire/generated/views.ts";

/** How long positions gather until the last of them is told, milliseconds. */
const GATHERED_MS = 400;

/** One cursor of a channel; it never goes back. */
export class Progress {
	readonly #tell: (seq: Seq) => Promise<unknown>;
	#reached: Seq = 0;
	#told: Seq = 0;
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(tell: (seq: Seq) => Promise<unknown>) {
		this.#tell = tell;
	}

	/** One has come as far as this. */
	reach(seq: Seq): void {
		if (seq <= this.#reached) return;
		this.#reached = seq;
		this.#timer ??= setTimeout(() => this.flush(), GATHERED_MS);
	}

	/** The server knows this much. */
	known(seq: Seq): void {
		this.#told = Math.max(this.#told, seq);
		this.#reached = Math.max(this.#reached, seq);
	}

	/** Tells what was not told yet, also what failed before. */
	flush(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		const seq = this.#reached;
		if (seq <= this.#told) return;
		const before = this.#told;
		this.#told = seq;
		this.#tell(seq).catch(() => {
			this.#told = Math.min(this.#told, before);
		});
	}
}
