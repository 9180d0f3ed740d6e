import { useId } from "react";
import { Icon, type IconName } from "./Icon.tsx";

interface ChoiceProps<T extends string> {
	label: string;
	value: T;
	options: readonly { value: T; label: string; icon?: IconName }[];
	onChange(value: T): void;
}

/** One of a few, all in sight. */
export function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
	const id = useId();
	return (
		<fieldset>
			<legend className="pb-2 text-sm font-semibold">{label}</legend>
			<div className="flex flex-wrap gap-2">
				{options.map((option) => (
					<label
						key={option.value}
						className="flex min-h-10 items-center gap-2 rounded-md border border-line-strong/60 bg-canvas px-3.5 text-sm select-none hover:bg-hover has-checked:border-accent has-checked:bg-accent-soft has-checked:font-semibold has-checked:text-accent-ink has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
					>
						<input
							type="radio"
							name={id}
							value={option.value}
							checked={option.value === value}
							onChange={() => onChange(option.value)}
							className="sr-only"
						/>
						{option.icon && <Icon name={option.icon} size={17} />}
						{option.label}
					</label>
				))}
			</div>
		</fieldset>
	);
}
