// The icons: drawn on a grid of 20, in the colour and near the size of the text around them.

const PATHS = {
	plus: "M10 4v12M4 10h12",
	search: "M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M13.2 13.2 17 17",
	close: "m5 5 10 10M15 5 5 15",
	back: "M12.5 4.5 7 10l5.5 5.5",
	down: "M10 4v12M4.5 10.5 10 16l5.5-5.5",
	more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
	reply: "M8 4.5 3.5 9 8 13.5M3.5 9h7a6 6 0 0 1 6 6v1",
	smile: "M10 2.75a7.25 7.25 0 1 0 0 14.5 7.25 7.25 0 0 0 0-14.5M6.8 11.8a3.7 3.7 0 0 0 6.4 0M7.4 7.6h.01M12.6 7.6h.01",
	edit: "M11.8 4.8 4 12.6V16h3.4l7.8-7.8zM10.3 6.3l3.4 3.4M11.8 4.8l1.3-1.3 3.4 3.4-1.3 1.3",
	trash: "M3.5 5.5h13M8 5V3.5h4V5M5.2 5.5l.7 11h8.2l.7-11M8.4 8.5v5M11.6 8.5v5",
	copy: "M7.5 7.5h9v9h-9zM12.5 7.5v-4h-9v9h4",
	send: "M3.5 10 17 3.6 12.6 16.9 9.6 11zM9.6 11 17 3.6",
	check: "m4 10.5 4 4 8-9",
	checks: "m1.8 10.6 3.7 3.8 7-8.2M9 13l1.6 1.5 7.2-8.3",
	clock: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M10 6.2V10l2.6 1.8",
	alert: "M10 3 2.4 16.5h15.2zM10 8v4M10 14.3h.01",
	people:
		"M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6M2 16.5c.3-3 2.4-4.7 5.5-4.7s5.2 1.7 5.5 4.700M12.8 3.800a3 3 0 0 1 0 5.400M15 12.300c1.8.6 2.8 2 3 4.2",
	link: "M8.3 11.700a3.2 3.2 0 0 0 4.6 0l3-3a3.25 3.25 0 0 0-4.6-4.600l-1 1M11.7 8.300a3.2 3.2 0 0 0-4.6 0l-3 3a3.25 3.25 0 0 0 4.6 4.600l1-1",
	settings:
		"M10 7.400a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.200M10 2.500v2.300M10 15.200v2.300M2.5 10h2.300M15.2 10h2.300M4.7 4.700l1.6 1.600M13.7 13.700l1.6 1.600M15.3 4.700l-1.6 1.600M6.3 13.700l-1.6 1.6",
	door: "M12 3.500H4.500v13H12M8.5 10H17M14 6.8 17.2 10 14 13.2",
	lock: "M4.5 9h11v7.500h-11zM7 9V6.500a3 3 0 0 1 6 0V9",
	eye: "M2 10s2.8-5.2 8-5.200S18 10 18 10s-2.8 5.2-8 5.200S2 10 2 10M10 7.700a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6",
	info: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M10 9.200v4M10 6.600h.01",
	mute: "M3 8v4h2.500l3.7 3V5L5.5 8zM12.5 8l4.5 4.500M17 8l-4.5 4.5",
	sun: "M10 6.500a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M10 2v1.600M10 16.400V18M2 10h1.600M16.4 10H18M4.3 4.300l1.2 1.200M14.5 14.500l1.2 1.200M15.7 4.300l-1.2 1.200M5.5 14.500l-1.2 1.2",
	moon: "M16.5 11.800A7 7 0 1 1 8.2 3.500a5.6 5.6 0 0 0 8.3 8.3",
	screen: "M3 4.500h14v9.500H3zM7 17h6",
	chat: "M10 3.500c-4.1 0-7.3 2.6-7.3 5.9 0 1.9 1.1 3.6 2.8 4.7-.1 1-.5 1.8-1.2 2.6 1.6-.1 3-.7 4-1.7.6.1 1.1.2 1.7.2 4.1 0 7.3-2.6 7.3-5.800S14.1 3.5 10 3.5",
	pulse: "M2.5 10.500h3.200L8 4.500l4 11.500 2.300-5.500h3.200",
	roster: "M4.500 2.800h11v14.400h-11zM7.500 6.800h5M7.500 10h5M7.500 13.200h3",
} as const;

export type IconName = keyof typeof PATHS;

const DOTTED: ReadonlySet<IconName> = new Set(["more"]);

export function Icon({ name, size = 18, className = "" }: { name: IconName; size?: number; className?: string }) {
	return (
		<svg
			aria-hidden="true"
			viewBox="0 0 20 20"
			width={size}
			height={size}
			className={`shrink-0 ${className}`}
			fill="none"
			stroke="currentColor"
			strokeWidth={DOTTED.has(name) ? 2.4 : 1.6}
			strokeLinecap="round"
			strokeLinejoin="round"
		>
			<path d={PATHS[name]} />
		</svg>
	);
}
