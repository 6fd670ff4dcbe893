import { chooseRun } from '../diff/choose-run.ts';
import { compareRuns, type RunDiff, storedRuns } from '../diff/compare.ts';
import { COLUMNS, diffRows, tellDiff } from '../diff/tell.ts';
import { type Io, stdoutContext } from '../io.ts';
import type { Store } from '../store/index.ts';
import { EXIT } from '../util/errors.ts';
import { Layout } from '../util/layout.ts';
import { jsonText } from '../util/sanitize.ts';
import { renderTable, type TableFormat } from '../util/table.ts';
import { withStore } from './with-store.ts';

interface DiffOptions {
  readonly store: string;
  readonly format: TableFormat;
}

/** What changed from one stored run to another; the earlier one is always the first. The exit code does not depend on it. */
export async function diffCommand(io: Io, a: string, b: string, options: DiffOptions): Promise<number> {
  const compare = async (store: Store): Promise<RunDiff> => {
    const runs = await storedRuns(store);
    const [from, to] = [chooseRun(runs, a), chooseRun(runs, b)].sort((x, y) => runs.indexOf(x) - runs.indexOf(y));
    if (from === undefined || to === undefined) throw new Error('two runs were chosen');
    if (from === to) io.stderr(`Both are run ${from.id}.\n`);
    return await compareRuns(store, from.id, to.id);
  };
  // Diff itself says what the targets were.
  const diff = await withStore(io, { store: options.store }, compare, { saysWhichRun: false });
  if (options.format === 'json') await io.stdout(`${jsonText(diff, 2)}\n`);
  else if (options.format === 'csv') {
    for (const caveat of diff.caveats) io.stderr(`note: ${caveat}\n`);
    await io.stdout(renderTable(diffRows(diff), COLUMNS, 'csv', undefined));
  } else {
    const lines = [...tellDiff(diff, new Layout(stdoutContext(io)))];
    await io.stdout(`${lines.map((line) => line.trimEnd()).join('\n')}\n`);
  }
  return EXIT.clean;
}
