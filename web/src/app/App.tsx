// The providers, and which screen an address shows.

import { KlatchProvider } from "@klatch/client/react";
import { lazy, Suspense } from "react";
import { Route, Switch } from "wouter";
import { SessionProvider, useSession } from "../account/session.tsx";
import { EmojiHost } from "../emoji/EmojiHost.tsx";
import { useWords, WordsProvider } from "../i18n/Words.tsx";
import { DialogHost } from "../ui/Dialogs.tsx";
import { MenuHost } from "../ui/Menu.tsx";
import { Spinner } from "../ui/Spinner.tsx";
import { Toasts } from "../ui/Toasts.tsx";
import { Tooltips } from "../ui/Tooltips.tsx";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { Layout } from "./Layout.tsx";

const SignIn = lazy(() => import("../account/SignIn.tsx"));
const Admin = lazy(() => import("../admin/Admin.tsx"));
const Join = lazy(() => import("../invite/Join.tsx"));

export function App() {
	return (
		<WordsProvider>
			<ErrorBoundary>
				<SessionProvider>
					<Toasts>
						<Screens />
					</Toasts>
					<Tooltips />
				</SessionProvider>
			</ErrorBoundary>
		</WordsProvider>
	);
}

function Screens() {
	const { t } = useWords();
	const { session } = useSession();
	const waiting = (
		<div className="grid h-full place-items-center text-faint">
			<Spinner size={28} label={t("app.loading")} />
		</div>
	);
	if (session.state === "starting") return waiting;
	if (session.state === "out") {
		return (
			<Suspense fallback={waiting}>
				<Switch>
					<Route path="/join/:code">
						<SignIn
							why={session.why}
							above={
								<p className="mb-4 rounded-lg bg-accent-soft px-4 py-3 text-center text-sm font-semibold text-accent-ink">
									{t("invite.invited")}
								</p>
							}
						/>
					</Route>
					<Route>
						<SignIn why={session.why} />
					</Route>
				</Switch>
			</Suspense>
		);
	}
	return (
		<KlatchProvider client={session.klatch}>
			<EmojiHost>
				<DialogHost>
					<MenuHost>
						<Suspense fallback={waiting}>
							<Switch>
								<Route path="/join/:code">{({ code }) => <Join code={code} />}</Route>
								<Route path="/admin/:section?">{({ section }) => <Admin section={section} />}</Route>
								<Route>
									<Layout />
								</Route>
							</Switch>
						</Suspense>
					</MenuHost>
				</DialogHost>
			</EmojiHost>
		</KlatchProvider>
	);
}
