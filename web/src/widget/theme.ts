// Light or dark, as the page says or the system does.

/** Sets `data-theme` of an element, and follows the system where the page says nothing; until what is returned is called. */
export function showTheme(element: HTMLElement, theme: string | null): () => void {
	const dark = window.matchMedia("(prefers-color-scheme: dark)");
	const show = () => {
		element.dataset.theme = theme === "light" || theme === "dark" ? theme : dark.matches ? "dark" : "light";
	};
	show();
	dark.addEventListener("change", show);
	return () => dark.removeEventListener("change", show);
}
