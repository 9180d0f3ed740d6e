// One's conversations, the latest first.

import { useChannels, useMe } from "@klatch/client/react";
import { type KeyboardEvent, lazy, useRef, useState } from "react";
import { useLocation, useRoute } from "wouter";
import { switcherKeys } from "../app/keys.ts";
import { fold } from "../composer/mention.ts";
import { useWords } from "../i18n/Words.tsx";
import { Button, IconButton } from "../ui/Button.tsx";
import { useDialogs } from "../ui/Dialogs.tsx";
import { EmptyState } from "../ui/EmptyState.tsx";
import { Icon } from "../ui/Icon.tsx";
import { SkeletonLines } from "../ui/Skeleton.tsx";
import { ChannelLine } from "./ChannelLine.tsx";
import { OwnMenu } from "./OwnMenu.tsx";
import { useAskingRosterKinds } from "./roster.tsx";

const NewConversation = lazy(() => import("./NewConversation.tsx"));

export function ChannelList() {
	const { t } = useWords();
	const channels = useChannels();
	const me = useMe();
	const dialogs = useDialogs();
	useAskingRosterKinds();
	const [, navigate] = useLocation();
	const [, params] = useRoute("/c/:id");
	const [filter, setFilter] = useState("");
	const list = useRef<HTMLUListElement>(null);
	const wanted = fold(filter.trim());
	const shown = channels?.filter(({ name }) => !wanted || fold(name).includes(wanted));
	const tabbable = shown?.some(({ id }) => id === params?.id) ? params?.id : shown?.[0]?.id;
	const start = () => dialogs((close) => <NewConversation onClose={close} />);

	const walk = (event: KeyboardEvent) => {
		const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
		if (step === 0) return;
		const lines = [...(list.current?.querySelectorAll<HTMLElement>("a") ?? [])];
		const at = lines.indexOf(event.target as HTMLElement);
		event.preventDefault();
		lines[at < 0 ? 0 : Math.max(0, Math.min(at + step, lines.length - 1))]?.focus();
	};

	return (
		<>
			<header className="flex items-center gap-2 px-3 pt-3 pb-2">
				<h1 className="grow truncate ps-1 text-lg font-bold tracking-tight">{me?.space.name ?? "Klatch"}</h1>
				<IconButton icon="plus" label={t("channel.new")} onClick={start} />
			</header>
			<div className="relative px-3 pb-2">
				<Icon name="search" size={16} className="pointer-events-none absolute inset-s-6 top-2.5 text-faint" />
				<input
					type="search"
					value={filter}
					aria-label={t("channel.filter")}
					placeholder={t("channel.filter")}
					onChange={(event) => setFilter(event.target.value)}
					onKeyDown={(event) => {
						const first = shown?.[0];
						if (event.key === "Enter" && first) navigate(`/c/${first.id}`);
						else if (event.key === "Escape") setFilter("");
						else walk(event);
					}}
					className="h-9 w-full rounded-md border border-line bg-canvas ps-9 pe-14 text-sm outline-offset-[-1px] placeholder:text-faint hover:border-line-strong/60"
				/>
				<kbd className="pointer-events-none absolute inset-e-5.5 top-2 hidden rounded-sm border border-line px-1.5 text-2xs text-faint md:block">
					{switcherKeys()}
				</kbd>
			</div>
			<div className="min-h-0 grow overflow-y-auto px-2 pb-3">
				{!shown && <SkeletonLines rows={6} label={t("app.loading")} />}
				{shown?.length === 0 && wanted && (
					<p className="px-4 py-8 text-center text-sm text-faint">{t("channel.filter_none")}</p>
				)}
				{shown?.length === 0 && !wanted && (
					<EmptyState icon="chat" title={t("channel.none")} hint={t("channel.none_hint")}>
						<Button look="accent" icon="plus" onClick={start}>
							{t("channel.new")}
						</Button>
					</EmptyState>
				)}
				<ul ref={list} onKeyDown={walk} data-channels>
					{shown?.map((channel) => (
						<li key={channel.id}>
							<ChannelLine
								channel={channel}
								me={me?.user.id}
								chosen={channel.id === params?.id}
								tabbable={channel.id === tabbable}
							/>
						</li>
					))}
				</ul>
			</div>
			{me && <OwnMenu me={me.user} admin={me.admin !== undefined} />}
		</>
	);
}
