// What an import would change: how much of each, and line by line.

import type { RosterChange, RosterCounts, RosterReport } from "../wire.ts";
import { useAdminWords } from "../words/useAdminWords.ts";

type Kind = RosterChange["change"];

/** A sign and its colour: what comes, what goes, what is otherwise. The words say the same. */
const SIGNS: Record<Kind, { sign: string; colour: string }> = {
	account: { sign: "+", colour: "text-accent-ink" },
	channel: { sign: "+", colour: "text-accent-ink" },
	join: { sign: "+", colour: "text-accent-ink" },
	back: { sign: "+", colour: "text-accent-ink" },
	return: { sign: "+", colour: "text-accent-ink" },
	rename: { sign: "~", colour: "text-soft" },
	role: { sign: "~", colour: "text-soft" },
	gone: { sign: "−", colour: "text-danger" },
	drop: { sign: "−", colour: "text-danger" },
	barred: { sign: "!", colour: "text-mention-ink" },
	closed: { sign: "!", colour: "text-mention-ink" },
};

/** The order in which the counts are told. */
export const COUNTS = [
	"accounts",
	"channels",
	"renames",
	"back",
	"gone",
	"joins",
	"returns",
	"roles",
	"drops",
	"barred",
	"closed",
	"kept",
	"unchanged",
] as const satisfies (keyof RosterCounts)[];

/** Those counts that change nothing. */
const QUIET: ReadonlySet<keyof RosterCounts> = new Set(["kept", "unchanged", "barred", "closed"]);

export function Difference({ report }: { report: RosterReport }) {
	const { t } = useAdminWords();
	const counts = COUNTS.filter((name) => (report.counts[name] ?? 0) > 0);
	const nothing = counts.every((name) => QUIET.has(name));
	const told = ({ change, user = "", group = "", name = "", role }: RosterChange) =>
		t(`change.${change}`, { user, group, name, role: role ? t(`role.${role}`) : "" });
	return (
		<section aria-label={t("roster.changes")} data-difference className="flex flex-col gap-3">
			<h3 className="text-base font-semibold">{nothing ? t("roster.changes_none") : t("roster.changes")}</h3>
			<ul className="flex flex-wrap gap-2">
				{counts.map((name) => (
					<li
						key={name}
						data-count={name}
						className={`rounded-full px-3 py-1 text-xs font-semibold ${name === "drops" || name === "gone" ? "bg-danger-soft text-danger" : QUIET.has(name) ? "bg-hover text-soft" : "bg-accent-soft text-accent-ink"}`}
					>
						{t(`count.${name}`, { count: report.counts[name] ?? 0 })}
					</li>
				))}
			</ul>
			{report.changes.length > 0 && (
				<ul
					// biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must be able to
					tabIndex={0}
					className="max-h-96 overflow-y-auto rounded-md border border-line bg-sunken py-2 font-mono text-xs"
				>
					{report.changes.map((change, at) => (
						// biome-ignore lint/suspicious/noArrayIndexKey: the list of one report never changes
						<li key={at} className="flex gap-3 px-3 py-0.5">
							<span aria-hidden="true" className={`w-3 shrink-0 text-center font-bold ${SIGNS[change.change].colour}`}>
								{SIGNS[change.change].sign}
							</span>
							<span className="min-w-0 break-words">{told(change)}</span>
						</li>
					))}
				</ul>
			)}
			{report.more > 0 && <p className="text-sm text-faint">{t("roster.changes_more", { count: report.more })}</p>}
		</section>
	);
}
