// Who is signed in here, and their client.

import { Account, isSignedOut, Klatch, type Status } from "@klatch/client";
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { forgetDrafts } from "../composer/draft.ts";
import { forgetMessages } from "../timeline/useMessageAt.ts";
import { Brought, forgetBrought } from "./brought.ts";

/** Why one is not in any more: as the client tells it, because what another site brought is over, or cannot be checked. */
export type Ended = Extract<Status, { state: "ended" }>["why"] | "brought_over" | "unreachable";

export type Session =
	| { state: "starting" }
	/** `why` is set for those who were in a moment ago and did not ask to leave. */
	| { state: "out"; why?: Ended }
	| { state: "in"; klatch: Klatch; account: Account | Brought };

interface SessionActions {
	session: Session;
	/** Goes on as this account. */
	enter(account: Account | Brought): Promise<void>;
	/** Signs out and deletes what is kept here. */
	leave(): Promise<void>;
}

const Context = createContext<SessionActions | undefined>(undefined);
const url = location.origin;

export function SessionProvider({ children }: { children: ReactNode }) {
	const [session, setSession] = useState<Session>({ state: "starting" });
	const current = useRef<Session>(session);
	current.current = session;

	// Leaving, another tab's leaving and the server's word may all come for the same client: the first is enough.
	const over = useRef(new WeakSet<Klatch>());
	const end = useCallback(async (klatch: Klatch, why?: Ended) => {
		if (over.current.has(klatch)) return;
		over.current.add(klatch);
		await klatch.forget().catch(() => {});
		forgetDrafts();
		forgetMessages();
		setSession(why ? { state: "out", why } : { state: "out" });
	}, []);

	const enter = useCallback(
		async (account: Account | Brought) => {
			const brought = account instanceof Brought;
			if (!brought) forgetBrought();
			// What another site brought is this tab's: each has its own token, which ends when it ends, and nobody would delete
			// what is kept when the tab is closed.
			const keeping = brought ? {} : { owner: account.user.id };
			const klatch = await Klatch.open({ url, token: account.token, name: "klatch-web", ...keeping });
			const stop = klatch.status.subscribe(() => {
				const status = klatch.status.get();
				if (status.state !== "ended" || status.why === "closed") return;
				stop();
				const over = status.why === "signed_out" && brought;
				if (over) forgetBrought();
				// Not while the client is still telling others.
				queueMicrotask(() => void end(klatch, over ? "brought_over" : status.why));
			});
			setSession({ state: "in", klatch, account });
		},
		[end],
	);

	const leave = useCallback(async () => {
		const session = current.current;
		if (session.state !== "in") return;
		await session.account.signOut();
		await end(session.klatch);
	}, [end]);

	const started = useRef(false);
	useEffect(() => {
		if (started.current) return;
		started.current = true;
		void (async () => {
			try {
				const account = (await Brought.known(url)) ?? Account.known(url);
				if (account) await enter(account);
				else setSession({ state: "out" });
			} catch (error) {
				setSession({ state: "out", why: isSignedOut(error) ? "brought_over" : "unreachable" });
			}
		})();
	}, [enter]);

	// Another tab signed out. What another site brought is this tab's own.
	useEffect(() => {
		const look = async () => {
			const session = current.current;
			if (session.state !== "in" || session.account instanceof Brought) return;
			if (!Account.known(url)) await end(session.klatch, "signed_out");
		};
		window.addEventListener("storage", look);
		return () => window.removeEventListener("storage", look);
	}, [end]);

	const value = useMemo(() => ({ session, enter, leave }), [session, enter, leave]);
	return <Context value={value}>{children}</Context>;
}

export function useSession(): SessionActions {
	const session = use(Context);
	if (!session) throw new Error("useSession is used outside SessionProvider");
	return session;
}
