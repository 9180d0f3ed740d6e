// When a meeting begins nothing comes from the server: the clock tells it.

import { useEffect, useState } from "react";

/** As long as a timer can wait. */
const WAIT_MS_MAX = 2_000_000_000;

/** The time at which it began, once that has come. */
export function useBegun(starts_at: number | undefined): number | undefined {
	const [now, setNow] = useState(Date.now);
	useEffect(() => {
		const wait = (starts_at ?? 0) - Date.now();
		setNow(Date.now());
		if (wait <= 0) return;
		const timer = window.setTimeout(() => setNow(Date.now()), Math.min(wait + 1, WAIT_MS_MAX));
		return () => window.clearTimeout(timer);
	}, [starts_at]);
	return starts_at !== undefined && starts_at <= now ? starts_at : undefined;
}
