// Finding the mention that is being written at the caret, and who may be meant.

import type { User } from "../wire.ts";

/** What is written after an `@` at the caret. */
export interface Query {
	text: string;
	/** Where the `@` is. */
	from: number;
	/** Where the caret is. */
	to: number;
}

const WRITING = /(?:^|[\s([{"'])@([\p{L}\p{N}_.+-]{0,40})$/u;
const SHOWN_MAX = 8;

export function queryAt(text: string, caret: number): Query | undefined {
	const match = WRITING.exec(text.slice(0, caret));
	if (!match) return undefined;
	const written = match[1] ?? "";
	return { text: written, from: caret - written.length - 1, to: caret };
}

/** Those whose username or a word of whose name begins with the query: usernames first. */
export function matching(candidates: readonly User[], query: string, max = SHOWN_MAX): User[] {
	const wanted = fold(query);
	const rank = (user: User) => {
		if (fold(user.username).startsWith(wanted)) return 0;
		return fold(user.name)
			.split(/\s+/)
			.some((word) => word.startsWith(wanted))
			? 1
			: 2;
	};
	return candidates
		.map((user) => ({ user, rank: rank(user) }))
		.filter(({ rank }) => rank < 2)
		.sort((a, b) => a.rank - b.rank || a.user.name.localeCompare(b.user.name))
		.slice(0, max)
		.map(({ user }) => user);
}

/** Letters without case and accents, so that `joao` finds `João`. */
export function fold(text: string): string {
	return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/ł/gi, "l").toLocaleLowerCase();
}

/** The text with the mention written out, and where the caret is then. */
export function complete(text: string, { from, to }: Query, username: string): { text: string; caret: number } {
	const mention = `@${username} `;
	const rest = text.slice(to).replace(/^ /, "");
	return { text: text.slice(0, from) + mention + rest, caret: from + mention.length };
}
