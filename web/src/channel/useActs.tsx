// Doing what is asked of a message: the one place between its buttons, menu and keys, and the client.

import type { Klatch } from "@klatch/client";
import { lazy, useCallback, useRef } from "react";
import { useProblem } from "../app/problem.ts";
import { useEmoji } from "../emoji/EmojiHost.tsx";
import { useWords } from "../i18n/Words.tsx";
import { type Act, allowedFor, mayAskReaders } from "../message/actions.ts";
import { useDialogs } from "../ui/Dialogs.tsx";
import { type MenuItem, useMenu } from "../ui/Menu.tsx";
import { useToast } from "../ui/Toasts.tsx";
import type { Channel, Message, Seq, UserId } from "../wire.ts";

const Confirm = lazy(() => import("../ui/Confirm.tsx"));
const ReadBy = lazy(() => import("../message/ReadBy.tsx"));

interface Surroundings {
	klatch: Klatch;
	channel: Channel;
	me: UserId;
	jump(seq: Seq): void;
	/** Replying and editing happen where one writes. */
	write(act: Act): void;
}

export function useActs(surroundings: Surroundings): (act: Act) => void {
	const { t } = useWords();
	const toast = useToast();
	const sentence = useProblem();
	const dialogs = useDialogs();
	const menu = useMenu();
	const emoji = useEmoji();
	const all = { ...surroundings, t, toast, sentence, dialogs, menu, emoji };
	// Rows keep the function they got: it must not change with every message.
	const now = useRef(all);
	now.current = all;
	const act = useCallback((act: Act): void => {
		const { klatch, channel, me, jump, write, t, toast, sentence, dialogs, menu, emoji } = now.current;
		const handle = klatch.channel(channel.id);
		const attempt = (done: Promise<unknown>) => done.catch((error) => toast(sentence(error), "problem"));
		const react = (message: Message, char: string, on: boolean) =>
			attempt(on ? handle.react(message.seq, char) : handle.unreact(message.seq, char));
		switch (act.do) {
			case "reply":
			case "edit":
				write(act);
				return;
			case "copy":
				navigator.clipboard?.writeText(act.message.text).then(() => toast(t("action.copied")));
				return;
			case "react":
				void react(act.message, act.emoji, act.on);
				return;
			case "pick":
				emoji({ anchor: seen(act.at), onPick: (char) => void react(act.message, char, true) });
				return;
			case "jump":
				jump(act.seq);
				return;
			case "retry":
				void attempt(handle.retry(act.key));
				return;
			case "discard":
				void attempt(handle.discard(act.key));
				return;
			case "delete":
				dialogs((close) => (
					<Confirm
						title={t("message.delete_title")}
						hint={t("message.delete_hint")}
						action={t("message.delete")}
						onConfirm={() => handle.delete(act.message.seq)}
						onClose={close}
					/>
				));
				return;
			case "readers":
				dialogs((close) => <ReadBy message={act.message} onClose={close} />);
				return;
			case "menu": {
				const receipts = klatch.me.get()?.space.policy.receipts !== false;
				const groups = menuOf(act, { channel, me, receipts }, now.current.t, run.current);
				if (groups.length > 0) menu({ anchor: placeOf(act.at), back: act.at, label: t("action.more"), groups });
			}
		}
	}, []);
	const run = useRef(act);
	return act;
}

/** What an element is in that can be seen: a button of the toolbar goes with the pointer. */
function seen(element: HTMLElement): HTMLElement {
	return element.getClientRects().length > 0 ? element : (element.closest("article") ?? element);
}

/** Where an element is, and where it was once it is not shown any more: the toolbar goes when the pointer leaves for the menu. */
function placeOf(element: HTMLElement): { getBoundingClientRect(): DOMRect } {
	let place = element.getBoundingClientRect();
	return {
		getBoundingClientRect() {
			if (element.getClientRects().length > 0) place = element.getBoundingClientRect();
			return place;
		},
	};
}

function menuOf(
	{ item, at }: Act & { do: "menu" },
	{ channel, me, receipts }: { channel: Channel; me: UserId; receipts: boolean },
	t: ReturnType<typeof useWords>["t"],
	act: (act: Act) => void,
): MenuItem[][] {
	if (item.kind === "pending") {
		if (item.status !== "failed") return [];
		const { key } = item.waiting;
		return [
			[
				{ label: t("action.retry"), icon: "send", onSelect: () => act({ do: "retry", key }) },
				{ label: t("action.discard"), icon: "trash", danger: true, onSelect: () => act({ do: "discard", key }) },
			],
		];
	}
	const { message } = item;
	const allowed = allowedFor(message, channel, me);
	const offer = (name: Act["do"], item: MenuItem) => (allowed.includes(name) ? [item] : []);
	const readers: MenuItem[] = mayAskReaders(message, channel, me, receipts)
		? [{ label: t("readers.ask"), icon: "checks", onSelect: () => act({ do: "readers", message }) }]
		: [];
	const groups: MenuItem[][] = [
		[
			...offer("pick", { label: t("message.react"), icon: "smile", onSelect: () => act({ do: "pick", message, at }) }),
			...offer("reply", { label: t("message.reply"), icon: "reply", onSelect: () => act({ do: "reply", message }) }),
			...offer("edit", { label: t("message.edit"), icon: "edit", onSelect: () => act({ do: "edit", message }) }),
			...offer("copy", { label: t("message.copy_text"), icon: "copy", onSelect: () => act({ do: "copy", message }) }),
			...readers,
		],
		offer("delete", {
			label: t("message.delete"),
			icon: "trash",
			danger: true,
			onSelect: () => act({ do: "delete", message }),
		}),
	];
	return groups.filter((group) => group.length > 0);
}
