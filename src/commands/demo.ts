import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { Config } from '../config/schema.ts';
import type { Io } from '../io.ts';
import { parseOutputs, writeOutputs } from '../output.ts';
import { scan } from '../run.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { runtimeOf } from './scan.ts';
import { tellTrace } from './trace.ts';

/** Where the story begins: the user whose key lies in the notebook. */
const HERO = 'ml-batch';

/**
 * The main job on the sample estate: builds its repositories and exports, scans them, and tells one finding end to
 * end. Nothing is fetched and no account is needed; the clock stands at the estate's own day, so that every run says
 * the same.
 */
export async function demoCommand(
  io: Io,
  options: { readonly keep?: string; readonly quiet?: boolean; readonly debug?: boolean },
): Promise<number> {
  const root =
    options.keep === undefined
      ? mkdtempSync(join(tmpdir(), 'nhi-audit-demo-'))
      : newDirectory(resolve(io.directory, options.keep));
  try {
    const { buildEstate } = await import('../../samples/build.ts');
    const estate = await buildEstate(join(root, 'estate'));
    const storeFile = join(root, 'harbour-coffee.duckdb');
    const clock = (): Date => new Date(estate.clock);
    const { report } = await scan({
      targets: estate.targets.map((target) => relative(root, target)),
      directory: root,
      crawl: { history: true, staged: false, exclude: [] },
      storeFile,
      only: [],
      skip: [],
      config: { ...Config.parse({}), file: undefined },
      persona: 'security',
      newOnly: false,
      frameworks: [],
      runtime: { ...(await runtimeOf(io, options)), clock },
    });
    const shown = options.keep === undefined ? undefined : relative(io.directory, storeFile);
    await tell(io, storeFile, shown, report);
    return EXIT.clean;
  } finally {
    if (options.keep === undefined) rmSync(root, { recursive: true, force: true });
  }
}

async function tell(
  io: Io,
  storeFile: string,
  shown: string | undefined,
  report: Parameters<typeof writeOutputs>[1],
): Promise<void> {
  await io.stdout(
    'Harbour Coffee, a sample company: two repositories, IAM and gateway exports, a roster. No account was used.\n\n',
  );
  await writeOutputs(await parseOutputs('terminal', [], io.directory), report, io, shown);
  await io.stdout('\nOne key, end to end\n\n');
  await tellTrace({ ...io, directory: '/' }, HERO, { store: storeFile, format: 'text' });
  const store = shown ?? 'audit.duckdb';
  await io.stdout(
    [
      '',
      'Try next',
      '  nhi-audit scan .                                   your own repository, work tree and history',
      '  nhi-audit scan . ./exports --store audit.duckdb    with IAM and gateway exports beside it',
      ...(shown === undefined
        ? ['  nhi-audit demo --keep ./demo                       this estate, to look around in']
        : [`  nhi-audit trace ${HERO} --store ${store}`, `  nhi-audit query "FROM identity_overview" --store ${store}`]),
      '  nhi-audit rules explain leaked-key-used-around-gateway',
      '',
    ].join('\n'),
  );
}

function newDirectory(path: string): string {
  if (existsSync(path)) {
    throw new ConfigError(`${path} exists already`, { code: 'USAGE', hint: 'Name a directory that does not exist yet.' });
  }
  mkdirSync(path, { recursive: true });
  return path;
}
