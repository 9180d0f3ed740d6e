// Figures in Prometheus' text format (version 0.0.4), and what is made of two of them that follow each other.

export type Labels = Readonly<Record<string, string>>;
export interface Point {
	labels: Labels;
	value: number;
}
/** The points of each metric, by its name. */
export type Reading = ReadonlyMap<string, readonly Point[]>;

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const ESCAPES: Record<string, string> = { "\\n": "\n", '\\"': '"', "\\\\": "\\" };

export function parse(text: string): Reading {
	const reading = new Map<string, Point[]>();
	for (const line of text.split("\n")) {
		const [, name, inside = "", number] = LINE.exec(line) ?? [];
		if (name === undefined || number === undefined) continue;
		const labels: Record<string, string> = {};
		for (const [, label = "", value = ""] of inside.matchAll(LABEL)) {
			labels[label] = value.replace(/\\[n"\\]/g, (pair) => ESCAPES[pair] ?? pair);
		}
		const points = reading.get(name) ?? [];
		points.push({ labels, value: number === "+Inf" ? Number.POSITIVE_INFINITY : Number(number) });
		reading.set(name, points);
	}
	return reading;
}

type Where = (labels: Labels) => boolean;
const everywhere: Where = () => true;

/** The sum of a metric's points. */
export function sum(reading: Reading, name: string, where: Where = everywhere): number {
	return (reading.get(name) ?? []).reduce((sum, { labels, value }) => (where(labels) ? sum + value : sum), 0);
}

/** How much a counter grew from one reading to the next. */
export function growth(before: Reading, after: Reading, name: string, where: Where = everywhere): number {
	return Math.max(0, sum(after, name, where) - sum(before, name, where));
}

/**
 * The value of a histogram below which the part `q` (0 to 1) of what came between two readings lies, in between the bounds
 * of its buckets as Prometheus' `histogram_quantile` has it; `undefined` if nothing came.
 */
export function quantile(
	before: Reading,
	after: Reading,
	name: string,
	q: number,
	where: Where = everywhere,
): number | undefined {
	const bounds = new Map<number, number>();
	const add = (reading: Reading, sign: 1 | -1) => {
		for (const { labels, value } of reading.get(`${name}_bucket`) ?? []) {
			if (!where(labels)) continue;
			const bound = labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le);
			bounds.set(bound, (bounds.get(bound) ?? 0) + sign * value);
		}
	};
	add(after, 1);
	add(before, -1);
	const buckets = [...bounds].sort(([one], [other]) => one - other);
	const all = buckets.at(-1)?.[1] ?? 0;
	if (all <= 0) return undefined;
	const rank = q * all;
	let [lower, below] = [0, 0];
	for (const [bound, upTo] of buckets) {
		if (upTo >= rank) {
			// What is beyond the last bound is at least that.
			if (bound === Number.POSITIVE_INFINITY) return lower;
			return lower + ((bound - lower) * (rank - below)) / Math.max(upTo - below, 1);
		}
		[lower, below] = [bound, upTo];
	}
	return lower;
}
