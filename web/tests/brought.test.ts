import { isSignedOut, Unanswered } from "@klatch/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Brought, takeToken } from "../src/account/brought.ts";

const URL = "http://localhost:3000";
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const me = { user: { id: "u1", kind: "person", name: "Rui", username: "rui" } };
const asked = vi.fn();

beforeEach(() => {
	sessionStorage.clear();
	asked.mockReset();
	vi.stubGlobal("fetch", asked);
});
afterEach(() => vi.unstubAllGlobals());

function open(address: string) {
	history.replaceState(null, "", address);
	takeToken();
}

test("a token is taken out of the address at once", async () => {
	open("/continue#token=a.b.c");
	expect(location.pathname + location.hash).toBe("/");
	asked.mockResolvedValue(json(me));
	const brought = await Brought.known(URL);
	expect(brought?.token(false)).toBe("a.b.c");
	expect(asked.mock.calls[0]?.[1].headers.authorization).toBe("Bearer a.b.c");
	expect(Object.keys(localStorage)).toEqual([]);
});

test("other addresses bring nothing, and neither does the door alone", async () => {
	for (const address of ["/", "/c/x#token=a", "/continue", "/continue#token="]) {
		open(address);
		expect(await Brought.known(URL), address).toBeUndefined();
	}
	open("/c/x#token=a");
	expect(location.hash).toBe("#token=a");
});

test("after a reload nobody has to be asked", async () => {
	asked.mockResolvedValue(json(me));
	await Brought.enter(URL, "t");
	expect((await Brought.known(URL))?.token(false)).toBe("t");
	expect(asked).toHaveBeenCalledOnce();
});

test("it ends with its token: there is no fresh one", async () => {
	asked.mockResolvedValue(json(me));
	const brought = await Brought.enter(URL, "t");
	expect(() => brought.token(true)).toThrow();
	try {
		brought.token(true);
	} catch (error) {
		expect(isSignedOut(error)).toBe(true);
	}
	await brought.signOut();
	expect(await Brought.known(URL)).toBeUndefined();
});

test("a token that is refused is forgotten, one that cannot be checked is not", async () => {
	open("/continue#token=t");
	asked.mockRejectedValue(new TypeError("no network"));
	await expect(Brought.known(URL)).rejects.toBeInstanceOf(Unanswered);
	asked.mockImplementation(async () => json({ code: "token_expired", title: "…" }, 401));
	await expect(Brought.known(URL)).rejects.toSatisfy(isSignedOut);
	expect(await Brought.known(URL)).toBeUndefined();
});

test("the key of a back end is nobody's sign-in", async () => {
	asked.mockResolvedValue(json({ user: { ...me.user, kind: "system" } }));
	await expect(Brought.enter(URL, "kk_x")).rejects.toSatisfy(isSignedOut);
	expect(sessionStorage.length).toBe(0);
});
