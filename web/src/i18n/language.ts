// Which language: the one somebody chose, else the first of the browser's that there is, else English.

import type { Catalogue } from "./catalogue.ts";

export const LANGUAGES = { en: "English", pt: "Português", pl: "Polski" } as const;
export type Language = keyof typeof LANGUAGES;

const KEY = "klatch.language";
/** How dates and numbers are written; a browser's own variant of the language wins. */
const LOCALES: Record<Language, string> = { en: "en-GB", pt: "pt-PT", pl: "pl-PL" };

export const load: Record<Language, () => Promise<Catalogue>> = {
	en: async () => (await import("./en.ts")).en,
	pt: async () => (await import("./pt.ts")).pt,
	pl: async () => (await import("./pl.ts")).pl,
};

export function isLanguage(text: string | null): text is Language {
	return text !== null && Object.hasOwn(LANGUAGES, text);
}

export function chosenLanguage(): Language | undefined {
	const kept = localStorage.getItem(KEY);
	return isLanguage(kept) ? kept : undefined;
}

export function chooseLanguage(language: Language | undefined): void {
	if (language) localStorage.setItem(KEY, language);
	else localStorage.removeItem(KEY);
}

export function bestLanguage(wanted: readonly string[]): Language {
	for (const tag of wanted) {
		const base = tag.split("-")[0]?.toLowerCase() ?? null;
		if (isLanguage(base)) return base;
	}
	return "en";
}

/** The tag for `Intl`: the browser's own if it is of this language, such as `en-US`. */
export function localeOf(language: Language, wanted: readonly string[]): string {
	return wanted.find((tag) => tag.toLowerCase().startsWith(`${language}-`)) ?? LOCALES[language];
}
