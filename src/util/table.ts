import { displayWidth, wrap } from './layout.ts';
import { csvCell, jsonText, printable } from './sanitize.ts';

export type TableFormat = 'text' | 'json' | 'csv';
export type TableRow = { readonly [column: string]: unknown };

/** Narrower than this, no line is made to fit. */
const NARROWEST = 20;
const GAP = 2;
/** A last column is wrapped when it keeps this much room; else rows become blocks. */
const ROOM = 30;

/**
 * Rows for people (aligned columns), for programs (JSON) or for a spreadsheet (CSV). Cells are strangers' text: made
 * harmless. Rows that do not fit the width become blocks, headed by the columns `heads` (the first one, if not told).
 */
export function renderTable(
  rows: readonly TableRow[],
  columns: readonly string[],
  format: TableFormat,
  width: number | undefined,
  heads: readonly string[] = columns.slice(0, 1),
): string {
  if (format === 'json') return `${jsonText(withoutBigints(rows), 2)}\n`;
  if (format === 'csv') return renderCsv(rows, columns);
  return renderText(rows, columns, width, heads);
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

function renderText(
  rows: readonly TableRow[],
  columns: readonly string[],
  width: number | undefined,
  heads: readonly string[],
): string {
  // Column names can be strangers' text too: PIVOT makes them of values.
  const names = columns.map(printable);
  const cells = rows.map((row) => columns.map((column) => printable(cellText(row[column]))));
  const widths = names.map((_, index) => widest([names, ...cells], index));
  const lead = widths.slice(0, -1).reduce((sum, each) => sum + each + GAP, 0);
  const limit = width === undefined ? Number.POSITIVE_INFINITY : Math.max(width, NARROWEST);
  const last = Math.min(widths.at(-1) ?? 0, limit - lead);
  const fits = last === (widths.at(-1) ?? 0) || last >= ROOM;
  if (!fits && cells.length > 0) return blocks(names, cells, heads.map(printable), limit);
  if (!fits) return lines(wrap(names.join('  '), limit));
  return lines([names, ...cells].flatMap((line) => aligned(line, widths, lead, last)));
}

function aligned(line: readonly string[], widths: readonly number[], lead: number, last: number): string[] {
  const head = line.slice(0, -1).map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - displayWidth(cell) + GAP));
  const text = line.at(-1) ?? '';
  const pieces = displayWidth(text) <= last ? [text] : wrap(text, last);
  return pieces.map((piece, index) => (index === 0 ? head.join('') : ' '.repeat(lead)) + piece);
}

/** One row below the other: the heads on a line of their own, then what has a value, as many to a line as fit. */
function blocks(names: readonly string[], rows: readonly (readonly string[])[], heads: readonly string[], width: number): string {
  return lines(
    rows.flatMap((cells) => {
      const title = cells.filter((cell, index) => cell !== '' && heads.includes(names[index] ?? ''));
      const rest = names.flatMap((name, index) =>
        heads.includes(name) || (cells[index] ?? '') === '' ? [] : [`${name}: ${cells[index]}`],
      );
      return [...wrap(title.join(' '), width), ...packed(rest, width - GAP).map((line) => `${' '.repeat(GAP)}${line}`)];
    }),
  );
}

function packed(items: readonly string[], width: number): string[] {
  const all: string[] = [];
  let line = '';
  const end = (): void => {
    if (line !== '') all.push(line);
    line = '';
  };
  for (const item of items) {
    const size = displayWidth(item);
    if (line !== '' && displayWidth(line) + GAP + size > width) end();
    if (size <= width) {
      line += line === '' ? item : `${' '.repeat(GAP)}${item}`;
      continue;
    }
    const [first = '', ...rest] = wrap(item, width - GAP);
    all.push(first, ...rest.map((piece) => `${' '.repeat(GAP)}${piece}`));
  }
  end();
  return all;
}

function lines(all: readonly string[]): string {
  return `${all.map((line) => line.trimEnd()).join('\n')}\n`;
}

function widest(rows: readonly (readonly string[])[], column: number): number {
  let width = 0;
  for (const row of rows) width = Math.max(width, displayWidth(row[column] ?? ''));
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
