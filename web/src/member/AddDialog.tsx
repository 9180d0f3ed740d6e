// Putting people of the space into a channel.

import { useKlatch, useMe } from "@klatch/client/react";
import { useMemo, useState } from "react";
import { codeOf } from "../app/problem.ts";
import { useAttempt } from "../app/useAttempt.ts";
import { useWords } from "../i18n/Words.tsx";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import type { Channel, User } from "../wire.ts";
import { PeoplePicker } from "./PeoplePicker.tsx";

export default function AddDialog({ channel, onClose }: { channel: Channel; onClose(): void }) {
	const { t } = useWords();
	const klatch = useKlatch();
	const me = useMe()?.user.id ?? "";
	const without = useMemo(() => new Set([me]), [me]);
	const [busy, attempt] = useAttempt();
	const [chosen, setChosen] = useState<readonly User[]>([]);
	const add = async () => {
		const done = await attempt(async () => {
			for (const { id } of chosen) {
				try {
					await klatch.call("member_add", { channel: channel.id, user: id });
				} catch (error) {
					// Who is in already is in.
					if (codeOf(error) !== "exists") throw error;
				}
			}
		});
		if (done) onClose();
	};
	const actions = (
		<>
			<Button onClick={onClose}>{t("action.cancel")}</Button>
			<Button look="accent" disabled={chosen.length === 0} busy={busy} onClick={add}>
				{t("member.add")}
			</Button>
		</>
	);
	return (
		<Dialog title={t("member.add")} onClose={onClose} actions={actions}>
			<PeoplePicker chosen={chosen} onChange={setChosen} without={without} />
		</Dialog>
	);
}
