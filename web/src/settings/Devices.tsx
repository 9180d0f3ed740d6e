// Where one is signed in.

import { useKlatch } from "@klatch/client/react";
import { useAttempt } from "../app/useAttempt.ts";
import { useWords } from "../i18n/Words.tsx";
import { Button } from "../ui/Button.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import type { Device } from "../wire.ts";
import { useSetting } from "./useSetting.ts";

export function Devices() {
	const { t, dates } = useWords();
	const klatch = useKlatch();
	const [kept, read] = useSetting<{ devices: Device[] }>("/v1/devices");
	const [busy, attempt] = useAttempt();
	if (kept === undefined) return <Skeleton className="h-40" />;
	if (kept === null) return <p className="text-sm text-faint">{t("settings.unavailable")}</p>;
	const end = (path: string) =>
		attempt(async () => {
			await klatch.rest("DELETE", path);
			await read();
		});
	return (
		<>
			<ul className="flex flex-col gap-2">
				{kept.devices.map((device) => (
					<li key={device.id} className="flex items-center gap-3 rounded-lg border border-line px-4 py-3">
						<Icon name="screen" size={22} className="text-faint" />
						<span className="min-w-0 grow">
							<span className="block truncate text-sm font-semibold">{device.name}</span>
							<span className={`block text-xs ${device.current ? "font-semibold text-accent-ink" : "text-faint"}`}>
								{device.current
									? t("settings.device_current")
									: t("settings.device_seen", { time: dates.moment(device.seen_at) })}
							</span>
						</span>
						{!device.current && (
							<Button busy={busy} onClick={() => end(`/v1/devices/${device.id}`)}>
								{t("settings.device_out")}
							</Button>
						)}
					</li>
				))}
			</ul>
			{kept.devices.length > 1 && (
				<Button busy={busy} onClick={() => end("/v1/devices")} className="self-start">
					{t("settings.device_others")}
				</Button>
			)}
		</>
	);
}
