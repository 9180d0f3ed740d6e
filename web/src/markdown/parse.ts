// The subset of Markdown that messages may use, parsed by marked's lexer and brought down to a small tree of our own.
// What is not in the subset (HTML, images, headings, tables) stays the text that was written.

import { Marked, type Token, type TokenizerObject, type Tokens } from "marked";

export type Inline =
	| { kind: "text"; text: string }
	| { kind: "break" }
	| { kind: "strong" | "emphasis" | "strike"; children: Inline[] }
	| { kind: "code"; text: string }
	| { kind: "link"; href: string; children: Inline[] }
	| { kind: "mention"; name: string };

export type Block =
	| { kind: "paragraph"; children: Inline[] }
	| { kind: "code"; text: string; language?: string }
	| { kind: "quote"; children: Block[] }
	| { kind: "list"; ordered: boolean; start: number; items: Block[][] };

/** Deeper than this, what is written is text: nobody nests so far by hand. */
const DEPTH_MAX = 6;
const MENTION = /(?<![\p{L}\p{N}_@/.])@([\p{L}\p{N}_+](?:[\p{L}\p{N}_.+-]*[\p{L}\p{N}_])?)/gu;

// A tokenizer that answers nothing leaves the text to the next one, in the end to plain text.
const off = () => undefined;
const tokenizer = {
	html: off,
	tag: off,
	heading: off,
	lheading: off,
	hr: off,
	table: off,
	def: off,
	reflink: off,
	// Indented lines are somebody's indentation; code has its fences.
	code: off,
} as unknown as TokenizerObject;
const marked = new Marked({ gfm: true, breaks: true, tokenizer });

export function parse(text: string): Block[] {
	return blocks(marked.lexer(text), 0);
}

function blocks(tokens: readonly Token[], depth: number): Block[] {
	const made: Block[] = [];
	for (const token of tokens) {
		if (token.type === "space") continue;
		made.push(block(token, depth));
	}
	return made;
}

function block(token: Token, depth: number): Block {
	if (depth >= DEPTH_MAX) return { kind: "paragraph", children: plain(token.raw) };
	switch (token.type) {
		case "code": {
			const { text, lang } = token as Tokens.Code;
			return lang ? { kind: "code", text, language: lang } : { kind: "code", text };
		}
		case "blockquote":
			return { kind: "quote", children: blocks((token as Tokens.Blockquote).tokens, depth + 1) };
		case "list": {
			const { ordered, start, items } = token as Tokens.List;
			return {
				kind: "list",
				ordered,
				start: Number(start) || 1,
				items: items.map((item) => blocks(item.tokens, depth + 1)),
			};
		}
		default:
			return { kind: "paragraph", children: inlines(childrenOf(token), token.raw, depth + 1) };
	}
}

function childrenOf(token: Token): readonly Token[] | undefined {
	return "tokens" in token ? token.tokens : undefined;
}

function inlines(tokens: readonly Token[] | undefined, raw: string, depth: number): Inline[] {
	if (!tokens || depth > DEPTH_MAX) return plain(raw);
	return tokens.flatMap((token) => inline(token, depth));
}

function inline(token: Token, depth: number): Inline[] {
	const children = () => inlines(childrenOf(token), token.raw, depth + 1);
	switch (token.type) {
		case "strong":
			return [{ kind: "strong", children: children() }];
		case "em":
			return [{ kind: "emphasis", children: children() }];
		case "del":
			return [{ kind: "strike", children: children() }];
		case "codespan":
			return [{ kind: "code", text: (token as Tokens.Codespan).text }];
		case "br":
			return [{ kind: "break" }];
		case "escape":
			return plain((token as Tokens.Escape).text);
		case "link": {
			const { href, title } = token as Tokens.Link;
			const safe = webAddress(href);
			// A title would be shown nowhere; such links are left as they were written.
			return safe && !title ? [{ kind: "link", href: safe, children: children() }] : plain(token.raw);
		}
		default:
			return childrenOf(token) ? children() : plain(token.raw);
	}
}

/** The address, if it leads to the web and nowhere else. */
export function webAddress(text: string): string | undefined {
	if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
	return new URL(text).href;
}

/** Text with its mentions found. */
function plain(text: string): Inline[] {
	const made: Inline[] = [];
	let from = 0;
	for (const match of text.matchAll(MENTION)) {
		if (match.index > from) made.push({ kind: "text", text: text.slice(from, match.index) });
		made.push({ kind: "mention", name: match[1] ?? "" });
		from = match.index + match[0].length;
	}
	if (from < text.length) made.push({ kind: "text", text: text.slice(from) });
	return made;
}

// Made at run time: the compiler's target does not know the flag yet, all browsers do that know the rest.
const ONLY_EMOJI = /^(?:\p{RGI_Emoji}\s*){1,3}$/v;

/** Whether a message is a few emoji and nothing else; those are shown large. */
export function isOnlyEmoji(text: string): boolean {
	return ONLY_EMOJI.test(text);
}
