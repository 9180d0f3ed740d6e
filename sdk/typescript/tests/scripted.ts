// A server of a test's own, that says what the test wants.

import { type AddressInfo, type WebSocket, WebSocketServer } from "ws";

/** A connection of a client to a scripted server. */
export class Line {
	readonly frames: Record<string, unknown>[] = [];
	readonly #socket: WebSocket;
	readonly #waiting = new Set<() => void>();

	constructor(socket: WebSocket) {
		this.#socket = socket;
		socket.on("message", (data) => {
			this.frames.push(JSON.parse(String(data)));
			for (const look of this.#waiting) look();
		});
	}

	/** The first frame that has these fields. */
	async frame(fields: Record<string, unknown>): Promise<Record<string, unknown>> {
		for (;;) {
			const found = this.frames.find((frame) => Object.entries(fields).every(([name, value]) => frame[name] === value));
			if (found) return found;
			await new Promise<void>((resolve) => {
				const look = () => {
					this.#waiting.delete(look);
					resolve();
				};
				this.#waiting.add(look);
			});
		}
	}

	say(frame: unknown): void {
		this.#socket.send(JSON.stringify(frame));
	}

	/** Greets, and answers the list of channels with nothing. */
	async greet(ready: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
		const hello = await this.frame({ op: "hello" });
		const user = { id: "0190f3a1-7c1e-7000-8000-00000000a001", username: "ana", name: "Ana", kind: "person" };
		this.say({ ready: { user, epoch: "e1", heartbeat_ms: 25_000, channels: [], ...ready } });
		return hello;
	}

	close(code: number, reason = ""): void {
		this.#socket.close(code, reason);
	}

	/** Ends without a word. */
	drop(): void {
		this.#socket.terminate();
	}

	/** With which code the client closed. */
	closed(): Promise<number> {
		return new Promise((resolve) => this.#socket.once("close", resolve));
	}
}

/** A server whose every connection is a line. */
export class Scripted {
	readonly url: string;
	readonly #server: WebSocketServer;
	readonly #lines: Line[] = [];
	readonly #waiting: ((line: Line) => void)[] = [];

	private constructor(server: WebSocketServer) {
		this.#server = server;
		this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		server.on("connection", (socket) => {
			const line = new Line(socket);
			const waiting = this.#waiting.shift();
			if (waiting) waiting(line);
			else this.#lines.push(line);
		});
	}

	static start(): Promise<Scripted> {
		return new Promise((resolve) => {
			const server: WebSocketServer = new WebSocketServer({ port: 0, host: "127.0.0.1", path: "/v1/ws" });
			server.once("listening", () => resolve(new Scripted(server)));
		});
	}

	/** The next connection. */
	line(): Promise<Line> {
		const line = this.#lines.shift();
		return line ? Promise.resolve(line) : new Promise((resolve) => this.#waiting.push(resolve));
	}

	/** How many connections nobody has asked for. */
	get more(): number {
		return this.#lines.length;
	}

	stop(): void {
		for (const client of this.#server.clients) client.terminate();
		this.#server.close();
	}
}
