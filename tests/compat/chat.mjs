// People who speak Socket.IO with the stock client, unmodified.

import { io } from "socket.io-client";
import WebSocket from "ws";
import { PASSWORD } from "../browser/server.mjs";

export const SOON_MS = 10_000;

/** A promise that fails when nothing comes in time. */
export function soon(promise, what) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`${what} did not come within ${SOON_MS} ms`)), SOON_MS);
	});
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** An access token of a person of the demo space. */
export async function signIn(server, username) {
	const answer = await server.call("POST", "/v1/auth/login", { body: { username, password: PASSWORD } });
	return answer.access_token;
}

/** One connection of the stock client. */
export class Chatter {
	heard = [];
	#waiting = [];

	constructor(url, token, options = {}) {
		this.socket = io(url, { auth: { token, ...options.auth }, forceNew: true, reconnectionDelay: 100, reconnectionDelayMax: 500, ...options.io });
		this.socket.on("chat message", (message) => {
			this.heard.push(message);
			this.#look();
		});
	}

	/** Connected, or refused with the error. */
	async ready() {
		if (this.socket.connected) return;
		const connected = new Promise((resolve, reject) => {
			this.socket.once("connect", resolve);
			this.socket.once("connect_error", reject);
		});
		await soon(connected, "the connection");
	}

	/** Emits an event and gives back the acknowledgement. */
	ask(event, ...values) {
		return soon(this.socket.timeout(SOON_MS).emitWithAck(event, ...values), `the acknowledgement of ${event}`);
	}

	/** The next time an event comes. */
	next(event) {
		return soon(new Promise((resolve) => this.socket.once(event, resolve)), event);
	}

	/** The texts heard, when there are so many. */
	async texts(count) {
		if (this.heard.length < count) await soon(new Promise((resolve) => this.#waiting.push({ count, resolve })), `message ${count}`);
		return this.heard.map((message) => message.message);
	}

	close() {
		this.socket.disconnect();
	}

	#look() {
		this.#waiting = this.#waiting.filter(({ count, resolve }) => this.heard.length < count || resolve());
	}
}

/** One connection to `/v1/ws`, which hears everything of its user. */
export class Plain {
	heard = [];

	constructor(url, token) {
		this.socket = new WebSocket(`${url.replace("http", "ws")}/v1/ws`, "klatch.v1");
		this.ready = new Promise((resolve, reject) => {
			this.socket.onopen = () => this.socket.send(JSON.stringify({ op: "hello", token }));
			this.socket.onerror = reject;
			this.socket.onmessage = ({ data }) => {
				const frame = JSON.parse(data);
				if (frame.ready) resolve();
				for (const event of frame.events ?? []) if (event.type === "message.posted") this.heard.push(event);
			};
		});
	}

	close() {
		this.socket.close();
	}
}
