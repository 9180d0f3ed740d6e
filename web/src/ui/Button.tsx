// Buttons: with words, and with an icon alone, whose name is then told by its label and tooltip.

import type { ButtonHTMLAttributes, Ref } from "react";
import { Icon, type IconName } from "./Icon.tsx";
import { Spinner } from "./Spinner.tsx";

type Look = "accent" | "plain" | "quiet" | "danger";

const LOOKS: Record<Look, string> = {
	accent: "border-transparent bg-accent text-on-accent hover:bg-accent-hover",
	plain: "border-line-strong/50 bg-raised text-ink hover:bg-hover",
	quiet: "border-transparent text-soft hover:bg-hover hover:text-ink",
	danger: "border-transparent bg-danger text-on-danger hover:bg-danger-hover",
};

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
	look?: Look;
	icon?: IconName;
	/** Shows that what it began is not done; the button takes no other press meanwhile. */
	busy?: boolean;
	ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = "plain", icon, busy = false, className = "", children, ...rest }: ButtonProps) {
	return (
		<button
			type="button"
			{...rest}
			disabled={rest.disabled || busy}
			aria-busy={busy || undefined}
			className={`inline-flex min-h-9 items-center justify-center gap-2 rounded-md border px-3.5 py-1.5 text-sm font-semibold transition-colors select-none disabled:opacity-55 ${LOOKS[look]} ${className}`}
		>
			{busy ? <Spinner size={16} /> : icon && <Icon name={icon} size={17} />}
			{children}
		</button>
	);
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
	icon: IconName;
	/** What it does: its name for those who do not see it, and its tooltip. */
	label: string;
	size?: "sm" | "md";
	look?: "quiet" | "accent" | "inverse";
	pressed?: boolean;
	ref?: Ref<HTMLButtonElement>;
}

const ICON_LOOKS = {
	quiet:
		"text-soft hover:bg-hover hover:text-ink aria-pressed:bg-accent-soft aria-pressed:text-accent-ink disabled:text-faint disabled:hover:bg-transparent",
	accent: "bg-accent text-on-accent hover:bg-accent-hover",
	inverse: "text-canvas hover:bg-canvas/15",
} as const;

export function IconButton({
	icon,
	label,
	size = "md",
	look = "quiet",
	pressed,
	className = "",
	...rest
}: IconButtonProps) {
	const box = size === "sm" ? "size-8" : "size-9";
	return (
		<button
			type="button"
			{...rest}
			aria-label={label}
			aria-pressed={pressed}
			data-tip={label}
			className={`inline-grid ${box} shrink-0 place-items-center rounded-md transition-colors ${ICON_LOOKS[look]} ${className}`}
		>
			<Icon name={icon} size={size === "sm" ? 17 : 19} />
		</button>
	);
}
