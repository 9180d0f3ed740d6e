// How the connection stands: nothing while all is well, a quiet line once it has been away for a moment.

import { useKlatch, useStatus } from "@klatch/client/react";
import { useEffect, useRef, useState } from "react";
import { useWords } from "../i18n/Words.tsx";
import { useToast } from "../ui/Toasts.tsx";

/** A reconnection that takes less is nobody's business. */
const QUIET_MS = 2_500;

export function Connection() {
	const { t } = useWords();
	const klatch = useKlatch();
	const toast = useToast();
	const { state } = useStatus();
	const [shown, setShown] = useState(false);
	const told = useRef(false);
	useEffect(() => {
		if (state === "online") {
			setShown(false);
			if (told.current) toast(t("connection.back"));
			told.current = false;
			return;
		}
		const timer = window.setTimeout(() => {
			told.current = true;
			setShown(true);
		}, QUIET_MS);
		return () => window.clearTimeout(timer);
	}, [state, toast, t]);
	const visible = shown && state !== "online";
	return (
		<div role="status" data-connection={state}>
			{visible && (
				<p className="flex animate-fade flex-wrap items-center justify-center gap-x-3 bg-ink px-4 py-1.5 text-center text-xs font-medium text-canvas">
					{state === "offline" ? t("connection.offline") : t("connection.connecting")}
					{state === "offline" && (
						<button type="button" onClick={() => klatch.hurry()} className="font-semibold underline underline-offset-2">
							{t("connection.retry")}
						</button>
					)}
				</p>
			)}
		</div>
	);
}
