// A member, and what one may do with them.

import { useKlatch, usePresence } from "@klatch/client/react";
import { lazy } from "react";
import { useLocation } from "wouter";
import { useAttempt } from "../app/useAttempt.ts";
import { mayActOn, rolesToGive } from "../channel/permissions.ts";
import { useWords } from "../i18n/Words.tsx";
import { Avatar } from "../ui/Avatar.tsx";
import { IconButton } from "../ui/Button.tsx";
import { useDialogs } from "../ui/Dialogs.tsx";
import { type MenuItem, useMenu } from "../ui/Menu.tsx";
import { usePlace } from "../ui/Place.tsx";
import type { Channel, Member, UserId } from "../wire.ts";

const Confirm = lazy(() => import("../ui/Confirm.tsx"));
const HOUR_MS = 3_600_000;

interface MemberLineProps {
	channel: Channel;
	member: Member;
	me: UserId;
}

export function MemberLine({ channel, member, me }: MemberLineProps) {
	const { t } = useWords();
	const menu = useMenu();
	const presence = usePresence(member.user.id)?.status;
	const groups = useMemberMenu({ channel, member, me });
	const { user, role, muted_until = 0 } = member;
	const about = [
		role !== "member" && t(`role.${role}`),
		muted_until > Date.now() && t("member.muted"),
		`@${user.username}`,
	];
	return (
		<li
			className="group flex items-center gap-3 rounded-md px-2 py-1.5 [--under:var(--sunken)] hover:bg-hover"
			data-member={user.username}
		>
			<Avatar name={user.name} of={user.id} presence={presence} />
			<span className="min-w-0 grow">
				<span className="block truncate text-sm font-semibold">
					{user.name}
					{user.id === me && <span className="font-normal text-faint"> ({t("member.you")})</span>}
				</span>
				<span className="block truncate text-xs text-faint">{about.filter(Boolean).join(" · ")}</span>
			</span>
			{groups.length > 0 && (
				<IconButton
					icon="more"
					size="sm"
					label={`${t("action.more")}: ${user.name}`}
					aria-haspopup="menu"
					onClick={(event) =>
						menu({ anchor: event.currentTarget, back: event.currentTarget, label: user.name, groups })
					}
					className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100"
				/>
			)}
		</li>
	);
}

function useMemberMenu({ channel, member, me }: MemberLineProps): MenuItem[][] {
	const { t } = useWords();
	const klatch = useKlatch();
	const dialogs = useDialogs();
	const [, attempt] = useAttempt();
	const [, navigate] = useLocation();
	// On another's page there is this channel only.
	const isApp = usePlace() === undefined;
	const { user, muted_until = 0 } = member;
	if (user.id === me) return [];
	const target = { channel: channel.id, user: user.id };
	const write: MenuItem = {
		label: t("member.message"),
		icon: "chat",
		onSelect: () =>
			void attempt(async () => {
				const { channel } = await klatch.call("channel_create", { kind: "direct", members: [user.id] });
				navigate(`/c/${channel.id}`);
			}),
	};
	const roles = rolesToGive(channel, member, me).map<MenuItem>((role) => ({
		label: t("member.make", { role: t(`role.${role}`).toLocaleLowerCase() }),
		icon: "people",
		onSelect: () => void attempt(() => klatch.call("member_role", { ...target, role })),
	}));
	const direct = isApp ? [write] : [];
	if (!mayActOn(channel, member, me) || channel.archived) return [direct].filter((group) => group.length > 0);
	const muted = muted_until > Date.now();
	const mute: MenuItem[] = muted
		? [{ label: t("member.unmute"), icon: "mute", onSelect: () => void attempt(() => klatch.call("unmute", target)) }]
		: [
				{ label: t("member.mute"), icon: "mute", onSelect: () => void attempt(() => klatch.call("mute", target)) },
				{
					label: t("member.mute_hour"),
					icon: "clock",
					onSelect: () => void attempt(() => klatch.call("mute", { ...target, until: Date.now() + HOUR_MS })),
				},
			];
	const confirm = (what: "remove" | "ban", op: "member_remove" | "ban"): MenuItem => ({
		label: t(`member.${what}`),
		icon: what === "ban" ? "lock" : "door",
		danger: true,
		onSelect: () =>
			dialogs((close) => (
				<Confirm
					title={t(`member.${what}_title`, { name: user.name })}
					hint={t(`member.${what}_hint`)}
					action={t(`member.${what}`)}
					onConfirm={() => klatch.call(op, target)}
					onClose={close}
				/>
			)),
	});
	return [direct, roles, mute, [confirm("remove", "member_remove"), confirm("ban", "ban")]].filter(
		(group) => group.length > 0,
	);
}
