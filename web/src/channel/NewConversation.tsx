// Starting a conversation: with one person, a group with a name, or a meeting.

import { uuid7 } from "@klatch/client";
import { useKlatch, useMe } from "@klatch/client/react";
import { lazy, useMemo, useState } from "react";
import { useLocation } from "wouter";
import { useAttempt } from "../app/useAttempt.ts";
import { useWords } from "../i18n/Words.tsx";
import { PeoplePicker } from "../member/PeoplePicker.tsx";
import { Button } from "../ui/Button.tsx";
import { Choice } from "../ui/Choice.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { useDialogs } from "../ui/Dialogs.tsx";
import { Switch } from "../ui/Switch.tsx";
import { TextField } from "../ui/TextField.tsx";
import type { User } from "../wire.ts";
import { OpenChannels } from "./OpenChannels.tsx";
import { mayMakeMeetings } from "./permissions.ts";

const InviteDialog = lazy(() => import("../invite/InviteDialog.tsx"));

type Kind = "talk" | "meeting";

export default function NewConversation({ onClose }: { onClose(): void }) {
	const { t } = useWords();
	const klatch = useKlatch();
	const me = useMe()?.user;
	const dialogs = useDialogs();
	const [, navigate] = useLocation();
	const [busy, attempt] = useAttempt();
	const [kind, setKind] = useState<Kind>("talk");
	const [lobby, setLobby] = useState(true);
	const [chosen, setChosen] = useState<readonly User[]>([]);
	const [name, setName] = useState("");
	// A retry must not make a second one.
	const [keys] = useState<Record<Kind, string>>(() => ({ talk: uuid7(), meeting: uuid7() }));
	const key = keys[kind];
	const without = useMemo(() => new Set([me?.id ?? ""]), [me?.id]);
	const meeting = kind === "meeting";
	const direct = !meeting && chosen.length === 1 && name.trim() === "";
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
	const meet = () =>
		attempt(async () => {
			const body = { kind: "meeting", name: name.trim(), rules: { lobby }, key } as const;
			const { channel } = await klatch.call("channel_create", body);
			onClose();
			navigate(`/c/${channel.id}`, { state: { detailed: true } });
			dialogs((close) => <InviteDialog channel={channel} begin onClose={close} />);
		});
	const actions = (
		<>
			<Button onClick={onClose}>{t("action.cancel")}</Button>
			<Button look="accent" disabled={!ready} busy={busy} onClick={meeting ? meet : start}>
				{t("create.start")}
			</Button>
		</>
	);
	return (
		<Dialog title={t("channel.new")} onClose={onClose} actions={actions}>
			<div className="flex flex-col gap-4 pb-2">
				{mayMakeMeetings(me) && (
					<Choice<Kind>
						label={t("create.kind")}
						value={kind}
						options={[
							{ value: "talk", label: t("create.talk"), icon: "chat" },
							{ value: "meeting", label: t("channel.meeting"), icon: "video" },
						]}
						onChange={setKind}
					/>
				)}
				<TextField
					label={meeting ? t("create.meeting_name") : t("create.group_name")}
					hint={meeting ? t("create.meeting_hint") : t("create.group_hint")}
					value={name}
					maxLength={64}
					autoComplete="off"
					onChange={(event) => setName(event.target.value)}
				/>
				{meeting ? (
					<Switch label={t("meeting.lobby")} hint={t("meeting.lobby_hint")} checked={lobby} onChange={setLobby} />
				) : (
					<PeoplePicker chosen={chosen} onChange={setChosen} without={without} />
				)}
				{!meeting && chosen.length === 0 && name === "" && <OpenChannels onGo={go} />}
			</div>
		</Dialog>
	);
}
