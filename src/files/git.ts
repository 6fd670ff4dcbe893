import { spawn } from 'node:child_process';
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { SimpleGit } from 'simple-git';
import { codeOf, TargetError } from '../util/errors.ts';
import { readRegularFile } from './source-file.ts';

/**
 * Every git call of the product is made here. The repository is a stranger's: its configuration, attributes and hooks
 * may name programs, and none of them may run. What git would run is turned off by arguments and environment; what it
 * cannot be told (clean and smudge filters of any name) is avoided: nothing here compares the work tree with the index
 * (`status`, `diff-files`, `ls-files -m`), for that passes files through the repository's filters.
 *
 * `--git-dir` is always given. So git does no discovery of its own, `core.worktree` has no say, and the check of who
 * owns the directory (`safe.directory`) does not apply: the user named the path, and nothing in it can run.
 */
export interface GitRepository {
  readonly gitDir: string;
  /** Top of the work tree; absent for a bare repository. */
  readonly workTree?: string;
  /** Where the target lies below the work tree: `''` or `services/shop/`. */
  readonly prefix: string;
}

/** Oldest git with `GIT_CONFIG_GLOBAL` and the object filters used here. */
const OLDEST_GIT = [2, 32] as const;

/** Arguments before every subcommand. */
export const GIT_ARGUMENTS: readonly string[] = [
  '--no-pager',
  '--no-replace-objects',
  '--no-optional-locks',
  ...[
    'core.fsmonitor=false',
    // A crafted index could otherwise hide untracked files.
    'core.untrackedCache=false',
    'core.hooksPath=/dev/null',
    'core.attributesFile=/dev/null',
    'core.excludesFile=/dev/null',
    'core.pager=cat',
    'core.editor=false',
    'core.askPass=true',
    'core.sshCommand=false',
    'credential.helper=',
    'diff.external=',
    'gpg.program=false',
    'gpg.ssh.program=false',
    'gpg.x509.program=false',
    'log.showSignature=false',
    'protocol.allow=never',
    'submodule.recurse=false',
  ].flatMap((setting) => ['-c', setting]),
];

const GIT_SETTINGS = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: 'true',
  SSH_ASKPASS: 'true',
  GIT_SSH_COMMAND: 'false',
  GIT_EDITOR: 'false',
  GIT_PAGER: 'cat',
  GIT_OPTIONAL_LOCKS: '0',
  // No fetching of the objects that a partial clone lacks. Gits that do not know this one fail at the next.
  GIT_NO_LAZY_FETCH: '1',
  // Stronger than any `protocol.*.allow` of the repository: no transport at all.
  GIT_ALLOW_PROTOCOL: '',
  GIT_PROTOCOL_FROM_USER: '0',
  LC_ALL: 'C',
} as const;

/** The environment of a git process: the caller's without anything that steers git, plus our settings. */
export function gitEnvironment(base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(base)) {
    if (!/^(GIT_|LC_|LANG$|SSH_ASKPASS|PAGER$|EDITOR$|VISUAL$|PREFIX$)/i.test(name)) env[name] = value;
  }
  return { ...env, ...GIT_SETTINGS };
}

/** Arguments that make any git command safe and bind it to one repository: `[...prefix, 'cat-file', '--batch']`. */
export function gitPrefix(repository: GitRepository): readonly string[] {
  const { gitDir, workTree } = repository;
  return [...GIT_ARGUMENTS, `--git-dir=${gitDir}`, ...(workTree === undefined ? [] : [`--work-tree=${workTree}`])];
}

/** Limits a command to what lies below the target, if that is not the whole repository. */
export function scopeOf(repository: GitRepository): readonly string[] {
  return repository.prefix === '' ? [] : ['--', `:(top,literal)${repository.prefix}`];
}

/**
 * The repository that a directory is, or lies in; `undefined` when there is none. Reads no configuration. A bare
 * repository is met only at the directory itself, never above it.
 */
export function findRepository(directory: string): GitRepository | undefined {
  const start = resolve(directory);
  if (isGitDir(start)) return { gitDir: start, prefix: '' };
  for (let at = start; ; at = dirname(at)) {
    const gitDir = gitDirOf(at);
    if (gitDir !== undefined) {
      const inside = relative(at, start).split(sep).join('/');
      return { gitDir, workTree: at, prefix: inside === '' ? '' : `${inside}/` };
    }
    if (dirname(at) === at) return undefined;
  }
}

/** Where the objects and refs are: another directory for a linked work tree. */
export function commonDirOf(gitDir: string): string {
  try {
    return resolve(gitDir, readRegularFile(join(gitDir, 'commondir'), MAX_POINTER_BYTES).toString('utf8').trim());
  } catch {
    return gitDir;
  }
}

/**
 * git opens these without a look at what they are, and waits for ever where one is a FIFO. Others, deeper inside, end the
 * patience of `gitChunks`.
 */
export function assertNoFifo({ gitDir }: GitRepository): void {
  for (const directory of new Set([gitDir, commonDirOf(gitDir)])) {
    for (const name of OPENED_BY_GIT) {
      const stat = statSync(join(directory, name), { throwIfNoEntry: false });
      if (stat !== undefined && !stat.isFile()) throw new GitError('open', undefined, `${name} is no regular file`);
    }
  }
}

const OPENED_BY_GIT = [
  'HEAD',
  'config',
  'config.worktree',
  'commondir',
  'index',
  'packed-refs',
  'shallow',
  'info/exclude',
  'info/attributes',
  'info/grafts',
  'objects/info/alternates',
  'objects/info/commit-graph',
];
const MAX_POINTER_BYTES = 64 * 1024;
/** No git command is silent for so long, in the largest repository, but one that waits for what never comes. */
const PATIENCE = 600_000;

/** Does this directory hold what git needs to call it a repository? */
export function isGitDir(directory: string): boolean {
  try {
    lstatSync(join(directory, 'HEAD'));
    const common = commonDirOf(directory);
    return statSync(join(common, 'objects')).isDirectory() && statSync(join(common, 'refs')).isDirectory();
  } catch {
    return false;
  }
}

/** `.git` of a work tree: a directory, or a file that names one (linked work tree, submodule). */
export function gitDirOf(workTree: string): string | undefined {
  const dotGit = join(workTree, '.git');
  const stat = statSync(dotGit, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (stat.isDirectory()) return isGitDir(dotGit) ? dotGit : undefined;
  if (!stat.isFile() || stat.size > MAX_POINTER_BYTES) return undefined;
  const named = /^gitdir: (?<path>.+)$/m.exec(readFileSync(dotGit, 'utf8'))?.groups?.path;
  if (named === undefined) return undefined;
  const gitDir = resolve(workTree, named.trimEnd());
  return isGitDir(gitDir) ? gitDir : undefined;
}

/** A git command that ended badly. The message is git's own first line. */
export class GitError extends Error {
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(command: string, exitCode: number | undefined, stderr: string) {
    const said = stderr.split('\n').find((line) => line.trim() !== '') ?? `ended with code ${exitCode}`;
    super(`git ${command}: ${said.replace(/^(fatal|error): /, '')}`);
    this.name = 'GitError';
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

export interface GitCall {
  readonly signal?: AbortSignal | undefined;
  /** Written to the command's standard input. */
  readonly input?: string | Uint8Array;
  /** The index to use in place of the repository's own: a hook of `git commit -a` is given one that is yet to be. */
  readonly index?: string;
  /** Milliseconds of silence after which the command is given up with a `GitError`: a FIFO in a file's place makes git wait for ever. */
  readonly patience?: number;
}

/** simple-git with the protections above. Loaded on demand: a look at staged changes does without it. */
async function ordinaryGit(repository: GitRepository, signal?: AbortSignal): Promise<SimpleGit> {
  const { simpleGit } = await import('simple-git');
  const env = gitEnvironment();
  return simpleGit({
    baseDir: repository.workTree ?? repository.gitDir,
    ...(signal === undefined ? {} : { abort: signal }),
    timeout: { block: PATIENCE },
    allowEnvironment: Object.keys(GIT_SETTINGS),
    // simple-git refuses these settings and variables lest a stranger choose their values; here we choose neutral ones.
    unsafe: {
      allowUnsafeAskPass: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeCredentialHelper: true,
      allowUnsafeDiffExternal: true,
      allowUnsafeEditor: true,
      allowUnsafeFsMonitor: true,
      allowUnsafeGpgProgram: true,
      allowUnsafeHooksPath: true,
      allowUnsafePager: true,
      allowUnsafeProtocolOverride: true,
      allowUnsafeSshCommand: true,
    },
  }).env(env);
}

/** One ordinary command through simple-git; its output as text. An exit code without a word on stderr is an answer: ''. */
export async function askGit(repository: GitRepository, args: readonly string[], signal?: AbortSignal): Promise<string> {
  const git = await ordinaryGit(repository, signal);
  try {
    return await git.raw([...gitPrefix(repository), ...args]);
  } catch (error) {
    signal?.throwIfAborted();
    if (codeOf(error) === 'ENOENT' || /ENOENT/.test(String(error))) throw notInstalled(error);
    throw new GitError(args[0] ?? '', undefined, error instanceof Error ? error.message : String(error));
  }
}

/**
 * The output of a command, chunk by chunk. Throws when the command fails or the signal fires; leaving the loop early ends
 * the command.
 */
export async function* gitChunks(repository: GitRepository, args: readonly string[], call: GitCall = {}): AsyncGenerator<Buffer> {
  const { signal } = call;
  signal?.throwIfAborted();
  const child = spawn('git', [...gitPrefix(repository), ...args], {
    cwd: repository.workTree ?? repository.gitDir,
    env: { ...gitEnvironment(), ...(call.index === undefined ? {} : { GIT_INDEX_FILE: call.index }) },
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const stop = () => {
    child.kill();
    // Should something else hold the other end, the pipe would stay open.
    child.stdout.destroy();
  };
  signal?.addEventListener('abort', stop, { once: true });
  let isGivenUp = false;
  const giveUp = () => {
    isGivenUp = true;
    stop();
  };
  const patience = call.patience ?? PATIENCE;
  let timer = setTimeout(giveUp, patience);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  // Awaited below; until then a command that cannot start must not be an unhandled rejection.
  ended.catch(() => undefined);
  let stderr = '';
  const said = new Promise((resolve) => child.stderr.once('close', resolve));
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < 4096) stderr += chunk.toString('utf8');
  });
  // A command that ends before it has read its input closes the pipe; its exit code tells the story.
  child.stdin.on('error', () => undefined);
  child.stdin.end(call.input ?? '');
  try {
    for await (const chunk of child.stdout) {
      // While the caller is busy, git waits for us.
      clearTimeout(timer);
      yield chunk as Buffer;
      timer = setTimeout(giveUp, patience);
    }
    const code = await ended;
    signal?.throwIfAborted();
    if (code !== 0) {
      await said;
      throw new GitError(args[0] ?? '', code ?? undefined, stderr);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (isGivenUp) throw new GitError(args[0] ?? '', undefined, `no answer in ${patience / 1000} seconds`);
    throw codeOf(error) === 'ENOENT' ? notInstalled(error) : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

/** The whole output of a command that says little. */
export async function gitOutput(repository: GitRepository, args: readonly string[], call: GitCall = {}): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(gitChunks(repository, args, call)));
}

/** Calls `onRecord` with the bounds of every record of the output. The buffer is reused: copy what is kept. */
export async function eachRecord(
  repository: GitRepository,
  args: readonly string[],
  call: GitCall & { readonly separator: 'nul' | 'newline' },
  onRecord: (buffer: Buffer, start: number, end: number) => boolean | undefined,
): Promise<void> {
  const separator = call.separator === 'nul' ? 0 : 10;
  let rest: Buffer | undefined;
  for await (const chunk of gitChunks(repository, args, call)) {
    const buffer: Buffer = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = buffer.indexOf(separator); end >= 0; end = buffer.indexOf(separator, start)) {
      if (onRecord(buffer, start, end) === false) return;
      start = end + 1;
    }
    rest = start === buffer.length ? undefined : Buffer.from(buffer.subarray(start));
  }
  if (rest !== undefined) onRecord(rest, 0, rest.length);
}

/** Makes a failure speak: git that is too old says so, others keep their own words. */
export async function explainGitError(repository: GitRepository, error: unknown): Promise<unknown> {
  // 129 is git's code for arguments it does not know.
  if (!(error instanceof GitError) || error.exitCode !== 129) return error;
  const text = (await gitOutput(repository, ['version'])).toString('utf8');
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(text) ?? [];
  const isOld = Number(major) < OLDEST_GIT[0] || (Number(major) === OLDEST_GIT[0] && Number(minor) < OLDEST_GIT[1]);
  if (!isOld) return error;
  return new TargetError(`git ${major}.${minor} is too old to read a repository with`, {
    code: 'GIT_TOO_OLD',
    hint: `Install git ${OLDEST_GIT.join('.')} or newer.`,
    cause: error,
  });
}

/** What to call a repository that no remote names. */
export function directoryName(repository: GitRepository): string {
  const top = repository.workTree ?? repository.gitDir;
  const name = basename(top).replace(/\.git$/, '');
  return name === '' ? basename(dirname(top)) : name;
}

function notInstalled(cause: unknown): TargetError {
  return new TargetError('git is not installed, or not in PATH', {
    code: 'GIT_MISSING',
    hint: 'Install git, or scan a directory that is not a repository.',
    cause,
  });
}
