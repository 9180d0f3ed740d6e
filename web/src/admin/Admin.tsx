// The administration, a section each. What somebody may not administer is not there; the server checks all the same.

import { useMe } from "@klatch/client/react";
import { type ComponentType, lazy, Suspense, useEffect } from "react";
import { Link } from "wouter";
import { ErrorBoundary } from "../app/ErrorBoundary.tsx";
import { EmptyState } from "../ui/EmptyState.tsx";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { SectionNav } from "../ui/SectionNav.tsx";
import { SkeletonLines } from "../ui/Skeleton.tsx";
import { Audit } from "./audit/Audit.tsx";
import { Channels } from "./channels/Channels.tsx";
import { People } from "./people/People.tsx";
import { Roster } from "./roster/Roster.tsx";
import { Rules } from "./rules/Rules.tsx";
import { useAdminWords } from "./words/useAdminWords.ts";

// The charts come with it.
const Server = lazy(() => import("./server/Server.tsx"));

const SECTIONS = {
	server: { icon: "pulse", draw: Server },
	people: { icon: "people", draw: People },
	channels: { icon: "chat", draw: Channels },
	roster: { icon: "roster", draw: Roster },
	rules: { icon: "settings", draw: Rules },
	audit: { icon: "clock", draw: Audit },
} as const satisfies Record<string, { icon: IconName; draw: ComponentType }>;
type Section = keyof typeof SECTIONS;
const ALL = Object.keys(SECTIONS) as Section[];

export default function Admin({ section }: { section: string | undefined }) {
	const { t, common } = useAdminWords();
	const me = useMe();
	useEffect(() => {
		document.title = t("admin.title");
	}, [t]);
	if (!me) return <SkeletonLines rows={6} label={common("app.loading")} />;
	if (!me.admin) {
		return (
			<main className="h-full">
				<EmptyState icon="lock" title={t("admin.forbidden")} hint={t("admin.forbidden_hint")}>
					<Link href="/" className="text-sm font-semibold text-accent-ink underline">
						{common("app.to_start")}
					</Link>
				</EmptyState>
			</main>
		);
	}
	const there = me.admin === "server" ? ALL : ALL.filter((name) => name !== "server");
	const shown = there.find((name) => name === section) ?? (there[0] as Section);
	const { draw: Draw } = SECTIONS[shown];
	return (
		<div className="flex h-full flex-col">
			<header className="flex min-h-14 items-center gap-2 border-b border-line px-2 md:px-4">
				<Link
					href="/"
					aria-label={common("app.to_start")}
					data-tip={common("app.to_start")}
					className="grid size-9 place-items-center rounded-md text-soft hover:bg-hover"
				>
					<Icon name="back" size={20} />
				</Link>
				<h1 className="text-base font-semibold">{t("admin.title")}</h1>
				<span className="grow truncate text-end text-sm text-faint">{me.space.name}</span>
			</header>
			<div className="flex min-h-0 grow flex-col lg:flex-row">
				<SectionNav
					label={t("admin.sections")}
					sections={there.map((name) => ({
						name,
						label: t(`section.${name}`),
						icon: SECTIONS[name].icon,
						href: `/admin/${name}`,
					}))}
					shown={shown}
					className="border-line bg-sunken p-2 max-lg:border-b lg:border-e lg:p-3"
				/>
				{/* It can be scrolled with the keyboard also where nothing in it takes the focus. */}
				<main tabIndex={-1} className="min-h-0 min-w-0 grow overflow-y-auto outline-none">
					<div className="mx-auto flex max-w-6xl flex-col gap-8 p-4 lg:p-8">
						<ErrorBoundary key={shown}>
							<Suspense fallback={<SkeletonLines rows={6} label={common("app.loading")} />}>
								<Draw />
							</Suspense>
						</ErrorBoundary>
					</div>
				</main>
			</div>
		</div>
	);
}
