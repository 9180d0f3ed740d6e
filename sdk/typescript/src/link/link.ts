// The way to the server, whoever's socket it is.

import type { Readable } from "../readable.ts";
import type { Problem, Seq, ServerFrame } from "../wire/generated/views.ts";
import type { ArgsOf, Op, Replies } from "../wire/replies.ts";

/** How the connection stands. */
export type Status =
	| { state: "connecting" }
	| { state: "online" }
	/** No connection; the next attempt is made at `retry_at`, Unix milliseconds. */
	| { state: "offline"; retry_at: number }
	/** No connection, and none will be tried by itself: closed by the program, signed out, replaced by another device
	 * where one at a time is allowed, or refused for a reason that does not pass. */
	| { state: "ended"; why: "closed" | "signed_out" | "replaced" | "refused"; problem?: Problem };

/** What the client already has, for `hello`. */
export interface Held {
	epoch?: string;
	cursors: Record<string, Seq>;
}

/** Who listens to a link. */
export interface Hearer {
	/** What is here already. Asked before each connection. */
	held(): Promise<Held>;
	/** A frame that is no answer, in the order they came. */
	hear(frame: ServerFrame): void;
	/** What another tab told with `tell`. */
	told(note: Note): void;
	/** The copies are from another history: forget them (contract, delivery 6). */
	afresh(): Promise<void>;
}

/** What tabs tell each other. */
export type Note =
	/** The outbox has changed. */
	| { note: "outbox" }
	/** A channel's messages are kept from now on, up to this position. */
	| { note: "copied"; channel: string; head: Seq };

/** The way to the server. */
export interface Link {
	/** How it stands. */
	readonly status: Readable<Status>;
	/** Whether the socket is this tab's own: then it writes down what comes, and sends what waits. */
	readonly leads: Readable<boolean>;
	/** Begins to connect. */
	start(hearer: Hearer): void;
	/** Ends for good. */
	close(): void;
	/** Connects now rather than after the wait. */
	hurry(): void;
	/** Runs a command. Errors: `Refused`, `Unanswered`. */
	call<O extends Op>(op: O, args: ArgsOf<O>): Promise<Replies[O]>;
	/** Tells the other tabs. */
	tell(note: Note): void;
}
