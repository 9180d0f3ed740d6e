// A list that the server gives page by page.

import { useKlatch } from "@klatch/client/react";
import { useCallback, useEffect, useRef, useState } from "react";

/** Rows that are asked for at once. */
export const PAGE = 50;
/** How long somebody must have stopped typing, milliseconds. */
const PAUSE_MS = 200;

export interface Pages<Row> {
	/** What has come; `undefined` until the first page has. */
	rows: readonly Row[] | undefined;
	/** Whether it could not be read. */
	failed: boolean;
	/** Whether there may be more. */
	more: boolean;
	next(): Promise<void>;
	/** Reads the first page again. */
	read(): Promise<void>;
	/** Changes rows in their place, such as one that the server answered. */
	change(row: (row: Row) => Row): void;
}

/** `first` is the path of the first page, `after` what follows it for the page after a row. */
export function usePages<Answer, Row>(
	first: string,
	rowsOf: (answer: Answer) => Row[],
	after: (row: Row) => string,
): Pages<Row> {
	const klatch = useKlatch();
	const [{ rows, more, failed }, set] = useState<{ rows?: readonly Row[]; more: boolean; failed: boolean }>({
		more: false,
		failed: false,
	});
	const wanted = useRef(first);
	wanted.current = first;
	const how = useRef({ rowsOf, after });
	how.current = { rowsOf, after };

	const read = useCallback(async () => {
		try {
			const page = how.current.rowsOf(await klatch.rest<Answer>("GET", first));
			if (wanted.current === first) set({ rows: page, more: page.length === PAGE, failed: false });
		} catch {
			if (wanted.current === first) set({ more: false, failed: true });
		}
	}, [klatch, first]);

	const begun = useRef(false);
	useEffect(() => {
		if (!begun.current) {
			begun.current = true;
			void read();
			return;
		}
		const timer = window.setTimeout(read, PAUSE_MS);
		return () => window.clearTimeout(timer);
	}, [read]);

	const last = rows?.at(-1);
	const next = useCallback(async () => {
		if (!last) return;
		const path = `${first}${first.includes("?") ? "&" : "?"}${how.current.after(last)}`;
		const page = how.current.rowsOf(await klatch.rest<Answer>("GET", path));
		if (wanted.current !== first) return;
		set((now) => ({ rows: [...(now.rows ?? []), ...page], more: page.length === PAGE, failed: false }));
	}, [klatch, first, last]);

	const change = useCallback(
		(row: (row: Row) => Row) => set((now) => (now.rows ? { ...now, rows: now.rows.map(row) } : now)),
		[],
	);
	return { rows, more, failed, next, read, change };
}
