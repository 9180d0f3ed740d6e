// The types of the wire that the app speaks of, under their own names.

import type { ArgsOf, views } from "@klatch/client";

export type Ban = views.Ban;
export type Channel = views.Channel;
export type ChannelId = views.ChannelId;
export type ClientKey = views.ClientKey;
export type Device = views.Device;
export type ErrorCode = views.ErrorCode;
export type Invite = views.Invite;
export type InvitePreview = views.InvitePreview;
export type LobbyEntry = views.LobbyEntry;
export type LobbySignal = views.LobbySignal;
export type Me = views.Me;
export type Member = views.Member;
export type Message = views.Message;
export type PresenceStatus = views.PresenceStatus;
export type Problem = views.Problem;
export type Reaction = views.Reaction;
export type Receipts = views.Receipts;
export type Role = views.Role;
export type RosterKind = views.RosterKind;
export type RulesChange = ArgsOf<"channel_rules">["rules"];
export type Seq = views.Seq;
export type User = views.User;
export type UserId = views.UserId;
