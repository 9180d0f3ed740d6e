// The tree of a message as React elements; no HTML is ever made from text.

import { Fragment, memo, type ReactNode, useMemo } from "react";
import { type Block, type Inline, isOnlyEmoji, parse } from "./parse.ts";

interface MarkdownProps {
	text: string;
	/** Whether a name after an `@` is somebody who was mentioned, and whether that is the reader. */
	mentions?: (name: string) => "other" | "me" | undefined;
	/** What follows the last word. */
	end?: ReactNode;
}

export const Markdown = memo(function Markdown({ text, mentions, end }: MarkdownProps) {
	const tree = useMemo(() => parse(text), [text]);
	if (isOnlyEmoji(text.trim())) {
		return (
			<p className="text-[2rem]/[2.5rem]">
				{text.trim()} {end}
			</p>
		);
	}
	const last = tree.at(-1);
	const inside = last?.kind === "paragraph";
	return (
		<div className="flex flex-col gap-1.5">
			{tree.map((block, at) => draw(block, at, mentions, inside && block === last ? end : undefined))}
			{!inside && end}
		</div>
	);
});

type Mentions = MarkdownProps["mentions"];

function draw(block: Block, at: number, mentions: Mentions, end?: ReactNode): ReactNode {
	switch (block.kind) {
		case "paragraph":
			return (
				<p key={at} className="wrap-anywhere whitespace-pre-wrap">
					{drawAll(block.children, mentions)}
					{end && <> {end}</>}
				</p>
			);
		case "code":
			return (
				<pre
					key={at}
					// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard (WCAG 2.1.1)
					tabIndex={0}
					className="ring-inside max-w-full overflow-x-auto rounded-md border border-line bg-sunken px-3 py-2 font-mono text-sm"
				>
					<code>{block.text}</code>
				</pre>
			);
		case "quote":
			return (
				<blockquote key={at} className="flex flex-col gap-1.5 border-s-3 border-line-strong/60 ps-3 text-soft">
					{block.children.map((child, at) => draw(child, at, mentions))}
				</blockquote>
			);
		case "list": {
			const List = block.ordered ? "ol" : "ul";
			const start = block.ordered && block.start !== 1 ? { start: block.start } : {};
			return (
				<List key={at} {...start} className={`ps-6 ${block.ordered ? "list-decimal" : "list-disc"} marker:text-faint`}>
					{block.items.map((item, at) => (
						// biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other identity than their place
						<li key={at}>{item.map((child, at) => draw(child, at, mentions))}</li>
					))}
				</List>
			);
		}
	}
}

function drawAll(inlines: readonly Inline[], mentions: Mentions): ReactNode {
	// biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other identity than their place
	return inlines.map((inline, at) => <Fragment key={at}>{drawInline(inline, mentions)}</Fragment>);
}

function drawInline(inline: Inline, mentions: Mentions): ReactNode {
	switch (inline.kind) {
		case "text":
			return inline.text;
		case "break":
			return <br />;
		case "strong":
			return <strong className="font-bold">{drawAll(inline.children, mentions)}</strong>;
		case "emphasis":
			return <em>{drawAll(inline.children, mentions)}</em>;
		case "strike":
			return <s>{drawAll(inline.children, mentions)}</s>;
		case "code":
			return <code className="rounded-sm bg-hover px-1 py-0.5 font-mono text-[0.875em]">{inline.text}</code>;
		case "link":
			return (
				<a
					href={inline.href}
					target="_blank"
					rel="noopener noreferrer"
					className="text-accent-ink underline decoration-current/40 underline-offset-2 hover:decoration-current"
				>
					{drawAll(inline.children, mentions)}
				</a>
			);
		case "mention": {
			const whom = mentions?.(inline.name);
			if (!whom) return `@${inline.name}`;
			const look = whom === "me" ? "bg-mention text-mention-ink" : "bg-accent-soft text-accent-ink";
			return <span className={`rounded-sm px-1 py-px font-semibold ${look}`}>@{inline.name}</span>;
		}
	}
}
