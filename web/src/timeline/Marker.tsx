/** A line across the timeline: a day begins, or what is new. */
export function Marker({ text, look = "day" }: { text: string; look?: "day" | "new" }) {
	const rule = look === "new" ? "bg-alert/50" : "bg-line";
	const words = look === "new" ? "text-alert" : "text-faint";
	return (
		<div className="flex items-center gap-3 px-4 pt-4 pb-1 md:px-6" data-marker={look}>
			<span className={`h-px grow ${rule}`} />
			<span className={`text-xs font-semibold ${words}`}>{text}</span>
			<span className={`h-px grow ${rule}`} />
		</div>
	);
}
