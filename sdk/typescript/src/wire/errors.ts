// The two ways in which something that was asked for does not happen.

import { ERRORS } from "./generated/catalogue.ts";
import type { ErrorCode, Problem } from "./generated/views.ts";

/** The server said no, with a code of its catalogue (protocol/errors.md). */
export class Refused extends Error {
	override readonly name = "Refused";
	/** What it said. */
	readonly problem: Problem;

	constructor(problem: Problem) {
		super(problem.detail ?? problem.title);
		this.problem = problem;
	}

	/** The code. */
	get code(): ErrorCode {
		return this.problem.code;
	}

	/** HTTP status that belongs to the code. */
	get status(): number {
		return ERRORS[this.code]?.status ?? 500;
	}

	/** Whether the same may be asked again later: the server was busy, or one was too fast. */
	get passes(): boolean {
		return this.problem.retry_after_ms !== undefined || this.status >= 500;
	}
}

/** No definite answer came: the same command with the same key may be sent again (contract, delivery 1). */
export class Unanswered extends Error {
	override readonly name = "Unanswered";
}

/** A problem of this code with the catalogue's title, as if the server had told it. */
export function refusal(code: ErrorCode, detail?: string): Refused {
	return new Refused({ code, title: ERRORS[code].title, ...(detail === undefined ? {} : { detail }) });
}

/** Whether a sign-in is over for good: the token or the device was refused. */
export function isSignedOut(error: unknown): error is Refused {
	return error instanceof Refused && (error.status === 401 || error.code === "origin_refused");
}
