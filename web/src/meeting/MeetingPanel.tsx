// What those who run a channel decide while it goes on: who comes in, who may write and how often, when it is over.

import { useKlatch } from "@klatch/client/react";
import { lazy } from "react";
import { useAttempt } from "../app/useAttempt.ts";
import { mayArchive, mayModerate } from "../channel/permissions.ts";
import { useWords } from "../i18n/Words.tsx";
import { Button } from "../ui/Button.tsx";
import { Choice } from "../ui/Choice.tsx";
import { useDialogs } from "../ui/Dialogs.tsx";
import { Switch } from "../ui/Switch.tsx";
import type { Channel, RulesChange } from "../wire.ts";
import { LobbyList } from "./LobbyList.tsx";
import { Transcript } from "./Transcript.tsx";

const Confirm = lazy(() => import("../ui/Confirm.tsx"));

/** Seconds between two messages of a member that are offered. */
const SLOW_S = [0, 10, 30, 60, 300];

export function MeetingPanel({ channel }: { channel: Channel }) {
	const { t, dates } = useWords();
	const klatch = useKlatch();
	const dialogs = useDialogs();
	const [busy, attempt] = useAttempt();
	if (!mayModerate(channel)) return null;
	const { rules = {} } = channel;
	const change = (rules: RulesChange) =>
		void attempt(() => klatch.call("channel_rules", { channel: channel.id, rules }));
	const slow = rules.slow_mode_s ?? 0;
	const choices = SLOW_S.includes(slow) ? SLOW_S : [...SLOW_S, slow].sort((one, other) => one - other);
	const meeting = channel.kind === "meeting";
	return (
		<section data-meeting className="flex flex-col gap-4">
			<h3 className="text-xs font-semibold tracking-wide text-faint uppercase">{t("meeting.title")}</h3>
			{(rules.starts_at || rules.ends_at) && (
				<p className="text-xs text-soft">
					{rules.starts_at && t("meeting.starts", { time: dates.moment(rules.starts_at) })}
					{rules.starts_at && rules.ends_at && " · "}
					{rules.ends_at && t("meeting.ends", { time: dates.moment(rules.ends_at) })}
				</p>
			)}
			{!channel.archived && (
				<>
					{meeting && (
						<Switch
							label={t("meeting.lobby")}
							hint={t("meeting.lobby_hint")}
							checked={rules.lobby ?? false}
							disabled={busy}
							onChange={(lobby) => change({ lobby })}
						/>
					)}
					{meeting && <LobbyList channel={channel.id} />}
					<Switch
						label={t("meeting.mute_all")}
						hint={t("meeting.mute_all_hint")}
						checked={rules.muted_all ?? false}
						disabled={busy}
						onChange={(muted_all) => change({ muted_all })}
					/>
					<Choice
						label={t("meeting.slow")}
						value={String(slow)}
						options={choices.map((seconds) => ({
							value: String(seconds),
							label:
								seconds === 0
									? t("meeting.slow_off")
									: seconds % 60 === 0
										? t("meeting.minutes", { count: seconds / 60 })
										: t("meeting.seconds", { count: seconds }),
						}))}
						onChange={(seconds) => change({ slow_mode_s: Number(seconds) })}
					/>
				</>
			)}
			{channel.role === "owner" && <Transcript channel={channel} />}
			{meeting && mayArchive(channel) && (
				<Button
					icon="lock"
					onClick={() =>
						dialogs((close) => (
							<Confirm
								title={t("meeting.end_title", { name: channel.name })}
								hint={t("meeting.end_hint")}
								action={t("meeting.end")}
								onConfirm={() => klatch.call("channel_archive", { channel: channel.id })}
								onClose={close}
							/>
						))
					}
				>
					{t("meeting.end")}
				</Button>
			)}
		</section>
	);
}
