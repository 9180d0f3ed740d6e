// Dialogs from anywhere: `useDialogs()((close) => <Confirm … onClose={close} />)`. They are loaded when they open.

import { createContext, type ReactNode, Suspense, use, useCallback, useState } from "react";

type Draw = (close: () => void) => ReactNode;

const Context = createContext<(draw: Draw) => void>(() => {});

export const useDialogs = () => use(Context);

export function DialogHost({ children }: { children: ReactNode }) {
	const [open, setOpen] = useState<{ draw: Draw; id: number }>();
	const show = useCallback((draw: Draw) => setOpen((last) => ({ draw, id: (last?.id ?? 0) + 1 })), []);
	const close = useCallback(() => setOpen(undefined), []);
	return (
		<Context value={show}>
			{children}
			<Suspense>{open && <div key={open.id}>{open.draw(close)}</div>}</Suspense>
		</Context>
	);
}
