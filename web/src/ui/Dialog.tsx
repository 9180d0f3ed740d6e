// A dialog over the page. Whoever opens one loads it then; it is no part of the first load.

import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import { useWords } from "../i18n/Words.tsx";
import { IconButton } from "./Button.tsx";
import { usePlace } from "./Place.tsx";

interface DialogProps {
	title: string;
	hint?: ReactNode;
	onClose(): void;
	children: ReactNode;
	/** The buttons at its end. */
	actions?: ReactNode;
	wide?: boolean;
}

export function Dialog({ title, hint, onClose, children, actions, wide = false }: DialogProps) {
	const { t } = useWords();
	return (
		<Base.Root open onOpenChange={(open) => !open && onClose()}>
			<Base.Portal container={usePlace()}>
				<Base.Backdrop className="fixed inset-0 z-30 animate-fade bg-scrim" />
				<Base.Popup
					className={`fixed inset-x-0 bottom-0 z-30 mx-auto flex max-h-[92dvh] w-full animate-appear flex-col rounded-t-xl bg-raised shadow-high md:top-[12vh] md:bottom-auto md:max-h-[76dvh] md:rounded-xl ${wide ? "md:max-w-[40rem]" : "md:max-w-[27rem]"}`}
				>
					<header className="flex items-start gap-3 px-5 pt-4 pb-2">
						<div className="grow pt-1">
							<Base.Title className="text-lg font-semibold">{title}</Base.Title>
							{hint && <Base.Description className="mt-1 text-sm text-soft">{hint}</Base.Description>}
						</div>
						<IconButton icon="close" size="sm" label={t("action.close")} onClick={onClose} className="-me-1.5" />
					</header>
					<div className="min-h-0 grow overflow-y-auto px-5 py-2">{children}</div>
					{actions && <footer className="flex flex-wrap justify-end gap-2 px-5 pt-2 pb-5">{actions}</footer>}
				</Base.Popup>
			</Base.Portal>
		</Base.Root>
	);
}
