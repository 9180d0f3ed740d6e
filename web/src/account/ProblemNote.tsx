import { Icon } from "../ui/Icon.tsx";

/** What went wrong, above the button that tries again; told when it comes. */
export function ProblemNote({ problem }: { problem: string | undefined }) {
	return (
		<div role="alert">
			{problem && (
				<p className="flex items-start gap-2 rounded-md bg-danger-soft px-3 py-2 text-sm text-danger">
					<Icon name="alert" size={17} className="mt-px" />
					{problem}
				</p>
			)}
		</div>
	);
}
