// The page: joins what is known, what is drawn and what is typed. One way only: frame → model → draw.

import { startDialog } from "./start.js";
import { Sync } from "./sync.js";
import { $, ask, channelLine, channelLines, make, messageItems, messageRow, reconcile, toast } from "./view.js";
import { Refused, Unanswered, uuid7 } from "./wire.js";

const NEAR_BOTTOM_PX = 80;
const NEAR_TOP_PX = 200;
const READ_MS = 150;
const STATES = { connecting: "Connecting…", offline: "Offline. Trying again…", online: "Connected", stopped: "Disconnected" };

let newAfter = null; // messages above this position were unread when the channel was opened
let context = null; // { kind: "reply" | "edit", seq }
let invitation = location.pathname.match(/^\/join\/([^/]+)$/)?.[1] ?? null;
const drafts = new Map();

const sync = new Sync({
	changed: () => draw(),
	failed: (error) => say(error),
	signedOut: (message) => signedOut(message),
	ready: async () => {
		const { name, username } = sync.model.me;
		$("me").textContent = name;
		$("me").title = username;
		show("chat");
		if (invitation) await acceptInvitation();
		route();
	},
	state: (name) => {
		$("connection").textContent = STATES[name];
		$("connection").dataset.state = name;
		const again = () => make("button", { type: "button", className: "link", onclick: () => sync.start() }, "Connect");
		if (name === "stopped") $("connection").append(" ", again());
	},
});

const current = () => sync.model.channels.get(sync.model.open);
const say = (error) => toast(error instanceof Refused || error instanceof Unanswered ? error.message : "Something went wrong in the page.");
const go = (id) => (location.hash === `#${id}` ? openChannel(id) : (location.hash = id));

/** Does something to the open channel; what goes wrong is told. */
async function act(op, args) {
	try {
		return await sync.request(op, { channel: sync.model.open, ...args });
	} catch (error) {
		say(error);
		return null;
	}
}

// ---- a channel ----

function route() {
	const id = location.hash.slice(1);
	if (sync.model.channels.has(id)) openChannel(id);
	else leaveChannel();
}

async function openChannel(id) {
	const channel = sync.model.channels.get(id);
	const fresh = sync.model.open !== id;
	if (fresh) {
		keepDraft();
		sync.model.open = id;
		newAfter = channel.unread ? channel.read : null;
		setContext(null);
		$("text").value = drafts.get(id) ?? "";
		if (matchMedia("(hover: hover)").matches) $("text").focus({ preventScroll: true });
	}
	$("chat").dataset.pane = "talk";
	draw(fresh);
	if (channel.loaded) return;
	await sync.load(channel).catch((error) => error instanceof Unanswered || say(error));
	draw(true);
}

function leaveChannel() {
	keepDraft();
	sync.model.open = null;
	$("chat").dataset.pane = "list";
	if (location.hash) history.replaceState(null, "", location.pathname);
	draw();
}

function keepDraft() {
	if (sync.model.open && context?.kind !== "edit") drafts.set(sync.model.open, $("text").value);
}

async function loadOlder() {
	if (!current()) return;
	$("older").textContent = "Loading older messages…";
	await sync.loadOlder(current()).catch(say);
	$("older").textContent = "";
}

// ---- writing ----

/** Answers or edits a message, or neither. */
function setContext(next) {
	const message = next && current()?.messages.get(next.seq);
	if (context?.kind === "edit") $("text").value = "";
	context = message ? next : null;
	$("context").hidden = !context;
	if (context?.kind === "edit") {
		$("context-text").textContent = "Editing your message";
		$("text").value = message.text;
	} else if (context) {
		$("context-text").textContent = `Answering ${sync.nameOf(message.actor)}: ${message.text.slice(0, 80)}`;
	}
	grow();
	if (context) $("text").focus();
}

function submit() {
	const text = $("text").value.trim();
	if (!text || !current() || current().archived) return;
	if (context?.kind === "edit") act("edit", { target: context.seq, text, key: uuid7() });
	else sync.send(sync.model.open, text, context?.seq);
	$("text").value = "";
	setContext(null);
	draw(true);
}

function grow() {
	const area = $("text");
	area.style.height = "auto";
	area.style.height = `${Math.min(area.scrollHeight + 2, 200)}px`;
}

const doing = {
	open: ({ channel }) => go(channel),
	reply: ({ seq }) => setContext({ kind: "reply", seq: Number(seq) }),
	edit: ({ seq }) => setContext({ kind: "edit", seq: Number(seq) }),
	jump: ({ seq }) => $("messages").querySelector(`li[data-seq="${Number(seq)}"]`)?.scrollIntoView({ block: "center" }),
	react: ({ seq, emoji }) => {
		const target = Number(seq);
		const given = current().messages.get(target)?.reactions?.find((r) => r.emoji === emoji);
		act(given?.users.includes(sync.model.me.id) ? "unreact" : "react", { target, emoji, key: uuid7() });
	},
	delete: async ({ seq }) => {
		const question = { title: "Delete this message?", text: "Its text is erased for everyone.", ok: "Delete", danger: true };
		if (await ask(question)) act("delete", { target: Number(seq), key: uuid7() });
	},
	retry: ({ of }) => (sync.retry(of), draw()),
	discard: ({ of }) => (sync.discard(of), draw()),
};

// ---- reading ----

const atBottom = () => {
	const { scrollHeight, scrollTop, clientHeight } = $("scroller");
	return scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PX;
};
const toBottom = () => ($("scroller").scrollTop = $("scroller").scrollHeight);
let reading = false;

/** Tells the server how far one has read, once the newest message is in sight. */
async function markRead() {
	const channel = current();
	if (!channel?.loaded || document.hidden || reading || !sync.online || !atBottom()) return;
	if (channel.newest() <= channel.read) return;
	reading = true;
	await new Promise((resolve) => setTimeout(resolve, READ_MS));
	const cursor = await sync.request("read", { channel: channel.id, seq: channel.newest() }).catch(() => null);
	reading = false;
	if (!cursor) return;
	sync.model.cursor(cursor);
	draw();
}

// ---- drawing ----

let drawing = null;

/** Draws soon, at most once for all that happens meanwhile. `down` shows the newest message. */
function draw(down = false) {
	if (drawing) {
		drawing.down ||= down;
		return;
	}
	drawing = { down };
	const now = () => {
		const { down } = drawing;
		drawing = null;
		if (sync.model.me) paint(down);
	};
	if (document.hidden) setTimeout(now, 200);
	else requestAnimationFrame(now);
}

function paint(down) {
	const { model } = sync;
	const nameOf = (id, lazily) => sync.nameOf(id, lazily);
	const unread = model.unread();
	document.title = unread ? `(${unread}) Klatch` : "Klatch";
	reconcile($("channels"), channelLines(model, nameOf), ({ id }) => id, channelLine);
	$("no-channels").hidden = model.channels.size > 0;
	const channel = current();
	if (model.open && !channel && sync.online && !sync.listing) return leaveChannel();
	$("conversation").hidden = !channel;
	$("nothing").hidden = Boolean(channel);
	if (!channel) return;
	paintHead(channel);
	const scroller = $("scroller");
	const same = scroller.dataset.channel === channel.id;
	const follow = down || !same || atBottom();
	if (follow && same) channel.trim();
	const fromEnd = scroller.scrollHeight - scroller.scrollTop;
	const grownAbove = Number(scroller.dataset.oldest) > channel.oldest();
	if (!same) $("messages").replaceChildren();
	$("messages").setAttribute("aria-busy", String(!channel.loaded));
	const items = channel.loaded ? messageItems(model, channel, newAfter, nameOf) : [];
	reconcile($("messages"), items, ({ key }) => key, messageRow);
	if (follow) toBottom();
	else if (grownAbove) scroller.scrollTop = scroller.scrollHeight - fromEnd;
	scroller.dataset.channel = channel.id;
	scroller.dataset.oldest = channel.oldest();
	$("newest").hidden = atBottom() || channel.newest() <= channel.read;
	markRead();
	if (channel.loaded && channel.more && scroller.scrollHeight <= scroller.clientHeight) loadOlder();
}

function paintHead({ kind, name, members, topic, archived, role }) {
	const people = kind === "direct" ? "Direct conversation" : `${members} ${members === 1 ? "member" : "members"}`;
	$("title").textContent = name;
	$("subtitle").textContent = [people, topic, archived && "closed"].filter(Boolean).join(" · ");
	$("invite").hidden = kind === "direct" || archived || !["owner", "moderator"].includes(role);
	$("text").disabled = archived;
	$("text").placeholder = archived ? "This conversation is closed" : "Write a message";
}

// ---- coming in, going out ----

function show(what) {
	$("door").hidden = what !== "door";
	$("chat").hidden = what !== "chat";
}

function signedOut(message = "") {
	sync.forget();
	drafts.clear();
	$("channels").replaceChildren();
	$("messages").replaceChildren();
	$("conversation").hidden = true;
	$("text").value = "";
	document.title = "Klatch";
	showDoor(message);
}

function showDoor(message = "") {
	show("door");
	$("invited").hidden = !invitation;
	$("sign-in-error").textContent = message;
	$("sign-in").elements.username.focus();
}

let signUp = false;

function switchSignUp() {
	signUp = !signUp;
	const form = $("sign-in");
	for (const element of form.querySelectorAll(".sign-up-only")) element.hidden = !signUp;
	form.elements.password.autocomplete = signUp ? "new-password" : "current-password";
	form.elements.password.minLength = signUp ? 12 : 0;
	form.querySelector("[type=submit]").textContent = signUp ? "Create the account" : "Log in";
	$("sign-up-switch").textContent = signUp ? "I have an account" : "Create an account";
	$("sign-in-error").textContent = "";
}

async function enter(form) {
	const { username, password, name, space } = form.elements;
	const body = { username: username.value.trim(), password: password.value, device: "Web page" };
	if (space.value.trim()) body.space = space.value.trim();
	if (signUp && name.value.trim()) body.name = name.value.trim();
	const button = form.querySelector("[type=submit]");
	button.disabled = true;
	$("sign-in-error").textContent = "";
	try {
		await sync.account.enter(signUp ? "/v1/auth/signup" : "/v1/auth/login", body);
		password.value = "";
		sync.start();
	} catch (error) {
		$("sign-in-error").textContent = error.message;
		password.focus();
	} finally {
		button.disabled = false;
	}
}

async function logOut() {
	const text = "Some messages have not been sent yet. They would be lost.";
	const unsent = sync.model.outbox.some(({ state }) => state !== "sent");
	if (!unsent || (await ask({ title: "Log out?", text, ok: "Log out", danger: true }))) sync.logOut();
}

// ---- invitations ----

async function acceptInvitation() {
	const code = decodeURIComponent(invitation);
	invitation = null;
	history.replaceState(null, "", "/");
	try {
		const { name, members, channel } = await sync.request("invite_preview", { code });
		const text = `${name}, ${members} ${members === 1 ? "member" : "members"}.`;
		if (!(await ask({ title: "Join this conversation?", text, ok: "Join" }))) return;
		await sync.request("invite_accept", { code, key: uuid7() });
		await sync.relist();
		go(channel);
	} catch (error) {
		say(error);
	}
}

async function invite() {
	const made = await act("invite_create", {});
	if (!made) return;
	const value = `${location.origin}/join/${encodeURIComponent(made.code)}`;
	const text = `Whoever has this link can join until ${new Date(made.expires_at).toLocaleDateString()}.`;
	if (!(await ask({ title: "Invitation", text, ok: "Copy", value }))) return;
	await navigator.clipboard?.writeText(value).then(() => toast("Copied."), say);
}

// ---- wiring ----

function onKey(event) {
	if (event.isComposing) return;
	if (event.key === "Enter" && !event.shiftKey) {
		event.preventDefault();
		submit();
	} else if (event.key === "Escape" && context) {
		setContext(null);
	} else if (event.key === "ArrowUp" && !$("text").value) {
		const mine = current()?.sorted().findLast(({ actor, deleted }) => actor === sync.model.me.id && !deleted);
		if (!mine) return;
		event.preventDefault();
		setContext({ kind: "edit", seq: mine.seq });
	}
}

function onArrows(event) {
	const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
	if (!step) return;
	event.preventDefault();
	const buttons = [...$("channels").querySelectorAll("button")];
	buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length)?.focus();
}

const on = (id, type, handle) => $(id).addEventListener(type, handle, { passive: type === "scroll" });

for (const id of ["channels", "messages"]) {
	on(id, "click", ({ target }) => {
		const { dataset } = target.closest("button[data-does]") ?? {};
		if (dataset) doing[dataset.does](dataset);
	});
}
for (const [id, submitted] of [["sign-in", enter], ["composer", submit]]) {
	on(id, "submit", (event) => {
		event.preventDefault();
		submitted(event.target);
	});
}
// Where nothing can be hovered, a tap on a message shows what can be done to it.
on("messages", "click", ({ target }) => {
	const tapped = target.closest(".message");
	for (const open of $("messages").querySelectorAll(".open")) if (open !== tapped) open.classList.remove("open");
	if (!target.closest("a, button")) tapped?.classList.toggle("open");
});
on("channels", "keydown", onArrows);
on("text", "keydown", onKey);
on("text", "input", grow);
on("sign-up-switch", "click", switchSignUp);
on("log-out", "click", logOut);
on("invite", "click", invite);
on("back", "click", leaveChannel);
on("newest", "click", () => draw(true));
on("context-cancel", "click", () => setContext(null));
on("scroller", "scroll", () => {
	if ($("scroller").scrollTop < NEAR_TOP_PX) loadOlder();
	if (atBottom()) $("newest").hidden = true;
	markRead();
});
window.addEventListener("hashchange", () => sync.model.me && route());
window.addEventListener("online", () => sync.hurry());
window.addEventListener("storage", ({ key, newValue }) => {
	// Another tab logged out.
	if (key === "klatch.refresh" && newValue === null && sync.model.me) signedOut();
});
document.addEventListener("visibilitychange", () => {
	if (document.hidden) return;
	sync.hurry();
	draw();
});
startDialog(sync, go, say);

if (sync.account.known) {
	show("chat");
	sync.start();
} else {
	showDoor();
}
