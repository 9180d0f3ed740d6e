import { useWords } from "../i18n/Words.tsx";
import { Avatar } from "../ui/Avatar.tsx";
import type { User } from "../wire.ts";

export const optionId = (at: number) => `mention-${at}`;

interface MentionListProps {
	users: readonly User[];
	chosen: number;
	onTake(user: User): void;
	onPoint(at: number): void;
}

/** Those who may be meant. The focus stays in the field, which names the chosen one (ARIA combobox). */
export function MentionList({ users, chosen, onTake, onPoint }: MentionListProps) {
	const { t } = useWords();
	return (
		<div
			id="mention-list"
			role="listbox"
			aria-label={t("message.mention_people")}
			className="absolute inset-x-3 bottom-full z-20 max-h-72 animate-appear overflow-y-auto rounded-lg bg-raised p-1.5 shadow-high md:inset-x-auto md:start-5 md:w-80"
		>
			{users.map((user, at) => (
				<div
					key={user.id}
					id={optionId(at)}
					role="option"
					tabIndex={-1}
					aria-selected={at === chosen}
					onPointerMove={() => onPoint(at)}
					// Before the field loses the focus.
					onPointerDown={(event) => {
						event.preventDefault();
						onTake(user);
					}}
					className="flex cursor-default items-center gap-2.5 rounded-sm px-2 py-1.5 text-sm aria-selected:bg-hover"
				>
					<Avatar name={user.name} of={user.id} size="sm" shape={user.id === "all" ? "group" : "person"} />
					<span className="truncate font-semibold">{user.name}</span>
					<span className="truncate text-faint">@{user.username}</span>
				</div>
			))}
		</div>
	);
}
