// Drawing: what the model holds, as elements. Every text goes in as text, never as HTML.

const GROUP_MS = 5 * 60_000;
const HUES = 8;
const NAMED_LINES = 30; // further down the list, names are shown only if they are known
const EMOJI = ["👍", "❤️", "😂", "🎉", "😮", "😢"];
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const shortDay = new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "medium" });

export const $ = (id) => document.getElementById(id);

/** An element with properties, attributes (those with a dash, and `role`) and children; strings become text. */
export function make(tag, properties = {}, ...children) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(properties)) {
		if (value === undefined || value === null || value === false) continue;
		if (name.includes("-") || name === "role") element.setAttribute(name, value);
		else element[name] = value;
	}
	element.append(...children.filter((child) => child !== null && child !== undefined));
	return element;
}

/** Makes the children of `parent` those of `items`, touching only what changed, so that focus and readers stay. */
export function reconcile(parent, items, keyOf, build) {
	const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
	let place = parent.firstElementChild;
	for (const item of items) {
		const key = String(keyOf(item));
		const print = JSON.stringify(item);
		let element = old.get(key);
		old.delete(key);
		if (!element || element.print !== print) {
			const fresh = build(item);
			fresh.dataset.key = key;
			fresh.print = print;
			if (element) {
				const focused = element.contains(document.activeElement) && document.activeElement.dataset.does;
				if (place === element) place = fresh;
				element.replaceWith(fresh);
				if (focused) fresh.querySelector(`[data-does="${CSS.escape(focused)}"]`)?.focus();
			}
			element = fresh;
		}
		if (place === element) place = place.nextElementSibling;
		else parent.insertBefore(element, place);
	}
	for (const element of old.values()) element.remove();
}

const sameDay = (a, b) => new Date(a).toDateString() === new Date(b).toDateString();

function when(at) {
	const date = new Date(at);
	return sameDay(at, Date.now()) ? clock.format(date) : shortDay.format(date);
}

function dayName(at) {
	if (sameDay(at, Date.now())) return "Today";
	if (sameDay(at, Date.now() - 86_400_000)) return "Yesterday";
	return weekday.format(new Date(at));
}

function hue(id) {
	let sum = 0;
	for (const char of id) sum = (sum * 31 + char.codePointAt(0)) >>> 0;
	return sum % HUES;
}

function avatar(id, name, group) {
	const initials = group ? "#" : [...name.trim()].slice(0, 1).join("").toUpperCase();
	return make("span", { className: `avatar hue-${hue(id)}`, "aria-hidden": "true" }, initials || "?");
}

/** A text with its links and mentions marked. */
function rich(text, usernames) {
	const parts = text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}']|(?<![\w.@+-])@[\w.+@-]+)/u);
	return parts.filter(Boolean).map((part) => {
		if (/^https?:\/\//.test(part)) {
			return make("a", { href: part, target: "_blank", rel: "noopener noreferrer nofollow" }, part);
		}
		const name = part.startsWith("@") && part.slice(1).replace(/[.+@-]+$/, "").toLowerCase();
		if (name && (name === "all" || usernames.has(name))) return make("span", { className: "mention" }, part);
		return part;
	});
}

// ---- the list of channels ----

/** One line for each channel, as plain data: what is equal need not be drawn again. */
export function channelLines(model, nameOf) {
	return model.byActivity().map(({ id, kind, name, preview, unread, mentions, active_at, archived }, index) => {
		const other = () => (kind === "direct" ? null : nameOf(preview.actor, index >= NAMED_LINES));
		const who = preview && (preview.actor === model.me.id ? "You" : other());
		const said = preview ? (preview.deleted ? "Message deleted" : preview.text) : "No messages yet";
		const line = preview && who && !preview.deleted ? `${who}: ${said}` : said;
		return { id, kind, name, line, unread, mentions, archived, time: when(active_at), current: id === model.open };
	});
}

export function channelLine({ id, kind, name, line, unread, mentions, time, current }) {
	const badge = unread
		? make("span", { className: mentions ? "badge mentioned" : "badge" },
				make("span", { "aria-hidden": "true" }, mentions ? `@ ${shown(unread)}` : shown(unread)),
				make("span", { className: "hidden" }, `${unread} unread`))
		: null;
	return make("li", {},
		make("button", { type: "button", className: "channel", "data-channel": id, "data-does": "open",
				"aria-current": current ? "true" : null },
			avatar(id, name, kind !== "direct"),
			make("span", { className: "channel-text" },
				make("span", { className: "line" },
					make("strong", { className: "channel-name", dir: "auto" }, name),
					make("time", {}, time)),
				make("span", { className: "line" },
					make("span", { className: "preview", dir: "auto" }, line), badge))));
}

const shown = (count) => (count > 99 ? "99+" : String(count));

// ---- messages ----

/** Everything shown in a conversation, as plain data: days, the mark of what is new, messages, what is being sent. */
export function messageItems(model, channel, newAfter, nameOf) {
	const items = [];
	let before = null;
	let marked = newAfter === null;
	const usernames = [...model.users.values()].map(({ username }) => username.toLowerCase());
	const push = (message) => {
		const { at, actor } = message;
		const day = !before || !sameDay(before.at, at);
		if (day) items.push({ key: `day-${new Date(at).toDateString()}`, day: dayName(at) });
		if (!marked && message.seq > newAfter && actor !== model.me.id) {
			items.push({ key: "new", mark: "New" });
			marked = true;
			before = null;
		}
		const lead = day || !before || before.actor !== actor || at - before.at > GROUP_MS || message.quote !== null;
		const mentioned = usernames.filter((name) => message.text.toLowerCase().includes(`@${name}`));
		items.push({ ...message, lead, name: nameOf(actor), mine: actor === model.me.id, mentioned });
		before = message;
	};
	const quote = (seq) => {
		if (!seq) return null;
		const target = channel.messages.get(seq);
		if (!target) return { seq, name: "", text: "An earlier message" };
		const text = target.deleted ? "Message deleted" : target.text.slice(0, 120);
		return { seq, name: nameOf(target.actor), text };
	};
	for (const m of channel.sorted()) {
		const reactions = (m.reactions ?? []).map(({ emoji, users }) => ({
			emoji, count: users.length, mine: users.includes(model.me.id), names: users.slice(0, 20).map((u) => nameOf(u)).join(", "),
		}));
		push({ key: m.seq, seq: m.seq, at: m.at, actor: m.actor, text: m.text, deleted: m.deleted ?? false,
			edited: m.edited_at !== undefined, reactions, quote: quote(m.reply_to), state: null,
			mayWrite: !channel.archived, mayDelete: m.actor === model.me.id || ["owner", "moderator"].includes(channel.role) });
	}
	for (const e of model.outbox.filter((entry) => entry.channel === channel.id)) {
		push({ key: e.key, seq: 0, at: e.at, actor: model.me.id, text: e.text, deleted: false, edited: false,
			reactions: [], quote: quote(e.reply_to), state: e.state, why: e.why ?? "", mayWrite: false, mayDelete: false });
	}
	return items;
}

export function messageRow(item) {
	if (item.day) return make("li", { className: "day", role: "separator" }, make("span", {}, item.day));
	if (item.mark) return make("li", { className: "day new", role: "separator" }, make("span", {}, item.mark));
	const { seq, key, at, actor, text, name, lead, mine, deleted, edited, state, quote } = item;
	const classes = ["message", lead && "lead", mine && "mine", deleted && "deleted", state].filter(Boolean).join(" ");
	const time = make("time", { dateTime: new Date(at).toISOString(), title: full.format(new Date(at)) }, clock.format(new Date(at)));
	const body = deleted
		? make("p", { className: "text" }, "Message deleted")
		: make("p", { className: "text", dir: "auto" }, ...rich(text, new Set(item.mentioned)));
	if (edited && !deleted) body.append(make("span", { className: "edited" }, " (edited)"));
	return make("li", { className: classes, "data-seq": seq || null, "data-state": state },
		lead ? avatar(actor, name) : null,
		make("div", { className: "body" },
			lead ? make("div", { className: "who" }, make("strong", { dir: "auto" }, name), time) : null,
			quote ? make("button", { type: "button", className: "quote", dir: "auto", "data-does": "jump", "data-seq": quote.seq },
				quote.name ? make("strong", {}, `${quote.name} `) : null, quote.text) : null,
			body,
			reactionRow(item),
			state ? stateRow(item, key) : null),
		lead ? null : time,
		seq && !deleted && item.mayWrite ? actionRow(item) : null);
}

function reactionRow({ reactions, seq }) {
	if (!reactions.length) return null;
	return make("div", { className: "reactions" }, ...reactions.map(({ emoji, count, mine, names }) =>
		make("button", { type: "button", className: "reaction", title: names, "data-does": "react", "data-emoji": emoji,
			"data-seq": seq, "aria-pressed": String(mine), "aria-label": `${emoji} ${count}: ${names}` }, `${emoji} ${count}`)));
}

function stateRow({ state, why }, key) {
	if (state !== "failed") return make("p", { className: "state" }, state === "sending" ? "Sending…" : "Sent");
	return make("p", { className: "state" }, `Not sent: ${why} `,
		make("button", { type: "button", className: "link", "data-does": "retry", "data-of": key }, "Try again"),
		" · ",
		make("button", { type: "button", className: "link", "data-does": "discard", "data-of": key }, "Discard"));
}

function actionRow({ seq, mine, mayDelete }) {
	const action = (does, sign, label, more = {}) =>
		make("button", { type: "button", "data-does": does, "data-seq": seq, "aria-label": label, title: label, ...more }, sign);
	return make("div", { className: "actions", role: "group", "aria-label": "Message actions" },
		...EMOJI.map((emoji) => action("react", emoji, `React with ${emoji}`, { className: "emoji", "data-emoji": emoji })),
		action("reply", "↩", "Reply"),
		mine ? action("edit", "✎", "Edit") : null,
		mayDelete ? action("delete", "✕", "Delete") : null);
}

// ---- small things ----

export function toast(text) {
	const box = $("toast");
	box.textContent = text;
	box.classList.add("shown");
	clearTimeout(box.timer);
	box.timer = setTimeout(() => box.classList.remove("shown"), 6000);
}

/** A question in a dialog; resolves with whether the answer was yes. `value` is shown to be copied. */
export function ask({ title, text, ok, value = null, danger = false }) {
	const dialog = $("ask");
	$("ask-title").textContent = title;
	$("ask-text").textContent = text;
	$("ask-ok").textContent = ok;
	$("ask-ok").classList.toggle("danger", danger);
	$("ask-value").hidden = value === null;
	$("ask-value").value = value ?? "";
	dialog.returnValue = "";
	dialog.showModal();
	if (value !== null) $("ask-value").select();
	else $("ask-ok").focus();
	return new Promise((resolve) => (dialog.onclose = () => resolve(dialog.returnValue === "ok")));
}
