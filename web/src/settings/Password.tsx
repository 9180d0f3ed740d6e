import { useKlatch, useMe } from "@klatch/client/react";
import type { FormEvent } from "react";
import { useAttempt } from "../app/useAttempt.ts";
import { useWords } from "../i18n/Words.tsx";
import { Button } from "../ui/Button.tsx";
import { TextField } from "../ui/TextField.tsx";
import { useToast } from "../ui/Toasts.tsx";

const PASSWORD_CHARACTERS_MIN = 12;

export function Password() {
	const { t } = useWords();
	const klatch = useKlatch();
	const me = useMe();
	const toast = useToast();
	const [busy, attempt] = useAttempt();
	const save = async (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const element = event.currentTarget;
		const form = new FormData(element);
		const body = { current: String(form.get("current")), new: String(form.get("new")) };
		if (!(await attempt(() => klatch.rest("PUT", "/v1/me/password", body)))) return;
		element.reset();
		toast(t("settings.password_changed"));
	};
	return (
		<form onSubmit={save} className="flex flex-col gap-4">
			{/* Password managers want to know whose it is. */}
			<input type="hidden" name="username" autoComplete="username" value={me?.user.username ?? ""} />
			<TextField
				name="current"
				type="password"
				autoComplete="current-password"
				required
				label={t("settings.password_now")}
			/>
			<TextField
				name="new"
				type="password"
				autoComplete="new-password"
				required
				minLength={PASSWORD_CHARACTERS_MIN}
				label={t("settings.password_new")}
				hint={t("account.password_hint")}
			/>
			<Button type="submit" look="accent" busy={busy} className="self-start">
				{t("settings.password_change")}
			</Button>
		</form>
	);
}
