import { useId } from "react";

interface SwitchProps {
	label: string;
	hint?: string;
	checked: boolean;
	disabled?: boolean;
	onChange(checked: boolean): void;
}

/** On or off, at once. */
export function Switch({ label, hint, checked, disabled, onChange }: SwitchProps) {
	const id = useId();
	return (
		<div className="flex items-start gap-3">
			<span className="grow">
				<span id={id} className="block text-sm font-semibold">
					{label}
				</span>
				{hint && (
					<span id={`${id}-hint`} className="block text-xs text-faint">
						{hint}
					</span>
				)}
			</span>
			<button
				type="button"
				role="switch"
				aria-checked={checked}
				aria-labelledby={id}
				aria-describedby={hint ? `${id}-hint` : undefined}
				disabled={disabled}
				onClick={() => onChange(!checked)}
				className="group relative h-6 w-10.5 shrink-0 rounded-full border border-line-strong bg-press transition-colors aria-checked:border-accent aria-checked:bg-accent disabled:opacity-50"
			>
				<span className="absolute inset-s-0.75 top-0.75 size-4 rounded-full bg-line-strong transition-transform group-aria-checked:translate-x-4.5 group-aria-checked:bg-on-accent" />
			</button>
		</div>
	);
}
