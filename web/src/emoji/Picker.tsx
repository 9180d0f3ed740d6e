// Choosing an emoji: by looking, by searching, by arrows.

import { Popover } from "@base-ui/react/popover";
import { type KeyboardEvent, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import type { Key } from "../i18n/catalogue.ts";
import { useWords } from "../i18n/Words.tsx";
import { useBounds, usePlace } from "../ui/Place.tsx";
import { Spinner } from "../ui/Spinner.tsx";
import { type Emoji, loadEmoji, recentEmoji, usedEmoji } from "./data.ts";
import type { OpenPicker } from "./EmojiHost.tsx";

const COLUMNS = 8;
const FOUND_MAX = 120;

interface Section {
	title: string;
	emoji: readonly Pick<Emoji, "char" | "label">[];
}

export default function Picker({ anchor, onPick, onClose }: OpenPicker & { onClose(): void }) {
	const { t, language } = useWords();
	const [all, setAll] = useState<readonly Emoji[]>();
	const [query, setQuery] = useState("");
	const wanted = useDeferredValue(query.trim().toLocaleLowerCase());
	const grid = useRef<HTMLDivElement>(null);
	const field = useRef<HTMLInputElement>(null);
	useEffect(() => {
		let current = true;
		loadEmoji(language).then((all) => current && setAll(all), onClose);
		return () => {
			current = false;
		};
	}, [language, onClose]);

	const sections = useMemo<Section[]>(() => {
		if (!all) return [];
		if (wanted) {
			const words = wanted.split(/\s+/);
			const found = all.filter((one) => words.every((word) => one.words.includes(word))).slice(0, FOUND_MAX);
			return found.length > 0 ? [{ title: t("action.search"), emoji: found }] : [];
		}
		const labels = new Map(all.map(({ char, label }) => [char, label]));
		const recent = {
			title: t("emoji.recent"),
			emoji: recentEmoji().map((char) => ({ char, label: labels.get(char) ?? char })),
		};
		const groups = new Map<number, Emoji[]>();
		for (const one of all) {
			const group = groups.get(one.group);
			if (group) group.push(one);
			else groups.set(one.group, [one]);
		}
		return [
			recent,
			...[...groups].map(([group, emoji]) => ({ title: t(`emoji.group.${group}` as Key & "emoji.group.0"), emoji })),
		];
	}, [all, wanted, t]);

	const pick = (char: string) => {
		usedEmoji(char);
		onClose();
		onPick(char);
	};
	const walk = (event: KeyboardEvent) => {
		const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS };
		const step = steps[event.key];
		if (step === undefined) return;
		const buttons = [...(grid.current?.querySelectorAll("button") ?? [])];
		const at = buttons.indexOf(event.target as HTMLButtonElement);
		if (at < 0 && event.key !== "ArrowDown") return;
		event.preventDefault();
		if (at >= 0 && at + step < 0) field.current?.focus();
		else buttons[at < 0 ? 0 : Math.min(at + step, buttons.length - 1)]?.focus();
	};
	return (
		<Popover.Root open onOpenChange={(open) => !open && onClose()}>
			<Popover.Portal container={usePlace()}>
				<Popover.Positioner
					anchor={anchor}
					side="top"
					align="end"
					sideOffset={6}
					collisionPadding={8}
					collisionBoundary={useBounds()}
					className="z-40"
				>
					<Popover.Popup
						aria-label={t("message.emoji")}
						initialFocus={field}
						onKeyDown={walk}
						className="flex h-80 w-84 max-w-[96vw] animate-appear flex-col rounded-lg bg-raised shadow-high outline-none"
					>
						<div className="p-2">
							<input
								ref={field}
								type="search"
								value={query}
								aria-label={t("emoji.search")}
								placeholder={t("emoji.search")}
								onChange={(event) => setQuery(event.target.value)}
								onKeyDown={(event) => {
									const first = sections[0]?.emoji[0];
									if (event.key === "Enter" && wanted && first) pick(first.char);
								}}
								className="h-9 w-full rounded-md border border-line-strong/60 bg-canvas px-3 text-sm outline-offset-[-1px] placeholder:text-faint"
							/>
						</div>
						<div ref={grid} className="min-h-0 grow overflow-y-auto px-2 pb-2">
							{!all && (
								<div className="grid h-full place-items-center">
									<Spinner label={t("app.loading")} />
								</div>
							)}
							{all && sections.length === 0 && <p className="p-6 text-center text-sm text-faint">{t("emoji.none")}</p>}
							{sections.map(({ title, emoji }) => (
								<section
									key={title}
									aria-label={title}
									className="[contain-intrinsic-size:auto_20rem] [content-visibility:auto]"
								>
									<h3 className="px-1 pt-2 pb-1 text-xs font-semibold text-faint">{title}</h3>
									<div className="grid grid-cols-8">
										{emoji.map(({ char, label }) => (
											<button
												key={char}
												type="button"
												aria-label={label}
												data-tip={label}
												onClick={() => pick(char)}
												className="ring-inside grid aspect-square place-items-center rounded-md text-xl hover:bg-hover"
											>
												{char}
											</button>
										))}
									</div>
								</section>
							))}
						</div>
					</Popover.Popup>
				</Popover.Positioner>
			</Popover.Portal>
		</Popover.Root>
	);
}
