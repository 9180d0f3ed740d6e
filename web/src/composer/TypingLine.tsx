import { useTyping } from "@klatch/client/react";
import { useWords } from "../i18n/Words.tsx";
import { useUsers } from "../member/useUsers.ts";
import type { ChannelId, UserId } from "../wire.ts";

/** Who types, in a line that is always there so that nothing jumps. */
export function TypingLine({ channel, me }: { channel: ChannelId; me: UserId }) {
	const { t } = useWords();
	const typing = useTyping(channel).filter((user) => user !== me);
	const user = useUsers(typing);
	const [first = "", second = ""] = typing.map((id) => user(id)?.name.split(" ")[0] ?? "…");
	const words =
		typing.length === 0
			? ""
			: typing.length === 1
				? t("typing.one", { name: first })
				: typing.length === 2
					? t("typing.two", { first, second })
					: t("typing.many");
	return (
		<p role="status" data-typing className="flex h-5 items-center gap-2 px-6 text-xs text-faint md:px-8">
			{words && (
				<>
					<span aria-hidden="true" className="flex gap-0.5">
						<span className="size-1 animate-dot rounded-full bg-current" />
						<span className="size-1 animate-dot rounded-full bg-current [animation-delay:150ms]" />
						<span className="size-1 animate-dot rounded-full bg-current [animation-delay:300ms]" />
					</span>
					<span className="truncate">{words}</span>
				</>
			)}
		</p>
	);
}
