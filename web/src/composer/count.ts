// How long a message is, counted as the server counts: Unicode scalar values.

/** From this share of the limit on, what is left is shown. */
const SHOWN_FROM = 0.8;

export function characters(text: string): number {
	let count = 0;
	for (const _ of text) count++;
	return count;
}

/** What is left, if it is time to show it; negative if there is too much. */
export function left(text: string, max: number): number | undefined {
	// No text has more scalar values than UTF-16 units, so short ones need no counting.
	if (text.length < max * SHOWN_FROM) return undefined;
	const count = characters(text);
	return count >= max * SHOWN_FROM ? max - count : undefined;
}
