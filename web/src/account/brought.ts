// A sign-in that another site brought: a token of an issuer that the space trusts. It is kept for this tab alone, and only
// that site can give another one.

import { ERRORS, isSignedOut, Refused, request, type TokenSource, type views } from "@klatch/client";

interface Kept {
	token: string;
	/** Whether the server has taken it once. */
	taken?: boolean;
}

const KEY = "klatch.brought";
/** Where other sites send people: `/continue#token=…`. What is behind the `#` is told to no server. */
const DOOR = "/continue";

/** Takes the token out of the address, where others would see it and the browser would remember it. */
export function takeToken(): void {
	if (location.pathname !== DOOR) return;
	const token = new URLSearchParams(location.hash.slice(1)).get("token")?.trim();
	history.replaceState(null, "", "/");
	if (token) keep({ token });
}

/** A sign-in that was brought. */
export class Brought {
	readonly token: TokenSource;

	private constructor(token: string) {
		this.token = (fresh) => {
			if (fresh) throw refusal("token_expired");
			return token;
		};
	}

	/** The one that was brought to this tab, if there is one. Errors: `Refused`, after which there is none; `Unanswered`. */
	static async known(url: string): Promise<Brought | undefined> {
		const kept = read();
		if (!kept) return undefined;
		return kept.taken ? new Brought(kept.token) : Brought.enter(url, kept.token);
	}

	/** Goes on with a token. Errors: `Refused`, `Unanswered`. */
	static async enter(url: string, token: string): Promise<Brought> {
		try {
			const { user } = await request<views.Me>(url, "GET", "/v1/me", { token });
			// A back end is nobody who chats.
			if (user.kind === "system") throw refusal("unauthenticated");
			keep({ token, taken: true });
			return new Brought(token);
		} catch (error) {
			if (isSignedOut(error)) forgetBrought();
			throw error;
		}
	}

	/** There is nobody to tell: it is the other site's. */
	async signOut(): Promise<void> {
		forgetBrought();
	}
}

export function forgetBrought(): void {
	sessionStorage.removeItem(KEY);
}

function refusal(code: "token_expired" | "unauthenticated"): Refused {
	return new Refused({ code, title: ERRORS[code].title });
}

function keep(kept: Kept): void {
	sessionStorage.setItem(KEY, JSON.stringify(kept));
}

function read(): Kept | undefined {
	try {
		return JSON.parse(sessionStorage.getItem(KEY) ?? "null") ?? undefined;
	} catch {
		return undefined;
	}
}
