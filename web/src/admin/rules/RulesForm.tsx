import { useKlatch } from "@klatch/client/react";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { Select } from "../../ui/Select.tsx";
import { Switch } from "../../ui/Switch.tsx";
import { TextField } from "../../ui/TextField.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { Panel } from "../Panel.tsx";
import { Refusal, useRefused } from "../Refusal.tsx";
import type { AdminSpace, Policy, Retention } from "../wire.ts";
import { type AdminKey, useAdminWords } from "../words/useAdminWords.ts";
import { difference, originsOf } from "./difference.ts";

const PROFILES = ["campus", "meeting", "course", "app"] as const;
const SIGN_UPS = ["open", "closed"] as const;
const SOURCES = ["roster", "tokens", "users"] as const;
const ENCRYPTIONS = ["no", "per_channel"] as const;
const HISTORIES = ["all", "since_join"] as const;
const RETENTIONS = ["forever", "days", "after_meeting", "until_read"] as const;
const DAYS_AT_FIRST = 30;

/** The rules of a space, to change. */
export function RulesForm({ space, onSaved }: { space: AdminSpace; onSaved(): Promise<void> }) {
	const { t, common } = useAdminWords();
	const klatch = useKlatch();
	const toast = useToast();
	const [busy, error, attempt] = useRefused();
	const [policy, setPolicy] = useState(space.policy);
	const [origins, setOrigins] = useState(space.origins.join("\n"));
	const originsId = useId();
	const set = (change: Partial<Policy>) => setPolicy((policy) => ({ ...policy, ...change }));

	const save = async (event: FormEvent) => {
		event.preventDefault();
		const change = difference(space, policy, originsOf(origins));
		if (!change) return toast(t("rules.nothing"));
		const done = await attempt(async () => {
			await klatch.rest("PATCH", "/v1/admin/space", change);
			await onSaved();
		});
		if (done) toast(t("rules.saved"));
	};

	const pick = <K extends keyof Policy, T extends string>(name: K, of: readonly T[], prefix: string) => ({
		value: policy[name] as unknown as T,
		options: of.map((value) => ({ value, label: t(`${prefix}${value}` as AdminKey & "rules.app") })),
		onChange: (value: T) => set({ [name]: value } as Partial<Policy>),
	});
	const count = (name: "members_max" | "characters_max") => ({
		label: t(`rules.${name}`),
		type: "number",
		inputMode: "numeric" as const,
		required: true,
		min: 1,
		value: String(policy[name] || ""),
		onChange: (event: { target: { valueAsNumber: number } }) => set({ [name]: event.target.valueAsNumber || 0 }),
	});
	const toggle = (name: "several_devices" | "presence" | "receipts" | "attachments") => ({
		label: t(`rules.${name}`),
		checked: policy[name] === true,
		onChange: (on: boolean) => set({ [name]: on }),
	});
	const { retention } = policy;

	return (
		<form onSubmit={save} className="flex flex-col gap-6">
			<Panel
				title={t("section.rules")}
				hint={t("rules.hint")}
				actions={
					<Button type="submit" look="accent" busy={busy}>
						{common("action.save")}
					</Button>
				}
			>
				<Refusal error={error} />
				<div className="grid gap-6 lg:grid-cols-2">
					<Group title={t("rules.people")}>
						<Select label={t("rules.sign_up")} {...pick("sign_up", SIGN_UPS, "rules.sign_up_")} />
						<Select label={t("rules.membership")} {...pick("membership", SOURCES, "rules.membership_")} />
						<Switch {...toggle("several_devices")} hint={t("rules.several_devices_hint")} />
						<Switch {...toggle("presence")} />
						<Switch {...toggle("receipts")} />
					</Group>
					<Group title={t("rules.messages")}>
						<Select label={t("rules.history")} {...pick("history", HISTORIES, "rules.history_")} />
						<Select<Retention["kind"]>
							label={t("rules.retention")}
							value={retention.kind}
							options={RETENTIONS.map((value) => ({ value, label: t(`rules.retention_${value}`) }))}
							onChange={(kind) =>
								set({
									retention: kind === "days" || kind === "after_meeting" ? { kind, days: DAYS_AT_FIRST } : { kind },
								})
							}
						/>
						{"days" in retention && (
							<TextField
								label={t("rules.days")}
								type="number"
								inputMode="numeric"
								required
								min={retention.kind === "days" ? 1 : 0}
								value={String(retention.days)}
								onChange={(event) => set({ retention: { ...retention, days: event.target.valueAsNumber || 0 } })}
							/>
						)}
						<Select label={t("rules.encryption")} {...pick("encryption", ENCRYPTIONS, "rules.encryption_")} />
						<Switch {...toggle("attachments")} />
					</Group>
					<Group title={t("rules.limits")}>
						<TextField {...count("members_max")} />
						<TextField {...count("characters_max")} />
					</Group>
					<Group title={t("rules.space")}>
						<Select
							label={t("rules.profile")}
							hint={t("rules.profile_hint")}
							{...pick("profile", PROFILES, "rules.")}
						/>
						<div className="flex flex-col gap-1.5">
							<label htmlFor={originsId} className="text-sm font-semibold">
								{t("rules.origins")}
							</label>
							<textarea
								id={originsId}
								value={origins}
								rows={3}
								spellCheck={false}
								aria-describedby={`${originsId}-hint`}
								onChange={(event) => setOrigins(event.target.value)}
								className="rounded-md border border-line-strong/70 bg-canvas px-3 py-2 font-mono text-sm hover:border-line-strong focus-visible:outline-offset-[-1px]"
							/>
							<span id={`${originsId}-hint`} className="text-xs text-faint">
								{t("rules.origins_hint")}
							</span>
						</div>
					</Group>
				</div>
			</Panel>
		</form>
	);
}

function Group({ title, children }: { title: string; children: ReactNode }) {
	return (
		<fieldset className="flex flex-col gap-4 rounded-lg border border-line p-4 pt-2">
			<legend className="px-1 text-sm font-semibold text-soft">{title}</legend>
			{children}
		</fieldset>
	);
}
