import { expect, test } from "vitest";
import {
	mayAdd,
	mayArchive,
	mayChange,
	mayInvite,
	mayLeave,
	mayMakeMeetings,
	mayModerate,
} from "../src/channel/permissions.ts";
import type { Channel, Role, User } from "../src/wire.ts";

const all = { mayAdd, mayArchive, mayChange, mayInvite, mayLeave, mayModerate };
const offered = (kind: Channel["kind"], role: Role, archived = false) =>
	Object.entries(all)
		.filter(([, may]) => may({ kind, role, archived } as Channel))
		.map(([name]) => name);

test("in a channel of a roster members only talk, and nobody leaves", () => {
	expect(offered("course", "member")).toEqual([]);
	expect(offered("course", "moderator")).toEqual(["mayAdd", "mayChange", "mayInvite", "mayModerate"]);
	expect(offered("course", "owner")).toEqual(["mayAdd", "mayArchive", "mayChange", "mayInvite", "mayModerate"]);
});

test("in a group everyone adds people, in a meeting those who run it", () => {
	expect(offered("group", "member")).toEqual(["mayAdd", "mayLeave"]);
	expect(offered("group", "guest")).toEqual(["mayLeave"]);
	expect(offered("meeting", "member")).toEqual(["mayLeave"]);
	expect(offered("meeting", "owner", true)).toEqual(["mayLeave", "mayModerate"]);
	expect(offered("direct", "member")).toEqual([]);
});

test("people make meetings, guests and back ends do not", () => {
	const kinds = ["person", "guest", "system"] as const;
	expect(kinds.filter((kind) => mayMakeMeetings({ kind } as User))).toEqual(["person"]);
	expect(mayMakeMeetings(undefined)).toBe(false);
});
