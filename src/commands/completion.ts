import type { Command } from 'commander';
import { completionScript, SHELLS } from '../completion/scripts.ts';
import { completionTree, type KnownValues } from '../completion/tree.ts';
import { PERSONAS, SEVERITIES } from '../contracts/index.ts';
import { loadFrameworks } from '../frameworks/load.ts';
import type { Io } from '../io.ts';
import { loadScanners, REPORTER_IDS } from '../registry.ts';
import { EXIT } from '../util/errors.ts';
import { oneOf } from './scan.ts';

/** Commands whose `--format` is one of the reporters. */
const REPORTING: ReadonlySet<string> = new Set(['scan', 'report', 'pr']);

/** Prints a completion script, made of the commands as they are. */
export async function completionCommand(io: Io, shell: string, program: Command): Promise<number> {
  const chosen = oneOf('shell', shell, SHELLS);
  await io.stdout(completionScript(chosen, completionTree(program, await knownValues())));
  return EXIT.clean;
}

/** The words that values of options may be, where the option itself does not name them. */
export async function knownValues(): Promise<KnownValues> {
  const frameworks = (await loadFrameworks()).map(({ id }) => id);
  const scanners = (await loadScanners()).map(({ id }) => id);
  return {
    '--format': (path) => (REPORTING.has(path) ? REPORTER_IDS : ['text', 'json']),
    '--output': (path) => (REPORTING.has(path) || path === 'demo' ? REPORTER_IDS.map((id) => `${id}=`) : []),
    '--fail-on': () => [...SEVERITIES, 'none'],
    '--severity': () => SEVERITIES,
    '--persona': () => PERSONAS,
    '--framework': () => [...frameworks, 'all'],
    '--only': () => scanners,
    '--skip': () => scanners,
    '--of': () => ['identities', 'credentials', 'findings', 'sessions'],
    '--via': () => ['gateway', 'cloud', 'direct'],
  };
}
