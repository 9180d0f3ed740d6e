// Signing in with a token of another site, for those who try one out.

import { type FormEvent, useId, useState } from "react";
import { codeOf, sentenceOf } from "../app/problem.ts";
import { useWords } from "../i18n/Words.tsx";
import { Button } from "../ui/Button.tsx";
import { TextField } from "../ui/TextField.tsx";
import { Brought } from "./brought.ts";
import { ProblemNote } from "./ProblemNote.tsx";
import { useSession } from "./session.tsx";

export function TokenForm() {
	const { t } = useWords();
	const { enter } = useSession();
	const [busy, setBusy] = useState(false);
	const [problem, setProblem] = useState<string>();
	const heading = useId();
	const submit = async (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const token = String(new FormData(event.currentTarget).get("token") ?? "").trim();
		setBusy(true);
		setProblem(undefined);
		try {
			await enter(await Brought.enter(location.origin, token));
		} catch (error) {
			const code = codeOf(error);
			const refused = code === "unauthenticated" || code === "token_expired" || code === "revoked";
			if (refused) setProblem(t("account.token_refused"));
			else setProblem(code === undefined ? t("account.unreachable") : sentenceOf(error, t));
			setBusy(false);
		}
	};
	return (
		<form
			onSubmit={submit}
			aria-labelledby={heading}
			className="flex flex-col gap-4 rounded-xl bg-canvas p-6 shadow-low"
		>
			<h2 id={heading} className="text-lg font-semibold">
				{t("account.with_token")}
			</h2>
			<TextField
				name="token"
				label={t("account.token")}
				hint={t("account.token_hint")}
				autoComplete="off"
				autoCapitalize="none"
				spellCheck={false}
				required
				autoFocus
			/>
			<ProblemNote problem={problem} />
			<Button type="submit" look="accent" busy={busy} className="min-h-11">
				{t("account.continue")}
			</Button>
		</form>
	);
}
