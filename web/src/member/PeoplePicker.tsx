// Choosing people: a field that finds, a list of who was found, and who is chosen as small tags.

import { useState } from "react";
import { useWords } from "../i18n/Words.tsx";
import { Avatar } from "../ui/Avatar.tsx";
import { Icon } from "../ui/Icon.tsx";
import { TextField } from "../ui/TextField.tsx";
import type { User, UserId } from "../wire.ts";
import { usePeople } from "./usePeople.ts";

interface PeoplePickerProps {
	chosen: readonly User[];
	onChange(chosen: readonly User[]): void;
	/** Who is not offered: oneself, and those who are there already. */
	without: ReadonlySet<UserId>;
}

export function PeoplePicker({ chosen, onChange, without }: PeoplePickerProps) {
	const { t } = useWords();
	const [query, setQuery] = useState("");
	const people = usePeople(query);
	const offered = people?.filter(
		({ id, kind }) => !without.has(id) && kind !== "system" && !chosen.some((one) => one.id === id),
	);
	const add = (user: User) => {
		onChange([...chosen, user]);
		setQuery("");
	};
	return (
		<div className="flex flex-col gap-3">
			{chosen.length > 0 && (
				<ul className="flex flex-wrap gap-1.5">
					{chosen.map((user) => (
						<li key={user.id}>
							<button
								type="button"
								aria-label={t("create.remove", { name: user.name })}
								onClick={() => onChange(chosen.filter(({ id }) => id !== user.id))}
								className="flex h-8 items-center gap-1.5 rounded-full bg-accent-soft ps-1.5 pe-2 text-sm font-medium text-accent-ink hover:bg-press"
							>
								<Avatar name={user.name} of={user.id} size="xs" />
								{user.name}
								<Icon name="close" size={13} />
							</button>
						</li>
					))}
				</ul>
			)}
			<TextField
				label={t("create.find")}
				placeholder={t("create.find_hint")}
				value={query}
				autoComplete="off"
				spellCheck={false}
				onChange={(event) => setQuery(event.target.value)}
				onKeyDown={(event) => {
					const first = offered?.[0];
					if (event.key !== "Enter" || !query) return;
					event.preventDefault();
					if (first) add(first);
				}}
			/>
			<ul data-people className="-mx-2 flex min-h-24 flex-col">
				{offered?.map((user) => (
					<li key={user.id}>
						<button
							type="button"
							onClick={() => add(user)}
							className="ring-inside flex w-full items-center gap-3 rounded-md px-2 py-1.5 text-start hover:bg-hover"
						>
							<Avatar name={user.name} of={user.id} />
							<span className="min-w-0">
								<span className="block truncate text-sm font-semibold">{user.name}</span>
								<span className="block truncate text-xs text-faint">@{user.username}</span>
							</span>
						</button>
					</li>
				))}
				{offered?.length === 0 && query.trim() !== "" && (
					<li className="px-2 py-3 text-sm text-faint">{t("create.nobody")}</li>
				)}
			</ul>
		</div>
	);
}
