// Who is banned from a channel, for those who may lift a ban.

import { useHeard, useKlatch } from "@klatch/client/react";
import { useCallback, useEffect, useState } from "react";
import { useAttempt } from "../app/useAttempt.ts";
import { useWords } from "../i18n/Words.tsx";
import { Button } from "../ui/Button.tsx";
import type { Ban, ChannelId } from "../wire.ts";
import { useUsers } from "./useUsers.ts";

export function BanList({ channel }: { channel: ChannelId }) {
	const { t } = useWords();
	const klatch = useKlatch();
	const [busy, attempt] = useAttempt();
	const [bans, setBans] = useState<readonly Ban[]>([]);
	const user = useUsers(bans.map(({ user }) => user));
	const read = useCallback(() => {
		klatch.call("ban_list", { channel }).then(
			({ bans }) => setBans(bans),
			() => {},
		);
	}, [klatch, channel]);
	useEffect(read, [read]);
	useHeard("event", (event) => {
		if (event.channel === channel && (event.type === "member.banned" || event.type === "member.unbanned")) read();
	});
	if (bans.length === 0) return null;
	return (
		<section className="flex flex-col gap-1">
			<h3 className="text-xs font-semibold tracking-wide text-faint uppercase">{t("member.banned")}</h3>
			<ul>
				{bans.map((ban) => (
					<li key={ban.user} className="flex items-center gap-2 text-sm">
						<span className="grow truncate">{user(ban.user)?.name ?? "…"}</span>
						<Button
							look="quiet"
							busy={busy}
							onClick={() => attempt(() => klatch.call("unban", { channel, user: ban.user }))}
						>
							{t("member.unban")}
						</Button>
					</li>
				))}
			</ul>
		</section>
	);
}
