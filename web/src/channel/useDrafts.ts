import { useSyncExternalStore } from "react";
import { draftOf, onDrafts } from "../composer/draft.ts";
import type { ChannelId } from "../wire.ts";

/** What was begun in a channel and not sent. */
export function useDraftText(channel: ChannelId): string | undefined {
	return useSyncExternalStore(onDrafts, () => draftOf(channel)?.text.trim() || undefined);
}
