// What one reaches for while offline is loaded once there is nothing else to do: menus, dialogs, the other screens. It is no
// part of the first load, and the browser keeps it.

import { useEffect } from "react";

/** In the order in which they are likely to be wanted. */
const PARTS: readonly (() => Promise<unknown>)[] = [
	() => import("../ui/MenuPopup.tsx"),
	() => import("../ui/Confirm.tsx"),
	() => import("../channel/Details.tsx"),
	() => import("../switcher/Switcher.tsx"),
	() => import("../message/ReadBy.tsx"),
	() => import("../channel/NewConversation.tsx"),
	() => import("../invite/InviteDialog.tsx"),
	() => import("../member/AddDialog.tsx"),
	() => import("../channel/ChangeDialog.tsx"),
	() => import("../settings/Settings.tsx"),
	() => import("../emoji/Picker.tsx"),
];
/** How long the first screen has for itself, milliseconds. */
const LATER_MS = 2_000;

/** Loads them, one after the other, for those who do not save data. */
export function useWarm(): void {
	useEffect(() => {
		const connection = (navigator as { connection?: { saveData?: boolean } }).connection;
		if (connection?.saveData) return;
		let over = false;
		const timer = window.setTimeout(async () => {
			for (const part of PARTS) {
				if (over) return;
				// What does not come now comes when it is asked for.
				await part().catch(() => {});
			}
		}, LATER_MS);
		return () => {
			over = true;
			window.clearTimeout(timer);
		};
	}, []);
}
