// One socket for all tabs of a browser: the tab that holds a lock has it, the others ask and hear through that one.

import { Cell } from "../readable.ts";
import { Refused, Unanswered } from "../wire/errors.ts";
import type { Problem, Ready, Reply, ServerFrame } from "../wire/generated/views.ts";
import type { ArgsOf, Op, Replies } from "../wire/replies.ts";
import { uuid7 } from "../wire/uuid.ts";
import type { Hearer, Link, Note, Status } from "./link.ts";
import type { SocketLink } from "./socket.ts";

/** A little more than a socket waits for its answers, milliseconds. */
const ANSWER_MS_MAX = 12_000;

/** What goes between tabs. `to` and `from` are tabs. */
type Message =
	/** A tab has come, and wants to know how things stand. */
	| { say: "hi"; from: string }
	/** The leading tab: how the connection stands, and the last `ready`. Without `to` for everyone. */
	| { say: "standing"; to?: string; status: Status; ready?: Ready }
	/** Another tab leads from now on. */
	| { say: "leading" }
	/** The leading tab's socket has heard something. */
	| { say: "heard"; frame: ServerFrame }
	/** The copies are from another history. */
	| { say: "afresh" }
	/** A command for the leading tab, and how it went. */
	| { say: "call"; from: string; number: number; op: Op; args: ArgsOf<Op> }
	| { say: "answer"; to: string; number: number; reply?: Reply; problem?: Problem }
	/** Someone wants the connection back sooner. */
	| { say: "hurry" }
	| { say: "note"; note: Note };

interface Asked {
	resolve(reply: never): void;
	reject(error: Error): void;
	timer: ReturnType<typeof setTimeout>;
}

/** Whether tabs can find each other here. Browsers have locks only on pages that came safely. */
export function canShare(): boolean {
	return globalThis.navigator?.locks !== undefined && globalThis.BroadcastChannel !== undefined;
}

/** A link through whichever tab leads. */
export class TabsLink implements Link {
	readonly status = new Cell<Status>({ state: "connecting" });
	readonly leads = new Cell(false);
	readonly #name: string;
	readonly #own: SocketLink;
	readonly #id = uuid7();
	readonly #channel: BroadcastChannel;
	readonly #asked = new Map<number, Asked>();
	#numbers = 0;
	#hearer: Hearer | undefined;
	#release: (() => void) | undefined;
	#deaf: (() => void) | undefined;
	readonly #leave = new AbortController();

	/** `name` is the same for the tabs that share, `own` the socket that this one opens if it leads. */
	constructor(name: string, own: SocketLink) {
		this.#name = name;
		this.#own = own;
		this.#channel = new BroadcastChannel(name);
	}

	start(hearer: Hearer): void {
		this.#hearer = hearer;
		this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
		this.#say({ say: "hi", from: this.#id });
		const lead = () => new Promise<void>((resolve) => this.#lead(hearer, resolve));
		// Refused only when this tab leaves before it has led.
		navigator.locks.request(this.#name, { signal: this.#leave.signal }, lead).catch(() => {});
	}

	close(): void {
		if (this.#leave.signal.aborted) return;
		this.#leave.abort();
		// The others learn from whoever leads next.
		this.#deaf?.();
		if (this.leads.get()) this.#own.close();
		this.#lose("The connection was closed.");
		if (this.status.get().state !== "ended") this.status.set({ state: "ended", why: "closed" });
		this.#channel.close();
		this.#release?.();
	}

	hurry(): void {
		if (this.leads.get()) this.#own.hurry();
		else this.#say({ say: "hurry" });
	}

	tell(note: Note): void {
		this.#say({ say: "note", note });
	}

	call<O extends Op>(op: O, args: ArgsOf<O>): Promise<Replies[O]> {
		if (this.leads.get()) return this.#own.call(op, args);
		if (this.status.get().state !== "online") return Promise.reject(new Unanswered("You are offline."));
		const number = ++this.#numbers;
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				this.#asked.delete(number);
				reject(new Unanswered("The server did not answer."));
			}, ANSWER_MS_MAX);
			this.#asked.set(number, { resolve, reject, timer });
			this.#say({ say: "call", from: this.#id, number, op, args });
		});
	}

	#lead(hearer: Hearer, release: () => void): void {
		if (this.#leave.signal.aborted) return release();
		this.#release = release;
		this.leads.set(true);
		this.#say({ say: "leading" });
		this.#lose("Another tab had the connection, and is gone.");
		const own = this.#own;
		this.#deaf = own.status.subscribe(() => {
			this.status.set(own.status.get());
			this.#stand();
		});
		own.start({
			held: () => hearer.held(),
			hear: (frame) => {
				this.#say({ say: "heard", frame });
				hearer.hear(frame);
			},
			told: () => {},
			afresh: async () => {
				await hearer.afresh();
				this.#say({ say: "afresh" });
			},
		});
	}

	#hear(message: Message): void {
		if (message.say === "note") return this.#hearer?.told(message.note);
		if (this.leads.get()) return this.#hearAsLeader(message);
		switch (message.say) {
			case "leading":
				this.#lose("Another tab had the connection, and is gone.");
				return this.status.set({ state: "connecting" });
			case "standing":
				if (message.to !== undefined && message.to !== this.#id) return;
				this.status.set(message.status);
				if (message.to !== undefined && message.ready) this.#hearer?.hear({ ready: message.ready });
				return;
			case "heard":
				return this.#hearer?.hear(message.frame);
			case "afresh":
				return void this.#hearer?.afresh();
			case "answer":
				if (message.to === this.#id) this.#answered(message.number, message.reply, message.problem);
		}
	}

	#hearAsLeader(message: Message): void {
		if (message.say === "hi") this.#stand(message.from);
		else if (message.say === "hurry") this.#own.hurry();
		else if (message.say === "call") {
			const { from: to, number } = message;
			this.#own.call(message.op, message.args).then(
				(reply) => this.#say({ say: "answer", to, number, reply }),
				(error: unknown) => {
					const problem = error instanceof Refused ? { problem: error.problem } : {};
					this.#say({ say: "answer", to, number, ...problem });
				},
			);
		}
	}

	/** Tells how the connection stands: everyone, or one who has just come. */
	#stand(to?: string): void {
		const { ready } = this.#own;
		const status = this.#own.status.get();
		const known = status.state === "online" && ready ? { ready } : {};
		this.#say({ say: "standing", status, ...(to === undefined ? {} : { to }), ...known });
	}

	#answered(number: number, reply: Reply | undefined, problem: Problem | undefined): void {
		const asked = this.#asked.get(number);
		if (!asked) return;
		this.#asked.delete(number);
		clearTimeout(asked.timer);
		if (reply !== undefined) asked.resolve(reply as never);
		else asked.reject(problem ? new Refused(problem) : new Unanswered("The server did not answer."));
	}

	/** Whoever was asked does not answer any more. */
	#lose(why: string): void {
		for (const { reject, timer } of this.#asked.values()) {
			clearTimeout(timer);
			reject(new Unanswered(why));
		}
		this.#asked.clear();
	}

	#say(message: Message): void {
		// Whoever hears that it is over may close this while others are still to be told.
		if (!this.#leave.signal.aborted) this.#channel.postMessage(message);
	}
}
