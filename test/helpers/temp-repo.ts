import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A real git repository in a temporary directory. Commit dates are an hour apart from `FIRST_COMMIT` on. */
export interface TempRepo {
  readonly path: string;
  /** Runs git here and returns its trimmed output. */
  git(...args: string[]): string;
  write(path: string, content: string | Uint8Array): void;
  remove(path: string): void;
  /** Stages everything and commits; returns the commit's id. */
  commit(message: string, author?: string): string;
}

export const FIRST_COMMIT = new Date('2026-01-05T09:00:00.000Z');
const AUTHOR = 'Ada Harbour <ada@harbour.example>';

const made: string[] = [];
process.on('exit', () => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

/** A fresh directory, removed when the process ends. */
export function tempDir(prefix = 'nhi-audit-test-'): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  made.push(path);
  return path;
}

/** Writes a file below `root`, with its directories. */
export function writeFile(root: string, path: string, content: string | Uint8Array): void {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
}

/** An empty repository on branch `main`, in `directory` or a fresh one. `init` takes `--bare`, `--object-format=sha256` … */
export function tempRepo(init: readonly string[] = [], directory = tempDir()): TempRepo {
  git(directory, ['init', '-q', '-b', 'main', ...init]);
  return openTempRepo(directory);
}

/** The same handle on a repository that exists: a clone, a worktree. */
export function openTempRepo(path: string): TempRepo {
  let commits = 0;
  return {
    path,
    git: (...args) => git(path, args, dates(commits)).toString().trim(),
    write: (file, content) => writeFile(path, file, content),
    remove: (file) => rmSync(join(path, file), { recursive: true, force: true }),
    commit(message, author = AUTHOR) {
      git(path, ['add', '-A']);
      git(path, ['commit', '-q', '--allow-empty', '-m', message, '--author', author], dates(commits++));
      return git(path, ['rev-parse', 'HEAD']).toString().trim();
    },
  };
}

/** One git command as the tests' own author, whatever the machine is set to. */
export function git(cwd: string, args: readonly string[], env: { readonly [name: string]: string } = {}): Buffer {
  return execFileSync('git', ['-c', 'protocol.file.allow=always', '-c', 'commit.gpgSign=false', ...args], {
    cwd,
    env: {
      ...process.env,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Ada Harbour',
      GIT_AUTHOR_EMAIL: 'ada@harbour.example',
      GIT_COMMITTER_NAME: 'Ada Harbour',
      GIT_COMMITTER_EMAIL: 'ada@harbour.example',
      ...dates(0),
      ...env,
    },
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function dates(commits: number): { readonly [name: string]: string } {
  const date = new Date(FIRST_COMMIT.getTime() + commits * 3_600_000).toISOString();
  return { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
}
