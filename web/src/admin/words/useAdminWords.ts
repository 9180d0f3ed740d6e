// The sentences of the administration, in the language of the app. Reading them waits for their file (`Suspense`).

import { use, useMemo } from "react";
import { type CatalogueLike, type Translate, translator } from "../../i18n/catalogue.ts";
import type { Dates } from "../../i18n/dates.ts";
import { type Language, localeOf } from "../../i18n/language.ts";
import { useWords } from "../../i18n/Words.tsx";
import { en } from "./en.ts";
import { type Formats, formats } from "./formats.ts";

export type AdminCatalogue = CatalogueLike<typeof en>;
export type AdminTranslate = Translate<typeof en>;
export type AdminKey = keyof typeof en;

interface AdminWords {
	t: AdminTranslate;
	/** Sentences of the whole app. */
	common: Translate;
	dates: Dates;
	formats: Formats;
}

const LOAD: Record<Language, () => Promise<AdminCatalogue>> = {
	en: async () => en,
	pt: async () => (await import("./pt.ts")).pt,
	pl: async () => (await import("./pl.ts")).pl,
};
const loaded = new Map<Language, Promise<AdminCatalogue>>();

function load(language: Language): Promise<AdminCatalogue> {
	let catalogue = loaded.get(language);
	if (!catalogue) {
		// Without its file, a language is better in English than not at all.
		catalogue = LOAD[language]().catch(() => en);
		loaded.set(language, catalogue);
	}
	return catalogue;
}

export function useAdminWords(): AdminWords {
	const { t: common, dates, language } = useWords();
	const catalogue = use(load(language));
	return useMemo(() => {
		const locale = localeOf(language, navigator.languages);
		return { t: translator<typeof en>(catalogue, locale), common, dates, formats: formats(locale) };
	}, [catalogue, common, dates, language]);
}
