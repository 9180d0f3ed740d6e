// The wire: tokens, REST and the socket. Knows nothing of the page.
// The contract is crates/protocol: frame.rs for the socket, catalogue.rs for codes, view.rs for answers.

const REFRESH_KEY = "klatch.refresh";
const SUBPROTOCOL = "klatch.v1";
const ANSWER_MS_MAX = 10_000;
const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 30_000;

/** The server said no, with a code of its catalogue. */
export class Refused extends Error {
	constructor(problem, status = 0) {
		super(problem.detail || problem.title || `The server answered ${status}.`);
		this.code = problem.code ?? "internal";
		this.status = status;
		this.retryMs = problem.retry_after_ms ?? null;
	}
}

/** Nothing definite is known: the answer did not come. The same command with the same key may be sent again. */
export class Unanswered extends Error {}

/** A UUID of version 7 (RFC 9562 section 5.7): made before a message is sent, kept until it is answered. */
export function uuid7(now = Date.now()) {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	for (let i = 5, rest = now; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
	bytes[6] = (bytes[6] & 0x0f) | 0x70;
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Full jitter: anything from the shortest wait to a bound that doubles with every attempt. */
export function backoffMs(attempt, random = Math.random) {
	const bound = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(attempt + 1, 10));
	return BACKOFF_MS_MIN + random() * (bound - BACKOFF_MS_MIN);
}

/** What a close code asks for: a new token, a fresh start, to come back, or to stay away (catalogue.rs). */
export function afterClose(code) {
	if (code === 4001 || code === 4003) return "token";
	if (code === 4090) return "afresh";
	return [1000, 1002, 1003, 1007, 1009, 4004].includes(code) ? "stay" : "back";
}

/** The signed-in account: the access token in memory, the refresh token in localStorage. */
export class Account {
	#access = null;
	#expiresAt = 0;
	#renewing = null;

	get known() {
		return localStorage.getItem(REFRESH_KEY) !== null;
	}

	async enter(path, body) {
		this.#keep(await call("POST", path, { body }));
	}

	/** A token that is good for a while; a rejected promise that is `Refused` means: sign in again. */
	async token(fresh = false) {
		if (!fresh && this.#access && Date.now() < this.#expiresAt) return this.#access;
		this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
		return this.#renewing;
	}

	/** A REST call as this account. */
	async call(method, path, body) {
		try {
			return await call(method, path, { body, token: await this.token() });
		} catch (error) {
			if (error.code !== "token_expired") throw error;
			return call(method, path, { body, token: await this.token(true) });
		}
	}

	forget() {
		this.#access = null;
		localStorage.removeItem(REFRESH_KEY);
	}

	#keep(signedIn) {
		localStorage.setItem(REFRESH_KEY, signedIn.refresh_token);
		this.#access = signedIn.access_token;
		// Renewed a little before its end, so that no request meets it on the last second.
		this.#expiresAt = Date.now() + signedIn.expires_in_s * 800;
		return this.#access;
	}

	/** A refresh token works once, and using it twice signs the device out: only one tab at a time may renew. */
	#renew() {
		const renew = async () => {
			const refresh = localStorage.getItem(REFRESH_KEY);
			if (!refresh) throw new Refused({ code: "unauthenticated", title: "You are signed out." }, 401);
			return this.#keep(await call("POST", "/v1/auth/refresh", { body: { refresh_token: refresh } }));
		};
		// Locks exist only where the page came by HTTPS or from the same machine.
		return navigator.locks ? navigator.locks.request("klatch.refresh", renew) : renew();
	}
}

async function call(method, path, { body, token }) {
	const headers = { accept: "application/json" };
	if (token) headers.authorization = `Bearer ${token}`;
	if (body !== undefined) headers["content-type"] = "application/json";
	let response;
	try {
		response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
	} catch {
		throw new Unanswered("The server cannot be reached.");
	}
	const answer = await response.json().catch(() => ({}));
	if (!response.ok) throw new Refused(answer, response.status);
	return answer;
}

/**
 * The socket. It comes back by itself until it is told to stop, or told so by the server.
 * `on.hello()` gives cursors and epoch, `on.frame(frame)` gets every frame that is not an answer,
 * `on.state(name, detail)` hears "connecting", "online", "offline", "stopped" and "signed-out".
 */
export class Socket {
	#account;
	#on;
	#socket = null;
	#asked = new Map();
	#id = 0;
	#attempt = 0;
	#refusals = 0;
	#delayMs = null;
	#timer = null;
	#watch = null;
	#heardAt = 0;
	#stopped = true;

	constructor(account, on) {
		this.#account = account;
		this.#on = on;
	}

	start() {
		this.#stopped = false;
		this.#attempt = 0;
		this.#refusals = 0;
		this.#connect();
	}

	stop() {
		this.#stopped = true;
		this.#drop();
	}

	/** Connects now instead of after the wait: the network is back, or the page is looked at again. */
	hurry() {
		if (!this.#stopped && !this.#socket && this.#timer) this.#connect();
	}

	/** Sends a command; resolves with its reply, rejects with `Refused` or `Unanswered`. */
	request(op, args = {}) {
		const id = ++this.#id;
		return new Promise((resolve, reject) => {
			if (this.#socket?.readyState !== WebSocket.OPEN) return reject(new Unanswered("You are offline."));
			const timer = setTimeout(() => {
				this.#asked.delete(id);
				reject(new Unanswered("The server did not answer."));
			}, ANSWER_MS_MAX);
			this.#asked.set(id, { resolve, reject, timer });
			this.#socket.send(JSON.stringify({ id, op, ...args }));
		});
	}

	async #connect(fresh = false) {
		this.#drop();
		this.#on.state("connecting");
		let token;
		try {
			token = await this.#account.token(fresh);
		} catch (error) {
			if (error.status === 401 || error.status === 403) return this.#signOut(error);
			return this.#later();
		}
		if (this.#stopped || this.#socket) return;
		const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/v1/ws`, SUBPROTOCOL);
		this.#socket = socket;
		socket.onopen = () => socket.send(JSON.stringify({ op: "hello", token, client: "klatch-page", ...this.#on.hello() }));
		socket.onmessage = (message) => this.#socket === socket && this.#hear(JSON.parse(message.data));
		socket.onclose = (close) => this.#socket === socket && this.#closed(close.code);
	}

	#hear(frame) {
		this.#heardAt = Date.now();
		if ("re" in frame) {
			const asked = this.#asked.get(frame.re);
			if (!asked) return;
			this.#asked.delete(frame.re);
			clearTimeout(asked.timer);
			if (frame.error) asked.reject(new Refused(frame.error));
			else asked.resolve(frame.ok);
		} else if (frame.reconnect) {
			this.#delayMs = frame.reconnect.delay_ms;
		} else {
			if (frame.ready) {
				this.#attempt = 0;
				this.#refusals = 0;
				this.#guard(frame.ready);
				this.#on.state("online");
			}
			this.#on.frame(frame);
		}
	}

	/** A page cannot see the server's pings: after a long silence it asks something small instead. */
	#guard({ heartbeat_ms, user }) {
		clearInterval(this.#watch);
		this.#watch = setInterval(() => {
			if (Date.now() - this.#heardAt < 2 * heartbeat_ms) return;
			this.request("user_get", { user: user.id }).catch((error) => {
				if (error instanceof Unanswered && this.#socket) this.#closed(1006);
			});
		}, heartbeat_ms);
	}

	#closed(code) {
		const next = afterClose(code);
		this.#drop();
		if (this.#stopped) return;
		if (next === "stay") {
			this.#stopped = true;
			this.#on.state("stopped");
		} else if (next === "token") {
			// A new token that is refused as well will not get better by asking again.
			if (++this.#refusals > 2) this.#signOut(new Refused({ code: "unauthenticated", title: "Please log in again." }));
			else this.#connect(true);
		} else {
			if (next === "afresh") this.#on.state("afresh");
			this.#later();
		}
	}

	#later() {
		if (this.#stopped) return;
		const wait = this.#delayMs ?? backoffMs(this.#attempt++);
		this.#delayMs = null;
		this.#timer = setTimeout(() => this.#connect(), wait);
		this.#on.state("offline");
	}

	#signOut(why) {
		this.#stopped = true;
		this.#on.state("signed-out", why);
	}

	#drop() {
		clearTimeout(this.#timer);
		clearInterval(this.#watch);
		this.#timer = null;
		const socket = this.#socket;
		this.#socket = null;
		socket?.close(1000);
		for (const { reject, timer } of this.#asked.values()) {
			clearTimeout(timer);
			reject(new Unanswered("The connection was lost."));
		}
		this.#asked.clear();
	}
}
