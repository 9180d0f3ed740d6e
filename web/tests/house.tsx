// What tests of components share: the languages around them, and messages to show.

import type { Item } from "@klatch/client";
import { render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { WordsProvider } from "../src/i18n/Words.tsx";
import type { Message, User } from "../src/wire.ts";

/** Draws something in English, once the words are there. */
export async function show(what: ReactNode): Promise<void> {
	render(
		<WordsProvider>
			{what}
			<span data-testid="shown" />
		</WordsProvider>,
	);
	await screen.findByTestId("shown");
}

export const AT = Date.UTC(2026, 2, 3, 12);

export function message(seq: number, more: Partial<Message> = {}): Message {
	return {
		channel: "c",
		seq,
		prev: seq - 1,
		ordinal: seq,
		at: AT + seq * 1000,
		actor: "rui",
		text: `m${seq}`,
		...more,
	};
}

export function said(seq: number, more: Partial<Message> = {}): Item & { kind: "message" } {
	return { kind: "message", message: message(seq, more), status: "sent" };
}

export function waiting(
	key: string,
	text: string,
	status: "sending" | "failed" = "sending",
): Item & { kind: "pending" } {
	return { kind: "pending", waiting: { key, channel: "c", text, at: AT + 500_000 }, status };
}

export function user(username: string, name: string): User {
	return { id: username, kind: "person", name, username };
}
