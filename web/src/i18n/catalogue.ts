// What a catalogue is: sentences with `{holes}`, or one sentence per plural form of the language.

import type { en } from "./en.ts";

export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string };
type Entries = Readonly<Record<string, string | Plural>>;
/** A catalogue in any language with the sentences of the English one `E`. */
export type CatalogueLike<E extends Entries> = { readonly [K in keyof E]: E[K] extends string ? string : Plural };
export type Key = keyof typeof en;
export type Catalogue = CatalogueLike<typeof en>;

type Holes<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Holes<Rest> : never;
type HolesOf<S> = S extends { other: infer Other } ? Holes<Other> | "count" : Holes<S>;
/** What a sentence needs to be filled with: nothing, or a value for each of its holes. */
type Values<S> = [HolesOf<S>] extends [never]
	? []
	: [values: { [Name in HolesOf<S>]: Name extends "count" ? number : string | number }];

/** A sentence of the catalogue with its holes filled. */
export type Translate<E extends Entries = typeof en> = <K extends keyof E>(key: K, ...values: Values<E[K]>) => string;

export function translator<E extends Entries = typeof en>(
	catalogue: CatalogueLike<NoInfer<E>>,
	language: string,
): Translate<E> {
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
