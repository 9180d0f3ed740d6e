// Which command is answered with what.

import type { Command } from "./generated/commands.ts";
import type * as views from "./generated/views.ts";

/** Name of a command. */
export type Op = Command["op"];

/** What a command needs. */
export type ArgsOf<O extends Op> = Omit<Extract<Command, { op: O }>, "op">;

/** What a command is answered with. */
export interface Replies extends Record<Op, views.Reply> {
	send: views.Ack;
	edit: views.Ack;
	delete: views.Ack;
	react: views.Ack;
	unreact: views.Ack;
	history: views.Messages;
	message_get: views.Message;
	events: views.Events;
	read: views.Cursor;
	received: views.Cursor;
	receipts: views.Receipts;
	typing: views.Done;
	presence_get: views.ChannelPresence;
	presence_set: views.Done;
	channel_create: views.ChannelCreated;
	channel_get: views.Channel;
	channel_list: views.Channels;
	channel_update: views.Ack;
	channel_archive: views.Ack;
	channel_rules: views.Ack;
	lobby_list: views.Lobby;
	lobby_admit: views.Lobby;
	lobby_deny: views.Done;
	transcript: views.Transcript;
	join: views.Ack;
	leave: views.Ack;
	member_list: views.Members;
	member_add: views.Ack;
	member_remove: views.Ack;
	member_role: views.Ack;
	ban: views.Ack;
	unban: views.Ack;
	ban_list: views.Bans;
	mute: views.Ack;
	unmute: views.Ack;
	invite_create: views.Invite;
	invite_list: views.Invites;
	invite_revoke: views.Done;
	invite_preview: views.InvitePreview;
	invite_accept: views.Channel;
	user_get: views.User;
	user_search: views.Users;
	circle: views.Circle;
	circle_create: views.ChannelCreated;
}
