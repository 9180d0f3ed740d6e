// A part of a section with its heading.

import { type ReactNode, useId } from "react";

interface PanelProps {
	title: string;
	hint?: ReactNode;
	/** Buttons beside the heading. */
	actions?: ReactNode;
	children: ReactNode;
}

export function Panel({ title, hint, actions, children }: PanelProps) {
	const id = useId();
	return (
		<section aria-labelledby={id} className="flex flex-col gap-3">
			<header className="flex flex-wrap items-center gap-x-4 gap-y-2">
				<div className="min-w-0 grow">
					<h2 id={id} className="text-lg font-semibold">
						{title}
					</h2>
					{hint && <p className="max-w-prose text-sm text-faint">{hint}</p>}
				</div>
				{actions}
			</header>
			{children}
		</section>
	);
}
