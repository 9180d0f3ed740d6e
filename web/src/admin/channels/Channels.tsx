// The channels of the space: that they are there, and never what is said in them.

import { useKlatch } from "@klatch/client/react";
import { lazy, useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { useDialogs } from "../../ui/Dialogs.tsx";
import { Mark } from "../Mark.tsx";
import { PagedTable } from "../PagedTable.tsx";
import { Panel } from "../Panel.tsx";
import { SearchField } from "../SearchField.tsx";
import type { Column } from "../Table.tsx";
import { PAGE, usePages } from "../usePages.ts";
import type { AdminChannel, AdminChannels } from "../wire.ts";
import { useAdminWords } from "../words/useAdminWords.ts";

const Confirm = lazy(() => import("../../ui/Confirm.tsx"));

export function Channels() {
	const { t, dates, formats } = useAdminWords();
	const klatch = useKlatch();
	const dialogs = useDialogs();
	const [query, setQuery] = useState("");
	const pages = usePages<AdminChannels, AdminChannel>(
		`/v1/admin/channels?limit=${PAGE}&query=${encodeURIComponent(query.trim())}`,
		({ channels }) => channels,
		({ id }) => `after=${id}`,
	);
	const named = ({ name }: AdminChannel) => name ?? t("channels.unnamed");
	const close = async (channel: AdminChannel) => {
		await klatch.rest("DELETE", `/v1/admin/channels/${channel.id}`);
		pages.change((row) => (row.id === channel.id ? { ...row, archived: true } : row));
	};
	const columns: Column<AdminChannel>[] = [
		{
			head: t("channels.name"),
			cell: (channel) => (
				<span className="flex flex-wrap items-center gap-x-2 gap-y-1">
					<span className={channel.name === undefined ? "text-faint" : "font-semibold"}>{named(channel)}</span>
					{channel.archived && <Mark>{t("channels.closed")}</Mark>}
				</span>
			),
		},
		{ head: t("channels.kind"), wide: true, cell: ({ kind }) => t(`kind.${kind}`) },
		{ head: t("channels.members"), number: true, cell: ({ members }) => formats.whole(members) },
		{ head: t("channels.events"), wide: true, number: true, cell: ({ head }) => formats.whole(head) },
		{
			head: t("channels.active"),
			wide: true,
			cell: ({ active_at }) => <span className="text-faint">{dates.brief(active_at)}</span>,
		},
		{
			head: t("channels.close"),
			headHidden: true,
			number: true,
			// Conversations of two people are theirs.
			cell: (channel) =>
				!channel.archived &&
				channel.kind !== "direct" && (
					<Button
						look="quiet"
						aria-label={`${t("channels.close")}: ${named(channel)}`}
						onClick={() =>
							dialogs((done) => (
								<Confirm
									title={t("channels.close_title", { name: named(channel) })}
									hint={t("channels.close_hint")}
									action={t("channels.close")}
									onConfirm={() => close(channel)}
									onClose={done}
								/>
							))
						}
					>
						{t("channels.close")}
					</Button>
				),
		},
	];
	return (
		<Panel title={t("section.channels")}>
			<SearchField label={t("channels.find")} value={query} onChange={setQuery} />
			<PagedTable label={t("section.channels")} pages={pages} columns={columns} keyOf={({ id }) => id} nameOf={named} />
		</Panel>
	);
}
