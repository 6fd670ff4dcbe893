import { existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { CI_FILES, CI_KINDS, type CiKind, CONFIG, SCHEMA, WRITTEN } from '../init/files.ts';
import { type Found, lookAround, nextExports } from '../init/look.ts';
import type { Io } from '../io.ts';
import { writeWhole } from '../output.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { oneOf } from './scan.ts';

interface InitOptions {
  readonly ci?: string;
  readonly yes?: boolean;
  readonly force?: boolean;
}

/** A first configuration and the file of a CI system: shown, and written when that was asked for. */
export async function initCommand(io: Io, options: InitOptions): Promise<number> {
  const found = lookAround(io.directory);
  io.stderr(`Here: ${tellFound(found)}.\n`);
  const isTalk = io.stdin?.isTTY === true && io.terminal.stderrIsTTY && options.yes !== true;
  const ask = isTalk ? await conversation(io) : undefined;
  try {
    const ci = await chosen(options.ci, found, ask?.question);
    const planned = planOf(io.directory, ci, options.force === true);
    for (const { path, text, state } of planned) await io.stdout(`--- ${path}${STATES[state]}\n${text}\n`);
    const files = planned.filter(({ state }) => state === 'new' || state === 'replaced');
    const kept = planned.filter(({ state }) => state === 'kept').map(({ path }) => path);
    if (files.length === 0) {
      if (kept.length > 0) throw nothingToWrite(kept, options.force === true);
      io.stderr('All of it is there already, as it would be written.\n');
      tellNext(io, found);
      return EXIT.clean;
    }
    const what = `Write ${files.map(({ path }) => path).join(' and ')}? [y/N] `;
    const isWanted = options.yes === true || (ask !== undefined && /^y(es)?$/i.test((await ask.question(what)).trim()));
    if (!isWanted) {
      io.stderr('Nothing was written. With --yes it is.\n');
      tellNext(io, found);
      return EXIT.clean;
    }
    for (const { path, text } of files) {
      const file = join(io.directory, path);
      mkdirSync(dirname(file), { recursive: true });
      await writeWhole(file, [text], 'file');
      io.stderr(`Written: ${path}\n`);
    }
    for (const path of kept)
      io.stderr(`Left as it is, for it is there already: ${path}. Add to it by hand what is shown above.\n`);
    if (ci !== 'none') io.stderr(`Left to do: ${CI_FILES[ci].toDo}\n`);
  } finally {
    ask?.close();
  }
  tellNext(io, found);
  return EXIT.clean;
}

interface Planned {
  readonly path: string;
  readonly text: string;
  readonly state: 'new' | 'same' | 'replaced' | 'kept';
}

const STATES: { readonly [state in Planned['state']]: string } = {
  new: '',
  same: ' (there already, just so)',
  replaced: ' (replaces what is there)',
  kept: ' (there already: to be added by hand)',
};

/** What is missing is written. With --force the configuration is replaced, and a workflow that `init` wrote; no CI file of others. */
function planOf(directory: string, ci: CiKind, force: boolean): readonly Planned[] {
  const schema = existsSync(join(directory, SCHEMA)) ? `# yaml-language-server: $schema=${SCHEMA}\n` : '';
  const files = [
    { path: CONFIG.path, text: schema + CONFIG.text, isOurs: () => true },
    ...(ci === 'none' ? [] : [{ ...CI_FILES[ci], isOurs: (text: string) => !CI_FILES[ci].isShared && text.startsWith(WRITTEN) }]),
  ];
  return files.map(({ path, text, isOurs }) => {
    const before = textOf(join(directory, path));
    const state = before === undefined ? 'new' : before === text ? 'same' : force && isOurs(before) ? 'replaced' : 'kept';
    return { path, text, state };
  });
}

/** Undefined: it is not there. What cannot be read is there, and nothing that we wrote. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return lstatSync(file, { throwIfNoEntry: false }) === undefined ? undefined : '';
  }
}

function nothingToWrite(kept: readonly string[], force: boolean): ConfigError {
  const isOne = kept.length === 1;
  const hint = force
    ? 'Add to it by hand what is shown above: --force replaces no CI file that init did not write.'
    : `Add to ${isOne ? 'it' : 'them'} by hand what is shown above, or replace ${isOne ? 'it' : 'them'} with --force (never a CI file that init did not write).`;
  return new ConfigError(`${kept.join(' and ')} ${isOne ? 'is' : 'are'} there already: nothing was written`, {
    code: 'INIT_THERE',
    hint,
  });
}

/** The joins come of what others know: who owns a key, what it may do, what it did. */
function tellNext(io: Io, found: Found): void {
  const exports = nextExports(found);
  if (exports.length > 0) {
    io.stderr(
      "\nWhat would tell more, with the vendors' own commands (nothing of this was run):\n  mkdir -p exports        # and keep it out of the repository\n",
    );
    for (const { why, command, all } of exports) io.stderr(`  ${why}\n    ${command}\n      all of it: ${all}\n`);
  }
  const targets = found.exports.length + exports.length > 0 ? '. ./exports' : '.';
  io.stderr(`\nThen: nhi-audit scan ${targets} --store audit.duckdb\n`);
}

async function chosen(given: string | undefined, found: Found, question: Conversation['question'] | undefined): Promise<CiKind> {
  if (given !== undefined) return oneOf('--ci', given, CI_KINDS);
  const likely: CiKind = found.github ? 'github' : found.gitlab ? 'gitlab' : found.preCommit ? 'pre-commit' : 'none';
  if (question === undefined) return likely;
  const answer = (await question(`Which CI file: ${CI_KINDS.join(', ')}? [${likely}] `)).trim();
  return answer === '' ? likely : oneOf('The CI', answer, CI_KINDS);
}

interface Conversation {
  readonly question: (text: string) => Promise<string>;
  readonly close: () => void;
}

async function conversation(io: Io): Promise<Conversation> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: Readable.from(io.stdin?.chunks() ?? []), terminal: false });
  const answers = lines[Symbol.asyncIterator]();
  return {
    question: async (text) => {
      io.stderr(text);
      const { value, done } = await answers.next();
      return done === true ? '' : value;
    },
    close: () => lines.close(),
  };
}

function tellFound({ git, github, gitlab, preCommit, notebooks, terraform, kubernetes }: Found): string {
  const words: readonly (readonly [boolean, string])[] = [
    [git, 'a git repository'],
    [github, 'GitHub workflows'],
    [gitlab, 'GitLab CI'],
    [preCommit, 'pre-commit'],
    [notebooks, 'notebooks'],
    [terraform, 'Terraform'],
    [kubernetes, 'Kubernetes manifests'],
  ];
  return words.flatMap(([is, word]) => (is ? [word] : [])).join(', ') || 'nothing that decides anything';
}
