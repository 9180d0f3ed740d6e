// Channels that a school's roster keeps: what such a channel is for, as a small mark. The list of channels says only that it is
// of a roster; of which kind of group is known to those who share it with others (docs/rosters.md, the circle).

import type { Klatch } from "@klatch/client";
import { useChannels, useKlatch, useStatus } from "@klatch/client/react";
import { useEffect, useSyncExternalStore } from "react";
import { useWords } from "../i18n/Words.tsx";
import { Icon, type IconName } from "../ui/Icon.tsx";
import type { Channel, ChannelId, RosterKind } from "../wire.ts";

const ICONS: Record<RosterKind, IconName> = { degree: "cap", course: "book", class: "desk" };
/** People who are asked about; the server's own limit. */
const PEOPLE_MAX = 100;
/** What is on the screen comes first. */
const WAIT_MS = 250;

export const isOfRoster = (channel: Pick<Channel, "kind">) => channel.kind === "course";

let kinds: ReadonlyMap<ChannelId, RosterKind> = new Map();
const asked = new WeakSet<Klatch>();
const heard = new Set<() => void>();

function subscribe(listener: () => void): () => void {
	heard.add(listener);
	return () => heard.delete(listener);
}

/** Asks once which kinds of groups one's channels are of, if there are such channels. For the list of channels. */
export function useAskingRosterKinds(): void {
	const klatch = useKlatch();
	const online = useStatus().state === "online";
	const wanted = useChannels()?.some(isOfRoster) ?? false;
	useEffect(() => {
		if (!wanted || !online || asked.has(klatch) || klatch.me.get()?.user.kind === "guest") return;
		const timer = window.setTimeout(async () => {
			asked.add(klatch);
			try {
				const { people } = await klatch.call("circle", { limit: PEOPLE_MAX });
				kinds = new Map(people.flatMap(({ shared }) => shared.map(({ channel, kind }) => [channel, kind])));
				for (const listener of heard) listener();
			} catch {
				// Then they are courses, as the list says.
			}
		}, WAIT_MS);
		return () => window.clearTimeout(timer);
	}, [klatch, online, wanted]);
}

/** Of which kind of group a channel is; a course as long as nobody says otherwise. */
export function useRosterKind(channel: Channel): RosterKind | undefined {
	const kind = useSyncExternalStore(subscribe, () => kinds.get(channel.id));
	return isOfRoster(channel) ? (kind ?? "course") : undefined;
}

/** "Class", "Course" or "Degree" with its icon; nothing for other channels. */
export function RosterMark({ channel, size = 14 }: { channel: Channel; size?: number }) {
	const { t } = useWords();
	const kind = useRosterKind(channel);
	if (!kind) return null;
	return (
		<span data-roster={kind} className="inline-flex shrink-0 items-center gap-1 align-bottom">
			<Icon name={ICONS[kind]} size={size} />
			{t(`roster.${kind}`)}
		</span>
	);
}
