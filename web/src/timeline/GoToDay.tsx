// Going to what was said on a day.

import { useKlatch } from "@klatch/client/react";
import { useId } from "react";
import { useAttempt } from "../app/useAttempt.ts";
import { useWords } from "../i18n/Words.tsx";
import { useToast } from "../ui/Toasts.tsx";
import type { Seq } from "../wire.ts";

export function GoToDay({ channel, onJump }: { channel: string; onJump(seq: Seq): void }) {
	const { t } = useWords();
	const { timeline } = useKlatch().channel(channel);
	const toast = useToast();
	const id = useId();
	const [busy, attempt] = useAttempt();
	const go = (day: string) => {
		// A day begins where its reader is; half of one that is being typed is no day yet.
		const since = new Date(`${day}T00:00`).getTime();
		if (Number.isNaN(since) || since < 0) return;
		void attempt(async () => {
			const seq = await timeline.jumpToTime(since);
			if (seq === undefined) toast(t("message.no_such_day"));
			else onJump(seq);
		});
	};
	return (
		<div className="flex items-center gap-3">
			<label htmlFor={id} className="grow text-sm font-semibold">
				{t("message.go_to_day")}
			</label>
			<input
				id={id}
				type="date"
				disabled={busy}
				onChange={(event) => go(event.target.value)}
				className="h-9 rounded-md border border-line-strong/60 bg-canvas px-2.5 text-sm"
			/>
		</div>
	);
}
