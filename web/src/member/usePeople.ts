// Finding people of the space by the beginning of a name.

import { useKlatch } from "@klatch/client/react";
import { useEffect, useState } from "react";
import type { User } from "../wire.ts";

const PAUSE_MS = 150;
const FOUND_MAX = 20;

/** Those found; `undefined` while they are being looked for, nobody for an empty query. */
export function usePeople(query: string): readonly User[] | undefined {
	const klatch = useKlatch();
	const wanted = query.trim();
	const [found, setFound] = useState<{ of: string; users: readonly User[] }>({ of: "", users: [] });
	useEffect(() => {
		if (wanted === "") return;
		let current = true;
		const take = (users: readonly User[]) => current && setFound({ of: wanted, users });
		const timer = window.setTimeout(() => {
			klatch.call("user_search", { query: wanted, limit: FOUND_MAX }).then(
				({ users }) => take(users),
				() => take([]),
			);
		}, PAUSE_MS);
		return () => {
			current = false;
			window.clearTimeout(timer);
		};
	}, [klatch, wanted]);
	if (wanted === "") return [];
	return found.of === wanted ? found.users : undefined;
}
