// The roster of the space: how it stands, a new one with what it would change, those before, and how they are followed.

import { useCallback, useEffect } from "react";
import { useSetting } from "../../settings/useSetting.ts";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import type { RosterImports, RosterStatus } from "../wire.ts";
import { useAdminWords } from "../words/useAdminWords.ts";
import { Import } from "./Import.tsx";
import { ImportTable } from "./ImportTable.tsx";
import { RosterSettingsForm } from "./RosterSettingsForm.tsx";
import { Standing } from "./Standing.tsx";

/** How often a running import is asked after, milliseconds. */
const ASKED_EVERY_MS = 2_000;

export function Roster() {
	const { t, common } = useAdminWords();
	const [status, readStatus] = useSetting<RosterStatus>("/v1/roster");
	const [kept, readImports] = useSetting<RosterImports>("/v1/roster/imports");
	const read = useCallback(async () => {
		await Promise.all([readStatus(), readImports()]);
	}, [readStatus, readImports]);

	const running = status?.last?.state === "running";
	useEffect(() => {
		if (!running) return;
		const timer = window.setInterval(read, ASKED_EVERY_MS);
		return () => window.clearInterval(timer);
	}, [running, read]);

	if (status === undefined || kept === undefined) return <SkeletonLines rows={6} label={common("app.loading")} />;
	if (status === null || kept === null) return <p className="text-sm text-faint">{t("admin.failed")}</p>;
	return (
		<>
			<Standing status={status} />
			<Import running={running} onChange={read} />
			<ImportTable imports={kept.imports} onChange={read} />
			<RosterSettingsForm key={JSON.stringify(status.settings)} settings={status.settings} onSaved={readStatus} />
		</>
	);
}
