// The server: its nodes, what they are doing, and its spaces.

import { useMemo } from "react";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import { Panel } from "../Panel.tsx";
import { useAdminWords } from "../words/useAdminWords.ts";
import { Chart, type Line } from "./Chart.tsx";
import type { Figures } from "./figures.ts";
import { NodeTable } from "./NodeTable.tsx";
import { SpaceTable } from "./SpaceTable.tsx";
import { useServer } from "./useServer.ts";

export default function Server() {
	const { t, common } = useAdminWords();
	const { nodes, figures, silent } = useServer();
	return (
		<>
			{silent && (
				<p role="alert" className="rounded-md bg-danger-soft px-4 py-3 text-sm text-danger">
					{t("server.silent")}
				</p>
			)}
			<Panel title={t("server.nodes")}>
				{nodes ? <NodeTable nodes={nodes} /> : <SkeletonLines rows={2} label={common("app.loading")} />}
			</Panel>
			<Panel title={t("server.figures")} hint={t("server.figures_hint")}>
				{figures.length > 0 ? <Charts of={figures} /> : <p className="text-sm text-faint">{t("chart.waiting")}</p>}
			</Panel>
			<SpaceTable />
		</>
	);
}

function Charts({ of }: { of: readonly Figures[] }) {
	const { t, formats } = useAdminWords();
	const times = useMemo(() => of.map(({ at }) => at / 1000), [of]);
	const charts = useMemo(() => {
		const line = (label: string, name: keyof Figures): Line => ({ label, values: of.map((figures) => figures[name]) });
		const perSecond = (count: number) => t("chart.per_second", { rate: formats.brief(count) });
		const latency = (title: string, of: "event" | "request") => ({
			title,
			lines: [
				line(t("chart.half"), `${of}Half`),
				line(t("chart.most"), `${of}Most`),
				line(t("chart.nearly_all"), `${of}NearlyAll`),
			],
			format: formats.seconds,
			least: 0.01,
		});
		return [
			{ title: t("chart.connections"), lines: [line(t("chart.open"), "connections")], format: formats.brief, least: 1 },
			{
				title: t("chart.traffic"),
				lines: [line(t("chart.events"), "events"), line(t("chart.frames"), "frames")],
				format: perSecond,
				least: 1,
			},
			{ title: t("chart.requests"), lines: [line(t("chart.answered"), "requests")], format: perSecond, least: 1 },
			latency(t("chart.latency"), "event"),
			latency(t("chart.http"), "request"),
			{
				title: t("chart.errors"),
				lines: [
					line(t("chart.failed"), "failed"),
					line(t("chart.refused"), "refused"),
					line(t("chart.commands"), "commands"),
				],
				format: perSecond,
				least: 1,
			},
			{ title: t("chart.processor"), lines: [line(t("chart.busy"), "processor")], format: formats.percent, least: 0.1 },
			{ title: t("chart.memory"), lines: [line(t("chart.resident"), "memory")], format: formats.bytes, least: 1e6 },
			{ title: t("chart.late"), lines: [line(t("chart.pieces"), "waiting")], format: formats.brief, least: 1 },
		];
	}, [of, t, formats]);
	return (
		<div className="grid gap-4 md:grid-cols-2">
			{charts.map((chart) => (
				<Chart key={chart.title} times={times} {...chart} />
			))}
		</div>
	);
}
