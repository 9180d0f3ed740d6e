// An open channel that one looks into without being a member.

import { useKlatch } from "@klatch/client/react";
import { useEffect, useState } from "react";
import type { Channel } from "../wire.ts";

/** The channel; `null` if it is not there, or not for the reader; `undefined` until that is known. */
export function useVisited(id: string, wanted: boolean): Channel | null | undefined {
	const klatch = useKlatch();
	const [found, setFound] = useState<Channel | null>();
	useEffect(() => {
		if (!wanted) return;
		let current = true;
		setFound(undefined);
		klatch.call("channel_get", { channel: id }).then(
			(channel) => current && setFound(channel),
			() => current && setFound(null),
		);
		return () => {
			current = false;
		};
	}, [klatch, id, wanted]);
	return wanted ? found : undefined;
}
