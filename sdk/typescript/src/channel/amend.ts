// What later events do to a message that was posted before.

import type { Event, Message, Reaction } from "../wire/generated/views.ts";

/** The message that an event posted. */
export function posted(event: Event & { type: "message.posted" }): Message {
	const { type, tombstone, ...message } = event;
	return { ...message, ...(tombstone ? { deleted: true } : {}) };
}

/** The message that an event changes; none if it changes no message. */
export function targetOf(event: Event): number | undefined {
	return "target" in event ? event.target : undefined;
}

/** The message after an event about it; the same object if nothing changes. Events that a message has in it already may be
 * applied again, as long as all that follow them are too. */
export function amended(message: Message, event: Event): Message {
	if (targetOf(event) !== message.seq) return message;
	switch (event.type) {
		case "message.edited":
			if (event.tombstone || message.deleted) return message;
			return { ...message, text: event.text, edited_at: event.at };
		case "message.deleted":
			if (message.deleted) return message;
			return { ...message, text: "", deleted: true, reactions: [] };
		case "reaction.added":
			return message.deleted ? message : reacted(message, event.emoji, event.actor);
		case "reaction.removed":
			return unreacted(message, event.emoji, event.actor);
		default:
			return message;
	}
}

function reacted(message: Message, emoji: string, user: string): Message {
	const reactions = message.reactions ?? [];
	const found = reactions.find((reaction) => reaction.emoji === emoji);
	if (found?.users.includes(user)) return message;
	const changed: Reaction = { emoji, users: [...(found?.users ?? []), user] };
	return { ...message, reactions: found ? replaced(reactions, found, changed) : [...reactions, changed] };
}

function unreacted(message: Message, emoji: string, user: string): Message {
	const reactions = message.reactions ?? [];
	const found = reactions.find((reaction) => reaction.emoji === emoji);
	if (!found?.users.includes(user)) return message;
	const changed: Reaction = { emoji, users: found.users.filter((other) => other !== user) };
	return { ...message, reactions: replaced(reactions, found, changed).filter(({ users }) => users.length > 0) };
}

function replaced(reactions: readonly Reaction[], found: Reaction, changed: Reaction): Reaction[] {
	return reactions.map((reaction) => (reaction === found ? changed : reaction));
}
