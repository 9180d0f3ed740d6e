import { useKlatch } from "@klatch/client/react";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { TextField } from "../../ui/TextField.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { Panel } from "../Panel.tsx";
import { Refusal, useRefused } from "../Refusal.tsx";
import type { RosterSettings } from "../wire.ts";
import { useAdminWords } from "../words/useAdminWords.ts";

const HOUR_S = 3_600;
/** What names of channels are made of. */
const HOLES = "{degree.title} {degree.code} {course.title} {course.code} {class.title} {class.code} {term}";

/** How the space follows its rosters, to change. */
export function RosterSettingsForm({ settings, onSaved }: { settings: RosterSettings; onSaved(): Promise<void> }) {
	const { t, common } = useAdminWords();
	const klatch = useKlatch();
	const toast = useToast();
	const [busy, error, attempt] = useRefused();
	const [now, setNow] = useState(settings);
	const set = (change: Partial<RosterSettings>) => setNow((now) => ({ ...now, ...change }));
	const save = async (event: FormEvent) => {
		event.preventDefault();
		const done = await attempt(async () => {
			await klatch.rest("PUT", "/v1/roster/settings", now);
			await onSaved();
		});
		if (done) toast(t("rules.saved"));
	};
	const template = (kind: "degree" | "course" | "class") => ({
		label: t(`roster.${kind}`),
		value: now[kind],
		onChange: (event: { target: { value: string } }) => set({ [kind]: event.target.value }),
	});
	return (
		<form onSubmit={save}>
			<Panel
				title={t("roster.settings")}
				hint={t("roster.settings_hint")}
				actions={
					<Button type="submit" busy={busy}>
						{common("action.save")}
					</Button>
				}
			>
				<Refusal error={error} />
				<div className="grid gap-4 md:grid-cols-2">
					<TextField
						label={t("roster.grace")}
						hint={t("roster.grace_hint")}
						type="number"
						inputMode="decimal"
						min={0}
						step="any"
						required
						value={String(now.grace_s / HOUR_S)}
						onChange={(event) => set({ grace_s: Math.round((event.target.valueAsNumber || 0) * HOUR_S) })}
					/>
					<TextField
						label={t("roster.percent")}
						type="number"
						inputMode="numeric"
						min={0}
						max={100}
						required
						value={String(now.removals_percent)}
						onChange={(event) => set({ removals_percent: event.target.valueAsNumber || 0 })}
					/>
					<TextField {...template("degree")} hint={t("roster.degree_hint")} />
					<TextField {...template("course")} />
					<TextField {...template("class")} hint={t("roster.class_hint", { holes: HOLES })} className="md:col-span-2" />
				</div>
			</Panel>
		</form>
	);
}
