import { Icon } from "../ui/Icon.tsx";

/** A field to look for something in the list below it. */
export function SearchField({
	label,
	value,
	onChange,
}: {
	label: string;
	value: string;
	onChange(value: string): void;
}) {
	return (
		<span className="relative block w-full max-w-80">
			<Icon name="search" size={16} className="pointer-events-none absolute inset-s-3 top-3 text-faint" />
			<input
				type="search"
				value={value}
				maxLength={100}
				aria-label={label}
				placeholder={label}
				onChange={(event) => onChange(event.target.value)}
				className="h-10 w-full rounded-md border border-line-strong/70 bg-canvas ps-9 pe-3 text-sm outline-offset-[-1px] placeholder:text-faint"
			/>
		</span>
	);
}
