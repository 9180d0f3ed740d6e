// The invitation links of a channel: making one, copying it, taking it back.

import { useKlatch } from "@klatch/client/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useAttempt } from "../app/useAttempt.ts";
import { useWords } from "../i18n/Words.tsx";
import { Button, IconButton } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { TextField } from "../ui/TextField.tsx";
import { useToast } from "../ui/Toasts.tsx";
import type { Channel, Invite } from "../wire.ts";

const DAY_S = 86_400;
const LIVES = [
	["invite.day", DAY_S],
	["invite.week", 7 * DAY_S],
	["invite.month", 30 * DAY_S],
] as const;

interface InviteDialogProps {
	channel: Channel;
	/** Makes the first link by itself, for a channel that has just been made. */
	begin?: boolean;
	onClose(): void;
}

export default function InviteDialog({ channel, begin = false, onClose }: InviteDialogProps) {
	const { t } = useWords();
	const klatch = useKlatch();
	const toast = useToast();
	const [busy, attempt] = useAttempt();
	const [invites, setInvites] = useState<readonly Invite[]>();
	const [life, setLife] = useState<number>(7 * DAY_S);
	const make = useCallback(
		(life: number) =>
			attempt(async () => {
				const invite = await klatch.call("invite_create", { channel: channel.id, expires_in_s: life });
				setInvites((invites) => [invite, ...(invites ?? [])]);
			}),
		[klatch, channel.id, attempt],
	);
	const begun = useRef(false);
	useEffect(() => {
		if (begun.current) return;
		begun.current = begin;
		if (begin) void make(7 * DAY_S).then((made) => made || setInvites([]));
		else void attempt(async () => setInvites((await klatch.call("invite_list", { channel: channel.id })).invites));
	}, [klatch, channel.id, attempt, begin, make]);
	const revoke = (invite: Invite) =>
		attempt(async () => {
			await klatch.call("invite_revoke", { channel: channel.id, invite: invite.id });
			setInvites((invites) => invites?.filter(({ id }) => id !== invite.id));
		});
	const copy = (link: string) => navigator.clipboard?.writeText(link).then(() => toast(t("action.copied")));
	return (
		<Dialog title={t("invite.title")} hint={t("invite.hint")} onClose={onClose}>
			<div className="flex flex-col gap-4 pb-5">
				{!invites && <Skeleton className="h-10" />}
				{invites?.length === 0 && (
					<p className="rounded-md bg-sunken px-3 py-3 text-sm text-soft">{t("invite.none")}</p>
				)}
				<ul className="flex flex-col gap-4">
					{invites?.map((invite) => (
						<li key={invite.id}>
							<InviteLine invite={invite} onCopy={copy} onRevoke={() => revoke(invite)} />
						</li>
					))}
				</ul>
				<div className="flex flex-wrap items-end justify-between gap-3 border-t border-line pt-4">
					<label className="flex items-center gap-2 text-sm">
						<span className="text-soft">{t("invite.life")}</span>
						<select
							value={life}
							onChange={(event) => setLife(Number(event.target.value))}
							className="h-9 rounded-md border border-line-strong/70 bg-canvas px-2 text-sm"
						>
							{LIVES.map(([key, seconds]) => (
								<option key={key} value={seconds}>
									{t(key)}
								</option>
							))}
						</select>
					</label>
					<Button look="accent" icon="link" busy={busy} onClick={() => make(life)}>
						{t("invite.make")}
					</Button>
				</div>
			</div>
		</Dialog>
	);
}

function InviteLine({ invite, onCopy, onRevoke }: { invite: Invite; onCopy(link: string): void; onRevoke(): void }) {
	const { t, dates } = useWords();
	const link = `${location.origin}/join/${invite.code}`;
	const about = [
		t("invite.expires", { time: dates.moment(invite.expires_at) }),
		invite.uses > 0 && t("invite.uses", { count: invite.uses }),
	];
	return (
		<div className="flex items-end gap-2">
			<TextField
				className="grow"
				label={t("invite.link")}
				labelHidden
				readOnly
				value={link}
				hint={about.filter(Boolean).join(" · ")}
				onFocus={(event) => event.target.select()}
				end={<IconButton icon="copy" size="sm" label={t("action.copy")} onClick={() => onCopy(link)} />}
			/>
			<IconButton icon="trash" label={t("invite.revoke")} onClick={onRevoke} className="mb-5.5" />
		</div>
	);
}
