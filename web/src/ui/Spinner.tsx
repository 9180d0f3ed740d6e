export function Spinner({ size = 20, label }: { size?: number; label?: string }) {
	return (
		<span role={label ? "status" : undefined} className="inline-grid place-items-center">
			<svg aria-hidden="true" viewBox="0 0 20 20" width={size} height={size} className="animate-turn" fill="none">
				<circle cx="10" cy="10" r="7.5" stroke="currentColor" strokeWidth="2.2" opacity="0.22" />
				<path d="M10 2.5a7.5 7.5 0 0 1 7.5 7.5" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" />
			</svg>
			{label && <span className="sr-only">{label}</span>}
		</span>
	);
}
