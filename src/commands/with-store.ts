import { resolve } from 'node:path';
import { z } from 'zod';
import type { ReportPart } from '../contracts/index.ts';
import type { Io } from '../io.ts';
import type { Facts } from '../run/facts.ts';
import { readParts } from '../run/parts/index.ts';
import type { Store } from '../store/index.ts';
import { ConfigError, StoreError } from '../util/errors.ts';
import { nearest } from '../util/nearest.ts';
import { count } from '../util/report-text.ts';
import { printable } from '../util/sanitize.ts';
import { shellWord } from '../util/shell-word.ts';

const TARGETS_SHOWN = 3;

export interface StoreOptions {
  readonly store: string;
  readonly run?: string;
  readonly quiet?: boolean;
}

/** Opens a store to read, shows the run that the options name (or the newest), and closes it after use. */
export async function withStore<T>(
  io: Io,
  options: StoreOptions,
  use: (store: Store, read: (parts?: readonly ReportPart[]) => Promise<Facts>) => Promise<T>,
  { exportTo, saysWhichRun = true }: { readonly exportTo?: string; readonly saysWhichRun?: boolean } = {},
): Promise<T> {
  const { openStore } = await import('../store/index.ts');
  const file = resolve(io.directory, options.store);
  const store = await openStore({ mode: 'read', file, wait: 2_000, ...(exportTo === undefined ? {} : { exportTo }) });
  const stop = (): void => store.interrupt();
  io.signal.addEventListener('abort', stop);
  try {
    const runs = await chooseRun(store, options.run);
    if (options.run === undefined && options.quiet !== true && saysWhichRun) tellSmallerRun(io, runs);
    return await use(store, async (wanted = []) => {
      const { readFacts } = await import('../run/facts.ts');
      await store.materialise();
      const facts = await readFacts(store);
      if (facts === undefined) throw noRun(file);
      const parts = wanted.length === 0 ? undefined : await readParts(store, wanted, facts);
      await store.dematerialise();
      return { ...facts, ...(parts === undefined ? {} : { parts }) };
    });
  } finally {
    io.signal.removeEventListener('abort', stop);
    store.close();
  }
}

/** A report of a run some of whose rules are not at hand says less of them than the run did: nobody should learn that by chance. */
export function tellUnknownRules(io: Io, rules: readonly string[]): void {
  if (rules.length === 0) return;
  const names = rules.slice(0, 10).map(printable).join(', ');
  io.stderr(
    `warning: ${count(rules.length, 'rule')} of that run ${rules.length === 1 ? 'is' : 'are'} not at hand (${names}${rules.length > 10 ? ', …' : ''}): controls are told as the run judged them, such a rule by its findings alone. Own rules are named with --config\n`,
  );
}

const RunRow = z.object({ run_id: z.string(), started_at: z.string(), targets: z.array(z.string()).nullish() });
type RunRow = z.infer<typeof RunRow>;

/** The complete runs, the oldest first. The store shows the one that is named, else the newest. */
async function chooseRun(store: Store, run: string | undefined): Promise<readonly RunRow[]> {
  const rows = await store.rows("SELECT run_id, started_at, targets FROM runs WHERE status = 'complete' ORDER BY sequence");
  const runs = rows.map((row) => RunRow.parse(row));
  if (runs.length === 0) throw noRun(store.file ?? 'the store');
  if (run === undefined) return runs;
  if (!runs.some(({ run_id }) => run_id === run)) {
    const ids = runs.map(({ run_id }) => run_id);
    const meant = nearest(run, ids);
    throw new ConfigError(`The store has no run "${run}"`, {
      code: 'RUN_UNKNOWN',
      hint: `${meant === undefined ? '' : `Did you mean "${meant}"? `}Newest: ${ids.slice(-5).reverse().join(', ')}`,
    });
  }
  await store.selectRun(run);
  return runs;
}

/** Somebody scanned one directory into the store of all: what is told of the newest run is then less than is known. */
function tellSmallerRun(io: Io, runs: readonly RunRow[]): void {
  const [before, newest] = runs.slice(-2);
  if (before === undefined || newest === undefined) return;
  const here = new Set(newest.targets ?? []);
  const left = (before.targets ?? []).filter((target) => !here.has(target));
  if (left.length === 0) return;
  const names = left.slice(0, TARGETS_SHOWN).map(printable).join(', ');
  const more = left.length > TARGETS_SHOWN ? ` and ${left.length - TARGETS_SHOWN} more` : '';
  io.stderr(
    `note: this is of run ${printable(newest.run_id)}, the newest, which was not given ${names}${more}. The run before was: --run ${printable(before.run_id)}\n`,
  );
}

function noRun(file: string): StoreError {
  return new StoreError(`${file} holds no complete run`, {
    code: 'STORE_EMPTY',
    hint: `Make one with: nhi-audit scan --store ${shellWord(file)}`,
  });
}
