// The conversation in a <klatch-chat>: who is there, the messages, where one writes, and for those who run it the members.

import { useChannel, useChannels, useKlatch, useMe, useStatus } from "@klatch/client/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { Connection } from "../app/Connection.tsx";
import { codeOf, sentenceOf } from "../app/problem.ts";
import { useActs } from "../channel/useActs.tsx";
import { Writer, type WriterHandle } from "../composer/Writer.tsx";
import { useWords } from "../i18n/Words.tsx";
import { MeetingPanel } from "../meeting/MeetingPanel.tsx";
import { MemberList } from "../member/MemberList.tsx";
import type { Act } from "../message/actions.ts";
import { Timeline } from "../timeline/Timeline.tsx";
import { Avatar } from "../ui/Avatar.tsx";
import { IconButton } from "../ui/Button.tsx";
import { EmptyState } from "../ui/EmptyState.tsx";
import { SkeletonLines } from "../ui/Skeleton.tsx";
import type { Channel, Seq, UserId } from "../wire.ts";

interface ChatProps {
	id: string;
	role: "organizer" | "participant";
	/** Tells the page. */
	tell(kind: "unread" | "ended", detail: unknown): void;
}

export function Chat({ id, role, tell }: ChatProps) {
	const { t } = useWords();
	const status = useStatus();
	const channel = useChannel(id);
	const me = useMe()?.user.id;
	const waits = useWaits(id, useChannels() !== undefined && !channel && status.state === "online");
	const unread = channel?.unread;
	useEffect(() => {
		if (unread !== undefined) tell("unread", unread);
	}, [unread, tell]);
	useEffect(() => {
		if (status.state === "ended" && status.why !== "closed") tell("ended", { why: status.why });
	}, [status, tell]);
	if (status.state === "ended" && status.why !== "closed") {
		return <EmptyState icon="lock" title={t("widget.ended")} hint={t("widget.ended_hint")} />;
	}
	if (channel && me) return <Conversation channel={channel} me={me} role={role} />;
	if (waits !== undefined) return waits;
	return <SkeletonLines rows={6} label={t("app.loading")} />;
}

/** What to say to one who is not in the channel: that they wait in its lobby, or why they do not get in. */
function useWaits(id: string, asks: boolean) {
	const { t } = useWords();
	const klatch = useKlatch();
	const [problem, setProblem] = useState<unknown>();
	useEffect(() => {
		if (!asks) return setProblem(undefined);
		klatch.call("channel_get", { channel: id }).then(() => setProblem(undefined), setProblem);
	}, [klatch, id, asks]);
	if (problem === undefined) return undefined;
	if (codeOf(problem) === "waiting")
		return <EmptyState icon="lock" title={t("widget.waiting")} hint={t("widget.waiting_hint")} />;
	return <EmptyState icon="lock" title={t("channel.gone")} hint={sentenceOf(problem, t)} />;
}

function Conversation({ channel, me, role }: { channel: Channel; me: UserId; role: ChatProps["role"] }) {
	const { t } = useWords();
	const klatch = useKlatch();
	const writer = useRef<WriterHandle>(null);
	const [people, setPeople] = useState(false);
	const [target, setTarget] = useState<{ seq: Seq; turn: number }>();
	const jump = useCallback((seq: Seq) => setTarget((last) => ({ seq, turn: (last?.turn ?? 0) + 1 })), []);
	const write = useCallback((act: Act) => writer.current?.begin(act), []);
	const act = useActs({ klatch, channel, me, jump, write });
	return (
		<section aria-label={channel.name} className="flex min-h-0 grow flex-col">
			<header className="flex min-h-12 items-center gap-2.5 border-b border-line px-3 py-1">
				<Avatar name={channel.name} of={channel.id} size="sm" shape="group" />
				<div className="min-w-0 grow">
					<h2 className="truncate text-sm font-semibold">{channel.name}</h2>
					<p className="truncate text-xs text-faint">{t("channel.members", { count: channel.members })}</p>
				</div>
				{role === "organizer" && (
					<IconButton icon="people" label={t("channel.details")} pressed={people} onClick={() => setPeople(!people)} />
				)}
			</header>
			<Connection />
			{people ? (
				<div className="flex min-h-0 grow flex-col gap-6 overflow-y-auto px-4 py-4">
					<MeetingPanel channel={channel} />
					<div>
						<MemberList channel={channel} me={me} />
					</div>
				</div>
			) : (
				<>
					<Timeline channel={channel} me={me} act={act} target={target} />
					<Writer ref={writer} channel={channel} me={me} />
				</>
			)}
		</section>
	);
}
