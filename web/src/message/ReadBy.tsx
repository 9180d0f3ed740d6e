// Who has read one's message, who has only received it, and who has not.

import { useKlatch } from "@klatch/client/react";
import { useCallback, useEffect, useState } from "react";
import { sentenceOf } from "../app/problem.ts";
import { useWords } from "../i18n/Words.tsx";
import { useUsers } from "../member/useUsers.ts";
import { Avatar } from "../ui/Avatar.tsx";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { SkeletonLines } from "../ui/Skeleton.tsx";
import type { Message, Receipts, UserId } from "../wire.ts";
import { READERS_MAX } from "./actions.ts";
import { readersOf } from "./readers.ts";

type Answer = { receipts: Receipts } | { error: unknown };

export default function ReadBy({ message, onClose }: { message: Message; onClose(): void }) {
	const { t } = useWords();
	const klatch = useKlatch();
	const [answer, setAnswer] = useState<Answer>();
	const ask = useCallback(() => {
		const { channel, seq } = message;
		let current = true;
		const tell = (answer: Answer) => current && setAnswer(answer);
		setAnswer(undefined);
		// Their names come together rather than one by one.
		klatch.call("member_list", { channel, limit: READERS_MAX }).catch(() => {});
		klatch.call("receipts", { channel, target: seq }).then(
			(receipts) => tell({ receipts }),
			(error) => tell({ error }),
		);
		return () => {
			current = false;
		};
	}, [klatch, message]);
	useEffect(ask, [ask]);
	return (
		<Dialog title={t("readers.title")} hint={<span className="line-clamp-2">{message.text}</span>} onClose={onClose}>
			<div data-readers className="flex min-h-40 flex-col gap-5 pb-5">
				{!answer && <SkeletonLines rows={3} label={t("app.loading")} />}
				{answer && "error" in answer && (
					<div role="alert" className="flex flex-col items-start gap-3">
						<p className="text-sm text-danger">{sentenceOf(answer.error, t)}</p>
						<Button onClick={ask}>{t("action.retry")}</Button>
					</div>
				)}
				{answer && "receipts" in answer && <Lists receipts={answer.receipts} />}
			</div>
		</Dialog>
	);
}

function Lists({ receipts }: { receipts: Receipts }) {
	const { t } = useWords();
	if (receipts.members === 0) return <p className="text-sm text-soft">{t("readers.nobody")}</p>;
	if (!receipts.users) return <Counts receipts={receipts} />;
	const { read, received, neither, hide } = readersOf(receipts);
	const shown = receipts.read_count !== undefined;
	return (
		<>
			{shown && <People title={t("readers.read")} icon="checks" colour="text-accent-ink" users={read} />}
			<People
				title={shown ? t("readers.received") : t("readers.delivered")}
				icon="checks"
				colour="text-faint"
				users={received}
			/>
			<People title={t("readers.neither")} icon="check" colour="text-faint" users={neither} />
			{shown ? hide && <Hint text={t("readers.some_hide")} /> : <Hint text={t("readers.hidden")} />}
		</>
	);
}

/** Of a channel that has grown too large for names. */
function Counts({ receipts: { members, read_count, received_count } }: { receipts: Receipts }) {
	const { t } = useWords();
	return (
		<>
			<ul className="text-sm">
				{read_count !== undefined && <li>{`${t("readers.read")}: ${read_count}`}</li>}
				<li>{`${t("readers.delivered")}: ${received_count}`}</li>
				<li>{`${t("readers.neither")}: ${members - received_count}`}</li>
			</ul>
			<Hint text={t("readers.many")} />
		</>
	);
}

function Hint({ text }: { text: string }) {
	return <p className="text-xs text-faint">{text}</p>;
}

interface PeopleProps {
	title: string;
	icon: IconName;
	colour: string;
	users: readonly UserId[];
}

function People({ title, icon, colour, users }: PeopleProps) {
	const user = useUsers(users);
	if (users.length === 0) return null;
	const named = users.map((id) => ({ id, name: user(id)?.name ?? "…" }));
	named.sort((one, other) => one.name.localeCompare(other.name));
	return (
		<section>
			<h3 className={`flex items-center gap-1.5 pb-1 text-sm font-semibold ${colour}`}>
				<Icon name={icon} size={16} />
				{`${title} · ${users.length}`}
			</h3>
			<ul>
				{named.map(({ id, name }) => (
					<li key={id} className="flex items-center gap-2.5 py-1">
						<Avatar name={name} of={id} size="sm" />
						<span className="min-w-0 truncate text-sm">{name}</span>
					</li>
				))}
			</ul>
		</section>
	);
}
