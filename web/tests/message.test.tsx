import { fireEvent, screen, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { allowedFor, mayWrite } from "../src/message/actions.ts";
import { MessageRow, type MessageRowProps } from "../src/message/MessageRow.tsx";
import type { Channel } from "../src/wire.ts";
import { message, said, show, waiting } from "./house.tsx";

const names: Record<string, string> = { ana: "Ana Ferreira", rui: "Rui Matos" };
const row = (props: Partial<MessageRowProps> & Pick<MessageRowProps, "item">) => (
	<MessageRow
		first
		me="ana"
		author={{ id: "rui", name: "Rui Matos" }}
		allowed={["react", "pick", "reply", "copy"]}
		act={() => {}}
		nameOf={(id) => names[id] ?? "…"}
		{...props}
	/>
);
const ana = { id: "ana", name: "Ana Ferreira" };

test("a message tells who, when and what", async () => {
	await show(row({ item: said(1, { text: "Hello **there**" }) }));
	const article = screen.getByRole("article");
	expect(article.getAttribute("aria-label")).toContain("Rui Matos");
	expect(within(article).getByText("there").tagName).toBe("STRONG");
	expect(article.getAttribute("data-state")).toBeNull();
});

test.each(["sent", "received", "read"] as const)("one's own is %s", async (status) => {
	await show(row({ item: { ...said(1, { actor: "ana" }), status }, author: ana }));
	expect(screen.getByRole("article").getAttribute("data-state")).toBe(status);
	expect(screen.getByRole("img", { name: { sent: "Sent", received: "Delivered", read: "Read" }[status] })).toBeTruthy();
});

test("what failed can be sent again or discarded", async () => {
	const act = vi.fn();
	await show(row({ item: waiting("k", "lost", "failed"), author: ana, allowed: [], act }));
	fireEvent.click(screen.getByRole("button", { name: "Try again" }));
	fireEvent.click(screen.getByRole("button", { name: "Discard" }));
	expect(act.mock.calls).toEqual([[{ do: "retry", key: "k" }], [{ do: "discard", key: "k" }]]);
});

test("edits and deletions are told", async () => {
	await show(
		<>
			{row({ item: said(1, { edited_at: 5 }) })}
			{row({ item: said(2, { deleted: true, text: "" }) })}
		</>,
	);
	expect(screen.getByText("(edited)")).toBeTruthy();
	expect(screen.getByText("Message deleted")).toBeTruthy();
	expect(screen.getAllByRole("toolbar")).toHaveLength(1);
});

test("reactions count, name who, and are one's own to toggle", async () => {
	const act = vi.fn();
	const item = said(1, { reactions: [{ emoji: "🎉", users: ["rui", "ana"] }] });
	await show(row({ item, act }));
	const button = screen.getByRole("button", { name: "🎉, 2 reactions: Rui Matos, Ana Ferreira" });
	expect(button.getAttribute("aria-pressed")).toBe("true");
	fireEvent.click(button);
	expect(act).toHaveBeenCalledWith({ do: "react", message: item.message, emoji: "🎉", on: false });
});

test("a quote leads to what it quotes", async () => {
	const act = vi.fn();
	await show(row({ item: said(5, { reply_to: 2 }), quoted: { seq: 2, name: "Ana Ferreira", text: "Four?" }, act }));
	fireEvent.click(screen.getByText("Four?"));
	expect(act).toHaveBeenCalledWith({ do: "jump", seq: 2 });
});

test("what is offered depends on whose it is, one's role and the channel", () => {
	const channel = (more: Partial<Channel>) => ({ id: "c", kind: "group", role: "member", ...more }) as Channel;
	const theirs = message(1);
	const own = message(2, { actor: "ana" });
	expect(allowedFor(own, channel({}), "ana")).toContain("edit");
	expect(allowedFor(theirs, channel({}), "ana")).not.toContain("delete");
	expect(allowedFor(theirs, channel({ role: "moderator" }), "ana")).toContain("delete");
	expect(allowedFor(theirs, channel({ role: "owner", kind: "direct" }), "ana")).not.toContain("delete");
	expect(allowedFor(own, channel({ archived: true }), "ana")).toEqual(["copy"]);
	expect(allowedFor(message(3, { deleted: true }), channel({}), "ana")).toEqual([]);
	expect(mayWrite(channel({ rules: { muted_all: true } }))).toBe(false);
	expect(mayWrite(channel({ rules: { muted_all: true }, role: "moderator" }))).toBe(true);
});
