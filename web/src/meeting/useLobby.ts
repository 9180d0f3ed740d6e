// Those who wait in a channel's lobby, as they come and go.

import { useHeard, useKlatch, useStatus } from "@klatch/client/react";
import { useCallback, useEffect, useState } from "react";
import type { LobbyEntry, LobbySignal } from "../wire.ts";

/** Longest first. Signals are best effort: with every connection the list is read anew. */
export function useLobby(channel: string): readonly Pick<LobbyEntry, "user">[] {
	const klatch = useKlatch();
	const { state } = useStatus();
	const [waiting, setWaiting] = useState<readonly Pick<LobbyEntry, "user">[]>([]);
	useEffect(() => {
		if (state !== "online") return;
		let current = true;
		klatch.call("lobby_list", { channel }).then(
			(lobby) => current && setWaiting(lobby.waiting),
			() => {},
		);
		return () => {
			current = false;
		};
	}, [klatch, channel, state]);
	const hear = useCallback(
		(signal: LobbySignal) => {
			if (signal.channel !== channel) return;
			setWaiting((before) => {
				const others = before.filter(({ user }) => user.id !== signal.user.id);
				return signal.state === "waiting" ? [...others, { user: signal.user }] : others;
			});
		},
		[channel],
	);
	useHeard("lobby", hear);
	return waiting;
}
