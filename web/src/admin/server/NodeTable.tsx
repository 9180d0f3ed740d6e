import { Mark } from "../Mark.tsx";
import { type Column, Table } from "../Table.tsx";
import type { Node } from "../wire.ts";
import { useAdminWords } from "../words/useAdminWords.ts";

/** The nodes and how busy they are. */
export function NodeTable({ nodes }: { nodes: readonly Node[] }) {
	const { t, formats } = useAdminWords();
	const columns: Column<Node>[] = [
		{
			head: t("server.node"),
			cell: ({ id, asked, url }) => (
				<span className="flex flex-wrap items-center gap-x-2 gap-y-1">
					<span className="max-w-22 truncate font-semibold md:max-w-none" title={url}>
						{id}
					</span>
					{asked && <Mark tone="accent">{t("server.asked")}</Mark>}
				</span>
			),
		},
		{ head: t("server.region"), wide: true, cell: ({ region }) => region },
		{
			head: t("server.connections"),
			number: true,
			cell: ({ connections, capacity }) => (
				<>
					{t("server.connections_of", { count: connections, most: capacity })}
					<Meter part={connections / Math.max(capacity, 1)} />
				</>
			),
		},
		{
			head: t("server.load"),
			number: true,
			cell: ({ load }) => (
				<>
					{formats.percent(load)}
					<Meter part={load} />
				</>
			),
		},
		{ head: t("server.version"), wide: true, cell: ({ version }) => version },
		{
			head: t("server.since"),
			wide: true,
			number: true,
			cell: ({ started_at }) => formats.span(Math.max(0, Date.now() - started_at)),
		},
		{
			head: t("server.state"),
			cell: ({ draining, overloaded }) =>
				draining ? (
					<Mark>{t("server.state_draining")}</Mark>
				) : overloaded ? (
					<Mark tone="danger">{t("server.state_overloaded")}</Mark>
				) : (
					<Mark tone="accent">{t("server.state_fine")}</Mark>
				),
		},
	];
	return (
		<Table label={t("server.nodes")} columns={columns} rows={nodes} keyOf={({ id }) => id} nameOf={({ id }) => id} />
	);
}

/** A part, 0 to 1, as a bar; the number beside says the same. */
function Meter({ part }: { part: number }) {
	const full = Math.min(1, Math.max(0, part));
	return (
		<svg
			aria-hidden="true"
			viewBox="0 0 100 4"
			preserveAspectRatio="none"
			className="ms-auto mt-1 block h-1 w-20 rounded-full bg-press"
		>
			<rect width={full * 100} height={4} className={full > 0.85 ? "fill-danger" : "fill-accent"} />
		</svg>
	);
}
