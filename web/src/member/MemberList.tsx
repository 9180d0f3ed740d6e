// Who is in a channel: the mightiest first, those online before those who are not.

import { useKlatch } from "@klatch/client/react";
import { useState } from "react";
import { useWords } from "../i18n/Words.tsx";
import { Button } from "../ui/Button.tsx";
import { SkeletonLines } from "../ui/Skeleton.tsx";
import type { Channel, Member, Role, UserId } from "../wire.ts";
import { MemberLine } from "./MemberLine.tsx";
import { useMayFind } from "./useMayFind.ts";
import { useMembers } from "./useMembers.ts";

const ORDER: Record<Role, number> = { owner: 0, moderator: 1, member: 2, guest: 3 };
/** With so few there is nothing to search. */
const FIELD_FROM = 12;

export function MemberList({ channel, me }: { channel: Channel; me: UserId }) {
	const { t } = useWords();
	const klatch = useKlatch();
	const { members, more, next } = useMembers(channel.id);
	const [query, setQuery] = useState("");
	const found = useMayFind(members ?? [], query);
	if (!members) return <SkeletonLines rows={5} label={t("app.loading")} />;
	const online = ({ user }: Member) => (klatch.presence(user.id).get()?.status === "online" ? 0 : 1);
	const sorted = [...found].sort(
		(a, b) => ORDER[a.role] - ORDER[b.role] || online(a) - online(b) || a.user.name.localeCompare(b.user.name),
	);
	return (
		<>
			{members.length >= FIELD_FROM && (
				<input
					type="search"
					value={query}
					aria-label={t("member.find")}
					placeholder={t("member.find")}
					onChange={(event) => setQuery(event.target.value)}
					className="mb-2 h-9 w-full rounded-md border border-line bg-canvas px-3 text-sm outline-offset-[-1px] placeholder:text-faint"
				/>
			)}
			<ul data-members className="-mx-2">
				{sorted.map((member) => (
					<MemberLine key={member.user.id} channel={channel} member={member} me={me} />
				))}
			</ul>
			{more && (
				<Button look="quiet" onClick={next} className="w-full">
					{t("member.more")}
				</Button>
			)}
		</>
	);
}
