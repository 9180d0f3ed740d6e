import { describe, expect, test } from "vitest";
import { rosterOf } from "../src/admin/roster/file.ts";
import { difference, originsOf } from "../src/admin/rules/difference.ts";
import { figures } from "../src/admin/server/figures.ts";
import { growth, parse, quantile, sum } from "../src/admin/server/prometheus.ts";
import type { AdminSpace, Policy } from "../src/admin/wire.ts";
import { formats } from "../src/admin/words/formats.ts";

const EARLIER = `# HELP http_requests_total HTTP requests
# TYPE http_requests_total counter
http_requests_total{method="GET",route="/v1/me",status="200"} 10
http_requests_total{method="GET",route="/v1/me",status="404"} 1
http_requests_total{method="GET",route="/v1/admin/metrics",status="200"} 5
klatch_event_seconds_bucket{le="0.001"} 0
klatch_event_seconds_bucket{le="0.01"} 10
klatch_event_seconds_bucket{le="0.1"} 10
klatch_event_seconds_bucket{le="+Inf"} 10
klatch_events_committed_total 100
klatch_connections 3
process_uptime_seconds 50.5
process_cpu_seconds_total 1
`;
const LATER = `http_requests_total{method="GET",route="/v1/me",status="200"} 14
http_requests_total{method="GET",route="/v1/me",status="404"} 2
http_requests_total{method="GET",route="/v1/admin/metrics",status="200"} 90
klatch_event_seconds_bucket{le="0.001"} 50
klatch_event_seconds_bucket{le="0.01"} 100
klatch_event_seconds_bucket{le="0.1"} 109
klatch_event_seconds_bucket{le="+Inf"} 110
klatch_events_committed_total 120
klatch_connections 7
process_uptime_seconds 52.5
process_cpu_seconds_total 1.5
`;

describe("figures in Prometheus' text format", () => {
	test("are read with their labels, escapes and infinities", () => {
		const reading = parse('# HELP a b\na{x="one \\"two\\" \\\\ {3}",y=""} 4.5e3\nb_bucket{le="+Inf"} +Inf\n\nc 1\n');
		expect(reading.get("a")).toEqual([{ labels: { x: 'one "two" \\ {3}', y: "" }, value: 4500 }]);
		expect(sum(reading, "b_bucket")).toBe(Number.POSITIVE_INFINITY);
		expect(sum(reading, "nothing")).toBe(0);
	});

	test("grow, and a counter that began anew did not shrink", () => {
		const [one, other] = [parse(EARLIER), parse(LATER)];
		expect(growth(one, other, "http_requests_total", ({ status }) => status === "200")).toBe(89);
		expect(growth(other, one, "klatch_events_committed_total")).toBe(0);
	});

	test("have quantiles of what came in between", () => {
		const [one, other] = [parse(EARLIER), parse(LATER)];
		// Of 100: 50 below 1 ms, 40 more below 10 ms, 9 more below 100 ms, one beyond.
		expect(quantile(one, other, "klatch_event_seconds", 0.5)).toBeCloseTo(0.001);
		expect(quantile(one, other, "klatch_event_seconds", 0.7)).toBeCloseTo(0.0055);
		expect(quantile(one, other, "klatch_event_seconds", 0.99)).toBeCloseTo(0.1);
		expect(quantile(one, other, "klatch_event_seconds", 1)).toBeCloseTo(0.1);
		expect(quantile(one, one, "klatch_event_seconds", 0.5)).toBeUndefined();
	});
});

test("figures are per second, and leave out what the page itself asks", () => {
	const made = figures({ at: 10_000, reading: parse(EARLIER) }, { at: 12_000, reading: parse(LATER) });
	expect(made).toMatchObject({
		at: 12_000,
		connections: 7,
		events: 10,
		requests: 2.5,
		refused: 0.5,
		failed: 0,
		processor: 0.25,
		requestHalf: null,
	});
	expect(made?.eventHalf).toBeCloseTo(0.001);
});

test("two readings of different processes make no figures", () => {
	const another = parse(LATER.replace("process_uptime_seconds 52.5", "process_uptime_seconds 900"));
	expect(figures({ at: 10_000, reading: parse(EARLIER) }, { at: 12_000, reading: another })).toBeUndefined();
});

test("of the rules only what was changed is sent", () => {
	const policy = { members_max: 10, retention: { kind: "forever" }, presence: true } as Policy;
	const space = { policy, origins: ["https://a.example"] } as AdminSpace;
	expect(difference(space, { ...policy }, ["https://a.example"])).toBeUndefined();
	expect(difference(space, { ...policy, retention: { kind: "days", days: 3 } }, ["https://a.example"])).toEqual({
		policy: { retention: { kind: "days", days: 3 } },
	});
	expect(difference(space, policy, [])).toEqual({ origins: [] });
	expect(originsOf("https://a.example\n\n  https://b.example ")).toEqual(["https://a.example", "https://b.example"]);
});

test("a roster file has the media type of its name, whatever the browser says", async () => {
	const file = (name: string) => rosterOf(new File(["a"], name, { type: "application/vnd.ms-excel" })).type;
	expect(["r.csv", "R.CSV", "r.zip", "r.json", "r.xlsx"].map(file)).toEqual([
		"text/csv",
		"text/csv",
		"application/zip",
		"application/json",
		"application/octet-stream",
	]);
});

test("figures are written as people write them", () => {
	const { seconds, bytes, percent, span, brief } = formats("en-GB");
	expect([seconds(0.0123), seconds(1.25), bytes(12_340_000), percent(0.42), brief(12_345).toLowerCase()]).toEqual([
		"12ms",
		"1.3s",
		"12.3 MB",
		"42%",
		"12.3k",
	]);
	expect([span(90_000), span(7_200_000), span(3 * 86_400_000)]).toEqual(["1 minute", "2 hours", "3 days"]);
});
