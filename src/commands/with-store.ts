import { resolve } from 'node:path';
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

export interface StoreOptions {
  readonly store: string;
  readonly run?: string;
}

/** Opens a store to read, shows the run that the options name (or the newest), and closes it after use. */
export async function withStore<T>(
  io: Io,
  options: StoreOptions,
  use: (store: Store, read: (parts?: readonly ReportPart[]) => Promise<Facts>) => Promise<T>,
  { exportTo }: { readonly exportTo?: string } = {},
): Promise<T> {
  const { openStore } = await import('../store/index.ts');
  const file = resolve(io.directory, options.store);
  const store = await openStore({ mode: 'read', file, wait: 2_000, ...(exportTo === undefined ? {} : { exportTo }) });
  const stop = (): void => store.interrupt();
  io.signal.addEventListener('abort', stop);
  try {
    await chooseRun(store, options.run);
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

async function chooseRun(store: Store, run: string | undefined): Promise<void> {
  const runs = (await store.rows("SELECT run_id FROM runs WHERE status = 'complete' ORDER BY sequence")).map((row) =>
    String(row.run_id),
  );
  if (runs.length === 0) throw noRun(store.file ?? 'the store');
  if (run === undefined) return;
  if (!runs.includes(run)) {
    const meant = nearest(run, runs);
    throw new ConfigError(`The store has no run "${run}"`, {
      code: 'RUN_UNKNOWN',
      hint: `${meant === undefined ? '' : `Did you mean "${meant}"? `}Newest: ${runs.slice(-5).reverse().join(', ')}`,
    });
  }
  await store.selectRun(run);
}

function noRun(file: string): StoreError {
  return new StoreError(`${file} holds no complete run`, {
    code: 'STORE_EMPTY',
    hint: `Make one with: nhi-audit scan --store ${shellWord(file)}`,
  });
}
