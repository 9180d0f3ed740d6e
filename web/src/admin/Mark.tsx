import type { ReactNode } from "react";

const TONES = {
	plain: "bg-press text-soft",
	accent: "bg-accent-soft text-accent-ink",
	danger: "bg-danger-soft text-danger",
} as const;

/** A word about a row, set apart: a state, a right. */
export function Mark({ tone = "plain", children }: { tone?: keyof typeof TONES; children: ReactNode }) {
	return (
		<span className={`inline-block rounded-full px-2 py-0.5 text-2xs font-semibold whitespace-nowrap ${TONES[tone]}`}>
			{children}
		</span>
	);
}
