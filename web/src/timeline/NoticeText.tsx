// What happened beside messages, in a small line across the middle.

import { useWords } from "../i18n/Words.tsx";
import { useUsers } from "../member/useUsers.ts";
import type { User, UserId } from "../wire.ts";
import { Marker } from "./Marker.tsx";
import type { NoticeLine, Told } from "./notices.ts";

/** People who are named; of more, two are. */
const NAMED_MAX = 3;

interface NoticesProps {
	lines: readonly NoticeLine[];
	/** Whether the channel is a meeting. */
	meeting: boolean;
}

export function NoticeLines({ lines, meeting }: NoticesProps) {
	const { dates } = useWords();
	return lines.map(({ key, at, day, told }) => (
		<div key={key}>
			{day && <Marker text={dates.day(at)} />}
			<Notice at={at} told={told} meeting={meeting} />
		</div>
	));
}

function Notice({ at, told, meeting }: { at: number; told: Told; meeting: boolean }) {
	const { dates } = useWords();
	const named = "users" in told ? namedOf(told.users) : [];
	const people = "actor" in told ? [...named, told.actor] : named;
	const user = useUsers(people);
	// A name that comes later would move the others.
	const known = people.every((id) => user(id) !== undefined);
	return (
		<p
			data-notice={told.kind}
			data-tip={dates.full(at)}
			className={`mx-auto w-fit max-w-full px-6 py-1 text-center text-xs text-balance break-words text-faint ${known ? "" : "invisible"}`}
		>
			{useSentence(told, meeting, named, user)}
		</p>
	);
}

function useSentence(
	told: Told,
	meeting: boolean,
	named: readonly UserId[],
	user: (id: UserId) => User | undefined,
): string {
	const { t, list } = useWords();
	const actor = "actor" in told ? told.actor : "";
	const nameOf = (id: UserId) => user(id)?.name ?? "…";
	// What a school's system or another product did, nobody did.
	const bySystem = user(actor)?.kind === "system";
	const who = nameOf(actor);
	switch (told.kind) {
		case "renamed":
			if (bySystem) return t("notice.named", { name: told.text });
			return t("notice.renamed", { actor: who, name: told.text });
		case "topic":
			if (told.text === "") return t("notice.topic_gone", { actor: who });
			if (bySystem) return t("notice.topic_is", { topic: told.text });
			return t("notice.topic", { actor: who, topic: told.text });
		case "closed":
			return meeting ? t("notice.meeting_over") : t("notice.closed");
		case "begun":
			return t("notice.meeting_begun");
	}
	const count = told.users.length;
	const others = count - named.length;
	const names = list([...named.map(nameOf), ...(others > 0 ? [t("notice.others", { count: others })] : [])]);
	switch (told.kind) {
		case "joined":
			return t("notice.joined", { count, names });
		case "left":
			return t("notice.left", { count, names });
		case "role":
			return t("notice.role", { count, names, role: t(`role.${told.role}`) });
		case "added":
			return bySystem ? t("notice.joined", { count, names }) : t("notice.added", { actor: who, names });
		case "removed":
			return bySystem ? t("notice.left", { count, names }) : t("notice.removed", { actor: who, names });
		case "banned":
			return bySystem ? t("notice.left", { count, names }) : t("notice.banned", { actor: who, names });
	}
}

function namedOf(users: readonly UserId[]): readonly UserId[] {
	return users.length > NAMED_MAX ? users.slice(0, NAMED_MAX - 1) : users;
}
