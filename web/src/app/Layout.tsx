// The window: the list, the conversation, and what is told of it beside. On a narrow one there is one of them at a time.

import { useChannels, useMe } from "@klatch/client/react";
import { lazy, Suspense, useEffect } from "react";
import { Route, Switch, useLocation } from "wouter";
import { ChannelList } from "../channel/ChannelList.tsx";
import { Conversation } from "../channel/Conversation.tsx";
import { useWords } from "../i18n/Words.tsx";
import { useDialogs } from "../ui/Dialogs.tsx";
import { EmptyState } from "../ui/EmptyState.tsx";
import { SkeletonLines } from "../ui/Skeleton.tsx";
import { Connection } from "./Connection.tsx";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { switcherKeys, useSwitcherKey } from "./keys.ts";
import { useWarm } from "./warm.ts";

const Settings = lazy(() => import("../settings/Settings.tsx"));
const Switcher = lazy(() => import("../switcher/Switcher.tsx"));

export function Layout() {
	const { t } = useWords();
	const dialogs = useDialogs();
	const [path] = useLocation();
	const atStart = path === "/";
	const name = useMe()?.space.name ?? "Klatch";
	useTitle(name);
	useWarm();
	useSwitcherKey(() => dialogs((close) => <Switcher onClose={close} />));
	return (
		<div className="flex h-full flex-col">
			<a
				href="#main"
				className="sr-only focus-visible:not-sr-only focus-visible:absolute focus-visible:top-2 focus-visible:left-2 focus-visible:z-50 focus-visible:rounded-md focus-visible:bg-raised focus-visible:px-3 focus-visible:py-2"
			>
				{t("app.skip")}
			</a>
			<Connection />
			<div className="flex min-h-0 grow">
				<nav
					aria-label={t("channel.list")}
					className={`w-full shrink-0 flex-col border-e border-line bg-sunken md:flex md:w-76 lg:w-84 ${atStart ? "flex" : "hidden"}`}
				>
					<ChannelList />
				</nav>
				<main
					id="main"
					tabIndex={-1}
					className={`min-w-0 grow outline-none md:flex ${atStart ? "max-md:sr-only" : "flex"}`}
				>
					{/* The list, whose heading this is, is not there on a narrow screen. */}
					{!atStart && <h1 className="sr-only md:hidden">{name}</h1>}
					<ErrorBoundary key={path}>
						<Suspense fallback={<SkeletonLines rows={6} label={t("app.loading")} />}>
							<Switch>
								<Route path="/c/:id">{({ id }) => <Conversation key={id} id={id} />}</Route>
								<Route path="/settings/:section?">{({ section }) => <Settings section={section} />}</Route>
								<Route path="/">
									<div className="grow">
										<EmptyState
											icon="chat"
											title={t("channel.choose")}
											hint={t("channel.choose_hint", { keys: switcherKeys() })}
										/>
									</div>
								</Route>
								<Route>
									<div className="grow">
										<EmptyState icon="alert" title={t("app.not_found")} />
									</div>
								</Route>
							</Switch>
						</Suspense>
					</ErrorBoundary>
				</main>
			</div>
		</div>
	);
}

/** The window's title counts what is unread. */
function useTitle(name: string): void {
	const channels = useChannels();
	const unread = (channels ?? []).reduce((sum, channel) => sum + channel.unread, 0);
	useEffect(() => {
		document.title = unread > 0 ? `(${unread}) ${name}` : name;
	}, [unread, name]);
}
