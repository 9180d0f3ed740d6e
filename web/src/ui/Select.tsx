import { useId } from "react";

interface SelectProps<T extends string> {
	label: string;
	hint?: string;
	value: T;
	options: readonly { value: T; label: string }[];
	onChange(value: T): void;
}

/** One of several, in a list of the system. */
export function Select<T extends string>({ label, hint, value, options, onChange }: SelectProps<T>) {
	const id = useId();
	return (
		<div className="flex flex-col gap-1.5">
			<label htmlFor={id} className="text-sm font-semibold text-ink">
				{label}
			</label>
			<select
				id={id}
				value={value}
				aria-describedby={hint ? `${id}-hint` : undefined}
				onChange={(event) => onChange(event.target.value as T)}
				className="min-h-10 w-full rounded-md border border-line-strong/70 bg-canvas px-2.5 py-2 text-base text-ink hover:border-line-strong focus-visible:outline-offset-[-1px]"
			>
				{options.map((option) => (
					<option key={option.value} value={option.value}>
						{option.label}
					</option>
				))}
			</select>
			{hint && (
				<span id={`${id}-hint`} className="text-xs text-faint">
					{hint}
				</span>
			)}
		</div>
	);
}
