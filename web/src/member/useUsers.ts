// People by id, drawn anew when a name comes or changes.

import { useKlatch } from "@klatch/client/react";
import { useCallback, useSyncExternalStore } from "react";
import type { User, UserId } from "../wire.ts";

/** Looks up those of `ids`, which are asked for if they are not known. */
export function useUsers(ids: readonly UserId[]): (id: UserId) => User | undefined {
	const klatch = useKlatch();
	const wanted = [...new Set(ids)].sort().join(" ");
	const subscribe = useCallback(
		(listener: () => void) => {
			const stops = wanted.split(" ").map((id) => (id ? klatch.user(id).subscribe(listener) : () => {}));
			return () => {
				for (const stop of stops) stop();
			};
		},
		[klatch, wanted],
	);
	// One text of all names: equal as long as nobody is called otherwise.
	const names = useSyncExternalStore(subscribe, () =>
		wanted
			.split(" ")
			.map((id) => (id ? (klatch.user(id).get()?.name ?? "") : ""))
			.join("\n"),
	);
	// biome-ignore lint/correctness/useExhaustiveDependencies: with other names it is another function, so that rows see it
	return useCallback((id: UserId) => (id ? klatch.user(id).get() : undefined), [klatch, names]);
}
