import { useKlatch, useMe, useUser } from "@klatch/client/react";
import { type FormEvent, useState } from "react";
import { useAttempt } from "../app/useAttempt.ts";
import { useWords } from "../i18n/Words.tsx";
import { Avatar } from "../ui/Avatar.tsx";
import { Button } from "../ui/Button.tsx";
import { TextField } from "../ui/TextField.tsx";
import { useToast } from "../ui/Toasts.tsx";
import type { User } from "../wire.ts";

export function Profile() {
	const me = useMe()?.user;
	return me ? <Form me={me} /> : null;
}

function Form({ me }: { me: User }) {
	const { t } = useWords();
	const klatch = useKlatch();
	const toast = useToast();
	const known = useUser(me.id) ?? me;
	const [busy, attempt] = useAttempt();
	const [name, setName] = useState(known.name);
	const save = async (event: FormEvent) => {
		event.preventDefault();
		if (await attempt(() => klatch.rest<User>("PATCH", "/v1/me", { name: name.trim() }))) toast(t("settings.saved"));
	};
	return (
		<form onSubmit={save} className="flex flex-col gap-4">
			<div className="flex items-center gap-4">
				<Avatar name={name || me.username} of={me.id} size="lg" />
				<div>
					<p className="text-lg font-semibold">{name || me.username}</p>
					<p className="text-sm text-faint">@{me.username}</p>
				</div>
			</div>
			<TextField
				label={t("settings.name")}
				value={name}
				maxLength={64}
				required
				onChange={(event) => setName(event.target.value)}
				hint={t("account.name_hint")}
			/>
			<Button type="submit" look="accent" busy={busy} disabled={name.trim() === ""} className="self-start">
				{t("action.save")}
			</Button>
		</form>
	);
}
