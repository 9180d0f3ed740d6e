// A new roster: chosen, looked at (what would change), then imported.

import { useKlatch } from "@klatch/client/react";
import { useRef, useState } from "react";
import { codeOf } from "../../app/problem.ts";
import { Button } from "../../ui/Button.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { Spinner } from "../../ui/Spinner.tsx";
import { Switch } from "../../ui/Switch.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { Panel } from "../Panel.tsx";
import { Refusal, useRefused } from "../Refusal.tsx";
import type { RosterReport } from "../wire.ts";
import { useAdminWords } from "../words/useAdminWords.ts";
import { Difference } from "./Difference.tsx";
import { ACCEPTED, rosterOf } from "./file.ts";

export function Import({ running, onChange }: { running: boolean; onChange(): Promise<void> }) {
	const { t } = useAdminWords();
	const klatch = useKlatch();
	const toast = useToast();
	const [busy, error, attempt, forget] = useRefused();
	const [file, setFile] = useState<File>();
	const [report, setReport] = useState<RosterReport>();
	const [allowed, setAllowed] = useState(false);
	const field = useRef<HTMLInputElement>(null);

	const put = (file: File, query: string) => klatch.rest<RosterReport>("PUT", `/v1/roster?${query}`, rosterOf(file));
	// Also what will then take a word more is shown first.
	const check = (file: File) => attempt(async () => setReport(await put(file, "dry_run=true&allow_removals=true")));
	const clear = () => {
		setFile(undefined);
		setReport(undefined);
		setAllowed(false);
		forget();
		// So that the same file, repaired, can be chosen again.
		if (field.current) field.current.value = "";
	};
	const apply = async (file: File) => {
		const done = await attempt(async () => {
			const { state } = await put(file, `allow_removals=${allowed}`);
			toast(t(state === "running" ? "roster.running" : "roster.imported"));
		});
		if (!done) return;
		clear();
		await onChange();
	};

	return (
		<Panel title={t("roster.import")} hint={t("roster.import_hint")}>
			{running && (
				<p role="status" className="rounded-md bg-accent-soft px-4 py-3 text-sm text-accent-ink">
					{t("roster.running")}
				</p>
			)}
			<div className="flex flex-wrap items-center gap-3">
				<label className="inline-flex min-h-10 cursor-pointer items-center gap-2 rounded-md border border-line-strong/70 bg-canvas px-3.5 text-sm font-semibold hover:bg-hover has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent">
					<Icon name="roster" size={17} />
					{t("roster.file")}
					<input
						ref={field}
						type="file"
						accept={ACCEPTED}
						onChange={(event) => {
							const chosen = event.target.files?.[0];
							clear();
							if (!chosen) return;
							setFile(chosen);
							void check(chosen);
						}}
						className="sr-only"
					/>
				</label>
				{busy && <Spinner size={18} />}
				{file && <p className="min-w-0 grow truncate text-sm text-soft">{file.name}</p>}
			</div>
			<Refusal error={error} />
			{file && report && (
				<div className="flex flex-col gap-4 rounded-lg border border-line p-4">
					<Difference report={report} />
					{codeOf(error) === "roster_unsafe" && (
						<Switch label={t("roster.unsafe")} hint={t("roster.unsafe_hint")} checked={allowed} onChange={setAllowed} />
					)}
					<div className="flex flex-wrap gap-2">
						<Button look="accent" busy={busy} disabled={running} onClick={() => apply(file)}>
							{t("roster.apply")}
						</Button>
						<Button onClick={clear}>{t("roster.discard")}</Button>
					</div>
				</div>
			)}
		</Panel>
	);
}
