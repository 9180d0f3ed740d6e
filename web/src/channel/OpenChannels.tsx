// The conversations of the space that anyone can find.

import { useKlatch } from "@klatch/client/react";
import { useEffect, useState } from "react";
import { useWords } from "../i18n/Words.tsx";
import { Avatar } from "../ui/Avatar.tsx";
import type { Channel } from "../wire.ts";

export function OpenChannels({ onGo }: { onGo(id: string): void }) {
	const { t } = useWords();
	const klatch = useKlatch();
	const [found, setFound] = useState<readonly Channel[]>([]);
	useEffect(() => {
		let current = true;
		klatch.call("channel_list", { scope: "open" }).then(
			({ channels }) => current && setFound(channels.filter(({ role, archived }) => !role && !archived)),
			() => {},
		);
		return () => {
			current = false;
		};
	}, [klatch]);
	if (found.length === 0) return null;
	return (
		<section>
			<h3 className="pb-1 text-sm font-semibold">{t("channel.open_ones")}</h3>
			<ul className="-mx-2">
				{found.map((channel) => (
					<li key={channel.id}>
						<button
							type="button"
							onClick={() => onGo(channel.id)}
							className="ring-inside flex w-full items-center gap-3 rounded-md px-2 py-1.5 text-start hover:bg-hover"
						>
							<Avatar name={channel.name} of={channel.id} shape="group" />
							<span className="min-w-0">
								<span className="block truncate text-sm font-semibold">{channel.name}</span>
								<span className="block truncate text-xs text-faint">
									{channel.topic ?? t("channel.members", { count: channel.members })}
								</span>
							</span>
						</button>
					</li>
				))}
			</ul>
		</section>
	);
}
