// What one can do with a message, and who may.

import type { Item } from "@klatch/client";
import type { Channel, ClientKey, Message, Role, Seq, UserId } from "../wire.ts";

export type Act =
	| { do: "reply" | "edit" | "delete" | "copy" | "readers"; message: Message }
	| { do: "react"; message: Message; emoji: string; on: boolean }
	/** Choose an emoji, at this element. */
	| { do: "pick"; message: Message; at: HTMLElement }
	/** Everything there is, at this element. */
	| { do: "menu"; item: Item; at: HTMLElement }
	| { do: "jump"; seq: Seq }
	| { do: "retry" | "discard"; key: ClientKey };

const RANKS: Record<Role, number> = { guest: 0, member: 1, moderator: 2, owner: 3 };

export function atLeast(role: Role | undefined, least: Role): boolean {
	return role !== undefined && RANKS[role] >= RANKS[least];
}

export function outranks(role: Role | undefined, other: Role): boolean {
	return role !== undefined && RANKS[role] > RANKS[other];
}

/** Whether one may write in a channel now, as far as the client can know. */
export function mayWrite(channel: Channel): boolean {
	if (!channel.role || channel.archived) return false;
	return !channel.rules?.muted_all || atLeast(channel.role, "moderator");
}

/** In larger channels nobody is told who has a message (docs/receipts.md). */
export const READERS_MAX = 200;

/** Whether one may ask who has one's own message. Of two people the ticks tell it; `receipts` is the space's rule. */
export function mayAskReaders(message: Message, channel: Channel, me: UserId, receipts: boolean): boolean {
	if (!receipts || message.deleted || message.actor !== me) return false;
	return channel.role !== undefined && channel.kind !== "direct" && channel.members <= READERS_MAX;
}

/** What one may do with a message of a channel. The server decides; this is only what is offered. */
export function allowedFor(message: Message, channel: Channel, me: UserId): readonly Act["do"][] {
	if (message.deleted) return NOTHING;
	if (!mayWrite(channel)) return READING;
	const mine = message.actor === me;
	if (mine) return OWN;
	return atLeast(channel.role, "moderator") && channel.kind !== "direct" ? MODERATING : WRITING;
}

// The same list each time, so that a row is not drawn anew for an equal one.
const NOTHING: readonly Act["do"][] = [];
const READING: readonly Act["do"][] = ["copy"];
const WRITING: readonly Act["do"][] = ["react", "pick", "reply", "copy"];
const OWN: readonly Act["do"][] = ["react", "pick", "reply", "edit", "copy", "delete"];
const MODERATING: readonly Act["do"][] = ["react", "pick", "reply", "copy", "delete"];
