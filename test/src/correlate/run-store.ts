import type { Observation } from '../../../src/contracts/index.ts';
import type { Store } from '../../../src/store/index.ts';
import { openStore } from '../../../src/store/index.ts';

export const RUN_START = '2026-06-01T00:00:00.000Z';

export interface RunOptions {
  readonly startedAt?: string;
  readonly target?: string;
  /** Section `gateway` of the configuration. */
  readonly gateway?: object;
  /** What a run of the day before loaded into the same store. */
  readonly before?: readonly Observation[];
  /** What came in files of its own, each a part. */
  readonly exports?: readonly (readonly Observation[])[];
  /** Where exports come from, in their order, unless all are of one target. */
  readonly exportTargets?: readonly string[];
}

const DAY_BEFORE = '2026-05-31T00:00:00.000Z';

let store: Store | undefined;

/** One in-memory store for all tests of a process: making the schema is what costs. */
export async function memoryStore(): Promise<Store> {
  store ??= await openStore({ mode: 'write' });
  return store;
}

/** Loads the observations as one run and hands the store over; afterwards the run is undone. */
export async function withRun<T>(
  observations: readonly Observation[],
  use: (store: Store) => Promise<T>,
  options: RunOptions = {},
): Promise<T> {
  const open = await memoryStore();
  await loadRun(open, observations, options);
  // As a scan and all commands do: to plan views over views takes the engine longer than to make tables of them.
  await open.materialise();
  try {
    return await use(open);
  } finally {
    // The tables were made within the transaction, and go with it.
    await open.rollback();
  }
}

/** The same in a `passingStore`, for those who ask few tables, thousands of times. */
export async function withPassingRun<T>(
  observations: readonly Observation[],
  use: (store: Store) => Promise<T>,
  options: RunOptions = {},
): Promise<T> {
  const passing = await passingStore(observations, options);
  try {
    return await use(passing);
  } finally {
    passing.close();
  }
}

/**
 * A store of one run, as of a scan that is given no `--store`: a table is made when a query first names it. What the views
 * over stored runs cost is spared, 130 ms of processor time a run.
 */
export async function passingStore(observations: readonly Observation[], options: RunOptions = {}): Promise<Store> {
  const { before } = options;
  // A store in memory that makes tables only is for one run.
  const passing = await openStore({ mode: 'write', small: true, views: before === undefined ? 'tables' : 'views' });
  if (before !== undefined) {
    await loadRun(passing, before, { ...options, exports: [], startedAt: DAY_BEFORE });
    await passing.saveResults({ findings: [], checks: [], controls: [] }, DAY_BEFORE);
  }
  await loadRun(passing, observations, options);
  await passing.materialise();
  return passing;
}

/** Loads one run and leaves it open, in its transaction. */
export async function loadRun(
  open: Store,
  observations: readonly Observation[],
  { startedAt = RUN_START, target = '.', gateway, exports = [], exportTargets = [] }: RunOptions = {},
): Promise<void> {
  const run = await open.beginRun({
    startedAt,
    toolVersion: '0.0.0-test',
    targets: [target],
    parameters: gateway === undefined ? {} : { gateway: JSON.stringify(gateway) },
    rulesDigest: 'test',
    fingerprintKeyId: 'test',
  });
  const unit = { scanner: 'test', version: 1, target, unit: 'all', content: run };
  const { part } = open.addPart(unit, startedAt);
  for (const observation of observations) await open.append(part, observation);
  for (const [index, rows] of exports.entries()) {
    const one = open.addPart(
      { ...unit, target: exportTargets[index] ?? target, unit: `export-${index + 1}.json`, content: `${run} ${index}` },
      startedAt,
    );
    for (const row of rows) await open.append(one.part, row);
  }
  await open.endLoading([]);
}
