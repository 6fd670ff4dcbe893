import { csvCell, printable } from './sanitize.ts';

export type TableFormat = 'text' | 'json' | 'csv';
export type TableRow = { readonly [column: string]: unknown };

/** Rows for people (aligned columns), for programs (JSON) or for a spreadsheet (CSV). Cells are strangers' text: made harmless. */
export function renderTable(
  rows: readonly TableRow[],
  columns: readonly string[],
  format: TableFormat,
  width: number | undefined,
): string {
  if (format === 'json') return `${JSON.stringify(rows, bigints, 2)}\n`;
  if (format === 'csv') return renderCsv(rows, columns);
  return renderText(rows, columns, width);
}

function renderCsv(rows: readonly TableRow[], columns: readonly string[]): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => cellText(row[column])))];
  return `${lines.map((cells) => cells.map((cell) => quote(csvCell(cell))).join(',')).join('\r\n')}\r\n`;
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function renderText(rows: readonly TableRow[], columns: readonly string[], width: number | undefined): string {
  const cells = [columns, ...rows.map((row) => columns.map((column) => printable(cellText(row[column]))))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => (line[index] ?? '').length)));
  const lines = cells.map((line) => {
    const text = line.map((cell, index) => (index === line.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join('  ');
    return width !== undefined && text.length > width ? `${text.slice(0, Math.max(10, width - 1))}…` : text.trimEnd();
  });
  return `${lines.join('\n')}\n`;
}

export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(cellText).join(', ');
  if (typeof value === 'object') return JSON.stringify(value, bigints);
  return String(value);
}

function bigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
