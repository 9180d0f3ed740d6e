// Times as people say them: the hour today, "Yesterday", the day of this week, else the date.

import type { Translate } from "./catalogue.ts";

export interface Dates {
	/** The hour and minute. */
	time(at: number): string;
	/** Day and hour, in full. */
	full(at: number): string;
	/** For the head of a day: Today, Yesterday, Monday 3 March. */
	day(at: number, now?: number): string;
	/** As short as a list wants it: an hour today, a weekday this week, else a date. */
	brief(at: number, now?: number): string;
	/** Day and hour, the day left out if it is today. */
	moment(at: number, now?: number): string;
}

const DAY_MS = 86_400_000;

/** Days since the epoch where the reader is; summer time moves midnight, so not by division of `at`. */
export function dayOf(at: number): number {
	const date = new Date(at);
	return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS);
}

export function dates(locale: string, t: Translate): Dates {
	const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options);
	const time = format({ hour: "2-digit", minute: "2-digit" });
	const full = format({ dateStyle: "full", timeStyle: "short" });
	const weekday = format({ weekday: "short" });
	const short = format({ day: "numeric", month: "short" });
	const shortWithYear = format({ day: "numeric", month: "short", year: "numeric" });
	const long = format({ weekday: "long", day: "numeric", month: "long" });
	const longWithYear = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
	const sameYear = (a: number, b: number) => new Date(a).getFullYear() === new Date(b).getFullYear();
	const day = (at: number, now = Date.now()) => {
		const ago = dayOf(now) - dayOf(at);
		if (ago === 0) return t("date.today");
		if (ago === 1) return t("date.yesterday");
		return (sameYear(at, now) ? long : longWithYear).format(at);
	};
	return {
		time: (at) => time.format(at),
		full: (at) => full.format(at),
		day,
		brief: (at, now = Date.now()) => {
			const ago = dayOf(now) - dayOf(at);
			if (ago === 0) return time.format(at);
			if (ago === 1) return t("date.yesterday");
			if (ago > 1 && ago < 7) return weekday.format(at);
			return (sameYear(at, now) ? short : shortWithYear).format(at);
		},
		moment: (at, now = Date.now()) =>
			dayOf(now) === dayOf(at) ? time.format(at) : `${day(at, now)}, ${time.format(at)}`,
	};
}
