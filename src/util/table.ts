import { csvCell, jsonText, printable } from './sanitize.ts';

export type TableFormat = 'text' | 'json' | 'csv';
export type TableRow = { readonly [column: string]: unknown };

/** Rows for people (aligned columns), for programs (JSON) or for a spreadsheet (CSV). Cells are strangers' text: made harmless. */
export function renderTable(
  rows: readonly TableRow[],
  columns: readonly string[],
  format: TableFormat,
  width: number | undefined,
): string {
  if (format === 'json') return `${jsonText(withoutBigints(rows), 2)}\n`;
  if (format === 'csv') return renderCsv(rows, columns);
  return renderText(rows, columns, width);
}

function renderCsv(rows: readonly TableRow[], columns: readonly string[]): string {
  const lines = [columns.map(csvCell), ...rows.map((row) => columns.map((column) => csvText(row[column])))];
  return `${lines.map((cells) => cells.map(quote).join(',')).join('\r\n')}\r\n`;
}

/** A negative number begins like a formula, and is none. */
function csvText(value: unknown): string {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : csvCell(cellText(value));
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function renderText(rows: readonly TableRow[], columns: readonly string[], width: number | undefined): string {
  // Column names can be strangers' text too: PIVOT makes them of values.
  const cells = [columns.map(printable), ...rows.map((row) => columns.map((column) => printable(cellText(row[column]))))];
  const widths = columns.map((_, index) => widest(cells, index));
  const lines = cells.map((line) => {
    const text = line.map((cell, index) => (index === line.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join('  ');
    return width !== undefined && text.length > width ? `${text.slice(0, Math.max(10, width - 1))}…` : text.trimEnd();
  });
  return `${lines.join('\n')}\n`;
}

function widest(lines: readonly (readonly string[])[], column: number): number {
  let width = 0;
  for (const line of lines) width = Math.max(width, line[column]?.length ?? 0);
  return width;
}

export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(cellText).join(', ');
  if (typeof value === 'object') return JSON.stringify(withoutBigints(value));
  return String(value);
}

/** JSON has no integers this large: their digits as text lose nothing. */
export function withoutBigints(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(withoutBigints);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutBigints(member)]));
}
