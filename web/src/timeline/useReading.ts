// Telling what was read: as far as the newest message, while its end is on a screen that somebody looks at.

import type { ChannelHandle, Item } from "@klatch/client";
import { useEffect, useState } from "react";

const looking = () => document.visibilityState === "visible" && document.hasFocus();

export function useReading(handle: ChannelHandle, atEnd: boolean, items: readonly Item[]): void {
	const [looks, setLooks] = useState(looking);
	useEffect(() => {
		const look = () => setLooks(looking());
		window.addEventListener("focus", look);
		window.addEventListener("blur", look);
		document.addEventListener("visibilitychange", look);
		return () => {
			window.removeEventListener("focus", look);
			window.removeEventListener("blur", look);
			document.removeEventListener("visibilitychange", look);
		};
	}, []);
	useEffect(() => {
		if (looks && atEnd && items.length > 0) handle.read();
	}, [handle, looks, atEnd, items]);
}
