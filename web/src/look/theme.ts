// Light or dark: the system's choice unless somebody made another, kept in this browser.

export type Theme = "system" | "light" | "dark";

const KEY = "klatch.theme";
const dark = () => window.matchMedia("(prefers-color-scheme: dark)");

export function theme(): Theme {
	const kept = localStorage.getItem(KEY);
	return kept === "light" || kept === "dark" ? kept : "system";
}

export function setTheme(theme: Theme): void {
	if (theme === "system") localStorage.removeItem(KEY);
	else localStorage.setItem(KEY, theme);
	show();
}

function show(): void {
	const chosen = theme();
	document.documentElement.dataset.theme = chosen === "system" ? (dark().matches ? "dark" : "light") : chosen;
}

/** Shows the theme, and follows the system and other tabs from now on. */
export function followTheme(): void {
	show();
	dark().addEventListener("change", show);
	window.addEventListener("storage", (event) => event.key === KEY && show());
}
