// Lines over time, the newest at the right. uPlot draws them; what they say now stands above in words.

import "uplot/dist/uPlot.min.css";
import { useEffect, useId, useRef, useState } from "react";
import uPlot from "uplot";
import { useAdminWords } from "../words/useAdminWords.ts";

export interface Line {
	label: string;
	/** A value for each time; `null` where there is none. */
	values: readonly (number | null)[];
}

interface ChartProps {
	title: string;
	/** Unix seconds. */
	times: readonly number[];
	/** At most three. */
	lines: readonly Line[];
	/** How a value is written. */
	format(value: number): string;
	/** What the chart reaches up to at least. */
	least: number;
}

/** Told apart by their strokes, too. */
const STROKES = [
	{ colour: "--accent", dash: [] },
	{ colour: "--alert", dash: [7, 4] },
	{ colour: "--danger", dash: [2, 3] },
] as const;
const HEIGHT = 132;
const AXIS_FONT = "11px system-ui, sans-serif";

export function Chart({ title, times, lines, format, least }: ChartProps) {
	const { t, formats } = useAdminWords();
	const id = useId();
	const place = useRef<HTMLDivElement>(null);
	const plot = useRef<uPlot>(undefined);
	const [at, setAt] = useState<number | null>(null);
	const theme = useTheme();
	const labels = lines.map(({ label }) => label).join("\n");
	const write = useRef({ format, time: formats.time });
	write.current = { format, time: formats.time };

	// biome-ignore lint/correctness/useExhaustiveDependencies: other colours and other lines make another plot
	useEffect(() => {
		const box = place.current;
		if (!box) return;
		const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
		const axis = { stroke: colour("--ink-faint"), font: AXIS_FONT, ticks: { show: false } };
		const grid = { stroke: colour("--line"), width: 1 };
		const made = new uPlot(
			{
				width: box.clientWidth,
				height: HEIGHT,
				legend: { show: false },
				cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
				padding: [8, 8, 0, 0],
				scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.15, least)] } },
				axes: [
					{
						...axis,
						grid: { show: false },
						size: 24,
						space: 90,
						values: (_, ticks) => ticks.map((tick) => write.current.time(tick * 1000)),
					},
					{ ...axis, grid, size: 62, space: 34, values: (_, ticks) => ticks.map((tick) => write.current.format(tick)) },
				],
				series: [
					{},
					...labels.split("\n").map((label, index) => {
						const { colour: name, dash } = STROKES[index % STROKES.length] as (typeof STROKES)[number];
						return {
							label,
							stroke: colour(name),
							width: 1.75,
							dash: [...dash],
							points: { show: false },
							spanGaps: false,
						};
					}),
				],
				hooks: { setCursor: [({ cursor }) => setAt(cursor.idx ?? null)] },
			},
			[[], ...labels.split("\n").map(() => [])],
			box,
		);
		plot.current = made;
		const sized = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height: HEIGHT }));
		sized.observe(box);
		return () => {
			sized.disconnect();
			made.destroy();
			plot.current = undefined;
		};
	}, [labels, theme]);

	// biome-ignore lint/correctness/useExhaustiveDependencies: a new plot needs the data, too
	useEffect(() => {
		plot.current?.setData([times, ...lines.map(({ values }) => values)] as uPlot.AlignedData);
	}, [times, lines, labels, theme]);

	const told = lines.map(({ label, values }) => {
		const value = values[at ?? values.length - 1] ?? null;
		return { label, value: value === null ? t("chart.none") : format(value) };
	});
	const now = told.map(({ label, value }) => `${label} ${value}`).join(", ");
	return (
		<figure aria-labelledby={id} className="flex min-w-0 flex-col gap-2 rounded-lg border border-line p-3">
			<figcaption className="flex flex-col gap-0.5">
				<span id={id} className="text-sm font-semibold">
					{title}
				</span>
				<span className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-soft">
					{told.map(({ label, value }, index) => (
						<span key={label} className="flex items-center gap-1.5">
							<Stroke of={index} />
							{label} <strong className="tabular-nums text-ink">{value}</strong>
						</span>
					))}
				</span>
			</figcaption>
			<div ref={place} role="img" aria-label={t("chart.reading", { title, now })} data-points={times.length} />
		</figure>
	);
}

/** The line as it is drawn, in small. */
function Stroke({ of }: { of: number }) {
	const { colour, dash } = STROKES[of % STROKES.length] as (typeof STROKES)[number];
	return (
		<svg aria-hidden="true" width={18} height={8} viewBox="0 0 18 8" className="shrink-0">
			<path d="M0 4h18" stroke={`var(${colour})`} strokeWidth={2} strokeDasharray={dash.join(" ")} />
		</svg>
	);
}

const shownTheme = () => document.documentElement.dataset.theme ?? "light";

/** The theme that is shown, for what must be drawn anew in other colours. */
function useTheme(): string {
	const [theme, setTheme] = useState(shownTheme);
	useEffect(() => {
		const watch = new MutationObserver(() => setTheme(shownTheme()));
		watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
		return () => watch.disconnect();
	}, []);
	return theme;
}
