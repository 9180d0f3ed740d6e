// A row of a timeline with what it needs to know of people and of other messages.

import { memo, useCallback, useMemo } from "react";
import { useWords } from "../i18n/Words.tsx";
import { useUsers } from "../member/useUsers.ts";
import { type Act, allowedFor } from "../message/actions.ts";
import { MessageRow } from "../message/MessageRow.tsx";
import type { Quoted } from "../message/Quote.tsx";
import type { Channel, Message, Seq, UserId } from "../wire.ts";
import { Marker } from "./Marker.tsx";
import { NoticeLines } from "./NoticeText.tsx";
import type { Row } from "./rows.ts";
import { useMessageAt } from "./useMessageAt.ts";

interface TimelineRowProps {
	row: Row;
	channel: Channel;
	me: UserId;
	/** The message at a position, if it is shown. */
	shown(seq: Seq): Message | undefined;
	act(act: Act): void;
	found: boolean;
	tabbable: boolean;
}

export const TimelineRow = memo(function TimelineRow(props: TimelineRowProps) {
	const { t, dates } = useWords();
	const { day, isNew, before, after } = props.row;
	const meeting = props.channel.kind === "meeting";
	return (
		<>
			{before && <NoticeLines lines={before} meeting={meeting} />}
			{day !== undefined && <Marker text={dates.day(day)} />}
			{isNew && <Marker text={t("message.new")} look="new" />}
			<MessageLine {...props} />
			{after && <NoticeLines lines={after} meeting={meeting} />}
		</>
	);
});

function MessageLine({ row, channel, me, shown, act, found, tabbable }: TimelineRowProps) {
	const { item, first } = row;
	const message = item.kind === "message" ? item.message : undefined;
	const reply = item.kind === "message" ? item.message.reply_to : item.waiting.reply_to;
	const answered = useMessageAt(channel.id, reply, reply === undefined ? undefined : shown(reply));
	const author = message?.actor ?? me;
	const people = useMemo(
		() => [
			author,
			...(answered ? [answered.actor] : []),
			...(message?.mentions ?? []),
			...(message?.reactions ?? []).flatMap(({ users }) => users),
		],
		[author, answered, message],
	);
	const user = useUsers(people);
	const nameOf = useCallback((id: UserId) => user(id)?.name ?? "…", [user]);
	const mentions = useCallback(
		(name: string) => {
			const wanted = name.toLowerCase();
			if (message?.mention_all && wanted === "all") return "me";
			const id = message?.mentions?.find((id) => user(id)?.username.toLowerCase() === wanted);
			return id === undefined ? undefined : id === me ? "me" : "other";
		},
		[message, user, me],
	);
	const name = nameOf(author);
	const who = useMemo(() => ({ id: author, name }), [author, name]);
	const quotedName = answered && nameOf(answered.actor);
	const quoted = useMemo<Quoted | undefined>(
		() =>
			reply === undefined
				? undefined
				: { seq: reply, name: quotedName, text: answered?.text, deleted: answered?.deleted },
		[reply, answered, quotedName],
	);
	return (
		<MessageRow
			item={item}
			first={first}
			me={me}
			author={who}
			quoted={quoted}
			allowed={message ? allowedFor(message, channel, me) : []}
			act={act}
			nameOf={nameOf}
			mentions={mentions}
			found={found}
			tabbable={tabbable}
		/>
	);
}
