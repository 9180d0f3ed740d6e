// A table of what the server has. On a narrow screen the columns that say less are left out.

import type { ReactNode } from "react";

export interface Column<Row> {
	head: string;
	/** The head is told, not shown: for the column of buttons. */
	headHidden?: boolean;
	/** Left out on a narrow screen. */
	wide?: boolean;
	/** Numbers stand under each other. */
	number?: boolean;
	cell(row: Row): ReactNode;
}

interface TableProps<Row> {
	label: string;
	columns: readonly Column<Row>[];
	rows: readonly Row[];
	keyOf(row: Row): string | number;
	/** What a row is of, for those who look for it: an attribute `data-row`. */
	nameOf?(row: Row): string;
}

export function Table<Row>({ label, columns, rows, keyOf, nameOf }: TableProps<Row>) {
	const place = ({ wide, number }: Column<Row>) =>
		`${wide ? "max-md:hidden" : ""} ${number ? "text-end tabular-nums" : ""}`;
	return (
		<table className="w-full border-separate border-spacing-0 text-sm">
			<caption className="sr-only">{label}</caption>
			<thead>
				<tr>
					{columns.map((column) => (
						<th
							key={column.head}
							scope="col"
							className={`border-b border-line px-3 py-2 text-start text-xs font-semibold whitespace-nowrap text-faint ${place(column)}`}
						>
							<span className={column.headHidden ? "sr-only" : undefined}>{column.head}</span>
						</th>
					))}
				</tr>
			</thead>
			<tbody>
				{rows.map((row) => (
					<tr key={keyOf(row)} data-row={nameOf?.(row)} className="group hover:bg-hover/60">
						{columns.map((column) => (
							<td key={column.head} className={`border-b border-line px-3 py-2 align-middle ${place(column)}`}>
								{column.cell(row)}
							</td>
						))}
					</tr>
				))}
			</tbody>
		</table>
	);
}
