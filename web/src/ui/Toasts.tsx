// Short words about what happened, in a corner, told to screen readers too: `useToast()("Copied")`.

import { createContext, type ReactNode, use, useCallback, useRef, useState } from "react";
import { useWords } from "../i18n/Words.tsx";
import { IconButton } from "./Button.tsx";
import { Icon } from "./Icon.tsx";

type Tone = "plain" | "problem";
interface Toast {
	id: number;
	text: string;
	tone: Tone;
}

const LIFE_MS = 5_000;
const SHOWN_MAX = 3;
const Context = createContext<(text: string, tone?: Tone) => void>(() => {});

export const useToast = () => use(Context);

export function Toasts({ children }: { children: ReactNode }) {
	const { t } = useWords();
	const [toasts, setToasts] = useState<readonly Toast[]>([]);
	const next = useRef(0);
	const remove = useCallback((id: number) => setToasts((toasts) => toasts.filter((toast) => toast.id !== id)), []);
	const tell = useCallback(
		(text: string, tone: Tone = "plain") => {
			const id = next.current++;
			// Saying the same twice is one toast that lives anew.
			setToasts((toasts) => [...toasts.filter((toast) => toast.text !== text), { id, text, tone }].slice(-SHOWN_MAX));
			window.setTimeout(remove, LIFE_MS, id);
		},
		[remove],
	);
	return (
		<Context value={tell}>
			{children}
			<div
				aria-live="polite"
				className="pointer-events-none fixed inset-x-3 bottom-24 z-40 flex flex-col items-center gap-2 md:inset-x-auto md:end-4 md:bottom-4 md:items-end"
			>
				{toasts.map(({ id, text, tone }) => (
					<div
						key={id}
						className="pointer-events-auto flex max-w-96 animate-appear items-center gap-2.5 rounded-lg bg-ink py-1.5 ps-3.5 pe-1.5 text-sm text-canvas shadow-high"
					>
						<Icon name={tone === "problem" ? "alert" : "check"} size={17} />
						<span className="py-1">{text}</span>
						<IconButton icon="close" size="sm" label={t("action.close")} onClick={() => remove(id)} look="inverse" />
					</div>
				))}
			</div>
		</Context>
	);
}
