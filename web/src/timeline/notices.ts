// What happened beside messages, as the lines that tell it: those of the same kind in a row are one line.

import type { Notice } from "@klatch/client";
import { dayOf } from "../i18n/dates.ts";
import type { Role, UserId } from "../wire.ts";

/** What a line tells. `actor` did it to `users`. */
export type Told =
	| { kind: "joined" | "left"; users: readonly UserId[] }
	| { kind: "added" | "removed" | "banned"; actor: UserId; users: readonly UserId[] }
	| { kind: "role"; role: Role; users: readonly UserId[] }
	| { kind: "renamed" | "topic"; actor: UserId; text: string }
	/** It is closed; the meeting is over. */
	| { kind: "closed" }
	/** The meeting has begun. */
	| { kind: "begun" };

export interface NoticeLine {
	key: string;
	at: number;
	told: Told;
	/** Whether it is the first of its day. */
	day?: boolean;
}

/** With more lines than this in one place those of a kind are put together though others are between them. */
const LINES_MAX = 8;

/** Lines of notices between two messages, and of the moment when a meeting began if that is among them. */
export function linesOf(notices: readonly Notice[], begun?: number): NoticeLine[] {
	const lines = notices.flatMap((notice) =>
		toldOf(notice).map((told, part): NoticeLine => ({ key: `${notice.seq}:${part}`, at: notice.at, told })),
	);
	if (begun !== undefined) {
		const place = lines.findIndex(({ at }) => at >= begun);
		lines.splice(place < 0 ? lines.length : place, 0, { key: "begun", at: begun, told: { kind: "begun" } });
	}
	const merged = lines.reduce(intoLast, []);
	return merged.length > LINES_MAX ? merged.reduce(intoAny, []) : merged;
}

function toldOf(notice: Notice): Told[] {
	const { actor } = notice;
	switch (notice.type) {
		case "member.joined":
			return notice.user === actor
				? [{ kind: "joined", users: [actor] }]
				: [{ kind: "added", actor, users: [notice.user] }];
		case "member.left":
			return [{ kind: "left", users: [notice.user] }];
		case "member.removed":
			return [{ kind: "removed", actor, users: [notice.user] }];
		case "member.banned":
			return [{ kind: "banned", actor, users: [notice.user] }];
		case "member.role_changed":
			return [{ kind: "role", role: notice.role, users: [notice.user] }];
		case "channel.updated": {
			const { name, topic } = notice;
			const told: Told[] = [];
			if (name !== undefined) told.push({ kind: "renamed", actor, text: name });
			if (topic !== undefined) told.push({ kind: "topic", actor, text: topic });
			return told;
		}
		case "channel.archived":
			return [{ kind: "closed" }];
	}
}

function intoLast(lines: NoticeLine[], line: NoticeLine): NoticeLine[] {
	const last = lines.at(-1);
	const both = last && together(last, line);
	return both ? [...lines.slice(0, -1), both] : [...lines, line];
}

function intoAny(lines: NoticeLine[], line: NoticeLine): NoticeLine[] {
	for (const [place, one] of lines.entries()) {
		const both = together(one, line);
		if (both) return lines.with(place, both);
	}
	return [...lines, line];
}

/** Two lines as one, if they tell the same of different people on one day. */
function together(one: NoticeLine, other: NoticeLine): NoticeLine | undefined {
	const [told, more] = [one.told, other.told];
	if (!("users" in told && "users" in more) || told.kind !== more.kind || dayOf(one.at) !== dayOf(other.at)) return;
	if ("actor" in told && "actor" in more && told.actor !== more.actor) return;
	if ("role" in told && "role" in more && told.role !== more.role) return;
	const users = [...told.users, ...more.users.filter((user) => !told.users.includes(user))];
	return { ...one, told: { ...told, users } };
}
