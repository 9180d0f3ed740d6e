// One REST request: an answer, a refusal, or nothing definite.

import { Refused, refusal, Unanswered } from "./errors.ts";
import type { Problem } from "./generated/views.ts";

/** How long an answer is waited for, milliseconds. */
const ANSWER_MS_MAX = 15_000;
/** The same for a file, which takes its time to get there. */
const UPLOAD_MS_MAX = 300_000;

/** Gives an access token; `fresh` says that the last one was refused. Throws `Refused` when there is none any more. */
export type TokenSource = (fresh: boolean) => string | Promise<string>;

/** What to ask. */
export interface Request {
	token?: string | undefined;
	/** Sent as JSON; a `Blob` as it is, with its type. */
	body?: unknown;
}

/**
 * Asks the server at `url`. The JSON that it answers, `undefined` for an empty answer.
 *
 * @throws Refused with the server's problem (RFC 9457); Unanswered if nothing definite came.
 */
export async function request<T>(url: string, method: string, path: string, what: Request = {}): Promise<T> {
	return answered(await exchange(url, method, path, what, (response) => response.text())) as T;
}

/** The same as somebody: once more with a fresh token if the first had ended. */
export function requestAs<T>(
	url: string,
	source: TokenSource,
	method: string,
	path: string,
	body?: unknown,
): Promise<T> {
	return withToken(source, (token) => request<T>(url, method, path, { token, body }));
}

/** Reads a file as somebody. Errors as of `request`. */
export function downloadAs(url: string, source: TokenSource, path: string): Promise<Blob> {
	return withToken(source, async (token) => {
		const [response, file] = await exchange(url, "GET", path, { token }, (response) => response.blob());
		if (!response.ok) answered([response, await file.text()]);
		return file;
	});
}

async function withToken<T>(source: TokenSource, ask: (token: string) => Promise<T>): Promise<T> {
	try {
		return await ask(await source(false));
	} catch (error) {
		if (!(error instanceof Refused && error.code === "token_expired")) throw error;
		return ask(await source(true));
	}
}

/** One request and its whole answer. */
async function exchange<T>(
	url: string,
	method: string,
	path: string,
	{ token, body }: Request,
	read: (response: Response) => Promise<T>,
): Promise<[Response, T]> {
	const headers: Record<string, string> = { accept: "application/json" };
	if (token !== undefined) headers.authorization = `Bearer ${token}`;
	const file = body instanceof Blob;
	if (body !== undefined) headers["content-type"] = file ? body.type : "application/json";
	try {
		const response = await fetch(new URL(path, url), {
			method,
			headers,
			signal: AbortSignal.timeout(file ? UPLOAD_MS_MAX : ANSWER_MS_MAX),
			...(body === undefined ? {} : { body: file ? body : JSON.stringify(body) }),
		});
		return [response, await read(response)];
	} catch (cause) {
		throw new Unanswered("The server cannot be reached.", { cause });
	}
}

/** What a text says, if it is an answer and no refusal. */
function answered([response, text]: [Response, string]): unknown {
	const answer = text === "" ? undefined : parsed(text);
	if (response.ok) return answer;
	throw isProblem(answer) ? new Refused(answer) : strange(response.status);
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
