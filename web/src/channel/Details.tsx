// Beside a conversation: what it is, who is in it, and what one can change.

import { useKlatch, useUser } from "@klatch/client/react";
import { lazy } from "react";
import { useLocation } from "wouter";
import { useWords } from "../i18n/Words.tsx";
import { MeetingPanel } from "../meeting/MeetingPanel.tsx";
import { BanList } from "../member/BanList.tsx";
import { MemberList } from "../member/MemberList.tsx";
import { GoToDay } from "../timeline/GoToDay.tsx";
import { Avatar } from "../ui/Avatar.tsx";
import { Button, IconButton } from "../ui/Button.tsx";
import { useDialogs } from "../ui/Dialogs.tsx";
import type { Channel, Seq, UserId } from "../wire.ts";
import { mayAdd, mayArchive, mayChange, mayInvite, mayLeave, mayModerate } from "./permissions.ts";
import { isOfRoster, RosterMark } from "./roster.tsx";

const AddDialog = lazy(() => import("../member/AddDialog.tsx"));
const ChangeDialog = lazy(() => import("./ChangeDialog.tsx"));
const Confirm = lazy(() => import("../ui/Confirm.tsx"));
const InviteDialog = lazy(() => import("../invite/InviteDialog.tsx"));

interface DetailsProps {
	channel: Channel;
	me: UserId;
	onClose(): void;
	/** Goes to a message. */
	onJump(seq: Seq): void;
}

export default function Details({ channel, me, onClose, onJump }: DetailsProps) {
	const { t } = useWords();
	const dialogs = useDialogs();
	return (
		<>
			<header className="flex min-h-14 items-center gap-2 px-4">
				<h2 className="grow text-sm font-semibold">{t("channel.details")}</h2>
				<IconButton icon="close" label={t("action.close")} onClick={onClose} />
			</header>
			<div className="flex min-h-0 grow flex-col gap-6 overflow-y-auto px-4 pb-6">
				<div className="flex flex-col items-center gap-2 text-center">
					<Avatar
						name={channel.name}
						of={channel.peer ?? channel.id}
						size="lg"
						shape={channel.peer ? "person" : "group"}
					/>
					<h3 className="text-lg font-semibold">{channel.name}</h3>
					{channel.peer ? <PeerLine peer={channel.peer} /> : <About channel={channel} />}
					{mayChange(channel) && (
						<Button icon="edit" onClick={() => dialogs((close) => <ChangeDialog channel={channel} onClose={close} />)}>
							{t("message.edit")}
						</Button>
					)}
				</div>
				{!channel.peer && (
					<section className="flex flex-col gap-2">
						<h3 className="text-xs font-semibold tracking-wide text-faint uppercase">
							{t("channel.members", { count: channel.members })}
						</h3>
						{(mayAdd(channel) || mayInvite(channel)) && (
							<div className="flex gap-2">
								{mayAdd(channel) && (
									<Button
										icon="plus"
										className="grow"
										onClick={() => dialogs((close) => <AddDialog channel={channel} onClose={close} />)}
									>
										{t("member.add")}
									</Button>
								)}
								{mayInvite(channel) && (
									<Button
										icon="link"
										className="grow"
										onClick={() => dialogs((close) => <InviteDialog channel={channel} onClose={close} />)}
									>
										{t("invite.link")}
									</Button>
								)}
							</div>
						)}
						<MemberList channel={channel} me={me} />
					</section>
				)}
				<GoToDay channel={channel.id} onJump={onJump} />
				<MeetingPanel channel={channel} />
				{mayModerate(channel) && <BanList channel={channel.id} />}
				<Ending channel={channel} />
			</div>
		</>
	);
}

function PeerLine({ peer }: { peer: UserId }) {
	return <p className="text-sm text-faint">@{useUser(peer)?.username}</p>;
}

function About({ channel }: { channel: Channel }) {
	const { t } = useWords();
	return (
		<>
			<p className="text-xs text-faint">
				{isOfRoster(channel) ? <RosterMark channel={channel} /> : t(`channel.${channel.kind}`)} ·{" "}
				{channel.visibility === "open" ? t("channel.open") : t("channel.private")}
			</p>
			{channel.topic && <p className="text-sm text-soft">{channel.topic}</p>}
			{isOfRoster(channel) && (
				<p className="text-xs text-balance text-soft">
					{t("roster.members")} {mayAdd(channel) ? t("roster.by_hand") : t("roster.no_leaving")}
				</p>
			)}
		</>
	);
}

function Ending({ channel }: { channel: Channel }) {
	const { t } = useWords();
	const klatch = useKlatch();
	const dialogs = useDialogs();
	const [, navigate] = useLocation();
	if (!mayLeave(channel) && !mayArchive(channel)) return null;
	return (
		<div className="flex flex-col gap-1 border-t border-line pt-4">
			{mayLeave(channel) && (
				<Button
					look="quiet"
					icon="door"
					className="justify-start"
					onClick={() =>
						dialogs((close) => (
							<Confirm
								title={t("channel.leave_title", { name: channel.name })}
								hint={t("channel.leave_hint")}
								action={t("channel.leave")}
								onConfirm={async () => {
									await klatch.call("leave", { channel: channel.id });
									navigate("/");
								}}
								onClose={close}
							/>
						))
					}
				>
					{t("channel.leave")}
				</Button>
			)}
			{mayArchive(channel) && (
				<Button
					look="quiet"
					icon="lock"
					className="justify-start"
					onClick={() =>
						dialogs((close) => (
							<Confirm
								title={t("channel.archive_title", { name: channel.name })}
								hint={t("channel.archive_hint")}
								action={t("channel.archive")}
								onConfirm={() => klatch.call("channel_archive", { channel: channel.id })}
								onClose={close}
							/>
						))
					}
				>
					{t("channel.archive")}
				</Button>
			)}
		</div>
	);
}
