// A conversation: its head, its messages, where one writes, and its details beside.

import { useChannel, useChannels, useKlatch, useMe } from "@klatch/client/react";
import { lazy, Suspense, useCallback, useRef, useState } from "react";
import { useLocation } from "wouter";
import type { WriterHandle } from "../composer/Writer.tsx";
import { Writer } from "../composer/Writer.tsx";
import { useWords } from "../i18n/Words.tsx";
import type { Act } from "../message/actions.ts";
import { Timeline } from "../timeline/Timeline.tsx";
import { Button } from "../ui/Button.tsx";
import { EmptyState } from "../ui/EmptyState.tsx";
import { SkeletonLines } from "../ui/Skeleton.tsx";
import type { Channel, Seq, UserId } from "../wire.ts";
import { ChannelHeader } from "./ChannelHeader.tsx";
import { useActs } from "./useActs.tsx";
import { useVisited } from "./useVisited.ts";
import { Visit } from "./Visit.tsx";

const Details = lazy(() => import("./Details.tsx"));

export function Conversation({ id }: { id: string }) {
	const { t } = useWords();
	const listed = useChannel(id);
	const known = useChannels() !== undefined;
	const me = useMe()?.user.id;
	const visited = useVisited(id, known && !listed);
	const [, navigate] = useLocation();
	if (listed && me) return <Open channel={listed} me={me} />;
	if (visited) return <Visit channel={visited} />;
	if (!known || !me || visited === undefined) {
		return (
			<div className="grow">
				<SkeletonLines rows={7} label={t("app.loading")} />
			</div>
		);
	}
	return (
		<div className="grow" data-gone={id}>
			<EmptyState icon="lock" title={t("channel.gone")} hint={t("channel.gone_hint")}>
				<Button onClick={() => navigate("/")}>{t("app.to_start")}</Button>
			</EmptyState>
		</div>
	);
}

function Open({ channel, me }: { channel: Channel; me: UserId }) {
	const { t } = useWords();
	const klatch = useKlatch();
	const writer = useRef<WriterHandle>(null);
	const [detailed, setDetailed] = useState(
		// Who made a meeting a moment ago goes on with its rules.
		() =>
			window.history.state?.detailed === true ||
			(channel.kind !== "direct" && window.matchMedia("(min-width: 84rem)").matches),
	);
	const [target, setTarget] = useState<{ seq: Seq; turn: number }>();
	const jump = useCallback((seq: Seq) => setTarget((last) => ({ seq, turn: (last?.turn ?? 0) + 1 })), []);
	const goTo = (seq: Seq) => {
		jump(seq);
		// On a narrow window the details are over the messages.
		if (!window.matchMedia("(min-width: 66rem)").matches) setDetailed(false);
	};
	const write = useCallback((act: Act) => writer.current?.begin(act), []);
	const act = useActs({ klatch, channel, me, jump, write });
	return (
		<>
			<section aria-label={channel.name} className={`min-w-0 grow flex-col ${detailed ? "hidden lg:flex" : "flex"}`}>
				<ChannelHeader channel={channel} me={me} detailed={detailed} onDetails={() => setDetailed(!detailed)} />
				<Timeline channel={channel} me={me} act={act} target={target} />
				<Writer ref={writer} channel={channel} me={me} />
			</section>
			{detailed && (
				<aside
					aria-label={t("channel.details")}
					className="flex w-full min-w-0 shrink-0 flex-col border-s border-line bg-sunken lg:w-80"
				>
					<Suspense fallback={<SkeletonLines rows={6} label={t("app.loading")} />}>
						<Details channel={channel} me={me} onClose={() => setDetailed(false)} onJump={goTo} />
					</Suspense>
				</aside>
			)}
		</>
	);
}
