// A message that another answers and that is not among those on the screen: asked for once.

import { useKlatch } from "@klatch/client/react";
import { useEffect, useState } from "react";
import type { ChannelId, Message, Seq } from "../wire.ts";

const KEPT_MAX = 500;
const kept = new Map<string, Message | null>();

export function useMessageAt(
	channel: ChannelId,
	seq: Seq | undefined,
	shown: Message | undefined,
): Message | undefined {
	const klatch = useKlatch();
	const place = `${channel}:${seq}`;
	const [, draw] = useState(0);
	useEffect(() => {
		if (seq === undefined || shown || kept.has(place)) return;
		let current = true;
		const keep = (message: Message | null) => {
			if (kept.size >= KEPT_MAX) kept.clear();
			kept.set(place, message);
			if (current) draw((count) => count + 1);
		};
		// It may be gone; then it stays "an earlier message".
		klatch.call("message_get", { channel, target: seq }).then(keep, () => keep(null));
		return () => {
			current = false;
		};
	}, [klatch, channel, seq, shown, place]);
	if (seq === undefined) return undefined;
	return shown ?? kept.get(place) ?? undefined;
}

/** Whoever signs out leaves nothing behind. */
export function forgetMessages(): void {
	kept.clear();
}
