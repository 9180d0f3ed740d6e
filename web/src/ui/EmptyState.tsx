import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon.tsx";

/** A place with nothing in it yet, and what one can do about that. */
export function EmptyState(props: { icon: IconName; title: string; hint?: ReactNode; children?: ReactNode }) {
	return (
		<div className="grid h-full place-content-center justify-items-center gap-2 p-8 text-center">
			<span className="mb-1 grid size-14 place-items-center rounded-[34%] bg-accent-soft text-accent-ink">
				<Icon name={props.icon} size={26} />
			</span>
			<h2 className="text-lg font-semibold text-balance">{props.title}</h2>
			{props.hint && <p className="max-w-80 text-sm text-balance text-faint">{props.hint}</p>}
			{props.children && <div className="mt-3 flex gap-2">{props.children}</div>}
		</div>
	);
}
