// A menu at an element. There is one at a time, so `useMenu()` opens it from anywhere and it is loaded then.

import { createContext, lazy, type ReactNode, Suspense, use, useCallback, useState } from "react";
import type { IconName } from "./Icon.tsx";

export interface MenuItem {
	label: string;
	icon?: IconName;
	danger?: boolean;
	checked?: boolean;
	onSelect(): void;
}

export interface OpenMenu {
	/** Where it opens. */
	anchor: Element | { getBoundingClientRect(): DOMRect };
	/** What it is for, for those who hear it. */
	label: string;
	/** Groups of items, with a line between them. */
	groups: readonly (readonly MenuItem[])[];
	/** Where the focus goes back to. */
	back?: HTMLElement | null;
}

const MenuPopup = lazy(() => import("./MenuPopup.tsx"));
const Context = createContext<(menu: OpenMenu) => void>(() => {});

export const useMenu = () => use(Context);

export function MenuHost({ children }: { children: ReactNode }) {
	const [menu, setMenu] = useState<OpenMenu & { id: number }>();
	const open = useCallback((menu: OpenMenu) => setMenu((last) => ({ ...menu, id: (last?.id ?? 0) + 1 })), []);
	return (
		<Context value={open}>
			{children}
			<Suspense>{menu && <MenuPopup key={menu.id} {...menu} onClose={() => setMenu(undefined)} />}</Suspense>
		</Context>
	);
}
