// The emoji of a language as a module, `virtual:emoji/LANGUAGE`: only what the picker shows and searches, a fifth of
// the data they come from.

import { createRequire } from "node:module";
import type { Plugin } from "vite";

interface Compact {
	label: string;
	unicode: string;
	tags?: string[];
	group?: number;
	order?: number;
}

const require = createRequire(import.meta.url);
const PREFIX = "virtual:emoji/";
/** Skin tones and hair, which are parts of others. */
const COMPONENT_GROUP = 2;

export function emoji(): Plugin {
	return {
		name: "klatch:emoji",
		resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
		load(id) {
			if (!id.startsWith(`\0${PREFIX}`)) return null;
			const language = id.slice(PREFIX.length + 1);
			const all: Compact[] = require(`emojibase-data/${language}/compact.json`);
			const shown = all
				.filter(({ group }) => group !== undefined && group !== COMPONENT_GROUP)
				.sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
				.map(({ unicode, label, tags = [], group }) => [unicode, group, label, tags.join(" ")]);
			return `export default JSON.parse(${JSON.stringify(JSON.stringify(shown))});`;
		},
	};
}
