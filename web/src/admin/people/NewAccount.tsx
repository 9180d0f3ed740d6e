// An account for somebody else. If its password was made up, it is shown, this once.

import { useKlatch } from "@klatch/client/react";
import { useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { TextField } from "../../ui/TextField.tsx";
import { useToast } from "../../ui/Toasts.tsx";
import { Refusal, useRefused } from "../Refusal.tsx";
import type { AdminUserCreated } from "../wire.ts";
import { useAdminWords } from "../words/useAdminWords.ts";

export default function NewAccount({ onMade, onClose }: { onMade(): void; onClose(): void }) {
	const { t, common } = useAdminWords();
	const klatch = useKlatch();
	const toast = useToast();
	const [busy, error, attempt] = useRefused();
	const [username, setUsername] = useState("");
	const [name, setName] = useState("");
	const [password, setPassword] = useState("");
	const [made, setMade] = useState<AdminUserCreated>();

	const create = () =>
		attempt(async () => {
			const body = {
				username: username.trim(),
				...(name.trim() ? { name: name.trim() } : {}),
				...(password ? { password } : {}),
			};
			const made = await klatch.rest<AdminUserCreated>("POST", "/v1/admin/users", body);
			onMade();
			if (made.password === undefined) onClose();
			else setMade(made);
		});

	if (made?.password !== undefined) {
		const { user, password } = made;
		const copy = () => navigator.clipboard?.writeText(password).then(() => toast(common("action.copied")));
		const actions = (
			<>
				<Button icon="copy" onClick={copy}>
					{common("action.copy")}
				</Button>
				<Button look="accent" onClick={onClose}>
					{common("action.close")}
				</Button>
			</>
		);
		return (
			<Dialog title={t("people.created")} hint={t("people.created_hint")} onClose={onClose} actions={actions}>
				<p className="pb-2 text-sm">
					@{user.username}
					<code data-password className="mt-1 block rounded-md bg-sunken px-3 py-2 font-mono text-base break-all">
						{password}
					</code>
				</p>
			</Dialog>
		);
	}
	const actions = (
		<>
			<Button onClick={onClose}>{common("action.cancel")}</Button>
			<Button look="accent" busy={busy} disabled={username.trim() === ""} onClick={create}>
				{t("people.create")}
			</Button>
		</>
	);
	return (
		<Dialog title={t("people.new")} onClose={onClose} actions={actions}>
			<div className="flex flex-col gap-4 pb-2">
				<Refusal error={error} />
				<TextField
					label={common("account.username")}
					value={username}
					maxLength={64}
					autoComplete="off"
					autoCapitalize="none"
					spellCheck={false}
					onChange={(event) => setUsername(event.target.value)}
				/>
				<TextField
					label={t("people.name")}
					value={name}
					maxLength={64}
					onChange={(event) => setName(event.target.value)}
				/>
				<TextField
					label={common("account.password")}
					type="password"
					value={password}
					autoComplete="new-password"
					hint={t("people.password_made")}
					onChange={(event) => setPassword(event.target.value)}
				/>
			</div>
		</Dialog>
	);
}
