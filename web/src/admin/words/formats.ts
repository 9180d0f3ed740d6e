// Figures as people write them.

export interface Formats {
	/** 1,234 */
	whole(count: number): string;
	/** 12.3K: as short as a chart wants it. */
	brief(count: number): string;
	/** Of seconds: 12ms, 1.5s. */
	seconds(seconds: number): string;
	/** Of bytes: 12.3 MB. */
	bytes(bytes: number): string;
	/** Of a part, 0 to 1: 42 %. */
	percent(part: number): string;
	/** An hour with minutes and seconds, of Unix milliseconds. */
	time(at: number): string;
	/** Of milliseconds, as a long time: 3 days, 5 hours, 12 minutes. */
	span(ms: number): string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export function formats(locale: string): Formats {
	const format = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options);
	const unit = (unit: string, unitDisplay: "narrow" | "short" | "long", digits: number) =>
		format({ style: "unit", unit, unitDisplay, maximumFractionDigits: digits });
	const whole = format({ maximumFractionDigits: 0 });
	const brief = format({ notation: "compact", maximumSignificantDigits: 3 });
	const ms = format({ style: "unit", unit: "millisecond", unitDisplay: "narrow", maximumSignificantDigits: 2 });
	const s = unit("second", "narrow", 1);
	const megabytes = unit("megabyte", "short", 1);
	const percent = format({ style: "percent", maximumFractionDigits: 0 });
	const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
	const spans = (["day", "hour", "minute"] as const).map((name) => unit(name, "long", 0));
	return {
		whole: (count) => whole.format(count),
		brief: (count) => brief.format(count),
		seconds: (seconds) => (seconds < 1 ? ms.format(seconds * 1000) : s.format(seconds)),
		bytes: (bytes) => megabytes.format(bytes / 1_000_000),
		percent: (part) => percent.format(part),
		time: (at) => time.format(at),
		span: (span) => {
			const [days, hours, minutes] = spans as [Intl.NumberFormat, Intl.NumberFormat, Intl.NumberFormat];
			if (span >= 2 * DAY_MS) return days.format(Math.floor(span / DAY_MS));
			if (span >= 2 * HOUR_MS) return hours.format(Math.floor(span / HOUR_MS));
			return minutes.format(Math.floor(span / MINUTE_MS));
		},
	};
}
