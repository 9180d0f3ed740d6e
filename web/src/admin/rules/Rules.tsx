// The rules of the space.

import { useSetting } from "../../settings/useSetting.ts";
import { SkeletonLines } from "../../ui/Skeleton.tsx";
import type { AdminSpace } from "../wire.ts";
import { useAdminWords } from "../words/useAdminWords.ts";
import { RulesForm } from "./RulesForm.tsx";

export function Rules() {
	const { t, common } = useAdminWords();
	const [space, read] = useSetting<AdminSpace>("/v1/admin/space");
	if (space === undefined) return <SkeletonLines rows={6} label={common("app.loading")} />;
	if (space === null) return <p className="text-sm text-faint">{t("admin.failed")}</p>;
	return <RulesForm key={JSON.stringify(space)} space={space} onSaved={read} />;
}
