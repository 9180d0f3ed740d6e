// A line between a browser and a server that can be cut: what goes over it stops, as when a cable is pulled.

import { connect, createServer } from "node:net";

export class Line {
	#server;
	#target;
	#pairs = new Set();
	#cut = false;
	#deaf = false;
	/** Base address at this end. */
	url = null;

	/** A line to the server at `url`. */
	static async to(url) {
		const line = new Line();
		line.#target = new URL(url);
		line.#server = createServer((near) => line.#connect(near));
		await new Promise((resolve) => line.#server.listen(0, "127.0.0.1", resolve));
		line.url = `http://127.0.0.1:${line.#server.address().port}`;
		return line;
	}

	/** From now on nothing comes back: what is sent arrives, and its answers do not. */
	deafen() {
		this.#deaf = true;
	}

	/** Ends all connections and takes no new ones. */
	cut() {
		this.#cut = true;
		for (const pair of this.#pairs) for (const end of pair) end.destroy();
	}

	/** It works again. */
	mend() {
		this.#cut = this.#deaf = false;
	}

	async close() {
		this.cut();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	#connect(near) {
		if (this.#cut) return near.destroy();
		const far = connect(Number(this.#target.port), this.#target.hostname);
		const pair = [near, far];
		this.#pairs.add(pair);
		const end = () => {
			this.#pairs.delete(pair);
			for (const one of pair) one.destroy();
		};
		for (const one of pair) one.on("error", end).on("close", end);
		near.on("data", (bytes) => far.write(bytes));
		far.on("data", (bytes) => this.#deaf || near.write(bytes));
	}
}
