// What of the rules was changed in the form: only that is sent, so that two administrators do not undo each other's work.

import type { AdminSpace, AdminSpaceUpdate, Policy } from "../wire.ts";

/** The origins of a text with one a line. */
export function originsOf(text: string): string[] {
	return text
		.split(/\s+/)
		.map((line) => line.trim())
		.filter((line) => line !== "");
}

/** The change that makes the second out of the first; `undefined` if there is none. */
export function difference(
	before: AdminSpace,
	policy: Policy,
	origins: readonly string[],
): AdminSpaceUpdate | undefined {
	const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
	const changed = Object.entries(policy).filter(([name, value]) => !same(value, before.policy[name as keyof Policy]));
	const update: AdminSpaceUpdate = {};
	if (changed.length > 0) update.policy = Object.fromEntries(changed);
	if (!same(origins, before.origins)) update.origins = [...origins];
	return Object.keys(update).length > 0 ? update : undefined;
}
