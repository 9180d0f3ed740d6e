import { useWords } from "../i18n/Words.tsx";
import type { Reaction, UserId } from "../wire.ts";

/** Names that a tooltip tells before it counts. */
const NAMES_MAX = 12;

interface ReactionsProps {
	reactions: readonly Reaction[];
	me: UserId;
	disabled: boolean;
	nameOf(user: UserId): string;
	onToggle(emoji: string, on: boolean): void;
}

export function Reactions({ reactions, me, disabled, nameOf, onToggle }: ReactionsProps) {
	const { t } = useWords();
	return (
		<div className="mt-1 mb-1 flex flex-wrap gap-1.5">
			{reactions.map(({ emoji, users }) => {
				const mine = users.includes(me);
				const names = users.slice(0, NAMES_MAX).map(nameOf).join(", ") + (users.length > NAMES_MAX ? "…" : "");
				return (
					<button
						key={emoji}
						type="button"
						disabled={disabled}
						aria-pressed={mine}
						aria-label={t("message.reacted", { emoji, count: users.length, names })}
						data-tip={names}
						onClick={() => onToggle(emoji, !mine)}
						className="reaction flex h-7 items-center gap-1.5 rounded-full border border-line bg-canvas px-2.5 text-sm tabular-nums transition-colors hover:border-line-strong aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent-ink"
					>
						<span>{emoji}</span>
						<span className="text-xs font-semibold">{users.length}</span>
					</button>
				);
			})}
		</div>
	);
}
