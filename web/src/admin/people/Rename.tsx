import { useState } from "react";
import { useAttempt } from "../../app/useAttempt.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { TextField } from "../../ui/TextField.tsx";
import type { AdminUser } from "../wire.ts";
import { useAdminWords } from "../words/useAdminWords.ts";

interface RenameProps {
	user: AdminUser;
	onSave(name: string): Promise<void>;
	onClose(): void;
}

/** Gives an account another name to show. */
export default function Rename({ user, onSave, onClose }: RenameProps) {
	const { t, common } = useAdminWords();
	const [busy, attempt] = useAttempt();
	const [name, setName] = useState(user.name);
	const wanted = name.trim();
	const save = async () => {
		if (wanted === user.name || (await attempt(() => onSave(wanted)))) onClose();
	};
	const actions = (
		<>
			<Button onClick={onClose}>{common("action.cancel")}</Button>
			<Button look="accent" busy={busy} disabled={wanted === ""} onClick={save}>
				{common("action.save")}
			</Button>
		</>
	);
	return (
		<Dialog title={t("people.rename")} hint={`@${user.username}`} onClose={onClose} actions={actions}>
			<TextField
				label={t("people.name")}
				value={name}
				maxLength={64}
				onChange={(event) => setName(event.target.value)}
				onKeyDown={(event) => event.key === "Enter" && wanted !== "" && save()}
				className="pb-2"
			/>
		</Dialog>
	);
}
