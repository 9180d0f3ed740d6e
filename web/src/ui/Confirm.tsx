// "Are you sure?", for what cannot be undone.

import { useState } from "react";
import { useProblem } from "../app/problem.ts";
import { useWords } from "../i18n/Words.tsx";
import { Button } from "./Button.tsx";
import { Dialog } from "./Dialog.tsx";
import { useToast } from "./Toasts.tsx";

export interface ConfirmProps {
	title: string;
	hint: string;
	/** What the button says that does it. */
	action: string;
	onConfirm(): Promise<unknown> | unknown;
	onClose(): void;
}

export default function Confirm({ title, hint, action, onConfirm, onClose }: ConfirmProps) {
	const { t } = useWords();
	const toast = useToast();
	const sentence = useProblem();
	const [busy, setBusy] = useState(false);
	const confirm = async () => {
		setBusy(true);
		try {
			await onConfirm();
			onClose();
		} catch (error) {
			toast(sentence(error), "problem");
			setBusy(false);
		}
	};
	const actions = (
		<>
			<Button onClick={onClose}>{t("action.cancel")}</Button>
			<Button look="danger" busy={busy} onClick={confirm}>
				{action}
			</Button>
		</>
	);
	return (
		<Dialog title={title} onClose={onClose} actions={actions}>
			<p className="pb-2 text-base text-soft">{hint}</p>
		</Dialog>
	);
}
