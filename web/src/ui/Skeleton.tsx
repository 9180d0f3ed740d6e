// Shapes in the place of what is being loaded, so that nothing jumps when it comes.

const WIDTHS = ["w-3/5", "w-2/5", "w-4/5", "w-1/2", "w-2/3", "w-1/3"];

export function SkeletonLines({ rows, label }: { rows: number; label: string }) {
	return (
		<div role="status" className="flex flex-col gap-4 p-4">
			<span className="sr-only">{label}</span>
			{Array.from({ length: rows }, (_, row) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike and never move
				<div key={row} className="flex animate-breathe items-center gap-3">
					<span className="size-9 shrink-0 rounded-full bg-press" />
					<span className="flex grow flex-col gap-2">
						<span className="h-2.5 w-24 rounded-full bg-press" />
						<span className={`h-2.5 rounded-full bg-hover ${WIDTHS[row % WIDTHS.length]}`} />
					</span>
				</div>
			))}
		</div>
	);
}

/** One shape, as large as its class says. */
export function Skeleton({ className }: { className: string }) {
	return <div aria-hidden="true" className={`animate-breathe rounded-md bg-hover ${className}`} />;
}
