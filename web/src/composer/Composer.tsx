// Where one writes. It knows nothing of channels but what it is given, and reports what is to be sent.

import {
	type ChangeEvent,
	type KeyboardEvent,
	type ReactNode,
	type Ref,
	useImperativeHandle,
	useLayoutEffect,
	useRef,
	useState,
} from "react";
import { useWords } from "../i18n/Words.tsx";
import { IconButton } from "../ui/Button.tsx";
import type { User } from "../wire.ts";
import { characters, left } from "./count.ts";
import { MentionList, optionId } from "./MentionList.tsx";
import { complete, matching, type Query, queryAt } from "./mention.ts";

export interface ComposerHandle {
	focus(): void;
	/** Puts text at the caret. */
	insert(text: string): void;
}

interface ComposerProps {
	label: string;
	text: string;
	onText(text: string): void;
	onSend(text: string): void;
	/** Escape, where there is something to leave, such as a reply. */
	onCancel?: (() => void) | undefined;
	/** The up arrow in an empty field. */
	onEditLast?: (() => void) | undefined;
	/** Characters that a message may have. */
	max: number;
	/** Who can be mentioned; everyone can, where `all` is set. */
	candidates: readonly User[];
	all?: boolean;
	/** Shown above: what is answered or edited. */
	context?: ReactNode;
	onEmoji?: ((at: HTMLElement) => void) | undefined;
	ref?: Ref<ComposerHandle>;
}

export function Composer(props: ComposerProps) {
	const { label, text, onText, onSend, onCancel, onEditLast, max, candidates, all, context, onEmoji, ref } = props;
	const { t } = useWords();
	const field = useRef<HTMLTextAreaElement>(null);
	const caret = useRef<number | undefined>(undefined);
	const [query, setQuery] = useState<Query>();
	const [chosen, setChosen] = useState(0);
	const found = query ? options(candidates, query.text, all ? t("message.mention_all") : undefined) : [];
	const remaining = left(text, max);
	const sendable = text.trim() !== "" && characters(text) <= max;

	// The caret is where a completion left it.
	useLayoutEffect(() => {
		if (caret.current !== undefined) field.current?.setSelectionRange(caret.current, caret.current);
		caret.current = undefined;
	});

	const look = (element: HTMLTextAreaElement) => {
		const at =
			element.selectionStart === element.selectionEnd ? queryAt(element.value, element.selectionStart) : undefined;
		setQuery(at);
		if (at?.text !== query?.text) setChosen(0);
	};
	const take = (user: User) => {
		if (!query) return;
		const done = complete(text, query, user.username);
		caret.current = done.caret;
		onText(done.text);
		setQuery(undefined);
		field.current?.focus();
	};
	const send = () => {
		if (!sendable) return;
		setQuery(undefined);
		onSend(text.trim());
	};

	useImperativeHandle(ref, () => ({
		focus: () => field.current?.focus(),
		insert: (piece) => {
			const from = field.current?.selectionStart ?? text.length;
			const to = field.current?.selectionEnd ?? from;
			caret.current = from + piece.length;
			onText(text.slice(0, from) + piece + text.slice(to));
			field.current?.focus();
		},
	}));

	const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
		// While a word is being composed, as in Japanese, keys belong to that.
		if (event.nativeEvent.isComposing) return;
		const user = found[chosen];
		// What is written out needs no completion: Enter sends.
		const written = event.key === "Enter" && user?.username.toLowerCase() === query?.text.toLowerCase();
		if (query && user && !written) {
			const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
			if (step !== 0) setChosen((chosen + step + found.length) % found.length);
			else if (event.key === "Enter" || event.key === "Tab") take(user);
			else if (event.key === "Escape") setQuery(undefined);
			else return;
			event.preventDefault();
			return;
		}
		if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
			event.preventDefault();
			send();
		} else if (event.key === "Escape" && onCancel) {
			event.preventDefault();
			onCancel();
		} else if (event.key === "ArrowUp" && text === "" && onEditLast) {
			event.preventDefault();
			onEditLast();
		}
	};

	return (
		<div className="relative px-3 pt-1 pb-[max(0.75rem,env(safe-area-inset-bottom))] md:px-5">
			{query && found.length > 0 && <MentionList users={found} chosen={chosen} onTake={take} onPoint={setChosen} />}
			<div className="rounded-xl border border-line-strong/50 bg-raised shadow-low transition-colors focus-within:border-accent">
				{context}
				<div className="flex items-end gap-1 p-1.5">
					{onEmoji && (
						<IconButton icon="smile" label={t("message.emoji")} onClick={(event) => onEmoji(event.currentTarget)} />
					)}
					{/* As high as what is written: a copy of it, not seen, makes the room. */}
					<div data-text={text} className="writing-room grid min-w-0 grow self-center">
						<textarea
							ref={field}
							rows={1}
							value={text}
							aria-label={t("message.write")}
							aria-describedby="composer-count"
							aria-autocomplete="list"
							aria-controls={query && found.length > 0 ? "mention-list" : undefined}
							aria-activedescendant={query && found.length > 0 ? optionId(chosen) : undefined}
							placeholder={label}
							onChange={(event: ChangeEvent<HTMLTextAreaElement>) => {
								onText(event.target.value);
								look(event.target);
							}}
							onSelect={(event) => look(event.currentTarget)}
							onBlur={() => setQuery(undefined)}
							onKeyDown={onKeyDown}
							className="writing col-start-1 row-start-1 resize-none overflow-y-auto bg-transparent text-ink outline-none placeholder:text-faint"
						/>
					</div>
					<span
						id="composer-count"
						role="status"
						className={`self-end px-1 pb-2.5 text-xs tabular-nums ${remaining !== undefined && remaining < 0 ? "font-semibold text-danger" : "text-faint"}`}
					>
						{remaining !== undefined && (
							<>
								<span aria-hidden="true">{remaining}</span>
								<span className="sr-only">
									{remaining < 0
										? t("message.characters_over", { count: -remaining })
										: t("message.characters_left", { count: remaining })}
								</span>
							</>
						)}
					</span>
					<IconButton
						icon="send"
						label={t("message.send")}
						disabled={!sendable}
						onClick={send}
						look={sendable ? "accent" : "quiet"}
					/>
				</div>
			</div>
		</div>
	);
}

function options(candidates: readonly User[], query: string, everyone: string | undefined): User[] {
	const found = matching(candidates, query);
	if (everyone === undefined || !"all".startsWith(query.toLowerCase())) return found;
	return [...found, { id: "all", kind: "system", name: everyone, username: "all" }];
}
