// Starting a conversation: with one person, or a group with a name.

import { uuid7 } from "@klatch/client";
import { useKlatch, useMe } from "@klatch/client/react";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import { useAttempt } from "../app/useAttempt.ts";
import { useWords } from "../i18n/Words.tsx";
import { PeoplePicker } from "../member/PeoplePicker.tsx";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { TextField } from "../ui/TextField.tsx";
import type { User } from "../wire.ts";
import { OpenChannels } from "./OpenChannels.tsx";

export default function NewConversation({ onClose }: { onClose(): void }) {
	const { t } = useWords();
	const klatch = useKlatch();
	const me = useMe()?.user.id ?? "";
	const [, navigate] = useLocation();
	const [busy, attempt] = useAttempt();
	const [chosen, setChosen] = useState<readonly User[]>([]);
	const [name, setName] = useState("");
	// A retry must not make a second one.
	const [key] = useState(uuid7);
	const without = useMemo(() => new Set([me]), [me]);
	const direct = chosen.length === 1 && name.trim() === "";
	const ready = direct || name.trim() !== "";
	const go = (id: string) => {
		onClose();
		navigate(`/c/${id}`);
	};
	const start = () =>
		attempt(async () => {
			const members = chosen.map(({ id }) => id);
			const created = direct
				? await klatch.call("channel_create", { kind: "direct", members, key })
				: await klatch.call("channel_create", { kind: "group", name: name.trim(), members, key });
			go(created.channel.id);
		});
	const actions = (
		<>
			<Button onClick={onClose}>{t("action.cancel")}</Button>
			<Button look="accent" disabled={!ready} busy={busy} onClick={start}>
				{t("create.start")}
			</Button>
		</>
	);
	return (
		<Dialog title={t("channel.new")} onClose={onClose} actions={actions}>
			<div className="flex flex-col gap-4">
				<TextField
					label={t("create.group_name")}
					hint={t("create.group_hint")}
					value={name}
					maxLength={64}
					autoComplete="off"
					onChange={(event) => setName(event.target.value)}
				/>
				<PeoplePicker chosen={chosen} onChange={setChosen} without={without} />
				{chosen.length === 0 && name === "" && <OpenChannels onGo={go} />}
			</div>
		</Dialog>
	);
}
