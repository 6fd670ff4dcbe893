import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { CI_FILES, CI_KINDS, type CiKind, CONFIG } from '../init/files.ts';
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
    const files = [CONFIG, ...(ci === 'none' ? [] : [CI_FILES[ci]])];
    for (const { path, text } of files) await io.stdout(`--- ${path}\n${text}\n`);
    const there = files.filter(({ path }) => existsSync(join(io.directory, path))).map(({ path }) => path);
    if (there.length > 0 && options.force !== true) {
      throw new ConfigError(`${there.join(' and ')} ${there.length === 1 ? 'is' : 'are'} there already: nothing was written`, {
        code: 'INIT_THERE',
        hint: 'Add to it by hand what is shown above, or replace it with --force.',
      });
    }
    const isWanted =
      options.yes === true || (ask !== undefined && /^y(es)?$/i.test((await ask.question('Write this? [y/N] ')).trim()));
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
    if (ci !== 'none') io.stderr(`${CI_FILES[ci].toDo}\n`);
  } finally {
    ask?.close();
  }
  tellNext(io, found);
  return EXIT.clean;
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
