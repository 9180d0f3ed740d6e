import { describe, expect, test } from "vitest";
import { en as adminEn } from "../src/admin/words/en.ts";
import { pl as adminPl } from "../src/admin/words/pl.ts";
import { pt as adminPt } from "../src/admin/words/pt.ts";
import { type Plural, translator } from "../src/i18n/catalogue.ts";
import { dates } from "../src/i18n/dates.ts";
import { en } from "../src/i18n/en.ts";
import { bestLanguage, localeOf } from "../src/i18n/language.ts";
import { pl } from "../src/i18n/pl.ts";
import { pt } from "../src/i18n/pt.ts";

/** The app's, and that of the administration, which is loaded with it. */
const catalogues: Record<string, Record<string, string | Plural>> = {
	en: { ...en, ...adminEn },
	pt: { ...pt, ...adminPt },
	pl: { ...pl, ...adminPl },
};
const english = catalogues.en as Record<string, string | Plural>;
const keys = Object.keys(english);
const sentences = (entry: string | Plural) => (typeof entry === "string" ? [entry] : Object.values(entry));
const holes = (sentence: string) => [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

describe.each(Object.entries(catalogues))("the catalogue %s", (language, catalogue) => {
	test("has every sentence, and no other", () => {
		expect(Object.keys(catalogue).sort()).toEqual([...keys].sort());
	});

	test("has the plural forms of the language, and only those", () => {
		const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
		for (const key of keys) {
			const entry = catalogue[key];
			if (typeof entry !== "object") continue;
			for (const form of Object.keys(entry)) expect(forms, `${key}: ${form}`).toContain(form);
			if (language === "pl") expect(Object.keys(entry).sort(), key).toEqual(["few", "many", "one", "other"]);
		}
	});

	test("fills the holes of the English sentences, and no others", () => {
		for (const key of keys) {
			const wanted = new Set([...sentences(english[key] as string | Plural).flatMap(holes), "count"]);
			for (const sentence of sentences(catalogue[key] as string | Plural)) {
				for (const hole of holes(sentence)) expect([...wanted], `${key}: ${sentence}`).toContain(hole);
			}
		}
	});
});

test("sentences are filled, and numbers written as the language does", () => {
	const t = translator(en, "en-GB");
	expect(t("channel.by", { name: "Ana", text: "hi {name}" })).toBe("Ana: hi {name}");
	expect(t("channel.unread", { count: 1234 })).toBe("1,234 unread");
});

test("plurals follow the language", () => {
	const t = translator(pl, "pl-PL");
	const of = (count: number) => t("channel.members", { count });
	expect([1, 2, 5, 12, 22, 25].map(of)).toEqual(["1 osoba", "2 osoby", "5 osób", "12 osób", "22 osoby", "25 osób"]);
});

test("the language is the first of the browser's that there is", () => {
	expect(bestLanguage(["de-DE", "pl", "en"])).toBe("pl");
	expect(bestLanguage(["pt-BR"])).toBe("pt");
	expect(bestLanguage(["ja"])).toBe("en");
	expect(localeOf("en", ["de", "en-US"])).toBe("en-US");
	expect(localeOf("pt", ["en-US"])).toBe("pt-PT");
});

test("days have names, then dates", () => {
	const { day, brief } = dates("en-GB", translator(en, "en-GB"));
	const at = (text: string) => new Date(text).getTime();
	const now = at("2026-03-05T09:30");
	expect(day(at("2026-03-05T00:01"), now)).toBe("Today");
	expect(day(at("2026-03-04T23:59"), now)).toBe("Yesterday");
	expect(day(at("2026-03-03T12:00"), now)).toMatch(/^Tuesday,? 3 March$/);
	expect(day(at("2025-03-03T12:00"), now)).toMatch(/2025/);
	expect(brief(at("2026-03-05T08:05"), now)).toBe("08:05");
	expect(brief(at("2026-03-02T08:05"), now)).toBe("Mon");
	expect(brief(at("2026-02-02T08:05"), now)).toBe("2 Feb");
});
