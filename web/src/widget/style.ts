// The style sheet of every <klatch-chat> of a page, made once.

import text from "./widget.css?inline";

/** Custom properties can be registered for a whole document only. */
const REGISTERED = /@property\s+--[\w-]+\s*\{[^}]*\}/g;

let sheet: CSSStyleSheet | undefined;

/** Gives a shadow the style sheet. */
export function adopt(shadow: ShadowRoot): void {
	if (!sheet) {
		sheet = new CSSStyleSheet();
		sheet.replaceSync(text.replace(REGISTERED, ""));
		const registered = new CSSStyleSheet();
		registered.replaceSync((text.match(REGISTERED) ?? []).join("\n"));
		document.adoptedStyleSheets = [...document.adoptedStyleSheets, registered];
	}
	shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
}
