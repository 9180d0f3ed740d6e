// What was begun and not sent, per channel, kept in this browser.

import type { ChannelId, Seq } from "../wire.ts";

export interface Draft {
	text: string;
	reply_to?: Seq;
}

const PREFIX = "klatch.draft.";
const heard = new Set<() => void>();

export function draftOf(channel: ChannelId): Draft | undefined {
	try {
		const draft: Draft | null = JSON.parse(localStorage.getItem(PREFIX + channel) ?? "null");
		return typeof draft?.text === "string" ? draft : undefined;
	} catch {
		return undefined;
	}
}

export function keepDraft(channel: ChannelId, draft: Draft): void {
	const empty = draft.text.trim() === "" && draft.reply_to === undefined;
	try {
		if (empty) localStorage.removeItem(PREFIX + channel);
		else localStorage.setItem(PREFIX + channel, JSON.stringify(draft));
	} catch {
		// The browser's storage is full or closed: the draft lives as long as the page.
	}
	for (const listener of heard) listener();
}

/** Whoever signs out leaves nothing behind. */
export function forgetDrafts(): void {
	for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
}

export function onDrafts(listener: () => void): () => void {
	heard.add(listener);
	return () => heard.delete(listener);
}
