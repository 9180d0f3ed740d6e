// What one does most with a message, shown where one points at it or is by keyboard.

import type { Item } from "@klatch/client";
import { useWords } from "../i18n/Words.tsx";
import { IconButton } from "../ui/Button.tsx";
import type { Message } from "../wire.ts";
import type { Act } from "./actions.ts";

const QUICK = ["👍"];

interface ToolbarProps {
	item: Item;
	message: Message;
	author: string;
	allowed: readonly Act["do"][];
	act(act: Act): void;
}

export function Toolbar({ item, message, author, allowed, act }: ToolbarProps) {
	const { t } = useWords();
	if (allowed.length === 0) return null;
	return (
		<div
			role="toolbar"
			aria-label={t("message.actions", { name: author })}
			className="absolute inset-e-4 -top-4 z-10 hidden gap-0.5 rounded-md bg-raised p-0.5 shadow-low group-focus-within/row:flex group-hover/row:flex pointer-coarse:hidden!"
		>
			{allowed.includes("react") &&
				QUICK.map((emoji) => (
					<button
						key={emoji}
						type="button"
						aria-label={t("message.react_with", { emoji })}
						data-tip={t("message.react_with", { emoji })}
						onClick={() => act({ do: "react", message, emoji, on: true })}
						className="grid size-8 place-items-center rounded-md text-base hover:bg-hover"
					>
						{emoji}
					</button>
				))}
			{allowed.includes("pick") && (
				<IconButton
					icon="smile"
					size="sm"
					label={t("message.react")}
					onClick={(event) => act({ do: "pick", message, at: event.currentTarget })}
				/>
			)}
			{allowed.includes("reply") && (
				<IconButton icon="reply" size="sm" label={t("message.reply")} onClick={() => act({ do: "reply", message })} />
			)}
			{allowed.includes("edit") && (
				<IconButton icon="edit" size="sm" label={t("message.edit")} onClick={() => act({ do: "edit", message })} />
			)}
			<IconButton
				icon="more"
				size="sm"
				label={t("action.more")}
				aria-haspopup="menu"
				onClick={(event) => act({ do: "menu", item, at: event.currentTarget })}
			/>
		</div>
	);
}
