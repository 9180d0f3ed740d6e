// How long to wait before coming back (contract, overload).

/** Shortest and longest wait, milliseconds. */
export const BACKOFF_MS_MIN = 500;
export const BACKOFF_MS_MAX = 30_000;

/** Full jitter: anything from the shortest wait to a bound that doubles with every attempt, from 0. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
	const bound = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(attempt + 1, 10));
	return BACKOFF_MS_MIN + random() * (bound - BACKOFF_MS_MIN);
}
