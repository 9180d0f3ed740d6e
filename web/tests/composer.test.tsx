import { fireEvent, screen } from "@testing-library/react";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import { Composer } from "../src/composer/Composer.tsx";
import { characters, left } from "../src/composer/count.ts";
import { draftOf, keepDraft } from "../src/composer/draft.ts";
import { complete, fold, matching, queryAt } from "../src/composer/mention.ts";
import { show, user } from "./house.tsx";

const people = [user("rui", "Rui Matos"), user("joao.m", "João Mendes"), user("mar", "Marta Ruivo")];

function Field({
	onSend,
	max = 100,
	onEditLast,
}: {
	onSend(text: string): void;
	max?: number;
	onEditLast?: () => void;
}) {
	const [text, setText] = useState("");
	return (
		<Composer
			label="Message x"
			text={text}
			onText={setText}
			onSend={onSend}
			max={max}
			candidates={people}
			all
			onEditLast={onEditLast}
		/>
	);
}

const field = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message" });
const write = (text: string) => fireEvent.change(field(), { target: { value: text } });

test("Enter sends, Shift and Enter do not", async () => {
	const onSend = vi.fn();
	await show(<Field onSend={onSend} />);
	write("  hello ");
	fireEvent.keyDown(field(), { key: "Enter", shiftKey: true });
	expect(onSend).not.toHaveBeenCalled();
	fireEvent.keyDown(field(), { key: "Enter" });
	expect(onSend).toHaveBeenCalledWith("hello");
});

test("nothing and too much are not sent", async () => {
	const onSend = vi.fn();
	await show(<Field onSend={onSend} max={10} />);
	write("   ");
	fireEvent.keyDown(field(), { key: "Enter" });
	write("x".repeat(11));
	fireEvent.keyDown(field(), { key: "Enter" });
	expect(onSend).not.toHaveBeenCalled();
	expect(screen.getByText("1 character too many")).toBeTruthy();
	expect(screen.getByRole<HTMLButtonElement>("button", { name: "Send" }).disabled).toBe(true);
});

test("a word that is being composed is not sent", async () => {
	const onSend = vi.fn();
	await show(<Field onSend={onSend} />);
	write("にほん");
	fireEvent.keyDown(field(), { key: "Enter", isComposing: true });
	expect(onSend).not.toHaveBeenCalled();
});

test("a mention is chosen by arrows and completed", async () => {
	const onSend = vi.fn();
	await show(<Field onSend={onSend} />);
	write("hi @ru");
	const options = screen.getAllByRole("option").map(({ textContent }) => textContent);
	expect(options).toHaveLength(2);
	expect(options[0]).toContain("@rui");
	fireEvent.keyDown(field(), { key: "ArrowDown" });
	fireEvent.keyDown(field(), { key: "Enter" });
	expect(field().value).toBe("hi @mar ");
	expect(onSend).not.toHaveBeenCalled();
});

test("a mention that is written out is sent", async () => {
	const onSend = vi.fn();
	await show(<Field onSend={onSend} />);
	write("hi @rui");
	fireEvent.keyDown(field(), { key: "Enter" });
	expect(onSend).toHaveBeenCalledWith("hi @rui");
});

test("the up arrow in an empty field edits the last message", async () => {
	const onEditLast = vi.fn();
	await show(<Field onSend={() => {}} onEditLast={onEditLast} />);
	fireEvent.keyDown(field(), { key: "ArrowUp" });
	expect(onEditLast).toHaveBeenCalledOnce();
});

test("mentions are found at the caret, without case and accents", () => {
	expect(queryAt("hi @Jo", 6)).toEqual({ text: "Jo", from: 3, to: 6 });
	expect(queryAt("mail a@b", 8)).toBeUndefined();
	expect(queryAt("@", 1)).toEqual({ text: "", from: 0, to: 1 });
	expect(matching(people, "JOÃO").map(({ id }) => id)).toEqual(["joao.m"]);
	expect(complete("hi @jo there", { text: "jo", from: 3, to: 6 }, "joao.m")).toEqual({
		text: "hi @joao.m there",
		caret: 11,
	});
	expect(fold("Łódź")).toBe("lodz");
});

test("characters are counted as the server counts them", () => {
	expect(characters("a😀é")).toBe(3);
	expect(left("x".repeat(70), 100)).toBeUndefined();
	expect(left("x".repeat(90), 100)).toBe(10);
	expect(left("😀".repeat(60), 100)).toBeUndefined();
	expect(left("x".repeat(101), 100)).toBe(-1);
});

test("drafts are kept per channel, and not when empty", () => {
	keepDraft("a", { text: "begun", reply_to: 3 });
	keepDraft("b", { text: " " });
	expect(draftOf("a")).toEqual({ text: "begun", reply_to: 3 });
	expect(draftOf("b")).toBeUndefined();
	localStorage.setItem("klatch.draft.c", "not JSON");
	expect(draftOf("c")).toBeUndefined();
});
