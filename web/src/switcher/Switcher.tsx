// Going anywhere by a few letters: conversations, people, commands.

import { Dialog } from "@base-ui/react/dialog";
import { useChannels, useKlatch } from "@klatch/client/react";
import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import { useLocation } from "wouter";
import { useSession } from "../account/session.tsx";
import { useAttempt } from "../app/useAttempt.ts";
import { fold } from "../composer/mention.ts";
import { useWords } from "../i18n/Words.tsx";
import { usePeople } from "../member/usePeople.ts";
import { Avatar } from "../ui/Avatar.tsx";
import { Badge } from "../ui/Badge.tsx";
import { Icon, type IconName } from "../ui/Icon.tsx";

const SHOWN_MAX = 8;

interface Entry {
	key: string;
	group: string;
	name: string;
	about?: string;
	face: ReactNode;
	end?: ReactNode;
	go(): unknown;
}

export default function Switcher({ onClose }: { onClose(): void }) {
	const { t } = useWords();
	const [query, setQuery] = useState("");
	const [chosen, setChosen] = useState(0);
	const entries = useEntries(query);
	const list = useRef<HTMLDivElement>(null);
	const at = Math.min(chosen, entries.length - 1);
	const take = (entry: Entry | undefined) => {
		if (!entry) return;
		onClose();
		void entry.go();
	};
	const onKeyDown = (event: KeyboardEvent) => {
		const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
		if (event.key === "Enter") take(entries[at]);
		else if (step !== 0 && entries.length > 0) {
			const next = (at + step + entries.length) % entries.length;
			setChosen(next);
			list.current?.children[next]?.scrollIntoView({ block: "nearest" });
		} else return;
		event.preventDefault();
	};
	return (
		<Dialog.Root open onOpenChange={(open) => !open && onClose()}>
			<Dialog.Portal>
				<Dialog.Backdrop className="fixed inset-0 z-30 animate-fade bg-scrim" />
				<Dialog.Popup className="fixed inset-x-3 top-[10vh] z-30 mx-auto flex max-h-[70dvh] max-w-xl animate-appear flex-col overflow-hidden rounded-xl bg-raised shadow-high">
					<Dialog.Title className="sr-only">{t("switcher.title")}</Dialog.Title>
					<div className="flex items-center gap-3 border-b border-line px-4">
						<Icon name="search" className="text-faint" />
						<input
							role="combobox"
							aria-expanded
							aria-controls="switcher-list"
							aria-activedescendant={entries[at] ? `switcher-${at}` : undefined}
							aria-label={t("switcher.placeholder")}
							placeholder={t("switcher.placeholder")}
							value={query}
							onChange={(event) => {
								setQuery(event.target.value);
								setChosen(0);
							}}
							onKeyDown={onKeyDown}
							className="h-13 grow bg-transparent text-base outline-none placeholder:text-faint"
						/>
					</div>
					<div
						ref={list}
						id="switcher-list"
						role="listbox"
						aria-label={t("switcher.title")}
						className="overflow-y-auto p-2"
					>
						{entries.map((entry, index) => (
							<div
								key={entry.key}
								id={`switcher-${index}`}
								role="option"
								tabIndex={-1}
								aria-selected={index === at}
								onPointerMove={() => setChosen(index)}
								onClick={() => take(entry)}
								onKeyDown={onKeyDown}
								className="flex min-h-11 cursor-default items-center gap-3 rounded-md px-3 py-1.5 aria-selected:bg-hover"
							>
								{entry.face}
								<span className="min-w-0 grow truncate text-sm">
									<span className="font-semibold">{entry.name}</span>
									{entry.about && <span className="text-faint"> {entry.about}</span>}
								</span>
								{entry.end}
								<span className="text-2xs text-faint">{entry.group}</span>
							</div>
						))}
					</div>
					{entries.length === 0 && <p className="px-5 pb-6 pt-3 text-sm text-faint">{t("switcher.none")}</p>}
				</Dialog.Popup>
			</Dialog.Portal>
		</Dialog.Root>
	);
}

function useEntries(query: string): Entry[] {
	const { t } = useWords();
	const klatch = useKlatch();
	const channels = useChannels() ?? [];
	const people = usePeople(query) ?? [];
	const { leave } = useSession();
	const [, navigate] = useLocation();
	const [, attempt] = useAttempt();
	const wanted = fold(query.trim());
	const fits = (name: string) => wanted === "" || fold(name).includes(wanted);
	const found = channels.filter(({ name }) => fits(name)).slice(0, SHOWN_MAX);
	const rooms = found.map<Entry>((channel) => ({
		key: channel.id,
		group: t(`channel.${channel.kind}`),
		name: channel.name,
		face: (
			<Avatar name={channel.name} of={channel.peer ?? channel.id} size="sm" shape={channel.peer ? "person" : "group"} />
		),
		end: <Badge count={channel.unread} label={t("channel.unread", { count: channel.unread })} />,
		go: () => navigate(`/c/${channel.id}`),
	}));
	const peers = new Set(found.map(({ peer }) => peer));
	const persons = people
		.filter(({ id, kind }) => kind === "person" && !peers.has(id) && id !== klatch.me.get()?.user.id)
		.slice(0, SHOWN_MAX)
		.map<Entry>((user) => ({
			key: user.id,
			group: t("switcher.people"),
			name: user.name,
			about: `@${user.username}`,
			face: <Avatar name={user.name} of={user.id} size="sm" />,
			go: () =>
				attempt(async () => {
					const { channel } = await klatch.call("channel_create", { kind: "direct", members: [user.id] });
					navigate(`/c/${channel.id}`);
				}),
		}));
	const command = (name: string, icon: IconName, go: () => unknown): Entry => ({
		key: name,
		group: t("switcher.commands"),
		name,
		face: (
			<span className="grid size-7 place-items-center text-faint">
				<Icon name={icon} />
			</span>
		),
		go,
	});
	const commands = [
		command(t("settings.title"), "settings", () => navigate("/settings")),
		command(t("account.log_out"), "door", leave),
	].filter(({ name }) => wanted !== "" && fits(name));
	return [...rooms, ...persons, ...commands];
}
