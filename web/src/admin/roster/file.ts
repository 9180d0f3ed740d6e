// A roster file as the server wants it: its kind by its name, since browsers tell it differently.

const KINDS: Record<string, string> = { csv: "text/csv", zip: "application/zip", json: "application/json" };

/** What a file field takes. */
export const ACCEPTED = Object.keys(KINDS)
	.map((ending) => `.${ending}`)
	.join(",");

/** The file with its media type; one of another kind goes as it is, and the server says what it takes. */
export function rosterOf(file: File): Blob {
	const ending = file.name.split(".").at(-1)?.toLowerCase() ?? "";
	return new Blob([file], { type: KINDS[ending] ?? "application/octet-stream" });
}
