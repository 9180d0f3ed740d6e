// Who administered what, newest first.

import { PagedTable } from "../PagedTable.tsx";
import { Panel } from "../Panel.tsx";
import type { Column } from "../Table.tsx";
import { PAGE, usePages } from "../usePages.ts";
import type { AuditLine, AuditLines } from "../wire.ts";
import { useAdminWords } from "../words/useAdminWords.ts";

const FIRST = `/v1/admin/audit?limit=${PAGE}`;

export function Audit() {
	const { t, dates } = useAdminWords();
	const pages = usePages<AuditLines, AuditLine>(
		FIRST,
		({ lines }) => lines,
		({ id }) => `before=${id}`,
	);
	const columns: Column<AuditLine>[] = [
		{
			head: t("audit.at"),
			cell: ({ at }) => (
				<time dateTime={new Date(at).toISOString()} title={dates.full(at)} className="text-xs text-faint tabular-nums">
					{dates.moment(at)}
				</time>
			),
		},
		{
			head: t("audit.actor"),
			cell: ({ actor }) =>
				actor ? <span title={`@${actor.username}`}>{actor.name}</span> : <em>{t("audit.command_line")}</em>,
		},
		{
			head: t("audit.act"),
			cell: ({ act, detail }) => (
				<>
					<span className="font-semibold">{t(`act.${act}`)}</span>
					<span className="block break-words text-xs text-soft md:hidden">{detail}</span>
				</>
			),
		},
		{
			head: t("audit.detail"),
			wide: true,
			cell: ({ detail }) => <span className="break-words text-soft">{detail}</span>,
		},
	];
	return (
		<Panel title={t("section.audit")} hint={t("audit.hint")}>
			<PagedTable
				label={t("section.audit")}
				pages={pages}
				columns={columns}
				keyOf={({ id }) => id}
				nameOf={({ act }) => act}
			/>
		</Panel>
	);
}
