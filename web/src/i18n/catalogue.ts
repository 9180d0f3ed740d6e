// What a catalogue is: sentences with `{holes}`, or one sentence per plural form of the language.

import type { en } from "./en.ts";

export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string };
export type Key = keyof typeof en;
export type Catalogue = { readonly [K in Key]: (typeof en)[K] extends string ? string : Plural };

type Holes<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Holes<Rest> : never;
type HolesOf<K extends Key> = (typeof en)[K] extends { other: infer S } ? Holes<S> | "count" : Holes<(typeof en)[K]>;
/** What a sentence needs to be filled with: nothing, or a value for each of its holes. */
export type Values<K extends Key> = [HolesOf<K>] extends [never]
	? []
	: [values: { [Name in HolesOf<K>]: Name extends "count" ? number : string | number }];

/** A sentence of the catalogue with its holes filled. */
export type Translate = <K extends Key>(key: K, ...values: Values<K>) => string;

export function translator(catalogue: Catalogue, language: string): Translate {
	const plurals = new Intl.PluralRules(language);
	const numbers = new Intl.NumberFormat(language);
	return (key, ...[values]) => {
		const filling = (values ?? {}) as Record<string, string | number>;
		const entry = catalogue[key] as string | Plural;
		const sentence = typeof entry === "string" ? entry : (entry[plurals.select(Number(filling.count))] ?? entry.other);
		return sentence.replace(/\{(\w+)\}/g, (hole, name: string) => {
			const value = filling[name];
			if (value === undefined) return hole;
			return typeof value === "number" ? numbers.format(value) : value;
		});
	};
}
