// A sign-in by name and password that this browser remembers.

import { isSignedOut, refusal } from "./wire/errors.ts";
import type { LoginBody, RefreshBody, SignedIn, SignUpBody, User } from "./wire/generated/views.ts";
import { request, type TokenSource } from "./wire/rest.ts";

/** Part of a token's life after which it is renewed, so that no request meets it in its last second. */
const RENEWED_AT = 0.8;

/** Where a sign-in is remembered: `localStorage`, or anything with the same three functions. */
export type Keeper = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** What is remembered of a sign-in. */
interface Kept {
	user: User;
	refresh_token: string;
	/** Set while the sign-in is young, so that a reload needs no renewal. */
	access_token: string;
	/** When to renew, Unix milliseconds. */
	renew_at: number;
}

/** A sign-in. Its tokens are renewed by one tab at a time: a refresh token that is used twice signs the device out. */
export class Account {
	/** Who. */
	readonly user: User;
	readonly #url: string;
	readonly #keeper: Keeper;
	#renewing: Promise<string> | undefined;

	private constructor(url: string, keeper: Keeper, user: User) {
		this.#url = url;
		this.#keeper = keeper;
		this.user = user;
	}

	/** The account that is signed in here at the server `url`, if there is one. */
	static known(url: string, keeper: Keeper = localStorage): Account | undefined {
		const kept = read(keeper, url);
		return kept && new Account(url, keeper, kept.user);
	}

	/** Makes an account and signs in. Errors: those of `POST /v1/auth/signup`. */
	static signUp(url: string, body: SignUpBody, keeper: Keeper = localStorage): Promise<Account> {
		return Account.#enter(url, "/v1/auth/signup", body, keeper);
	}

	/** Signs in. Errors: those of `POST /v1/auth/login`. */
	static signIn(url: string, body: LoginBody, keeper: Keeper = localStorage): Promise<Account> {
		return Account.#enter(url, "/v1/auth/login", body, keeper);
	}

	static async #enter(url: string, path: string, body: unknown, keeper: Keeper): Promise<Account> {
		const answer = await request<SignedIn>(url, "POST", path, { body });
		write(keeper, url, answer);
		return new Account(url, keeper, answer.user);
	}

	/** An access token that is good for a while. Errors: `Refused` when the sign-in is over, `Unanswered` offline. */
	readonly token: TokenSource = (fresh: boolean): string | Promise<string> => {
		const kept = read(this.#keeper, this.#url);
		if (!fresh && kept && Date.now() < kept.renew_at) return kept.access_token;
		this.#renewing ??= this.#alone(() => this.#renew(kept?.access_token)).finally(() => {
			this.#renewing = undefined;
		});
		return this.#renewing;
	};

	/** Signs this device out, here and on the server; offline only here. */
	async signOut(): Promise<void> {
		const token = await Promise.resolve(this.token(false)).catch(() => undefined);
		this.#keeper.removeItem(place(this.#url));
		if (token !== undefined) await request(this.#url, "POST", "/v1/auth/logout", { token }).catch(() => undefined);
	}

	/** Renews unless another tab has done so since `before` was the token. */
	async #renew(before: string | undefined): Promise<string> {
		const kept = read(this.#keeper, this.#url);
		if (kept?.user.id !== this.user.id) throw refusal("unauthenticated", "You are signed out; sign in again.");
		if (kept.access_token !== before && Date.now() < kept.renew_at) return kept.access_token;
		const body: RefreshBody = { refresh_token: kept.refresh_token };
		try {
			const answer = await request<SignedIn>(this.#url, "POST", "/v1/auth/refresh", { body });
			write(this.#keeper, this.#url, answer);
			return answer.access_token;
		} catch (error) {
			if (isSignedOut(error)) this.#keeper.removeItem(place(this.#url));
			throw error;
		}
	}

	/** Runs something in one tab at a time. There are no locks where a page came by plain HTTP from elsewhere. */
	#alone<T>(run: () => Promise<T>): Promise<T> {
		const locks = globalThis.navigator?.locks;
		return locks ? (locks.request(`${place(this.#url)}:renew`, run) as Promise<T>) : run();
	}
}

function place(url: string): string {
	return `klatch:${new URL(url).origin}`;
}

function read(keeper: Keeper, url: string): Kept | undefined {
	try {
		return JSON.parse(keeper.getItem(place(url)) ?? "null") ?? undefined;
	} catch {
		return undefined;
	}
}

function write(keeper: Keeper, url: string, answer: SignedIn): void {
	const { user, access_token, refresh_token, expires_in_s } = answer;
	const renew_at = Date.now() + expires_in_s * 1000 * RENEWED_AT;
	keeper.setItem(place(url), JSON.stringify({ user, access_token, refresh_token, renew_at } satisfies Kept));
}
