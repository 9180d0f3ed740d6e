// Who waits to be let in.

import { useKlatch } from "@klatch/client/react";
import { useAttempt } from "../app/useAttempt.ts";
import { useWords } from "../i18n/Words.tsx";
import { Avatar } from "../ui/Avatar.tsx";
import { Button, IconButton } from "../ui/Button.tsx";
import { useLobby } from "./useLobby.ts";

export function LobbyList({ channel }: { channel: string }) {
	const { t } = useWords();
	const klatch = useKlatch();
	const [busy, attempt] = useAttempt();
	const waiting = useLobby(channel);
	if (waiting.length === 0) return null;
	const admit = (user?: string) =>
		void attempt(() => klatch.call("lobby_admit", user === undefined ? { channel } : { channel, user }));
	return (
		<div data-lobby className="rounded-lg border border-line bg-raised p-3">
			<div className="mb-1 flex items-center gap-2">
				<h4 className="grow text-sm font-semibold">{t("meeting.waiting", { count: waiting.length })}</h4>
				<Button look="accent" disabled={busy} onClick={() => admit()}>
					{t("meeting.admit_all")}
				</Button>
			</div>
			<ul>
				{waiting.map(({ user }) => (
					<li key={user.id} className="flex items-center gap-2.5 py-1">
						<Avatar name={user.name} of={user.id} size="sm" />
						<span className="min-w-0 grow truncate text-sm">{user.name}</span>
						<IconButton
							icon="check"
							size="sm"
							label={t("meeting.admit", { name: user.name })}
							disabled={busy}
							onClick={() => admit(user.id)}
						/>
						<IconButton
							icon="close"
							size="sm"
							label={t("meeting.deny", { name: user.name })}
							disabled={busy}
							onClick={() => void attempt(() => klatch.call("lobby_deny", { channel, user: user.id }))}
						/>
					</li>
				))}
			</ul>
		</div>
	);
}
