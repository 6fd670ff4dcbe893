import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import { defineReporter } from '../../src/contracts/reporter.ts';
import { csvCell } from '../../src/util/sanitize.ts';
import {
  CONTROL_COLUMNS,
  COVERAGE_COLUMNS,
  controlRows,
  coverageRows,
  FINDING_COLUMNS,
  findingRows,
  IDENTITY_COLUMNS,
  identityRows,
  type Row,
} from './v1.ts';
import {
  CONTROL_SOURCE_COLUMNS,
  CREDENTIAL_COLUMNS,
  controlSourceRows,
  credentialRows,
  EXCEPTION_COLUMNS,
  exceptionRows,
  POPULATION_COLUMNS,
  populationRows,
} from './v1-audit.ts';

const Options = z.strictObject({
  delimiter: z
    .enum([',', ';', '|', '\t', 'tab'])
    .default(',')
    .transform((delimiter) => (delimiter === 'tab' ? '\t' : delimiter)),
  /** Which table. */
  rows: z
    .enum(['findings', 'identities', 'controls', 'control-sources', 'coverage', 'credentials', 'population', 'exceptions'])
    .default('findings'),
  /** A byte order mark in front, for Excel. */
  bom: z.stringbool().or(z.boolean()).default(false),
});
type Options = z.output<typeof Options>;

/** Rows turned into text at a time. */
const BATCH = 500;

/** For spreadsheets and databases: stable columns, one header row, no cell that a spreadsheet would run. */
export const csv = defineReporter<Options>({
  id: 'csv',
  title: 'CSV for spreadsheets',
  extension: 'csv',
  mediaType: 'text/csv; charset=utf-8; header=present',
  options: Options as unknown as z.ZodType<Options>,
  partsOf: ({ rows }) => (rows === 'credentials' || rows === 'population' ? [rows] : []),
  *render(report, options) {
    const { columns, rows } = TABLES[options.rows];
    const write = (lines: readonly (readonly string[])[]): string =>
      stringify(
        lines.map((line) => [...line]),
        { delimiter: options.delimiter, record_delimiter: 'windows', bom: false },
      );
    yield (options.bom ? '\ufeff' : '') + write([columns]);
    let batch: string[][] = [];
    for (const row of rows(report)) {
      batch.push(columns.map((column) => cell(row[column])));
      if (batch.length < BATCH) continue;
      yield write(batch);
      batch = [];
    }
    if (batch.length > 0) yield write(batch);
  },
});

const TABLES = {
  findings: { columns: FINDING_COLUMNS, rows: findingRows },
  identities: { columns: IDENTITY_COLUMNS, rows: identityRows },
  controls: { columns: CONTROL_COLUMNS, rows: controlRows },
  'control-sources': { columns: CONTROL_SOURCE_COLUMNS, rows: controlSourceRows },
  coverage: { columns: COVERAGE_COLUMNS, rows: coverageRows },
  credentials: { columns: CREDENTIAL_COLUMNS, rows: credentialRows },
  population: { columns: POPULATION_COLUMNS, rows: populationRows },
  exceptions: { columns: EXCEPTION_COLUMNS, rows: exceptionRows },
} as const;

/** Numbers and truth values come from us; all other text may come from a stranger. */
function cell(value: Row[string]): string {
  if (value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  // Each item by itself too: behind its `;` it would begin a cell where `;` separates.
  return typeof value === 'string' ? csvCell(value) : csvCell(value.map((item) => csvCell(item).replaceAll(';', ',')).join(';'));
}
