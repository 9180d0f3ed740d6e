// Who has a message, in the three steps that it goes: read, only received, neither.

import type { Receipts, UserId } from "../wire.ts";

export interface Readers {
	read: readonly UserId[];
	received: readonly UserId[];
	neither: readonly UserId[];
	/** Whether some may have read it and do not show that. */
	hide: boolean;
}

/** The people of an answer; nobody in a channel that is too large for a list. */
export function readersOf({ users = [] }: Receipts): Readers {
	const of = (is: (member: (typeof users)[number]) => boolean) => users.filter(is).map(({ user }) => user);
	return {
		read: of(({ read }) => read === true),
		received: of(({ read, received }) => received && read !== true),
		neither: of(({ read, received }) => !received && read !== true),
		hide: users.some(({ read, received }) => received && read === undefined),
	};
}
