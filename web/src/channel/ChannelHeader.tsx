// The head of a conversation: what it is called, who is there, and what one can do with it.

import { useChannelPresence, usePresence } from "@klatch/client/react";
import { lazy } from "react";
import { Link } from "wouter";
import { useWords } from "../i18n/Words.tsx";
import { Avatar } from "../ui/Avatar.tsx";
import { IconButton } from "../ui/Button.tsx";
import { useDialogs } from "../ui/Dialogs.tsx";
import { Icon } from "../ui/Icon.tsx";
import type { Channel, UserId } from "../wire.ts";
import { mayInvite } from "./permissions.ts";
import { isOfRoster, RosterMark } from "./roster.tsx";

const InviteDialog = lazy(() => import("../invite/InviteDialog.tsx"));

interface ChannelHeaderProps {
	channel: Channel;
	me: UserId;
	detailed: boolean;
	onDetails(): void;
}

export function ChannelHeader({ channel, detailed, onDetails }: ChannelHeaderProps) {
	const { t } = useWords();
	const dialogs = useDialogs();
	return (
		<header className="flex min-h-14 items-center gap-2.5 border-b border-line px-2 py-1.5 md:px-5">
			<Link
				href="/"
				aria-label={t("action.back")}
				className="grid size-9 shrink-0 place-items-center rounded-md text-soft hover:bg-hover hover:text-ink md:hidden"
			>
				<Icon name="back" size={20} />
			</Link>
			{channel.peer ? (
				<PeerAvatar channel={channel} peer={channel.peer} />
			) : (
				<Avatar name={channel.name} of={channel.id} shape="group" />
			)}
			<div className="min-w-0 grow">
				<h2 className="channel-title truncate text-base font-semibold">{channel.name}</h2>
				<p className="truncate text-xs text-faint">
					{channel.peer ? <PeerLine peer={channel.peer} /> : <GroupLine channel={channel} />}
				</p>
			</div>
			{mayInvite(channel) && (
				<IconButton
					icon="link"
					label={t("invite.title")}
					onClick={() => dialogs((close) => <InviteDialog channel={channel} onClose={close} />)}
				/>
			)}
			<IconButton icon="people" label={t("channel.details")} pressed={detailed} onClick={onDetails} />
		</header>
	);
}

function PeerAvatar({ channel, peer }: { channel: Channel; peer: UserId }) {
	return <Avatar name={channel.name} of={peer} presence={usePresence(peer)?.status} />;
}

function PeerLine({ peer }: { peer: UserId }) {
	const { t, dates } = useWords();
	const presence = usePresence(peer);
	if (!presence) return t("channel.direct");
	if (presence.status !== "offline" || presence.last_active === undefined) return t(`presence.${presence.status}`);
	return t("presence.last", { time: dates.moment(presence.last_active) });
}

function GroupLine({ channel }: { channel: Channel }) {
	const { t } = useWords();
	const presence = useChannelPresence(channel.id);
	const parts = [
		t("channel.members", { count: channel.members }),
		presence && presence.online > 0 && t("channel.online", { count: presence.online }),
		channel.rules?.slow_mode_s && t("channel.slow_mode", { count: channel.rules.slow_mode_s }),
		channel.topic,
	];
	const about = parts.filter(Boolean).join(" · ");
	if (!isOfRoster(channel)) return about;
	return (
		<>
			<RosterMark channel={channel} />
			{` · ${about}`}
		</>
	);
}
