// How a copy of a channel grows: the rules that every store follows.

import { amended, posted, targetOf } from "../channel/amend.ts";
import type { Event, Message, Messages, Seq } from "../wire/generated/views.ts";
import type { Copy } from "./store.ts";

/** The copy that begins with the newest page. */
export function begun(channel: string, page: Messages): Copy {
	return { channel, floor: page.more ? lowest(page, page.head) : 0, head: page.head };
}

/** The copy after a page that was read below `before`: its floor sinks if the page goes on where it ended. */
export function sunk(copy: Copy, before: Seq, page: Messages): Copy {
	if (before < copy.floor) return copy;
	return { ...copy, floor: Math.min(copy.floor, page.more ? lowest(page, before) : 0) };
}

/** The copy after events, and those of them that it took. */
export function grown(copy: Copy, events: readonly Event[]): { copy: Copy; taken: Event[] } {
	const taken: Event[] = [];
	let { head } = copy;
	for (const event of events) {
		if (event.seq <= head) continue;
		if (event.prev !== head) break;
		head = event.seq;
		taken.push(event);
	}
	return { copy: { ...copy, head }, taken };
}

/** Changes messages as an event asks; `find` and `put` are the store's. */
export async function written(
	event: Event,
	find: (seq: Seq) => Promise<Message | undefined>,
	put: (message: Message) => Promise<unknown>,
): Promise<void> {
	if (event.type === "message.posted") {
		await put(posted(event));
		return;
	}
	const target = targetOf(event);
	const message = target === undefined ? undefined : await find(target);
	if (!message) return;
	const changed = amended(message, event);
	if (changed !== message) await put(changed);
}

/** What is put for a message that the server tells: content that the server erased after all had read it stays here as long
 * as nobody deleted it (S0.12). */
export function kept(theirs: Message, ours: Message | undefined): Message {
	return theirs.text === "" && !theirs.deleted && ours?.text ? { ...theirs, text: ours.text } : theirs;
}

function lowest(page: Messages, otherwise: Seq): Seq {
	return page.messages.reduce((lowest, { seq }) => Math.min(lowest, seq), otherwise);
}
