// An invitation link: what it leads to, and the way in.

import { uuid7 } from "@klatch/client";
import { useHeard, useKlatch } from "@klatch/client/react";
import { type ReactNode, useEffect, useState } from "react";
import { useLocation } from "wouter";
import { codeOf } from "../app/problem.ts";
import { useAttempt } from "../app/useAttempt.ts";
import { useWords } from "../i18n/Words.tsx";
import { Avatar } from "../ui/Avatar.tsx";
import { Button } from "../ui/Button.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Spinner } from "../ui/Spinner.tsx";
import type { InvitePreview } from "../wire.ts";

export default function Join({ code }: { code: string }) {
	const { t } = useWords();
	const klatch = useKlatch();
	const [, navigate] = useLocation();
	const [busy, attempt] = useAttempt();
	const [preview, setPreview] = useState<InvitePreview | null>();
	const [waits, setWaits] = useState(false);
	const [key] = useState(uuid7);
	useEffect(() => {
		let current = true;
		klatch.call("invite_preview", { code }).then(
			(preview) => current && setPreview(preview),
			() => current && setPreview(null),
		);
		return () => {
			current = false;
		};
	}, [klatch, code]);
	const join = () =>
		attempt(async () => {
			try {
				const channel = await klatch.call("invite_accept", { code, key });
				navigate(`/c/${channel.id}`, { replace: true });
			} catch (error) {
				if (codeOf(error) !== "waiting") throw error;
				setWaits(true);
			}
		});
	// Let in from the lobby, the channel comes into the list.
	useHeard("lobby", (signal) => {
		if (signal.channel !== preview?.channel) return;
		if (signal.state === "admitted") void join();
		else if (signal.state === "gone") setWaits(false);
	});
	if (preview === undefined) {
		return (
			<Card>
				<Spinner size={28} label={t("app.loading")} />
			</Card>
		);
	}
	const home = () => navigate("/", { replace: true });
	if (preview === null) {
		return (
			<Card>
				<Icon name="link" size={34} className="text-faint" />
				<h1 className="text-lg font-semibold">{t("invite.dead")}</h1>
				<p className="text-sm text-faint">{t("invite.dead_hint")}</p>
				<Button onClick={home}>{t("app.to_start")}</Button>
			</Card>
		);
	}
	return (
		<Card>
			<p className="text-sm text-soft">{waits ? t("invite.waiting") : t("invite.invited")}</p>
			<Avatar name={preview.name} of={preview.channel} size="lg" shape="group" />
			<div>
				<h1 className="text-xl font-bold">{preview.name}</h1>
				<p className="text-sm text-faint">
					{t(`channel.${preview.kind}`)} · {t("channel.members", { count: preview.members })}
				</p>
			</div>
			{waits ? (
				<p role="status" className="flex items-center gap-2 text-sm text-soft">
					<Spinner size={16} />
					{t("invite.waiting_hint")}
				</p>
			) : (
				<div className="mt-2 flex gap-2">
					<Button onClick={home}>{t("action.cancel")}</Button>
					<Button look="accent" busy={busy} onClick={join} className="px-6">
						{t("invite.join")}
					</Button>
				</div>
			)}
		</Card>
	);
}

function Card({ children }: { children: ReactNode }) {
	return (
		<main className="grid h-full place-items-center bg-sunken p-4">
			<div className="flex w-full max-w-96 flex-col items-center gap-3 rounded-xl bg-canvas p-8 text-center shadow-low">
				{children}
			</div>
		</main>
	);
}
