import { csvCell } from '../../../src/util/sanitize.ts';

/** Saves rows as a file; no cell is one that a spreadsheet would run. */
export function saveCsv(name: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const text = [head, ...rows].map((row) => row.map(quoted).join(',')).join('\r\n');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(['\ufeff', text, '\r\n'], { type: 'text/csv' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}

function quoted(text: string): string {
  const cell = csvCell(text);
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
