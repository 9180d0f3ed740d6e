// Who can be mentioned in a channel: its members, read once somebody begins to.

import { useKlatch } from "@klatch/client/react";
import { useEffect, useState } from "react";
import type { Channel, User } from "../wire.ts";

/** Members that are offered without a search; of a larger channel these are a part. */
const MEMBERS_MAX = 200;
const NOBODY: readonly User[] = [];

export function useCandidates({ id, members }: Channel, wanted: boolean): readonly User[] {
	const klatch = useKlatch();
	const [found, setFound] = useState<readonly User[]>(NOBODY);
	// biome-ignore lint/correctness/useExhaustiveDependencies: another number of members means other members
	useEffect(() => {
		if (!wanted) return;
		let current = true;
		klatch.call("member_list", { channel: id, limit: MEMBERS_MAX }).then(
			(page) => current && setFound(page.members.map(({ user }) => user)),
			() => {},
		);
		return () => {
			current = false;
		};
	}, [klatch, id, members, wanted]);
	return found;
}
