import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { browserName } from "../src/account/browser.ts";
import { hueOf, initialsOf } from "../src/ui/Avatar.tsx";

const tokens = readFileSync(path.resolve(import.meta.dirname, "../src/look/tokens.css"), "utf8");
const themes = { light: block(":host {"), dark: block(':host([data-theme="dark"]) {') };

function block(start: string): Map<string, string> {
	const from = tokens.indexOf(start);
	const text = tokens.slice(from, tokens.indexOf("}", from));
	return new Map([...text.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name = "", colour = ""]) => [name, colour]));
}

/** Relative luminance (WCAG 2.2). */
function luminance(colour: string): number {
	const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
		const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
		return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
	const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
	return (light + 0.05) / (dark + 0.05);
}

describe.each(Object.entries(themes))("in the %s theme", (_, theme) => {
	const colour = (name: string) => theme.get(name) ?? "";
	const grounds = ["canvas", "sunken", "raised", "hover"];

	test.each([
		["ink", grounds],
		["ink-soft", grounds],
		["ink-faint", ["canvas", "sunken", "raised"]],
		["accent-ink", ["canvas", "sunken", "raised", "accent-soft"]],
		["ink", ["chosen", "mention", "press"]],
		["ink-soft", ["chosen"]],
		["on-accent", ["accent", "accent-hover"]],
		["on-alert", ["alert"]],
		["alert", ["canvas"]],
		["danger", ["canvas", "raised", "danger-soft"]],
		["on-danger", ["danger", "danger-hover"]],
		["mention-ink", ["mention"]],
		["canvas", ["ink"]],
	])("%s can be read on %s", (ink, on) => {
		for (const ground of on) expect(contrast(colour(ink), colour(ground)), ground).toBeGreaterThanOrEqual(4.5);
	});

	test("edges of controls and the ring of the focus can be seen", () => {
		for (const ground of ["canvas", "raised", "sunken"]) {
			expect(contrast(colour("line-strong"), colour(ground)), ground).toBeGreaterThanOrEqual(3);
			expect(contrast(colour("accent"), colour(ground)), ground).toBeGreaterThanOrEqual(3);
		}
	});
});

test("initials are of the first name and the last", () => {
	expect(initialsOf("Ana Maria Ferreira")).toBe("AF");
	expect(initialsOf("rui")).toBe("R");
	expect(initialsOf("łukasz_żak")).toBe("ŁŻ");
	expect(initialsOf("  🎉 ")).toBe("?");
});

test("the colour of somebody is always the same, and among many", () => {
	const hues = Array.from({ length: 200 }, (_, i) => hueOf(`0190f3a1-7c1e-7000-8000-${i}`));
	expect(hueOf("x")).toBe(hueOf("x"));
	expect(new Set(hues).size).toBeGreaterThan(90);
	expect(hues.every((hue) => hue >= 0 && hue <= 360)).toBe(true);
});

test("devices are called by their browser", () => {
	expect(
		browserName("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"),
	).toBe("Chrome · Linux");
	expect(browserName("curl/8")).toBe("?");
});
