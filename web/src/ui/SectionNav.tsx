// The sections of a screen: beside it on a wide window, a strip above it on a narrow one.

import { type Ref, useEffect, useRef } from "react";
import { Link } from "wouter";
import { Icon, type IconName } from "./Icon.tsx";

interface SectionNavProps {
	label: string;
	sections: readonly { name: string; label: string; icon: IconName; href: string }[];
	/** The name of the one that is shown. */
	shown: string;
	className?: string;
}

export function SectionNav({ label, sections, shown, className = "" }: SectionNavProps) {
	const strip = useShownInView(shown);
	return (
		<nav
			ref={strip}
			aria-label={label}
			className={`flex shrink-0 gap-1 overflow-x-auto lg:w-56 lg:flex-col ${className}`}
		>
			{sections.map(({ name, label, icon, href }) => (
				<Link
					key={name}
					href={href}
					aria-current={name === shown ? "page" : undefined}
					className="flex min-h-9 shrink-0 items-center gap-2.5 rounded-md px-3 text-sm text-soft hover:bg-hover aria-[current=page]:bg-chosen aria-[current=page]:font-semibold aria-[current=page]:text-ink"
				>
					<Icon name={icon} size={17} />
					{label}
				</Link>
			))}
		</nav>
	);
}

/** On a narrow window the section that is shown may be beyond the strip's edge. */
function useShownInView(shown: string): Ref<HTMLElement> {
	const strip = useRef<HTMLElement>(null);
	// biome-ignore lint/correctness/useExhaustiveDependencies: with each section
	useEffect(() => {
		strip.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
	}, [shown]);
	return strip;
}
