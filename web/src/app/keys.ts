// Keys that work everywhere.

import { useEffect, useEffectEvent } from "react";

const isMac = () => /Mac|iPhone|iPad/.test(navigator.userAgent);

/** How the keys of the switcher are written on this machine. */
export const switcherKeys = () => (isMac() ? "⌘K" : "Ctrl K");

export function useSwitcherKey(open: () => void): void {
	const onKey = useEffectEvent((event: KeyboardEvent) => {
		if (event.key.toLowerCase() !== "k" || event.altKey || event.shiftKey || !(event.metaKey || event.ctrlKey)) return;
		event.preventDefault();
		open();
	});
	useEffect(() => {
		document.addEventListener("keydown", onKey);
		return () => document.removeEventListener("keydown", onKey);
	}, []);
}
