import { useCallback, useState } from "react";
import { useToast } from "../ui/Toasts.tsx";
import { useProblem } from "./problem.ts";

/** Does something that may be refused: says why in a toast, and whether it is being done. */
export function useAttempt(): [busy: boolean, attempt: (what: () => Promise<unknown>) => Promise<boolean>] {
	const toast = useToast();
	const sentence = useProblem();
	const [busy, setBusy] = useState(false);
	const attempt = useCallback(
		async (what: () => Promise<unknown>) => {
			setBusy(true);
			try {
				await what();
				return true;
			} catch (error) {
				toast(sentence(error), "problem");
				return false;
			} finally {
				setBusy(false);
			}
		},
		[toast, sentence],
	);
	return [busy, attempt];
}
