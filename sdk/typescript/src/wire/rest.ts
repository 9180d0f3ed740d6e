// One REST request: an answer, a refusal, or nothing definite.

import { Refused, refusal, Unanswered } from "./errors.ts";
import type { Problem } from "./generated/views.ts";

/** How long an answer is waited for, milliseconds. */
const ANSWER_MS_MAX = 15_000;

/** Gives an access token; `fresh` says that the last one was refused. Throws `Refused` when there is none any more. */
export type TokenSource = (fresh: boolean) => string | Promise<string>;

/** What to ask. */
export interface Request {
	token?: string | undefined;
	body?: unknown;
}

/**
 * Asks the server at `url`. The JSON that it answers, `undefined` for an empty answer.
 *
 * @throws Refused with the server's problem (RFC 9457); Unanswered if nothing definite came.
 */
export async function request<T>(url: string, method: string, path: string, { token, body }: Request = {}): Promise<T> {
	const headers: Record<string, string> = { accept: "application/json" };
	if (token !== undefined) headers.authorization = `Bearer ${token}`;
	if (body !== undefined) headers["content-type"] = "application/json";
	let response: Response;
	let text: string;
	try {
		response = await fetch(new URL(path, url), {
			method,
			headers,
			signal: AbortSignal.timeout(ANSWER_MS_MAX),
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		text = await response.text();
	} catch (cause) {
		throw new Unanswered("The server cannot be reached.", { cause });
	}
	const answer = text === "" ? undefined : parsed(text);
	if (response.ok) return answer as T;
	throw isProblem(answer) ? new Refused(answer) : strange(response.status);
}

/** The same as somebody: once more with a fresh token if the first had ended. */
export async function requestAs<T>(
	url: string,
	source: TokenSource,
	method: string,
	path: string,
	body?: unknown,
): Promise<T> {
	try {
		return await request<T>(url, method, path, { token: await source(false), body });
	} catch (error) {
		if (!(error instanceof Refused && error.code === "token_expired")) throw error;
		return request<T>(url, method, path, { token: await source(true), body });
	}
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function isProblem(answer: unknown): answer is Problem {
	return typeof answer === "object" && answer !== null && "code" in answer && "title" in answer;
}

/** Something between here and the server answered in its place. */
function strange(status: number): Refused | Unanswered {
	if (status >= 500) return new Unanswered(`The server cannot be reached (status ${status}).`);
	return refusal("internal", `Something before the server answered with status ${status}.`);
}
