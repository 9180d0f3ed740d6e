// The emoji, in the reader's language, and those used lately.

import type { Language } from "../i18n/language.ts";

export interface Emoji {
	char: string;
	group: number;
	label: string;
	/** What it is found by: label and tags, without case. */
	words: string;
}

type Shown = [char: string, group: number, label: string, tags: string];

const sources: Record<Language, () => Promise<{ default: Shown[] }>> = {
	en: () => import("virtual:emoji/en"),
	pt: () => import("virtual:emoji/pt"),
	pl: () => import("virtual:emoji/pl"),
};

export async function loadEmoji(language: Language): Promise<Emoji[]> {
	const { default: shown } = await sources[language]();
	return shown.map(([char, group, label, tags]) => ({
		char,
		group,
		label,
		words: `${label} ${tags}`.toLocaleLowerCase(),
	}));
}

const KEY = "klatch.emoji";
const RECENT_MAX = 16;
const FIRST = ["👍", "❤️", "😂", "🎉", "😮", "😢", "🙏", "👀"];

export function recentEmoji(): string[] {
	const kept = localStorage.getItem(KEY)?.split(" ").filter(Boolean) ?? [];
	return [...new Set([...kept, ...FIRST])].slice(0, RECENT_MAX);
}

export function usedEmoji(char: string): void {
	localStorage.setItem(KEY, [char, ...recentEmoji().filter((other) => other !== char)].slice(0, RECENT_MAX).join(" "));
}
