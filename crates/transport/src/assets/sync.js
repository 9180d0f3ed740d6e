// In step with the server: what the socket says goes into the model, what is to be sent goes out.
// Nothing is drawn here; `on.changed()` says that something is to be drawn.

import { Channel, Model, applyToMessages } from "./model.js";
import { Account, Refused, Socket, Unanswered, backoffMs, uuid7 } from "./wire.js";

const OUTBOX_KEY = "klatch.outbox";
const PAGE = 50;
const PULL = 200;
const PULL_EVENTS_MAX = 2_000; // further behind than this, reading afresh is cheaper
const USER_ASKS_MS = 60; // names are asked for one by one, well below the server's limit on frames
const EVENT_MS_MAX = 1_500; // an ack whose event has not come by then means that something was missed

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** `on`: `changed()`, `ready()`, `state(name)`, `signedOut(message)`, `failed(error)`. */
export class Sync {
	model = new Model();
	account = new Account();
	online = false;
	#on;
	#socket;
	#listing = null; // while the list of channels is read, events wait here
	#relisting = null;
	#stale = false; // whether the list was asked for since it was last asked of the server
	#pulling = new Set();
	#sending = new Set();
	#wanted = new Set();
	#asking = false;
	#older = false;

	constructor(on) {
		this.#on = on;
		this.#socket = new Socket(this.account, {
			hello: () => ({ cursors: this.model.cursors(), ...this.#epoch() }),
			frame: (frame) => this.#frame(frame),
			state: (name, why) => {
				this.online = name === "online";
				if (name === "afresh") this.model.forget();
				else if (name === "signed-out") on.signedOut(why?.message);
				else on.state(name);
			},
		});
	}

	start() {
		this.#socket.start();
	}

	hurry() {
		this.#socket.hurry();
	}

	request(op, args) {
		return this.#socket.request(op, args);
	}

	/** Whether the list of channels is being read just now. */
	get listing() {
		return this.#listing !== null;
	}

	/** Forgets the account and everything it could see. */
	forget() {
		this.#socket.stop();
		this.account.forget();
		this.model = new Model();
		this.#listing = null;
		this.#relisting = null;
		this.#wanted.clear();
	}

	async logOut() {
		sessionStorage.removeItem(OUTBOX_KEY);
		await this.account.call("POST", "/v1/auth/logout", {}).catch(() => {});
		this.#on.signedOut();
	}

	#epoch() {
		return this.model.epoch ? { epoch: this.model.epoch } : {};
	}

	// ---- hearing ----

	#frame(frame) {
		if (frame.ready) this.#ready(frame.ready);
		else if (frame.events) this.#listing ? this.#listing.push(...frame.events) : this.#take(frame.events);
		else if (frame.behind) for (const { channel } of frame.behind) this.pull(channel);
		else if (frame.cursor) {
			this.model.cursor(frame.cursor);
			this.#on.changed();
		}
	}

	async #ready({ user, epoch, channels }) {
		const { model } = this;
		model.me = user;
		this.learn(user);
		if (model.epoch !== null && model.epoch !== epoch) model.forget();
		model.epoch = epoch;
		for (const { channel, head } of channels) {
			const known = model.channels.get(channel);
			if (known) known.seen = Math.max(known.seen, head);
		}
		this.#restoreOutbox();
		await this.relist();
		if (model !== this.model) return;
		this.#on.ready();
		for (const channel of model.channels.keys()) this.#flush(channel);
	}

	/** Reads the list of channels anew, as it is after this call, even if it is being read already. */
	relist() {
		this.#stale = true;
		if (!this.#relisting) {
			const mine = this.#relist().finally(() => (this.#relisting = this.#relisting === mine ? null : this.#relisting));
			this.#relisting = mine;
		}
		return this.#relisting;
	}

	/** Events that come meanwhile wait, so that nothing is counted twice. */
	async #relist() {
		const { model } = this;
		this.#listing = [];
		for (let attempt = 0; this.#stale && model === this.model; attempt++) {
			try {
				this.#stale = false;
				model.list((await this.account.call("GET", "/v1/channels")).channels);
			} catch (error) {
				if (error.status === 401) return this.#on.signedOut(error.message);
				this.#stale = true;
				await pause(error.retryMs ?? backoffMs(attempt));
			}
		}
		if (model !== this.model) return;
		const waiting = this.#listing;
		this.#listing = null;
		this.#take(waiting, true);
		// A replay that was cut short shows as a channel that is known to reach further than it is known.
		for (const channel of model.channels.values()) if (channel.loaded && channel.seen > channel.last) this.pull(channel.id);
	}

	#take(events, listed = false) {
		let unknown = false;
		for (const event of events) {
			const outcome = this.model.apply(event);
			if (outcome === "hole") this.pull(event.channel);
			unknown ||= outcome === "unknown";
		}
		if (unknown && !listed) this.relist();
		this.keepOutbox();
		this.#on.changed();
	}

	/** Fills a hole: asks for the events after the last one that is known, until nothing is missing. */
	async pull(id) {
		const channel = this.model.channels.get(id);
		if (!channel || this.#pulling.has(id)) return;
		this.#pulling.add(id);
		try {
			for (let more = true; more || channel.last < channel.seen; ) {
				if (channel.seen - channel.last > PULL_EVENTS_MAX) return await this.#afresh(channel);
				const after = channel.last;
				const page = await this.request("events", { channel: id, after, limit: PULL, ...this.#epoch() });
				channel.seen = Math.max(channel.seen, page.head);
				for (const event of page.events) this.model.apply(event);
				more = page.more;
				if (channel.last === after) break;
			}
		} catch (error) {
			if (error.code === "resync") await this.#afresh(channel);
			else if (error.code === "not_found") this.relist();
			else if (error instanceof Refused) setTimeout(() => this.pull(id), error.retryMs ?? 2_000);
			// Unanswered: the socket is gone, and coming back starts with the cursors.
		} finally {
			this.#pulling.delete(id);
			this.keepOutbox();
			this.#on.changed();
		}
	}

	async #afresh(channel) {
		channel.unload();
		if (channel.id === this.model.open) await this.load(channel).catch(this.#on.failed);
		await this.relist();
	}

	// ---- people ----

	learn(user) {
		this.model.users.set(user.id, user);
	}

	/** The name of a user; an unknown one is asked for, unless it is of little use. */
	nameOf(id, lazily = false) {
		const user = this.model.users.get(id);
		if (user) return user.name;
		if (!lazily) {
			this.#wanted.add(id);
			this.#askUsers();
		}
		return "…";
	}

	async #askUsers() {
		if (this.#asking) return;
		this.#asking = true;
		for (const id of this.#wanted) {
			const unknown = { id, name: "Someone", username: "" };
			const user = await this.request("user_get", { user: id }).catch((error) => (error instanceof Refused ? unknown : null));
			this.#wanted.delete(id);
			if (user) this.learn(user);
			this.#on.changed();
			await pause(USER_ASKS_MS);
		}
		this.#asking = false;
	}

	// ---- reading ----

	#page(id, more = "") {
		return this.account.call("GET", `/v1/channels/${id}/messages?limit=${PAGE}${more}`);
	}

	/** The newest page. What was committed after it was made is applied on top. */
	async load(channel) {
		const page = await this.#page(channel.id);
		if (channel.loaded) return;
		channel.take(page);
		channel.loaded = true;
		for (const message of channel.sorted()) this.model.settle(message);
		for (let after = page.head; after < channel.last; ) {
			const { events } = await this.request("events", { channel: channel.id, after, limit: PULL });
			if (!events.length) break;
			for (const event of events) applyToMessages(channel, event);
			after = events.at(-1).seq;
		}
		const { members } = await this.request("member_list", { channel: channel.id, limit: PULL });
		for (const { user } of members) this.learn(user);
		this.#on.changed();
	}

	async loadOlder(channel) {
		if (!channel.loaded || !channel.more || this.#older || !channel.messages.size) return;
		this.#older = true;
		try {
			channel.take(await this.#page(channel.id, `&before=${channel.oldest()}`));
		} finally {
			this.#older = false;
			this.#on.changed();
		}
	}

	/** A channel that was just made here. */
	add(view) {
		if (!this.model.channels.has(view.id)) this.model.channels.set(view.id, new Channel(view));
	}

	// ---- sending ----

	send(channel, text, replyTo) {
		const entry = { key: uuid7(), channel, text, at: Date.now(), state: "sending" };
		if (replyTo) entry.reply_to = replyTo;
		this.model.outbox.push(entry);
		this.keepOutbox();
		this.#flush(channel);
	}

	retry(key) {
		const entry = this.model.outbox.find((e) => e.key === key);
		if (!entry) return;
		entry.state = "sending";
		this.#flush(entry.channel);
	}

	discard(key) {
		this.model.outbox = this.model.outbox.filter((e) => e.key !== key);
		this.keepOutbox();
	}

	/** What waits survives a reload of the page, with its keys: sent again, the server knows it. */
	keepOutbox() {
		const { me, outbox } = this.model;
		const entries = outbox.filter(({ state }) => state !== "sent");
		if (me) sessionStorage.setItem(OUTBOX_KEY, JSON.stringify({ user: me.id, entries }));
	}

	#restoreOutbox() {
		const { me, outbox } = this.model;
		const kept = JSON.parse(sessionStorage.getItem(OUTBOX_KEY) ?? "null");
		if (kept?.user === me.id) outbox.push(...kept.entries.filter(({ key }) => !outbox.some((e) => e.key === key)));
	}

	/** Sends what waits for a channel, one after the other so that the order stays. */
	async #flush(id) {
		if (this.#sending.has(id)) return;
		this.#sending.add(id);
		const next = () => this.model.outbox.find((e) => e.channel === id && e.state === "sending");
		try {
			for (let entry; (entry = next()); ) {
				const { channel, key, text, reply_to } = entry;
				try {
					this.#sent(entry, await this.request("send", { channel, key, text, ...(reply_to ? { reply_to } : {}) }));
				} catch (error) {
					if (error instanceof Unanswered && !this.online) return; // goes on when the socket is back
					if (error.retryMs) await pause(error.retryMs);
					else if (error instanceof Refused) Object.assign(entry, { state: "failed", why: error.message });
				}
				this.keepOutbox();
				this.#on.changed();
			}
		} finally {
			this.#sending.delete(id);
		}
	}

	/** Durable. Its event comes by the socket too, before or after this. */
	#sent(entry, { seq }) {
		entry.state = "sent";
		entry.seq = seq;
		const channel = this.model.channels.get(entry.channel);
		if (!channel) return;
		channel.seen = Math.max(channel.seen, seq);
		if (seq <= channel.last) this.model.settle(entry);
		else setTimeout(() => channel.last < seq && this.pull(channel.id), EVENT_MS_MAX);
	}
}
