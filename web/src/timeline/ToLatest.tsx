import { useWords } from "../i18n/Words.tsx";
import { Icon } from "../ui/Icon.tsx";

/** The way back to the end, and how much is waiting there. */
export function ToLatest({ unread, onGo }: { unread: number; onGo(): void }) {
	const { t } = useWords();
	return (
		<button
			type="button"
			onClick={onGo}
			className="absolute inset-e-5 bottom-3 z-20 flex h-9 animate-appear items-center gap-2 rounded-full bg-raised ps-3 pe-4 text-sm font-semibold text-ink shadow-high hover:bg-hover"
		>
			<Icon name="down" size={16} />
			{unread > 0 ? t("message.to_latest_new", { count: unread }) : t("message.to_latest")}
		</button>
	);
}
