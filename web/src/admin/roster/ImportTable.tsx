// The imports of before. The last can be taken back.

import { useKlatch } from "@klatch/client/react";
import { lazy } from "react";
import { useUsers } from "../../member/useUsers.ts";
import { Button } from "../../ui/Button.tsx";
import { useDialogs } from "../../ui/Dialogs.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { Mark } from "../Mark.tsx";
import { Panel } from "../Panel.tsx";
import { type Column, Table } from "../Table.tsx";
import type { RosterImport } from "../wire.ts";
import { useAdminWords } from "../words/useAdminWords.ts";
import { COUNTS } from "./Difference.tsx";

const Confirm = lazy(() => import("../../ui/Confirm.tsx"));

export function ImportTable({ imports, onChange }: { imports: readonly RosterImport[]; onChange(): Promise<void> }) {
	const { t, dates } = useAdminWords();
	const klatch = useKlatch();
	const dialogs = useDialogs();
	const toast = useToast();
	const person = useUsers(imports.map(({ by }) => by));
	const [last] = imports;
	const undo = async () => {
		await klatch.rest("POST", "/v1/roster/undo");
		toast(t("roster.undone"));
		await onChange();
	};
	const ask = () =>
		dialogs((close) => (
			<Confirm
				title={t("roster.undo_title")}
				hint={t("roster.undo_hint")}
				action={t("roster.undo")}
				onConfirm={undo}
				onClose={close}
			/>
		));
	const columns: Column<RosterImport>[] = [
		{ head: t("roster.number"), number: true, cell: (one) => one.import },
		{ head: t("roster.at"), cell: ({ at }) => <span className="whitespace-nowrap">{dates.moment(at)}</span> },
		{ head: t("roster.by"), wide: true, cell: ({ by }) => person(by)?.name },
		{
			head: t("roster.what"),
			cell: ({ kind, counts }) => (
				<>
					<span className="font-semibold">{t(`roster.kind_${kind}`)}</span>
					<span className="block text-xs text-faint">
						{COUNTS.filter((name) => name !== "unchanged" && name !== "kept" && (counts[name] ?? 0) > 0)
							.map((name) => t(`count.${name}`, { count: counts[name] ?? 0 }))
							.join(" · ")}
					</span>
				</>
			),
		},
		{
			head: t("roster.state"),
			cell: ({ state }) => (
				<Mark tone={state === "unfinished" ? "danger" : state === "running" ? "accent" : "plain"}>
					{t(`roster.state_${state}`)}
				</Mark>
			),
		},
	];
	return (
		<Panel
			title={t("roster.imports")}
			actions={
				last && last.kind !== "undo" && last.state === "done" && <Button onClick={ask}>{t("roster.undo")}</Button>
			}
		>
			{imports.length === 0 ? (
				<p className="text-sm text-faint">{t("roster.no_import")}</p>
			) : (
				<Table
					label={t("roster.imports")}
					columns={columns}
					rows={imports}
					keyOf={(one) => one.import}
					nameOf={(one) => String(one.import)}
				/>
			)}
		</Panel>
	);
}
