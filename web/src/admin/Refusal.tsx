// Why the server refused something, in place: its own words are for those who administer it, with line and column of a file.

import { useCallback, useState } from "react";
import { codeOf, useProblem } from "../app/problem.ts";
import type { Problem } from "../wire.ts";

/** What the server says of an error, in English, beyond its code. */
export function detailOf(error: unknown): string | undefined {
	return (error as { problem?: Problem } | undefined)?.problem?.detail;
}

export function Refusal({ error }: { error: unknown }) {
	const sentence = useProblem();
	if (error === undefined) return null;
	return (
		<div role="alert" data-refusal={codeOf(error)} className="rounded-md bg-danger-soft px-4 py-3 text-sm">
			<p className="font-semibold text-danger">{sentence(error)}</p>
			<p className="mt-1 whitespace-pre-wrap break-words text-ink">{detailOf(error)}</p>
		</div>
	);
}

/** Does something that may be refused, and keeps why until it is tried again. */
export function useRefused(): [
	busy: boolean,
	error: unknown,
	attempt: (what: () => Promise<unknown>) => Promise<boolean>,
	forget: () => void,
] {
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	const attempt = useCallback(async (what: () => Promise<unknown>) => {
		setBusy(true);
		setError(undefined);
		try {
			await what();
			return true;
		} catch (error) {
			setError(error);
			return false;
		} finally {
			setBusy(false);
		}
	}, []);
	const forget = useCallback(() => setError(undefined), []);
	return [busy, error, attempt, forget];
}
