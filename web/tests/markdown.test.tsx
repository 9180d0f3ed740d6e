import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { Markdown } from "../src/markdown/Markdown.tsx";
import { isOnlyEmoji, webAddress } from "../src/markdown/parse.ts";

const who = (name: string) => (name === "ana" ? "me" : name === "rui" ? "other" : undefined);
const draw = (text: string) => render(<Markdown text={text} mentions={who} />).container;

test("emphasis, code, lists and quotes are elements", () => {
	const drawn = draw(
		"**bold** *soft* ~~gone~~ `x < y`\n\n> said\n\n- one\n- two\n\n3. three\n\n```js\nlet a = `b`;\n```",
	);
	for (const [tag, text] of [
		["strong", "bold"],
		["em", "soft"],
		["s", "gone"],
		["p code", "x < y"],
		["blockquote", "said"],
		["ul li:last-child", "two"],
		["ol", "three"],
		["pre code", "let a = `b`;"],
	] as const) {
		expect(drawn.querySelector(tag)?.textContent, tag).toBe(text);
	}
	expect(drawn.querySelector("ol")?.getAttribute("start")).toBe("3");
});

test("lines stay lines", () => {
	expect(draw("one\ntwo").querySelectorAll("br").length).toBe(1);
});

test.each([
	`<img src=x onerror="alert(1)"> <b>bold</b>`,
	"<script>alert(1)</script>",
	"<div>\nblock\n</div>",
	"![picture](https://example.org/x.png)".slice(1),
	"&lt;b&gt; &amp;",
	"# no heading",
	"a | b\n--- | ---\n1 | 2",
	"[x]: https://example.org",
])("%s makes no element of HTML", (text) => {
	const drawn = draw(text);
	expect(drawn.querySelector("img, script, b, h1, table, svg, iframe")).toBeNull();
	expect(drawn.textContent?.length).toBeGreaterThan(0);
});

test("markup is shown as it was written", () => {
	for (const text of [
		`<img src=x onerror="alert(1)"> <b>bold</b>`,
		"<script>alert(1)</script>",
		"&lt;b&gt; &amp; \\ /",
	]) {
		expect(draw(text).textContent).toBe(text);
	}
});

test("only addresses of the web are links, and those tell nobody where one comes from", () => {
	const link = draw("see https://example.org/a?b=c&d. and www.example.org").querySelector("a");
	expect(link?.getAttribute("href")).toBe("https://example.org/a?b=c&d");
	expect(link?.getAttribute("rel")).toBe("noopener noreferrer");
	for (const text of [
		"[x](javascript:alert(1))",
		"[x](JaVaScRiPt:alert(1))",
		"[x](data:text/html,1)",
		"[x](//example.org)",
		"[x](/settings)",
		"<javascript:alert(1)>",
		"[x](https://)",
	]) {
		expect(draw(text).querySelector("a"), text).toBeNull();
	}
	expect(webAddress("https://user:pass@example.org/")).toBe("https://user:pass@example.org/");
	expect(webAddress(" https://example.org")).toBeUndefined();
});

test("mentions stand out if they are mentions", () => {
	const spans = [...draw("@ana and @rui, not @nobody nor a@rui.org `@ana`").querySelectorAll("span")];
	expect(spans.map(({ textContent }) => textContent)).toEqual(["@ana", "@rui"]);
	expect(spans[0]?.className).toContain("bg-mention");
});

test("what is nested without end ends", () => {
	expect(draw(`${"> ".repeat(500)}deep`).textContent).toContain("deep");
	expect(draw(`${"*".repeat(2_000)}a${"[".repeat(2_000)}`).textContent).toContain("a");
});

test("a few emoji alone are large", () => {
	expect(isOnlyEmoji("🎉")).toBe(true);
	expect(isOnlyEmoji("👩‍🚀 ❤️")).toBe(true);
	expect(isOnlyEmoji("🎉🎉🎉🎉")).toBe(false);
	expect(isOnlyEmoji("1")).toBe(false);
	expect(isOnlyEmoji("ok 🎉")).toBe(false);
});
