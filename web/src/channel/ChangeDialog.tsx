// What a channel is called, what it is about, and who can find it.

import { useKlatch } from "@klatch/client/react";
import { useState } from "react";
import { useAttempt } from "../app/useAttempt.ts";
import { useWords } from "../i18n/Words.tsx";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Switch } from "../ui/Switch.tsx";
import { TextField } from "../ui/TextField.tsx";
import type { Channel } from "../wire.ts";

export default function ChangeDialog({ channel, onClose }: { channel: Channel; onClose(): void }) {
	const { t } = useWords();
	const klatch = useKlatch();
	const [busy, attempt] = useAttempt();
	const [name, setName] = useState(channel.name);
	const [topic, setTopic] = useState(channel.topic ?? "");
	const [open, setOpen] = useState(channel.visibility === "open");
	const visibility = open ? "open" : "private";
	const save = async () => {
		const change = {
			...(name.trim() !== channel.name ? { name: name.trim() } : {}),
			...(topic.trim() !== (channel.topic ?? "") ? { topic: topic.trim() } : {}),
			...(visibility !== channel.visibility ? ({ visibility } as const) : {}),
		};
		if (Object.keys(change).length === 0) return onClose();
		if (await attempt(() => klatch.call("channel_update", { channel: channel.id, ...change }))) onClose();
	};
	const actions = (
		<>
			<Button onClick={onClose}>{t("action.cancel")}</Button>
			<Button look="accent" busy={busy} disabled={name.trim() === ""} onClick={save}>
				{t("action.save")}
			</Button>
		</>
	);
	return (
		<Dialog title={t("channel.details")} onClose={onClose} actions={actions}>
			<div className="flex flex-col gap-4 pb-2">
				<TextField
					label={t("channel.rename")}
					value={name}
					maxLength={64}
					onChange={(event) => setName(event.target.value)}
				/>
				<TextField
					label={t("channel.topic")}
					value={topic}
					maxLength={500}
					onChange={(event) => setTopic(event.target.value)}
				/>
				{channel.role === "owner" && <Switch label={t("channel.open")} checked={open} onChange={setOpen} />}
			</div>
		</Dialog>
	);
}
