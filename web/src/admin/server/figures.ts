// What the charts show, made of two readings of a node's metrics.

import { growth, type Labels, quantile, type Reading, sum } from "./prometheus.ts";

/** The figures of a moment: a number each, or `null` where there was nothing to measure. */
export interface Figures {
	/** When, Unix milliseconds. */
	at: number;
	connections: number;
	/** Per second. */
	events: number;
	frames: number;
	requests: number;
	failed: number;
	refused: number;
	commands: number;
	/** Seconds. */
	eventHalf: number | null;
	eventMost: number | null;
	eventNearlyAll: number | null;
	requestHalf: number | null;
	requestMost: number | null;
	requestNearlyAll: number | null;
	/** Of one core, 0 to 1 and more. */
	processor: number;
	/** Bytes. */
	memory: number;
	waiting: number;
}

/** Metrics as a page read them. */
export interface Sample {
	/** When they came, Unix milliseconds. */
	at: number;
	reading: Reading;
}

/** By how much the process's age and the page's clock may grow apart between two samples, seconds. */
const APART_S_MAX = 3;

/** What asks for the figures would otherwise be in them. */
const others = ({ route }: Labels) => !route?.startsWith("/v1/admin/");
const status =
	(from: number, to: number) =>
	(labels: Labels): boolean =>
		others(labels) && Number(labels.status) >= from && Number(labels.status) < to;

/** `undefined` where the two are not of one process: behind one address there may be several. */
export function figures(before: Sample, after: Sample): Figures | undefined {
	const [one, other] = [before.reading, after.reading];
	const seconds = (after.at - before.at) / 1000;
	const aged = sum(other, "process_uptime_seconds") - sum(one, "process_uptime_seconds");
	if (seconds <= 0 || Math.abs(aged - seconds) > APART_S_MAX) return undefined;
	const rate = (name: string, where?: (labels: Labels) => boolean) => growth(one, other, name, where) / seconds;
	const event = (q: number) => quantile(one, other, "klatch_event_seconds", q) ?? null;
	const request = (q: number) => quantile(one, other, "http_request_seconds", q, others) ?? null;
	return {
		at: after.at,
		connections: sum(other, "klatch_connections"),
		events: rate("klatch_events_committed_total"),
		frames: rate("klatch_frames_fanned_out_total"),
		requests: rate("http_requests_total", others),
		failed: rate("http_requests_total", status(500, 600)),
		refused: rate("http_requests_total", status(400, 500)),
		commands: rate("klatch_commands_refused_total"),
		eventHalf: event(0.5),
		eventMost: event(0.95),
		eventNearlyAll: event(0.99),
		requestHalf: request(0.5),
		requestMost: request(0.95),
		requestNearlyAll: request(0.99),
		processor: rate("process_cpu_seconds_total"),
		memory: sum(other, "process_resident_memory_bytes"),
		waiting: sum(other, "klatch_work_waiting"),
	};
}
