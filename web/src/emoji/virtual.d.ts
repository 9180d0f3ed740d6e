declare module "virtual:emoji/*" {
	const emoji: [char: string, group: number, label: string, tags: string][];
	export default emoji;
}
