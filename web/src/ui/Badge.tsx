/** A small count. `label` is what it means, for those who hear it. */
export function Badge({ count, label, look = "accent" }: { count: number; label: string; look?: "accent" | "alert" }) {
	if (count <= 0) return null;
	const colours = look === "alert" ? "bg-alert text-on-alert" : "bg-accent text-on-accent";
	return (
		<span
			data-badge={look}
			className={`inline-grid h-5 min-w-5 shrink-0 place-items-center rounded-full px-1.5 text-2xs font-bold tabular-nums ${colours}`}
		>
			<span aria-hidden="true">{look === "alert" && count === 1 ? "@" : count > 99 ? "99+" : count}</span>
			<span className="sr-only">{label}</span>
		</span>
	);
}
