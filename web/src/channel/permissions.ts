// What is offered to whom in a channel; the server decides.

import { atLeast, outranks } from "../message/actions.ts";
import type { Channel, Member, Role, User, UserId } from "../wire.ts";

/** Guests make no channels; courses are made by rosters. */
export const mayMakeMeetings = (me: User | undefined) => me?.kind === "person";

export const mayInvite = (channel: Channel) =>
	channel.kind !== "direct" && !channel.archived && atLeast(channel.role, "moderator");

export const mayAdd = (channel: Channel) =>
	channel.kind !== "direct" &&
	!channel.archived &&
	atLeast(channel.role, channel.kind === "group" ? "member" : "moderator");

/** A direct conversation belongs to its two for good; a course follows its roster. */
export const mayLeave = (channel: Channel) =>
	channel.role !== undefined && (channel.kind === "group" || channel.kind === "meeting");

export const mayModerate = (channel: Channel) => channel.kind !== "direct" && atLeast(channel.role, "moderator");

export const mayChange = (channel: Channel) =>
	channel.kind !== "direct" && !channel.archived && atLeast(channel.role, "moderator");

export const mayArchive = (channel: Channel) =>
	channel.kind !== "direct" && !channel.archived && channel.role === "owner";

/** Whether one may moderate this member: only those below oneself. */
export function mayActOn(channel: Channel, member: Member, me: UserId): boolean {
	return mayModerate(channel) && member.user.id !== me && outranks(channel.role, member.role);
}

/** The roles that one may give to a member. Of owners, who are nobody's inferiors, none. */
export function rolesToGive(channel: Channel, member: Member, me: UserId): Role[] {
	if (channel.role !== "owner" || channel.archived || !mayActOn(channel, member, me)) return [];
	const roles: Role[] = ["owner", "moderator", "member", "guest"];
	return roles.filter((role) => role !== member.role);
}
