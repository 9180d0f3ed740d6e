/** What people call the browser, for the list of devices. */
export function browserName(agent: string): string {
	const names: [RegExp, string][] = [
		[/Edg\//, "Edge"],
		[/OPR\//, "Opera"],
		[/Firefox\//, "Firefox"],
		[/Chrom(e|ium)\//, "Chrome"],
		[/Safari\//, "Safari"],
	];
	const systems: [RegExp, string][] = [
		[/Android/, "Android"],
		[/iPhone|iPad/, "iOS"],
		[/Mac OS X/, "macOS"],
		[/Windows/, "Windows"],
		[/Linux/, "Linux"],
	];
	const first = (from: [RegExp, string][]) => from.find(([pattern]) => pattern.test(agent))?.[1];
	return [first(names), first(systems)].filter(Boolean).join(" · ") || "?";
}
