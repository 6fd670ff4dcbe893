import { drawSample, SAMPLED, type Sample, sampleColumns } from '../evidence/sample.ts';
import type { Io } from '../io.ts';
import { requestsText } from '../store/requests.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { jsonText, printable } from '../util/sanitize.ts';
import { renderTable, type TableFormat, withoutBigints } from '../util/table.ts';
import { oneOf } from './scan.ts';
import { type StoreOptions, withStore } from './with-store.ts';

/** So many nobody checks by hand; a list of all is what `identities` and `findings` give. */
const MOST = 10_000;

interface SampleOptions extends StoreOptions {
  readonly of: string;
  readonly n: string;
  readonly seed?: string;
  readonly format: TableFormat;
}

/** A sample that somebody else, with the same store and seed, draws alike. */
export async function sampleCommand(io: Io, options: SampleOptions): Promise<number> {
  const of = oneOf('--of', options.of, SAMPLED);
  const n = sizeOf(options.n);
  const sample = await withStore(io, options, async (store) => {
    await store.materialise();
    return await drawSample(store, { of, n, seed: options.seed });
  });
  if (options.format === 'json') await io.stdout(`${jsonText(withoutBigints(sample), 2)}\n`);
  else if (options.format === 'csv') {
    const told = ['run', 'of', 'population', 'population_sha256', 'seed', 'position', 'sha256', 'id', ...sampleColumns(of)];
    const { run, population, populationDigest, seed } = sample;
    const common = { run, of, population, population_sha256: populationDigest, seed };
    await io.stdout(
      renderTable(
        sample.rows.map((row) => ({ ...common, ...row })),
        told,
        'csv',
        undefined,
      ),
    );
  } else await io.stdout(tellSample(sample, io.terminal.columns));
  return EXIT.clean;
}

function tellSample(sample: Sample, width: number): string {
  const { rows, population, populationDigest, run, of, seed, method, leftOut, statuses } = sample;
  const head = [
    `${rows.length} of ${population} ${of} of run ${run}`,
    `seed        ${printable(seed)}`,
    `method      ${method}`,
    `population  SHA-256 ${populationDigest} over its sorted ids, a line feed behind each`,
    ...(statuses === undefined
      ? []
      : [
          `statuses    ${Object.entries(statuses)
            .map(([status, number]) => `${number} ${status}`)
            .join(', ')}: all are drawn from, what is fixed or accepted too`,
        ]),
    ...(leftOut === undefined ? [] : [`left out    ${requestsText(leftOut)}`]),
  ];
  const table =
    rows.length === 0
      ? ''
      : `\n${renderTable(rows, ['position', 'id', ...sampleColumns(of)], 'text', width, ['position', 'id'])}`;
  return `${head.join('\n')}\n${table}`;
}

function sizeOf(text: string): number {
  const n = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (n >= 1 && n <= MOST) return n;
  throw new ConfigError(`--n cannot be "${text}"`, { code: 'USAGE', hint: `A whole number from 1 to ${MOST}: --n 25` });
}
