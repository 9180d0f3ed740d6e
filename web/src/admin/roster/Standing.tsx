import { Panel } from "../Panel.tsx";
import type { RosterStatus } from "../wire.ts";
import { useAdminWords } from "../words/useAdminWords.ts";

/** How the roster stands, in four figures. */
export function Standing({ status }: { status: RosterStatus }) {
	const { t, dates, formats } = useAdminWords();
	const figures = [
		{ name: t("roster.groups"), value: formats.whole(status.groups) },
		{ name: t("roster.members"), value: formats.whole(status.members) },
		{ name: t("roster.leaving"), value: formats.whole(status.leaving) },
		{ name: t("roster.last"), value: status.last ? dates.moment(status.last.at) : t("admin.never") },
	];
	return (
		<Panel title={t("section.roster")}>
			<dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
				{figures.map(({ name, value }) => (
					<div key={name} className="flex flex-col-reverse justify-end rounded-lg border border-line px-4 py-3">
						<dt className="text-xs text-faint">{name}</dt>
						<dd className="text-xl font-semibold tabular-nums">{value}</dd>
					</div>
				))}
			</dl>
		</Panel>
	);
}
