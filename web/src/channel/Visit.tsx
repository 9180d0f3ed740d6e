// An open conversation that one has not joined: what it is, and the way in.

import { useKlatch } from "@klatch/client/react";
import { useAttempt } from "../app/useAttempt.ts";
import { useWords } from "../i18n/Words.tsx";
import { Avatar } from "../ui/Avatar.tsx";
import { Button } from "../ui/Button.tsx";
import type { Channel } from "../wire.ts";

export function Visit({ channel }: { channel: Channel }) {
	const { t } = useWords();
	const klatch = useKlatch();
	const [busy, attempt] = useAttempt();
	const join = () =>
		attempt(async () => {
			await klatch.call("join", { channel: channel.id });
			await klatch.call("channel_get", { channel: channel.id });
		});
	return (
		<div className="grid grow place-content-center justify-items-center gap-2 p-8 text-center">
			<Avatar name={channel.name} of={channel.id} size="lg" shape="group" />
			<h2 className="channel-title mt-2 text-xl font-bold">{channel.name}</h2>
			<p className="text-sm text-faint">{t("channel.members", { count: channel.members })}</p>
			{channel.topic && <p className="max-w-96 text-sm text-soft">{channel.topic}</p>}
			<Button look="accent" busy={busy} onClick={join} className="mt-4 min-h-11 px-6">
				{t("channel.join")}
			</Button>
		</div>
	);
}
