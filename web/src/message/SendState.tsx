// How far one's own message has come: a mark small enough not to matter until one looks for it.

import type { Item } from "@klatch/client";
import { useWords } from "../i18n/Words.tsx";
import { Icon, type IconName } from "../ui/Icon.tsx";

const LOOKS: Record<Item["status"], { icon: IconName; colour: string }> = {
	sending: { icon: "clock", colour: "text-faint" },
	sent: { icon: "check", colour: "text-faint" },
	received: { icon: "checks", colour: "text-faint" },
	read: { icon: "checks", colour: "text-accent-ink" },
	failed: { icon: "alert", colour: "text-danger" },
};

export function SendState({ state }: { state: Item["status"] }) {
	const { t } = useWords();
	const { icon, colour } = LOOKS[state];
	const label = t(`message.${state}`);
	return (
		<span role="img" aria-label={label} data-tip={label} className={`shrink-0 pb-1 ${colour}`}>
			<Icon name={icon} size={15} />
		</span>
	);
}
