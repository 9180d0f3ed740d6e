// One message: who, when, what, what others felt about it, and how far it has come.

import type { Item } from "@klatch/client";
import { memo, type ReactNode } from "react";
import { useWords } from "../i18n/Words.tsx";
import { Markdown } from "../markdown/Markdown.tsx";
import { Avatar } from "../ui/Avatar.tsx";
import { Icon } from "../ui/Icon.tsx";
import type { Message, Seq, UserId } from "../wire.ts";
import type { Act } from "./actions.ts";
import { Quote, type Quoted } from "./Quote.tsx";
import { Reactions } from "./Reactions.tsx";
import { SendState } from "./SendState.tsx";
import { Toolbar } from "./Toolbar.tsx";
import { useLongPress } from "./useLongPress.ts";

export interface MessageRowProps {
	item: Item;
	/** Whether it begins a group, and shows who and when. */
	first: boolean;
	me: UserId;
	author: { id: UserId; name: string };
	quoted?: Quoted | undefined;
	/** What the reader may do with it, in the order of the toolbar. */
	allowed: readonly Act["do"][];
	act(act: Act): void;
	nameOf(user: UserId): string;
	mentions?: (name: string) => "other" | "me" | undefined;
	/** Whether one has just jumped here. */
	found?: boolean;
	/** Whether Tab comes here; the arrows do the rest. */
	tabbable?: boolean;
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
	const { item, first, me, author, quoted, allowed, act, nameOf, mentions, found, tabbable } = props;
	const { dates } = useWords();
	const message = item.kind === "message" ? item.message : undefined;
	const { at, text } = item.kind === "message" ? item.message : item.waiting;
	const hold = useLongPress((target) => act({ do: "menu", item, at: target }));
	const mine = author.id === me;
	const mentioned = !!message && (message.mention_all || message.mentions?.includes(me)) && !mine;
	const state = !mine ? undefined : item.status;
	return (
		<article
			{...hold}
			tabIndex={tabbable ? 0 : -1}
			data-seq={message?.seq}
			data-state={state}
			aria-label={`${author.name}, ${dates.moment(at)}`}
			className={`group/row ring-inside relative flex pointer-coarse:select-none gap-3 px-4 md:px-6 ${first ? "mt-3 pt-0.5" : ""} pb-0.5 hover:bg-hover/60 focus-within:bg-hover/60 ${mentioned ? "bg-mention/45" : ""} ${found ? "animate-found" : ""}`}
		>
			<div className="w-9 shrink-0">
				{first ? (
					<Avatar name={author.name} of={author.id} />
				) : (
					<time
						dateTime={new Date(at).toISOString()}
						className="invisible block pt-1 text-end text-2xs text-faint tabular-nums group-hover/row:visible group-focus/row:visible"
					>
						{dates.time(at)}
					</time>
				)}
			</div>
			<div className="min-w-0 grow">
				{first && (
					<header className="flex items-baseline gap-2">
						<span className="truncate text-sm font-semibold">{author.name}</span>
						<time
							dateTime={new Date(at).toISOString()}
							data-tip={dates.full(at)}
							className="shrink-0 text-xs text-faint"
						>
							{dates.time(at)}
						</time>
					</header>
				)}
				{quoted && <Quote quoted={quoted} onOpen={(seq: Seq) => act({ do: "jump", seq })} />}
				<div className="flex items-end gap-2">
					<div className={`message-text min-w-0 grow ${item.kind === "pending" ? "text-soft" : ""}`}>
						<Body item={item} text={text} mentions={mentions} />
					</div>
					{state && <SendState state={state} />}
				</div>
				{item.kind === "pending" && item.status === "failed" && <Failed item={item} act={act} />}
				{message?.reactions && message.reactions.length > 0 && (
					<Reactions
						reactions={message.reactions}
						me={me}
						nameOf={nameOf}
						disabled={!allowed.includes("react")}
						onToggle={(emoji, on) => act({ do: "react", message, emoji, on })}
					/>
				)}
			</div>
			{message && !message.deleted && (
				<Toolbar item={item} author={author.name} message={message} allowed={allowed} act={act} />
			)}
		</article>
	);
});

function Body({
	item,
	text,
	mentions,
}: {
	item: Item;
	text: string;
	mentions: MessageRowProps["mentions"];
}): ReactNode {
	const { t, dates } = useWords();
	const message: Message | undefined = item.kind === "message" ? item.message : undefined;
	if (message?.deleted) {
		return (
			<p className="flex items-center gap-1.5 text-sm text-faint italic">
				<Icon name="trash" size={15} />
				{t("message.deleted")}
			</p>
		);
	}
	const edited = message?.edited_at !== undefined && (
		<span
			className="edited text-xs text-faint"
			data-tip={t("message.edited_at", { time: dates.moment(message.edited_at) })}
		>
			({t("message.edited")})
		</span>
	);
	return <Markdown text={text} end={edited} {...(mentions ? { mentions } : {})} />;
}

function Failed({ item, act }: { item: Extract<Item, { kind: "pending" }>; act(act: Act): void }) {
	const { t } = useWords();
	const link = "font-semibold underline underline-offset-2 hover:no-underline";
	return (
		<p className="mt-0.5 flex flex-wrap items-center gap-x-3 text-xs text-danger">
			<span>{item.waiting.problem?.detail ?? item.waiting.problem?.title}</span>
			<button type="button" className={link} onClick={() => act({ do: "retry", key: item.waiting.key })}>
				{t("action.retry")}
			</button>
			<button type="button" className={link} onClick={() => act({ do: "discard", key: item.waiting.key })}>
				{t("action.discard")}
			</button>
		</p>
	);
}
