// Oneself at the foot of the list, and what concerns oneself.

import { useLocation } from "wouter";
import { useSession } from "../account/session.tsx";
import { useWords } from "../i18n/Words.tsx";
import { setTheme } from "../look/theme.ts";
import { Avatar } from "../ui/Avatar.tsx";
import { Icon } from "../ui/Icon.tsx";
import { useMenu } from "../ui/Menu.tsx";
import type { User } from "../wire.ts";

export function OwnMenu({ me, admin }: { me: User; admin: boolean }) {
	const { t } = useWords();
	const menu = useMenu();
	const { leave } = useSession();
	const [, navigate] = useLocation();
	const dark = () => document.documentElement.dataset.theme === "dark";
	const open = (anchor: HTMLElement) => {
		menu({
			anchor,
			back: anchor,
			label: me.name,
			groups: [
				[
					{ label: t("settings.title"), icon: "settings", onSelect: () => navigate("/settings") },
					...(admin ? [{ label: t("admin.title"), icon: "pulse", onSelect: () => navigate("/admin") } as const] : []),
					{
						label: dark() ? t("settings.theme_light") : t("settings.theme_dark"),
						icon: dark() ? "sun" : "moon",
						onSelect: () => setTheme(dark() ? "light" : "dark"),
					},
				],
				[
					{
						label: t("account.log_out"),
						icon: "door",
						onSelect: () => {
							navigate("/");
							void leave();
						},
					},
				],
			],
		});
	};
	return (
		<footer className="border-t border-line p-2 pb-[max(0.5rem,env(safe-area-inset-bottom))]">
			<button
				type="button"
				aria-haspopup="menu"
				data-me={me.username}
				onClick={(event) => open(event.currentTarget)}
				className="ring-inside flex w-full items-center gap-3 rounded-lg px-2.5 py-1.5 text-start hover:bg-hover"
			>
				<Avatar name={me.name} of={me.id} />
				<span className="min-w-0 grow">
					<span className="block truncate text-sm font-semibold">{me.name}</span>
					<span className="block truncate text-xs text-faint">@{me.username}</span>
				</span>
				<Icon name="more" className="text-faint" />
			</button>
		</footer>
	);
}
