// The catalogue in use, for every component: `const { t } = useWords()`.

import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from "react";
import { type Catalogue, type Translate, translator } from "./catalogue.ts";
import { type Dates, dates } from "./dates.ts";
import { en } from "./en.ts";
import { bestLanguage, chooseLanguage, chosenLanguage, type Language, load, localeOf } from "./language.ts";

export interface Words {
	readonly t: Translate;
	readonly dates: Dates;
	/** "Ana, Rui and Marta". */
	readonly list: (parts: readonly string[]) => string;
	readonly language: Language;
	/** Another language; the browser's if none is given. */
	choose(language: Language | undefined): void;
}

const Context = createContext<Words | undefined>(undefined);

interface WordsProviderProps {
	children: ReactNode;
	/** On another's page: its choice of a language, or the browser's. What is chosen in the app is the app's. */
	fixed?: Language | "browser";
}

export function WordsProvider({ children, fixed }: WordsProviderProps) {
	const [chosen, setLanguage] = useState(() => chosenLanguage() ?? bestLanguage(navigator.languages));
	const language = fixed === undefined ? chosen : fixed === "browser" ? bestLanguage(navigator.languages) : fixed;
	const [loaded, setLoaded] = useState<{ language: Language; catalogue: Catalogue }>();
	useEffect(() => {
		let current = true;
		// Without its file, a language is better in English than not at all.
		const arrive = (catalogue: Catalogue) => current && setLoaded({ language, catalogue });
		load[language]().then(arrive, () => arrive(en));
		return () => {
			current = false;
		};
	}, [language]);
	const choose = useCallback((language: Language | undefined) => {
		chooseLanguage(language);
		setLanguage(language ?? bestLanguage(navigator.languages));
	}, []);
	const words = useMemo<Words | undefined>(() => {
		if (!loaded) return undefined;
		const locale = localeOf(loaded.language, navigator.languages);
		const t = translator(loaded.catalogue, locale);
		const lists = new Intl.ListFormat(locale);
		return { t, dates: dates(locale, t), list: (parts) => lists.format(parts), language: loaded.language, choose };
	}, [loaded, choose]);
	useEffect(() => {
		if (words && fixed === undefined) document.documentElement.lang = words.language;
	}, [words, fixed]);
	return words && <Context value={words}>{children}</Context>;
}

export function useWords(): Words {
	const words = use(Context);
	if (!words) throw new Error("useWords is used outside WordsProvider");
	return words;
}
