import { useSetting } from "../../settings/useSetting.ts";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { Panel } from "../Panel.tsx";
import { type Column, Table } from "../Table.tsx";
import type { AdminSpace, AdminSpaces } from "../wire.ts";
import { useAdminWords } from "../words/useAdminWords.ts";

/** All spaces of the server with the rules that differ most. */
export function SpaceTable() {
	const { t, common, dates, formats } = useAdminWords();
	const [kept] = useSetting<AdminSpaces>("/v1/admin/spaces");
	const columns: Column<AdminSpace>[] = [
		{
			head: t("server.space"),
			cell: ({ name, slug }) => (
				<>
					<span className="font-semibold">{name}</span> <span className="text-faint">{slug}</span>
				</>
			),
		},
		{ head: t("rules.profile"), cell: ({ policy }) => t(`rules.${policy.profile}`) },
		{ head: t("rules.sign_up"), wide: true, cell: ({ policy }) => t(`rules.sign_up_${policy.sign_up}`) },
		{ head: t("rules.members_max"), wide: true, number: true, cell: ({ policy }) => formats.whole(policy.members_max) },
		{
			head: t("rules.characters_max"),
			wide: true,
			number: true,
			cell: ({ policy }) => formats.whole(policy.characters_max),
		},
		{
			head: t("server.origins"),
			wide: true,
			cell: ({ origins }) => <span className="break-all">{origins.join(" ")}</span>,
		},
		{ head: t("server.made"), wide: true, cell: ({ created_at }) => dates.brief(created_at) },
	];
	return (
		<Panel title={t("server.spaces")}>
			{kept === undefined && <SkeletonLines rows={2} label={common("app.loading")} />}
			{kept === null && <p className="text-sm text-faint">{t("admin.failed")}</p>}
			{kept && (
				<Table
					label={t("server.spaces")}
					columns={columns}
					rows={kept.spaces}
					keyOf={({ id }) => id}
					nameOf={({ slug }) => slug}
				/>
			)}
		</Panel>
	);
}
