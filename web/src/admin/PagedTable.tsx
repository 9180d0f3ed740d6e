// A table that comes page by page: while it comes, if nothing is in it, if it cannot be read, and if there is more.

import { useAttempt } from "../app/useAttempt.ts";
import { Button } from "../ui/Button.tsx";
import { SkeletonLines } from "../ui/Skeleton.tsx";
import { type Column, Table } from "./Table.tsx";
import type { Pages } from "./usePages.ts";
import { useAdminWords } from "./words/useAdminWords.ts";

interface PagedTableProps<Row> {
	label: string;
	pages: Pages<Row>;
	columns: readonly Column<Row>[];
	keyOf(row: Row): string | number;
	nameOf?(row: Row): string;
}

export function PagedTable<Row>({ pages, ...table }: PagedTableProps<Row>) {
	const { t, common } = useAdminWords();
	const [busy, attempt] = useAttempt();
	if (pages.failed) {
		return (
			<p role="alert" className="flex items-center gap-3 text-sm text-danger">
				{t("admin.failed")}
				<Button onClick={pages.read}>{common("action.retry")}</Button>
			</p>
		);
	}
	if (!pages.rows) return <SkeletonLines rows={5} label={common("app.loading")} />;
	if (pages.rows.length === 0) return <p className="py-6 text-center text-sm text-faint">{t("admin.none")}</p>;
	return (
		<>
			<Table rows={pages.rows} {...table} />
			{pages.more && (
				<Button look="quiet" busy={busy} onClick={() => attempt(pages.next)} className="self-center">
					{t("admin.more")}
				</Button>
			)}
		</>
	);
}
