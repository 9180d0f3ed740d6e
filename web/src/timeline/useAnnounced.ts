// What screen readers are told of: the newest message of somebody else, once it comes; never what is scrolled by.

import type { Item } from "@klatch/client";
import { useEffect, useRef, useState } from "react";
import { useUsers } from "../member/useUsers.ts";
import type { Seq, UserId } from "../wire.ts";

const LENGTH_MAX = 300;

export function useAnnounced(items: readonly Item[], me: UserId): string {
	const newest = items.findLast((item) => item.kind === "message");
	const message = newest?.kind === "message" ? newest.message : undefined;
	const name = useUsers(message ? [message.actor] : [])(message?.actor ?? "")?.name;
	const last = useRef<Seq>(undefined);
	const [text, setText] = useState("");
	useEffect(() => {
		if (!message) return;
		const before = last.current;
		last.current = message.seq;
		if (before === undefined || message.seq <= before || message.actor === me || message.deleted) return;
		setText(`${name ?? ""}: ${message.text.slice(0, LENGTH_MAX)}`);
	}, [message, name, me]);
	return text;
}
