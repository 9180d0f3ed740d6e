// The emoji picker at an element, from anywhere: `useEmoji()({ anchor, onPick })`. It is loaded when it opens.

import { createContext, lazy, type ReactNode, Suspense, use, useCallback, useState } from "react";

export interface OpenPicker {
	anchor: HTMLElement;
	onPick(emoji: string): void;
}

const Picker = lazy(() => import("./Picker.tsx"));
const Context = createContext<(picker: OpenPicker) => void>(() => {});

export const useEmoji = () => use(Context);

export function EmojiHost({ children }: { children: ReactNode }) {
	const [picker, setPicker] = useState<OpenPicker & { id: number }>();
	const open = useCallback((picker: OpenPicker) => setPicker((last) => ({ ...picker, id: (last?.id ?? 0) + 1 })), []);
	return (
		<Context value={open}>
			{children}
			<Suspense>{picker && <Picker key={picker.id} {...picker} onClose={() => setPicker(undefined)} />}</Suspense>
		</Context>
	);
}
