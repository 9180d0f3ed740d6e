// A line of the list with what it needs to know of people.

import { usePresence, useUser } from "@klatch/client/react";
import { useWords } from "../i18n/Words.tsx";
import type { Channel, PresenceStatus, UserId } from "../wire.ts";
import { ChannelItem } from "./ChannelItem.tsx";
import { useDraftText } from "./useDrafts.ts";

interface ChannelLineProps {
	channel: Channel;
	me: UserId | undefined;
	chosen: boolean;
	tabbable: boolean;
}

export function ChannelLine({ channel, me, chosen, tabbable }: ChannelLineProps) {
	const draft = useDraftText(channel.id);
	const preview = usePreview(channel, me);
	const props = { channel, chosen, tabbable, preview, draft: chosen ? undefined : draft };
	return channel.peer ? <DirectLine {...props} peer={channel.peer} /> : <ChannelItem {...props} />;
}

function DirectLine({ peer, ...props }: Parameters<typeof ChannelItem>[0] & { peer: UserId }) {
	const presence: PresenceStatus | undefined = usePresence(peer)?.status;
	return <ChannelItem {...props} presence={presence} />;
}

function usePreview({ preview, kind, topic }: Channel, me: UserId | undefined): string {
	const { t } = useWords();
	const author = useUser(preview?.actor ?? me ?? "");
	if (!preview) return topic ?? "";
	if (preview.deleted) return t("channel.preview_deleted");
	const text = preview.text.replace(/\s+/g, " ");
	if (preview.actor === me) return t("channel.you", { text });
	return kind === "direct" || !author ? text : t("channel.by", { name: author.name.split(" ")[0] ?? "", text });
}
