// The accounts of the space.

import { useMe } from "@klatch/client/react";
import { lazy, useState } from "react";
import { Avatar } from "../../ui/Avatar.tsx";
import { Button } from "../../ui/Button.tsx";
import { useDialogs } from "../../ui/Dialogs.tsx";
import { Mark } from "../Mark.tsx";
import { PagedTable } from "../PagedTable.tsx";
import { Panel } from "../Panel.tsx";
import { SearchField } from "../SearchField.tsx";
import type { Column } from "../Table.tsx";
import { PAGE, usePages } from "../usePages.ts";
import type { AdminUser, AdminUsers } from "../wire.ts";
import { useAdminWords } from "../words/useAdminWords.ts";
import { PersonMenu } from "./PersonMenu.tsx";

const NewAccount = lazy(() => import("./NewAccount.tsx"));

export function People() {
	const { t, dates, formats } = useAdminWords();
	const me = useMe();
	const dialogs = useDialogs();
	const [query, setQuery] = useState("");
	const pages = usePages<AdminUsers, AdminUser>(
		`/v1/admin/users?limit=${PAGE}&query=${encodeURIComponent(query.trim())}`,
		({ users }) => users,
		({ username }) => `after=${encodeURIComponent(username)}`,
	);
	const replace = (user: AdminUser) => pages.change((row) => (row.id === user.id ? user : row));
	const columns: Column<AdminUser>[] = [
		{ head: t("people.name"), cell: (user) => <Person user={user} /> },
		{ head: t("people.devices"), wide: true, number: true, cell: ({ devices }) => formats.whole(devices) },
		{
			head: t("people.made"),
			wide: true,
			cell: ({ created_at }) => <span className="text-faint">{dates.brief(created_at)}</span>,
		},
		{
			head: "…",
			headHidden: true,
			number: true,
			cell: (user) => me && <PersonMenu user={user} me={me} onChange={replace} onRead={pages.read} />,
		},
	];
	return (
		<Panel
			title={t("section.people")}
			actions={
				<Button
					look="accent"
					icon="plus"
					onClick={() => dialogs((close) => <NewAccount onClose={close} onMade={() => void pages.read()} />)}
				>
					{t("people.new")}
				</Button>
			}
		>
			<SearchField label={t("people.find")} value={query} onChange={setQuery} />
			<PagedTable
				label={t("section.people")}
				pages={pages}
				columns={columns}
				keyOf={({ id }) => id}
				nameOf={({ username }) => username}
			/>
		</Panel>
	);
}

function Person({ user }: { user: AdminUser }) {
	const { t } = useAdminWords();
	return (
		<span className="flex items-center gap-3">
			<Avatar name={user.name} of={user.id} />
			<span className="min-w-0">
				<span className="flex flex-wrap items-center gap-x-2 gap-y-1">
					<span className={`font-semibold ${user.disabled_at ? "text-faint line-through" : ""}`}>{user.name}</span>
					{user.admin && (
						<Mark tone="accent">{t(user.admin === "server" ? "people.admin_server" : "people.admin_space")}</Mark>
					)}
					{user.kind !== "person" && <Mark>{t(user.kind === "guest" ? "people.guest" : "people.system")}</Mark>}
					{user.disabled_at !== undefined && <Mark tone="danger">{t("people.disabled")}</Mark>}
				</span>
				<span className="block truncate text-xs text-faint">@{user.username}</span>
			</span>
		</span>
	);
}
