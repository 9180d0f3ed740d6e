// What was said, to take along.

import { useKlatch } from "@klatch/client/react";
import { useAttempt } from "../app/useAttempt.ts";
import { useWords } from "../i18n/Words.tsx";
import { Button } from "../ui/Button.tsx";
import type { Channel } from "../wire.ts";

const FORMS = { html: "HTML", csv: "CSV", json: "JSON" };

export function Transcript({ channel }: { channel: Channel }) {
	const { t } = useWords();
	const klatch = useKlatch();
	const [busy, attempt] = useAttempt();
	const save = async (form: string) => {
		const file = await klatch.download(`/v1/channels/${channel.id}/transcript?format=${form}`);
		const link = document.createElement("a");
		link.href = URL.createObjectURL(file);
		link.download = `${channel.name}.${form}`;
		link.click();
		// After the browser has begun to read it.
		window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
	};
	return (
		<fieldset className="flex flex-wrap gap-2">
			<legend className="pb-2 text-sm font-semibold">{t("meeting.transcript")}</legend>
			{Object.entries(FORMS).map(([form, name]) => (
				<Button key={form} disabled={busy} onClick={() => void attempt(() => save(form))}>
					{name}
				</Button>
			))}
		</fieldset>
	);
}
