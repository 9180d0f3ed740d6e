// A field with its label, a hint, and what is wrong with it; the three are tied together for screen readers.

import { type InputHTMLAttributes, type ReactNode, type Ref, useId } from "react";

interface TextFieldProps extends InputHTMLAttributes<HTMLInputElement> {
	label: string;
	hint?: ReactNode;
	problem?: string | undefined;
	/** The label is told, not shown: where the place says what the field is. */
	labelHidden?: boolean;
	/** Something at the field's end, such as a button. */
	end?: ReactNode;
	ref?: Ref<HTMLInputElement>;
}

export function TextField({ label, hint, problem, labelHidden, end, className = "", ...rest }: TextFieldProps) {
	const id = useId();
	const about = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ");
	return (
		<div className={`flex flex-col gap-1.5 ${className}`}>
			<label htmlFor={id} className={labelHidden ? "sr-only" : "text-sm font-semibold text-ink"}>
				{label}
			</label>
			<span className="relative flex">
				<input
					{...rest}
					id={id}
					aria-invalid={problem ? true : undefined}
					aria-describedby={about || undefined}
					className={`min-h-10 w-full rounded-md border border-line-strong/70 bg-canvas px-3 py-2 text-base text-ink placeholder:text-faint hover:border-line-strong focus-visible:outline-offset-[-1px] aria-invalid:border-danger ${end ? "pe-11" : ""}`}
				/>
				{end && <span className="absolute inset-e-1 top-1/2 -translate-y-1/2">{end}</span>}
			</span>
			{hint && (
				<span id={`${id}-hint`} className="text-xs text-faint">
					{hint}
				</span>
			)}
			{problem && (
				<span id={`${id}-problem`} className="text-xs font-medium text-danger">
					{problem}
				</span>
			)}
		</div>
	);
}
