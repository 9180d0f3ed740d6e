// One socket to the server that comes back by itself until it is told to stop.

import { WebSocket } from "#websocket";
import { Cell } from "../readable.ts";
import { isSignedOut, Refused, refusal, Unanswered } from "../wire/errors.ts";
import { CLOSES } from "../wire/generated/catalogue.ts";
import type { Answer, Problem, Ready, ServerFrame } from "../wire/generated/views.ts";
import type { ArgsOf, Op, Replies } from "../wire/replies.ts";
import type { TokenSource } from "../wire/rest.ts";
import { backoffMs } from "./backoff.ts";
import type { Hearer, Link, Status } from "./link.ts";

const SUBPROTOCOL = "klatch.v1";
/** How long an answer is waited for, milliseconds. */
const ANSWER_MS_MAX = 10_000;
/** How long a connection may take until it is `ready`, milliseconds. */
const READY_MS_MAX = 20_000;
/** Longest frame that the server takes, bytes (contract, overload). */
const FRAME_BYTES_MAX = 64 * 1024;
/** Refused tokens in a row after which the sign-in counts as over. */
const REFUSALS_MAX = 2;

const NOT_AUTHENTICATED = 4001;
const REVOKED = 4003;
const REPLACED = 4004;
const RESYNC = 4090;

export interface SocketOptions {
	/** Base address of the server. */
	url: string;
	token: TokenSource;
	/** What the client calls itself. */
	name: string;
}

interface Asked {
	resolve(reply: never): void;
	reject(error: Error): void;
	timer: ReturnType<typeof setTimeout>;
}

/** A link with a socket of its own. */
export class SocketLink implements Link {
	readonly status = new Cell<Status>({ state: "connecting" });
	readonly leads = new Cell(true);
	/** The answer to the last `hello`. */
	ready: Ready | undefined;
	readonly #options: SocketOptions;
	#hearer: Hearer | undefined;
	#socket: WebSocket | undefined;
	readonly #asked = new Map<number, Asked>();
	#ids = 0;
	/** Counts connections, so that what is left of an earlier one is noticed. */
	#turn = 0;
	#attempt = 0;
	#refusals = 0;
	#problem: Problem | undefined;
	#delayMs: number | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#watch: ReturnType<typeof setInterval> | undefined;
	#heardAt = 0;

	constructor(options: SocketOptions) {
		this.#options = options;
	}

	start(hearer: Hearer): void {
		this.#hearer = hearer;
		void this.#connect(false);
	}

	close(): void {
		this.#end("closed");
	}

	hurry(): void {
		if (this.status.get().state === "offline") void this.#connect(false);
	}

	tell(): void {}

	call<O extends Op>(op: O, args: ArgsOf<O>): Promise<Replies[O]> {
		const socket = this.#socket;
		if (socket?.readyState !== WebSocket.OPEN || this.status.get().state !== "online") {
			return Promise.reject(new Unanswered("You are offline."));
		}
		const id = ++this.#ids;
		const text = JSON.stringify({ ...args, id, op });
		if (new TextEncoder().encode(text).length > FRAME_BYTES_MAX) {
			return Promise.reject(refusal("too_large", `a command may have ${FRAME_BYTES_MAX} bytes`));
		}
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				this.#asked.delete(id);
				reject(new Unanswered("The server did not answer."));
			}, ANSWER_MS_MAX);
			this.#asked.set(id, { resolve, reject, timer });
			socket.send(text);
		});
	}

	async #connect(fresh: boolean): Promise<void> {
		const turn = this.#drop();
		const hearer = this.#hearer;
		if (!hearer || this.status.get().state === "ended") return;
		this.status.set({ state: "connecting" });
		let token: string;
		let held: Awaited<ReturnType<Hearer["held"]>>;
		try {
			token = await this.#options.token(fresh);
			held = await hearer.held();
		} catch (error) {
			if (turn !== this.#turn) return;
			return isSignedOut(error) ? this.#end("signed_out", error.problem) : this.#later();
		}
		if (turn !== this.#turn) return;
		const address = new URL("/v1/ws", this.#options.url);
		address.protocol = address.protocol.replace("http", "ws");
		const socket = new WebSocket(address, SUBPROTOCOL);
		this.#socket = socket;
		this.#timer = setTimeout(() => this.#closed(0), READY_MS_MAX);
		const mine = () => turn === this.#turn;
		socket.onopen = () => {
			if (mine()) socket.send(JSON.stringify({ op: "hello", token, client: this.#options.name, pull: true, ...held }));
		};
		socket.onmessage = ({ data }) => {
			if (mine()) this.#hear(JSON.parse(String(data)) as ServerFrame);
		};
		socket.onclose = ({ code }) => {
			if (mine()) this.#closed(code);
		};
		// A close follows and says more.
		socket.onerror = () => {};
	}

	#hear(frame: ServerFrame): void {
		this.#heardAt = Date.now();
		if ("re" in frame) return this.#answered(frame);
		if ("refused" in frame) this.#problem = frame.refused;
		else if ("reconnect" in frame) this.#delayMs = frame.reconnect.delay_ms;
		else {
			if ("ready" in frame) this.#opened(frame.ready);
			this.#hearer?.hear(frame);
		}
	}

	#answered(answer: Answer): void {
		const asked = this.#asked.get(answer.re ?? -1);
		if (!asked) return;
		this.#asked.delete(answer.re ?? -1);
		clearTimeout(asked.timer);
		if ("error" in answer) asked.reject(new Refused(answer.error));
		else asked.resolve(answer.ok as never);
	}

	#opened(ready: Ready): void {
		clearTimeout(this.#timer);
		this.ready = ready;
		this.#attempt = 0;
		this.#refusals = 0;
		this.#problem = undefined;
		this.#guard(ready);
		this.status.set({ state: "online" });
	}

	/** A page does not see the server's pings: after a long silence it asks for something small. */
	#guard({ heartbeat_ms, user }: Ready): void {
		const turn = this.#turn;
		this.#watch = setInterval(() => {
			if (Date.now() - this.#heardAt < 2 * heartbeat_ms) return;
			this.call("user_get", { user: user.id }).catch((error) => {
				if (error instanceof Unanswered && turn === this.#turn) this.#closed(0);
			});
		}, heartbeat_ms);
	}

	#closed(code: number): void {
		this.#drop();
		if (code === REPLACED) return this.#end("replaced", this.#problem);
		if (code === NOT_AUTHENTICATED || code === REVOKED) return this.#refused();
		const known = CLOSES[code as keyof typeof CLOSES];
		if (known && !known.reconnect && code !== 1000) return this.#end("refused", this.#problem);
		if (code !== RESYNC) return this.#later();
		this.#hearer?.afresh().finally(() => this.#later());
	}

	/** A token that was refused is tried once more in a fresh form; one that is refused again will not get better. */
	#refused(): void {
		const token = ["unauthenticated", "token_expired", "revoked", undefined].includes(this.#problem?.code);
		if (!token) return this.#end("refused", this.#problem);
		if (++this.#refusals > REFUSALS_MAX) return this.#end("signed_out", this.#problem);
		void this.#connect(true);
	}

	#later(): void {
		if (this.status.get().state === "ended") return;
		const wait = this.#delayMs ?? backoffMs(this.#attempt++);
		this.#delayMs = undefined;
		this.#timer = setTimeout(() => void this.#connect(false), wait);
		this.status.set({ state: "offline", retry_at: Date.now() + wait });
	}

	#end(why: "closed" | "signed_out" | "replaced" | "refused", problem?: Problem): void {
		this.#drop();
		if (this.status.get().state === "ended") return;
		this.status.set({ state: "ended", why, ...(problem ? { problem } : {}) });
	}

	/** Lets go of the connection, if there is one; the number of the next. */
	#drop(): number {
		clearTimeout(this.#timer);
		clearInterval(this.#watch);
		const socket = this.#socket;
		this.#socket = undefined;
		const turn = ++this.#turn;
		socket?.close(1000);
		for (const { reject, timer } of this.#asked.values()) {
			clearTimeout(timer);
			reject(new Unanswered("The connection was lost."));
		}
		this.#asked.clear();
		return turn;
	}
}
