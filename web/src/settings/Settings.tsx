// The settings, a section each.

import { useMe } from "@klatch/client/react";
import type { ComponentType } from "react";
import { Link } from "wouter";
import type { Key } from "../i18n/catalogue.ts";
import { useWords } from "../i18n/Words.tsx";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { SectionNav } from "../ui/SectionNav.tsx";
import { Devices } from "./Devices.tsx";
import { Looks } from "./Looks.tsx";
import { Password } from "./Password.tsx";
import { Privacy } from "./Privacy.tsx";
import { Profile } from "./Profile.tsx";

const SECTIONS = {
	profile: { icon: "edit", draw: Profile },
	looks: { icon: "sun", draw: Looks },
	privacy: { icon: "eye", draw: Privacy },
	security: { icon: "lock", draw: Password },
	devices: { icon: "screen", draw: Devices },
} as const satisfies Record<string, { icon: IconName; draw: ComponentType }>;
type Section = keyof typeof SECTIONS;
/** What there is only for those who signed in here: others have no password and no device. */
const OWN: ReadonlySet<Section> = new Set(["security", "devices"]);

export default function Settings({ section }: { section: string | undefined }) {
	const { t } = useWords();
	const me = useMe();
	const elsewhere = me !== undefined && me.device === undefined;
	const sections = (Object.keys(SECTIONS) as Section[]).filter((name) => !(elsewhere && OWN.has(name)));
	const shown = sections.find((name) => name === section) ?? "profile";
	const { draw: Draw } = SECTIONS[shown];
	return (
		<div className="flex min-w-0 grow flex-col">
			<header className="flex min-h-14 items-center gap-2 border-b border-line px-2 md:px-6">
				<Link
					href="/"
					aria-label={t("action.back")}
					className="grid size-9 place-items-center rounded-md text-soft hover:bg-hover md:hidden"
				>
					<Icon name="back" size={20} />
				</Link>
				<h2 className="text-base font-semibold">{t("settings.title")}</h2>
			</header>
			<div className="flex min-h-0 grow flex-col overflow-y-auto lg:flex-row">
				<SectionNav
					label={t("settings.title")}
					sections={sections.map((name) => ({
						name,
						label: t(`settings.${name}` as Key & "settings.profile"),
						icon: SECTIONS[name].icon,
						href: `/settings/${name}`,
					}))}
					shown={shown}
					className="p-3 lg:p-4"
				/>
				<section
					aria-label={t(`settings.${shown}` as Key & "settings.profile")}
					className="flex w-full max-w-xl flex-col gap-6 p-4 lg:p-6"
				>
					<Draw />
				</section>
			</div>
		</div>
	);
}
