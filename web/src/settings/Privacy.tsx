import { useKlatch } from "@klatch/client/react";
import { useState } from "react";
import { useAttempt } from "../app/useAttempt.ts";
import { useWords } from "../i18n/Words.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { Switch } from "../ui/Switch.tsx";
import { useSetting } from "./useSetting.ts";

export function Privacy() {
	const { t } = useWords();
	return (
		<>
			<Shown path="/v1/me/presence" field="visible" label={t("settings.presence")} hint={t("settings.presence_hint")} />
			<Shown path="/v1/me/receipts" field="shown" label={t("settings.receipts")} hint={t("settings.receipts_hint")} />
		</>
	);
}

function Shown({
	path,
	field,
	label,
	hint,
}: {
	path: string;
	field: "visible" | "shown";
	label: string;
	hint: string;
}) {
	const { t } = useWords();
	const klatch = useKlatch();
	const [kept] = useSetting<Record<string, unknown>>(path);
	const [chosen, setChosen] = useState<boolean>();
	const [busy, attempt] = useAttempt();
	if (kept === undefined) return <Skeleton className="h-11" />;
	if (kept === null) return <p className="text-sm text-faint">{t("settings.unavailable")}</p>;
	const change = async (checked: boolean) => {
		setChosen(checked);
		const done = await attempt(() => klatch.rest("PUT", path, { [field]: checked }));
		if (!done) setChosen(!checked);
	};
	return (
		<Switch label={label} hint={hint} checked={chosen ?? kept[field] === true} disabled={busy} onChange={change} />
	);
}
