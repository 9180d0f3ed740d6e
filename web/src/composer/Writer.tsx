// Where one writes in a channel: the composer with its draft, what is answered or edited, and who can be mentioned; or
// the reason why one cannot write.

import { useKlatch, useMe } from "@klatch/client/react";
import { type ReactNode, type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import { useProblem } from "../app/problem.ts";
import { useEmoji } from "../emoji/EmojiHost.tsx";
import { useWords } from "../i18n/Words.tsx";
import { useUsers } from "../member/useUsers.ts";
import { type Act, atLeast, mayWrite } from "../message/actions.ts";
import { lastOwn } from "../timeline/rows.ts";
import { useMessageAt } from "../timeline/useMessageAt.ts";
import { IconButton } from "../ui/Button.tsx";
import { Icon } from "../ui/Icon.tsx";
import { useToast } from "../ui/Toasts.tsx";
import type { Channel, Message, Seq, UserId } from "../wire.ts";
import { Composer, type ComposerHandle } from "./Composer.tsx";
import { draftOf, keepDraft } from "./draft.ts";
import { TypingLine } from "./TypingLine.tsx";
import { useCandidates } from "./useCandidates.ts";

const CHARACTERS_MAX = 4_000;

export interface WriterHandle {
	/** Begins a reply or an edit. */
	begin(act: Act): void;
}

interface WriterProps {
	channel: Channel;
	me: UserId;
	ref?: Ref<WriterHandle>;
}

export function Writer({ channel, me, ref }: WriterProps) {
	const { t } = useWords();
	const klatch = useKlatch();
	const toast = useToast();
	const sentence = useProblem();
	const emoji = useEmoji();
	const handle = klatch.channel(channel.id);
	const max = useMe()?.space.policy.characters_max ?? CHARACTERS_MAX;
	const composer = useRef<ComposerHandle>(null);
	const [text, setText] = useState(() => draftOf(channel.id)?.text ?? "");
	const [reply, setReply] = useState<Seq | undefined>(() => draftOf(channel.id)?.reply_to);
	const [editing, setEditing] = useState<Message>();
	const answered = useMessageAt(channel.id, reply, undefined);
	const nameOf = useUsers(answered ? [answered.actor] : []);
	const writable = mayWrite(channel);
	const candidates = useCandidates(channel, writable && text.includes("@"));

	useEffect(() => {
		// On a touch screen the keyboard would cover what one came to read.
		if (window.matchMedia("(pointer: fine)").matches) composer.current?.focus();
	}, []);
	useImperativeHandle(ref, () => ({
		begin: (act) => {
			if (act.do === "reply") {
				cancel();
				setReply(act.message.seq);
				keep(editing ? "" : text, act.message.seq);
			} else if (act.do === "edit") edit(act.message);
			// After the menu has given the focus back.
			requestAnimationFrame(() => composer.current?.focus());
		},
	}));

	const keep = (text: string, reply_to: Seq | undefined) =>
		keepDraft(channel.id, reply_to === undefined ? { text } : { text, reply_to });
	const edit = (message: Message) => {
		setEditing(message);
		setText(message.text);
	};
	const cancel = () => {
		if (editing) {
			setEditing(undefined);
			setText(draftOf(channel.id)?.text ?? "");
		} else {
			setReply(undefined);
			keep(text, undefined);
		}
	};
	const write = (next: string) => {
		setText(next);
		if (editing) return;
		keep(next, reply);
		handle.type(next.trim() === "");
	};
	const send = async (next: string) => {
		try {
			if (editing) {
				const { seq, text: before } = editing;
				setEditing(undefined);
				setText(draftOf(channel.id)?.text ?? "");
				if (next !== before) await handle.edit(seq, next);
				return;
			}
			setText("");
			setReply(undefined);
			keep("", undefined);
			await handle.send(next, reply);
		} catch (error) {
			toast(sentence(error), "problem");
		}
	};

	if (!writable) return <Unwritable channel={channel} />;
	const context = editing ? (
		<Context icon="edit" title={t("message.editing")} text={editing.text} onClose={cancel} />
	) : reply !== undefined ? (
		<Context
			icon="reply"
			title={t("message.replying", { name: nameOf(answered?.actor ?? "")?.name ?? "…" })}
			text={answered?.text ?? ""}
			onClose={cancel}
		/>
	) : undefined;
	return (
		<div>
			<TypingLine channel={channel.id} me={me} />
			<Composer
				ref={composer}
				label={t("message.write_to", { name: channel.name })}
				text={text}
				max={max}
				candidates={candidates}
				all={channel.kind !== "direct" && (channel.members <= 50 || atLeast(channel.role, "moderator"))}
				context={context}
				onText={write}
				onSend={(text) => void send(text)}
				onCancel={context ? cancel : undefined}
				onEditLast={() => {
					const message = lastOwn(handle.timeline.get().items, me);
					if (message) edit(message);
				}}
				onEmoji={(anchor) => emoji({ anchor, onPick: (char) => composer.current?.insert(char) })}
			/>
		</div>
	);
}

function Context(props: { icon: "edit" | "reply"; title: string; text: string; onClose(): void }): ReactNode {
	const { t } = useWords();
	return (
		<div data-context={props.icon} className="flex items-center gap-2.5 border-b border-line py-1 ps-3.5 pe-1.5">
			<Icon name={props.icon} size={16} className="text-accent-ink" />
			<p className="min-w-0 grow text-xs">
				<span className="block font-semibold text-accent-ink">{props.title}</span>
				<span className="block truncate text-soft">{props.text}</span>
			</p>
			<IconButton icon="close" size="sm" label={t("action.cancel")} onClick={props.onClose} />
		</div>
	);
}

function Unwritable({ channel }: { channel: Channel }) {
	const { t } = useWords();
	return (
		<div className="flex items-center justify-center gap-3 border-t border-line px-4 py-4 text-sm text-soft">
			<Icon name={channel.archived ? "lock" : "info"} />
			<p>{channel.archived ? t("channel.archived") : t("channel.muted_all")}</p>
		</div>
	);
}
