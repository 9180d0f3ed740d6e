// The client in React: what changes is drawn again, and nothing else.

import {
	createContext,
	createElement,
	type ReactNode,
	useCallback,
	useContext,
	useEffect,
	useMemo,
	useSyncExternalStore,
} from "react";
import type { ChannelHandle } from "../channel/channel.ts";
import type { TimelineView } from "../channel/timeline.ts";
import type { Klatch } from "../client.ts";
import type { Status } from "../link/link.ts";
import type { Readable } from "../readable.ts";
import type { Heard } from "../sync.ts";
import type { Channel, ChannelPresence, Me, User, UserId, UserPresence } from "../wire/generated/views.ts";

const Context = createContext<Klatch | undefined>(undefined);

/** Gives the client to everything inside. */
export function KlatchProvider({ client, children }: { client: Klatch; children?: ReactNode }) {
	return createElement(Context.Provider, { value: client }, children);
}

/** The client. */
export function useKlatch(): Klatch {
	const klatch = useContext(Context);
	if (!klatch) throw new Error("useKlatch needs a KlatchProvider around it");
	return klatch;
}

/** A value of the client, now and whenever it changes. */
export function useReadable<T>(readable: Readable<T>): T {
	const subscribe = useCallback((listener: () => void) => readable.subscribe(listener), [readable]);
	const get = useCallback(() => readable.get(), [readable]);
	return useSyncExternalStore(subscribe, get, get);
}

/** How the connection stands. */
export function useStatus(): Status {
	return useReadable(useKlatch().status);
}

/** Oneself; `undefined` until it is known. */
export function useMe(): Me | undefined {
	return useReadable(useKlatch().me);
}

/** One's channels, last activity first; `undefined` until they are known. */
export function useChannels(): readonly Channel[] | undefined {
	return useReadable(useKlatch().channels);
}

/** A channel to act on. */
export function useChannelHandle(id: string): ChannelHandle {
	const klatch = useKlatch();
	return useMemo(() => klatch.channel(id), [klatch, id]);
}

/** A channel's line in the list; `undefined` as long as one is not in it. */
export function useChannel(id: string): Channel | undefined {
	return useReadable(useChannelHandle(id).view);
}

/** The messages of a channel, which are read as soon as somebody asks. */
export function useMessages(id: string): TimelineView {
	const { timeline } = useChannelHandle(id);
	useEffect(() => void timeline.open(), [timeline]);
	return useReadable(timeline);
}

/** Who types in a channel. */
export function useTyping(id: string): readonly UserId[] {
	return useReadable(useChannelHandle(id).typing);
}

/** Who of a channel is online, as long as it is shown; `undefined` until it is known and where nobody is told. */
export function useChannelPresence(id: string): ChannelPresence | undefined {
	const channel = useChannelHandle(id);
	useEffect(() => channel.watch(), [channel]);
	return useReadable(channel.presence);
}

/** A person; `undefined` until their name is known. */
export function useUser(id: UserId): User | undefined {
	const klatch = useKlatch();
	return useReadable(useMemo(() => klatch.user(id), [klatch, id]));
}

/** How present someone is; `undefined` as long as nobody has told. */
export function usePresence(id: UserId): UserPresence | undefined {
	const klatch = useKlatch();
	return useReadable(useMemo(() => klatch.presence(id), [klatch, id]));
}

/** Calls `listener` whenever something is heard. */
export function useHeard<K extends keyof Heard>(kind: K, listener: (what: Heard[K]) => void): void {
	const klatch = useKlatch();
	useEffect(() => klatch.on(kind, listener), [klatch, kind, listener]);
}
