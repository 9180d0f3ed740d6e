// The message that another answers, in one line; pressing it goes there.

import { useWords } from "../i18n/Words.tsx";
import { Icon } from "../ui/Icon.tsx";
import type { Seq } from "../wire.ts";

export interface Quoted {
	seq: Seq;
	/** Who wrote it; unknown as long as it is not loaded, or if it is gone. */
	name?: string | undefined;
	text?: string | undefined;
	deleted?: boolean | undefined;
}

export function Quote({ quoted, onOpen }: { quoted: Quoted; onOpen(seq: Seq): void }) {
	const { t } = useWords();
	const text = quoted.deleted ? t("message.deleted") : (quoted.text ?? t("message.reply_gone"));
	return (
		<button
			type="button"
			onClick={() => onOpen(quoted.seq)}
			className="quote my-0.5 flex max-w-full items-center gap-1.5 rounded-sm border-s-2 border-accent/60 py-0.5 ps-2 pe-1 text-start text-sm text-soft hover:text-ink"
		>
			<Icon name="reply" size={14} className="text-faint" />
			{quoted.name && <span className="shrink-0 font-semibold">{quoted.name}</span>}
			<span className="truncate">{text}</span>
		</button>
	);
}
