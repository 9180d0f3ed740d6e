// The members of a channel, page by page, read again when they change.

import { useHeard, useKlatch } from "@klatch/client/react";
import { useCallback, useEffect, useRef, useState } from "react";
import type { ChannelId, Member } from "../wire.ts";

const PAGE = 100;

interface Members {
	members: readonly Member[] | undefined;
	more: boolean;
	/** Reads the next page. */
	next(): void;
}

export function useMembers(channel: ChannelId): Members {
	const klatch = useKlatch();
	const [page, setPage] = useState<{ members: readonly Member[]; more: boolean }>();
	const turn = useRef(0);
	const read = useCallback(
		async (known: readonly Member[], limit: number) => {
			turn.current += 1;
			const mine = turn.current;
			const last = known.at(-1)?.user.id;
			try {
				const answer = await klatch.call("member_list", { channel, limit, ...(last ? { after: last } : {}) });
				if (mine === turn.current) setPage({ members: [...known, ...answer.members], more: answer.more });
			} catch {
				// Offline, what was read stays.
			}
		},
		[klatch, channel],
	);
	useEffect(() => void read([], PAGE), [read]);
	useHeard("event", (event) => {
		if (event.channel === channel && event.type.startsWith("member."))
			void read([], Math.min(200, Math.max(PAGE, page?.members.length ?? 0)));
	});
	return { members: page?.members, more: page?.more ?? false, next: () => void read(page?.members ?? [], PAGE) };
}
