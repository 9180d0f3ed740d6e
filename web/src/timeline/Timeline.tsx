// The messages of a channel: only what is near the screen is in the page, and what one reads stays where it is while
// older and newer messages come.

import type { Notice } from "@klatch/client";
import { useKlatch, useMessages } from "@klatch/client/react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useWords } from "../i18n/Words.tsx";
import type { Act } from "../message/actions.ts";
import { EmptyState } from "../ui/EmptyState.tsx";
import { SkeletonLines } from "../ui/Skeleton.tsx";
import { Spinner } from "../ui/Spinner.tsx";
import type { Channel, Message, Seq, UserId } from "../wire.ts";
import { NoticeLines } from "./NoticeText.tsx";
import { linesOf } from "./notices.ts";
import { type Row, rowsOf } from "./rows.ts";
import { TimelineRow } from "./TimelineRow.tsx";
import { ToLatest } from "./ToLatest.tsx";
import { useAnnounced } from "./useAnnounced.ts";
import { useBegun } from "./useBegun.ts";
import { useReading } from "./useReading.ts";
import { useSteadyEnd } from "./useSteadyEnd.ts";

/** So near to either end, in rows, the next page is asked for. */
const AHEAD_ROWS = 12;
/** As near to the end, in pixels, as counts as being there. */
const END_PX = 60;
const FOUND_MS = 2_400;
/** What is told where nothing was said. */
const SILENCE_LINES_MAX = 3;

interface TimelineProps {
	channel: Channel;
	me: UserId;
	act(act: Act): void;
	/** A message to show, as often as `turn` changes. */
	target?: { seq: Seq; turn: number } | undefined;
}

export function Timeline({ channel, me, act, target }: TimelineProps) {
	const { t } = useWords();
	const handle = useKlatch().channel(channel.id);
	const { timeline } = handle;
	const view = useMessages(channel.id);
	const [readBefore] = useState(() => (channel.unread > 0 ? channel.read : undefined));
	const older = view.older !== "none";
	const begun = useBegun(channel.rules?.starts_at);
	const { items, notices } = view;
	const rows = useMemo(
		() => rowsOf(items, { me, read_before: readBefore, older, notices, begun }),
		[items, me, readBefore, older, notices, begun],
	);
	const scroller = useRef<HTMLDivElement>(null);
	const [atEnd, setAtEnd] = useState(true);
	const [active, setActive] = useState<string>();
	const [found, setFound] = useState<Seq>();
	const announced = useAnnounced(view.items, me);

	const messages = useMemo(() => {
		const messages = new Map<Seq, Message>();
		for (const item of view.items) if (item.kind === "message") messages.set(item.message.seq, item.message);
		return messages;
	}, [view.items]);
	const shown = useCallback((seq: Seq) => messages.get(seq), [messages]);

	const virtualizer = useVirtualizer({
		count: rows.length,
		getScrollElement: () => scroller.current,
		estimateSize: (at) => heightOf(rows[at]),
		getItemKey: (at) => rows[at]?.key ?? at,
		anchorTo: "end",
		followOnAppend: view.newer === "none",
		scrollEndThreshold: END_PX,
		overscan: 8,
		paddingStart: 16,
		paddingEnd: 12,
		onChange: (virtualizer) => setAtEnd(virtualizer.isAtEnd(END_PX)),
	});
	const drawn = virtualizer.getVirtualItems();
	const begins = drawn[0]?.index ?? 0;
	const ends = drawn.at(-1)?.index ?? 0;

	// First at what is new, or at the end.
	const placed = useRef(false);
	useLayoutEffect(() => {
		if (placed.current || rows.length === 0) return;
		placed.current = true;
		const start = rows.findIndex(({ isNew }) => isNew);
		if (start >= 0) virtualizer.scrollToIndex(start, { align: "start" });
		else virtualizer.scrollToEnd();
	}, [rows, virtualizer]);

	useEffect(() => {
		if (!placed.current) return;
		if (view.older === "more" && begins < AHEAD_ROWS) void timeline.older();
		if (view.newer === "more" && ends > rows.length - AHEAD_ROWS) void timeline.newer();
	}, [view.older, view.newer, begins, ends, rows.length, timeline]);

	useSteadyEnd(scroller);

	// Whoever sends wants to see it, wherever they were.
	const newest = view.items.at(-1);
	const sending = newest?.kind === "pending" ? newest.waiting.key : undefined;
	useLayoutEffect(() => {
		if (sending !== undefined && placed.current) virtualizer.scrollToEnd();
	}, [sending, virtualizer]);

	useReading(handle, atEnd && view.newer === "none", view.items);

	// Going to a message, which may have to be read first.
	const going = useRef<Seq>(undefined);
	useEffect(() => {
		if (!target) return;
		going.current = target.seq;
		timeline.jump(target.seq).then(
			() => setFound(target.seq),
			() => {},
		);
		const timer = window.setTimeout(() => setFound(undefined), FOUND_MS);
		return () => window.clearTimeout(timer);
	}, [target, timeline]);
	useLayoutEffect(() => {
		if (going.current === undefined || found === undefined) return;
		const at = rows.findIndex((row) => seqOf(row) === found);
		if (at < 0) return;
		going.current = undefined;
		virtualizer.scrollToIndex(at, { align: "center" });
	}, [found, rows, virtualizer]);

	const toEnd = async () => {
		await timeline.latest();
		requestAnimationFrame(() => virtualizer.scrollToEnd());
	};

	const walk = (event: KeyboardEvent<HTMLElement>) => {
		const element = event.target as HTMLElement;
		if (element.tagName !== "ARTICLE") return;
		const at = Number(element.parentElement?.dataset.index);
		const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
		if (step === 0) return actByKey(event, rows[at], act);
		event.preventDefault();
		const next = at + step;
		const row = rows[next];
		if (!row) return;
		setActive(row.key);
		virtualizer.scrollToIndex(next, { align: "auto" });
		requestAnimationFrame(() =>
			scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"] article`)?.focus(),
		);
	};

	const tabbable = rows.some(({ key }) => key === active) ? active : rows.at(-1)?.key;
	return (
		<div className="relative min-h-0 grow">
			<div
				ref={scroller}
				role="log"
				aria-live="off"
				aria-label={t("message.list")}
				aria-busy={view.opening}
				data-messages={channel.id}
				onKeyDown={walk}
				className="h-full overflow-x-hidden overflow-y-auto overscroll-contain [overflow-anchor:none]"
			>
				{view.opening && rows.length === 0 ? (
					<SkeletonLines rows={7} label={t("app.loading")} />
				) : rows.length === 0 ? (
					<Silence notices={notices} meeting={channel.kind === "meeting"} />
				) : (
					<div className="flex min-h-full flex-col justify-end">
						<div className="relative w-full" style={{ height: virtualizer.getTotalSize() }}>
							{view.older === "loading" && (
								<div className="absolute inset-x-0 top-0 grid h-4 place-items-center text-faint">
									<Spinner size={14} label={t("message.older")} />
								</div>
							)}
							{drawn.map(({ key, index, start }) => {
								const row = rows[index];
								return (
									row && (
										<div
											key={key}
											data-index={index}
											ref={virtualizer.measureElement}
											style={{ transform: `translateY(${start}px)` }}
											className="absolute inset-x-0 top-0 flow-root hover:z-10 focus-within:z-10"
										>
											<TimelineRow
												row={row}
												channel={channel}
												me={me}
												shown={shown}
												act={act}
												found={found !== undefined && seqOf(row) === found}
												tabbable={row.key === tabbable}
											/>
										</div>
									)
								);
							})}
						</div>
					</div>
				)}
			</div>
			{(!atEnd || view.newer !== "none") && rows.length > 0 && <ToLatest unread={channel.unread} onGo={toEnd} />}
			<div aria-live="polite" className="sr-only">
				{announced}
			</div>
		</div>
	);
}

/** Where nothing was said yet, there may be people already: the last who came are told of, and what is there does not move. */
function Silence({ notices, meeting }: { notices: readonly Notice[]; meeting: boolean }) {
	const { t } = useWords();
	return (
		<div className="relative h-full">
			<EmptyState icon="chat" title={t("message.empty")} hint={t("message.empty_hint")} />
			<div className="absolute inset-x-0 top-3">
				<NoticeLines lines={linesOf(notices).slice(-SILENCE_LINES_MAX)} meeting={meeting} />
			</div>
		</div>
	);
}

function seqOf({ item }: Row): Seq | undefined {
	return item.kind === "message" ? item.message.seq : undefined;
}

/** A guess until it is measured. */
function heightOf(row: Row | undefined): number {
	if (!row) return 40;
	const { text } = row.item.kind === "message" ? row.item.message : row.item.waiting;
	const notices = [...(row.before ?? []), ...(row.after ?? [])];
	const days = notices.filter(({ day }) => day).length + (row.day === undefined ? 0 : 1);
	return (row.first ? 58 : 25) + Math.floor(text.length / 100) * 23 + days * 40 + notices.length * 24;
}

function actByKey(event: KeyboardEvent, row: Row | undefined, act: (act: Act) => void): void {
	if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
	const at = event.target as HTMLElement;
	if (event.key === "Enter") act({ do: "menu", item: row.item, at });
	else if (event.key === "r" && row.item.kind === "message") act({ do: "reply", message: row.item.message });
	else return;
	event.preventDefault();
}
