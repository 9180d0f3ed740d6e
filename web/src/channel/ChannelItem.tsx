// A line of the list of conversations.

import { memo } from "react";
import { Link } from "wouter";
import { useWords } from "../i18n/Words.tsx";
import { Avatar } from "../ui/Avatar.tsx";
import { Badge } from "../ui/Badge.tsx";
import type { Channel, PresenceStatus } from "../wire.ts";
import { isOfRoster, RosterMark } from "./roster.tsx";

interface ChannelItemProps {
	channel: Channel;
	chosen: boolean;
	/** The last message in words: who and what. */
	preview: string;
	draft?: string | undefined;
	presence?: PresenceStatus | undefined;
	tabbable: boolean;
}

export const ChannelItem = memo(function ChannelItem(props: ChannelItemProps) {
	const { channel, chosen, preview, draft, presence, tabbable } = props;
	const { t, dates } = useWords();
	const unread = channel.unread > 0;
	const mentioned = channel.mentions > 0;
	return (
		<Link
			href={`/c/${channel.id}`}
			aria-current={chosen ? "page" : undefined}
			tabIndex={tabbable ? 0 : -1}
			data-channel={channel.id}
			className="channel ring-inside flex items-center gap-3 rounded-lg px-2.5 py-2 text-start [--under:var(--sunken)] hover:bg-hover aria-[current=page]:bg-chosen aria-[current=page]:[--under:var(--chosen)]"
		>
			<Avatar
				name={channel.name}
				of={channel.peer ?? channel.id}
				shape={channel.kind === "direct" ? "person" : "group"}
				presence={presence}
			/>
			<span className="min-w-0 grow">
				<span className="flex items-baseline gap-2">
					<span className={`channel-name grow truncate text-sm ${unread ? "font-bold" : "font-semibold"}`}>
						{channel.name}
					</span>
					<time
						dateTime={new Date(channel.active_at).toISOString()}
						className={`shrink-0 text-2xs ${unread ? "text-accent-ink" : "text-faint"}`}
					>
						{dates.brief(channel.active_at)}
					</time>
				</span>
				<span className="flex min-h-5 items-center gap-2">
					{isOfRoster(channel) && (
						<span className="shrink-0 text-xs text-faint">
							<RosterMark channel={channel} />
						</span>
					)}
					<span
						className={`preview grow truncate text-sm ${unread ? "text-soft" : "text-faint"} ${draft ? "italic" : ""}`}
					>
						{draft ? t("channel.draft", { text: draft }) : preview}
					</span>
					{mentioned && (
						<Badge look="alert" count={channel.mentions} label={t("channel.mentions", { count: channel.mentions })} />
					)}
					<Badge count={channel.unread} label={t("channel.unread", { count: channel.unread })} />
				</span>
			</span>
		</Link>
	);
});
