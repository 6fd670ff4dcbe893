import { CsvError, parse } from 'csv-parse/sync';

/** A row of a CSV file or an object of a JSON list, with the line it starts on. */
export interface Row {
  readonly line: number;
  readonly cells: readonly (readonly [string, unknown])[];
}

export interface Problem {
  readonly line: number;
  readonly why: string;
}

export interface Table {
  readonly rows: readonly Row[];
  readonly problems: readonly Problem[];
}

/** A quote that is never closed swallows the rest of a file: so often reading starts again on the line after it. */
const MAX_RESTARTS = 50;

/** Reads the rows of a CSV file; those that cannot be read are named and passed over. https://csv.js.org/parse/options/ */
export function readCsv(text: string, delimiter: string): Table {
  const rows: Row[] = [];
  const problems: Problem[] = [];
  let columns: readonly string[] | undefined;
  let rest: Buffer = Buffer.from(text);
  let line = 1;
  const take = (cells: readonly string[], at: number) => {
    if (cells.every((cell) => cell.trim() === '')) return;
    if (columns === undefined) columns = cells;
    else if (cells.length > columns.length)
      problems.push({ line: at, why: `it has ${cells.length} cells for ${columns.length} columns` });
    else rows.push({ line: at, cells: cells.map((cell, index) => [columns?.[index] ?? '', cell]) });
  };
  for (let restarts = 0; rest.length > 0; restarts += 1) {
    const { failure, lines, bytes } = parseRecords(rest, delimiter, (cells, at) => take(cells, line + at));
    if (failure === undefined) break;
    line += lines;
    problems.push({ line, why: `it cannot be read as CSV (${failure})` });
    if (restarts >= MAX_RESTARTS) {
      problems.push({ line, why: 'too many rows before it are broken: the rest was not read' });
      break;
    }
    const end = rest.indexOf(LINE_FEED, bytes);
    rest = end < 0 ? Buffer.alloc(0) : rest.subarray(end + 1);
    line += 1;
  }
  return { rows, problems };
}

const LINE_FEED = 0x0a;

/**
 * Calls `onRecord` with the cells and the 0-based first line of each record; says how far it got. Lines are counted here:
 * the parser's own count takes CRLF inside quotes for two.
 */
function parseRecords(
  text: Buffer,
  delimiter: string,
  onRecord: (cells: readonly string[], line: number) => void,
): { readonly failure?: string; readonly lines: number; readonly bytes: number } {
  let lines = 0;
  let bytes = 0;
  try {
    parse(text, {
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      on_record: (record: readonly string[], info) => {
        onRecord(record, lines);
        for (let at = text.indexOf(LINE_FEED, bytes); at >= 0 && at < info.bytes; at = text.indexOf(LINE_FEED, at + 1))
          lines += 1;
        bytes = info.bytes;
        return null;
      },
    });
    return { lines, bytes };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { failure: error.code, lines, bytes };
  }
}
