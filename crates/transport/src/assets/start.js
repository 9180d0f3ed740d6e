// The dialog that starts a conversation: with one person, with several, or in a channel that is open to everyone.

import { $, make } from "./view.js";
import { uuid7 } from "./wire.js";

const TYPING_MS = 200;

/** Makes the dialog work; `go(id)` opens a channel, `say(error)` tells what went wrong. */
export function startDialog(sync, go, say) {
	const chosen = new Map();
	let timer = null;

	const choice = (title, note, onclick) =>
		make("li", {}, make("button", { type: "button", onclick }, make("strong", { dir: "auto" }, title), make("span", {}, note)));

	function drawChosen() {
		const chip = ({ id, name }) => make("li", {},
			make("button", { type: "button", "aria-label": `Remove ${name}`, onclick: () => (chosen.delete(id), drawChosen()) }, `${name} ×`));
		$("people-chosen").replaceChildren(...[...chosen.values()].map(chip));
	}

	function choose(user) {
		chosen.set(user.id, user);
		sync.learn(user);
		$("people-query").value = "";
		$("people-found").replaceChildren();
		drawChosen();
		$("people-query").focus();
	}

	async function find() {
		const query = $("people-query").value.trim();
		const none = (error) => (say(error), { users: [] });
		const { users } = query ? await sync.request("user_search", { query }).catch(none) : { users: [] };
		if (query !== $("people-query").value.trim()) return;
		const others = users.filter(({ id }) => id !== sync.model.me.id && !chosen.has(id));
		$("people-found").replaceChildren(...others.map((user) => choice(user.name, `@${user.username}`, () => choose(user))));
	}

	async function showOpen() {
		const { channels } = await sync.request("channel_list", { scope: "open" }).catch(() => ({ channels: [] }));
		const others = channels.filter(({ id }) => !sync.model.channels.has(id));
		$("open-channels").hidden = others.length === 0;
		$("open-found").replaceChildren(...others.map(({ id, name, members }) => choice(name, `${members} members`, () => join(id))));
	}

	async function join(channel) {
		try {
			await sync.request("join", { channel, key: uuid7() });
			$("new-dialog").close();
			await sync.relist();
			go(channel);
		} catch (error) {
			$("new-error").textContent = error.message;
		}
	}

	async function begin() {
		const name = $("group-name").value.trim();
		const members = [...chosen.keys()];
		if (!name && members.length !== 1) {
			$("new-error").textContent = "Choose one person, or give the group a name.";
			return;
		}
		try {
			const asked = name ? { kind: "group", name, members } : { kind: "direct", members };
			const { channel } = await sync.request("channel_create", { ...asked, key: uuid7() });
			sync.add(channel);
			$("new-dialog").close();
			go(channel.id);
		} catch (error) {
			$("new-error").textContent = error.message;
		}
	}

	$("new").addEventListener("click", () => {
		chosen.clear();
		$("new-form").reset();
		$("people-found").replaceChildren();
		$("new-error").textContent = "";
		drawChosen();
		$("new-dialog").showModal();
		showOpen();
	});
	$("people-query").addEventListener("input", () => {
		clearTimeout(timer);
		timer = setTimeout(find, TYPING_MS);
	});
	$("people-query").addEventListener("keydown", (event) => {
		if (event.key !== "Enter") return;
		event.preventDefault();
		$("people-found").querySelector("button")?.click();
	});
	$("new-form").addEventListener("submit", (event) => {
		event.preventDefault();
		begin();
	});
	$("new-form").querySelector("[data-close]").addEventListener("click", () => $("new-dialog").close());
}
