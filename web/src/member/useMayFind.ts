import { useMemo } from "react";
import { matching } from "../composer/mention.ts";
import type { Member } from "../wire.ts";

/** Those members whose name or username a query may mean. */
export function useMayFind(members: readonly Member[], query: string): readonly Member[] {
	return useMemo(() => {
		const wanted = query.trim();
		if (wanted === "") return members;
		const found = new Set(
			matching(
				members.map(({ user }) => user),
				wanted,
				members.length,
			),
		);
		return members.filter(({ user }) => found.has(user));
	}, [members, query]);
}
