import { eachRecord, type GitCall, type GitRepository, gitChunks, scopeOf } from './git.ts';

/** A file that differs between two trees, as the newer one has it. Deleted files are left out. */
export interface Change {
  readonly path: string;
  /** Blob id of the newer content. */
  readonly id: string;
  /** Blob id of the older content, under whatever path; empty for a new file. */
  readonly oldId: string;
  readonly mode: string;
  /** Lines that are new; `all` when the file is. */
  readonly added: 'all' | readonly LineRange[];
}

/** 1-based, both ends included. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Changes between two commits (`diff-tree`), or between a commit and the index (`diff-index --cached`). One process tells
 * the files, another the lines; neither touches the work tree, so no filter of the repository runs. A renamed file counts
 * with the lines that changed on the way.
 */
export async function listChanges(
  repository: GitRepository,
  compare: readonly ['diff-tree', string, string] | readonly ['diff-index', string],
  call: Pick<GitCall, 'signal' | 'index'> = {},
  /** Gets the content of deleted files, by path. */
  deleted?: Map<string, string>,
): Promise<readonly Change[]> {
  const [raw, lines] = await compareTrees(repository, compare, call);
  for (const { path, oldId, status } of raw) if (status === 'D') deleted?.set(path, oldId);
  // Moved, or of another mode: nothing in it is new.
  const changed = raw.filter(({ status, mode, id, oldId }) => status !== 'D' && (oldId !== id || !isFile(mode)));
  return changed.map(({ path, id, oldId, mode }) => ({
    path,
    id,
    oldId,
    mode,
    added: oldId === '' ? ('all' as const) : (lines.get(`${oldId}..${id}`)?.added ?? []),
  }));
}

/** What `listChanges` tells, from the other end. */
export interface ChangesBefore {
  /** Changed and deleted files as the older tree has them, under the names they have now; `added` are the lines that went. */
  readonly changes: readonly Change[];
  /** Older content of what has another name now, by that name. */
  readonly moved: ReadonlyMap<string, string>;
  /** Content of the files that the older tree has not, by path. */
  readonly came: ReadonlyMap<string, string>;
}

export async function listBefore(
  repository: GitRepository,
  compare: readonly ['diff-tree', string, string] | readonly ['diff-index', string],
  call: Pick<GitCall, 'signal' | 'index'> = {},
): Promise<ChangesBefore> {
  const [raw, lines] = await compareTrees(repository, compare, call);
  const changed = raw.filter(({ oldId, id }) => oldId !== '' && oldId !== id);
  return {
    changes: changed.map(({ path, id, oldId, status }) => ({
      path,
      id: oldId,
      oldId: status === 'D' ? '' : id,
      mode: '100644',
      added: status === 'D' ? ('all' as const) : (lines.get(`${oldId}..${id}`)?.removed ?? []),
    })),
    moved: new Map(raw.flatMap(({ path, oldId, status }) => (status === 'R' ? [[path, oldId] as const] : []))),
    came: new Map(raw.flatMap(({ path, id, oldId, mode }) => (oldId === '' && isFile(mode) ? [[path, id] as const] : []))),
  };
}

async function compareTrees(
  repository: GitRepository,
  [command, ...commits]: readonly string[],
  call: Pick<GitCall, 'signal' | 'index'>,
): Promise<readonly [readonly RawChange[], ReadonlyMap<string, ChangedLines>]> {
  const head = [
    command ?? '',
    '-r',
    '-M',
    '--full-index',
    '--ignore-submodules=none',
    ...(command === 'diff-index' ? ['--cached'] : []),
  ];
  const tail = [...commits, ...scopeOf(repository)];
  return await Promise.all([
    rawChanges(repository, [...head, '--raw', '-z', ...tail], call),
    // `--text`: UTF-16 and other files with NULs have lines too.
    changedLines(repository, [...head, '-p', '-U0', '--text', '--no-color', '--no-ext-diff', '--no-textconv', ...tail], call),
  ]);
}

interface RawChange {
  readonly path: string;
  readonly id: string;
  /** Empty when there was no file. */
  readonly oldId: string;
  readonly mode: string;
  /** First letter: `M`, `R`, `D` … */
  readonly status: string;
}

interface ChangedLines {
  readonly added: LineRange[];
  readonly removed: LineRange[];
}

export function isAdded(change: Change, first: number, last: number): boolean {
  return change.added === 'all' || change.added.some((range) => range.first <= last && first <= range.last);
}

async function rawChanges(
  repository: GitRepository,
  args: readonly string[],
  call: Pick<GitCall, 'signal' | 'index'>,
): Promise<RawChange[]> {
  const changes: RawChange[] = [];
  let meta: readonly string[] | undefined;
  let pathsLeft = 0;
  await eachRecord(repository, args, { ...call, separator: 'nul' }, (buffer, start, end) => {
    const text = buffer.toString('utf8', start, end);
    if (meta === undefined) {
      meta = text.slice(1).split(' ');
      pathsLeft = /^[RC]/.test(meta[4] ?? '') ? 2 : 1;
      return undefined;
    }
    pathsLeft -= 1;
    if (pathsLeft > 0) return undefined;
    const [oldMode = '', mode = '', old = '', id = '', status = ''] = meta;
    meta = undefined;
    // A link that becomes a file has the same bytes, and only now are they a file's.
    const oldId = /^0+$/.test(old) || !isFile(oldMode) ? '' : old;
    changes.push({ path: text, id, mode, oldId, status: status.slice(0, 1) });
    return undefined;
  });
  return changes;
}

/** Is this the mode of a plain file, not of a link or a submodule? */
export function isFile(mode: string): boolean {
  return mode.startsWith('100');
}

/** Line ranges by `OLD..NEW` ids. Bodies of the patch are passed over by their first byte; paths are not looked at. */
async function changedLines(
  repository: GitRepository,
  args: readonly string[],
  call: Pick<GitCall, 'signal' | 'index'>,
): Promise<ReadonlyMap<string, ChangedLines>> {
  const ranges = new Map<string, ChangedLines>();
  let current: ChangedLines | undefined;
  const onLine = (line: string) => {
    const index = /^index (?<ids>[0-9a-f]+\.\.[0-9a-f]+)/.exec(line)?.groups?.ids;
    if (index !== undefined) {
      // Two files may change from and to the same content: the same lines then, told once.
      current = ranges.has(index) ? undefined : { added: [], removed: [] };
      if (current !== undefined) ranges.set(index, current);
      return;
    }
    const hunk = /^@@ -(?<old>\d+)(?:,(?<gone>\d+))? \+(?<first>\d+)(?:,(?<count>\d+))? @@/.exec(line)?.groups;
    if (hunk === undefined) return;
    note(current?.removed, Number(hunk.old), Number(hunk.gone ?? 1));
    note(current?.added, Number(hunk.first), Number(hunk.count ?? 1));
  };
  const lines = new LineStarts(onLine);
  for await (const chunk of gitChunks(repository, args, call)) lines.push(chunk);
  lines.end();
  return ranges;
}

function note(ranges: LineRange[] | undefined, first: number, count: number): void {
  if (count > 0) ranges?.push({ first, last: first + count - 1 });
}

/** Gives the beginnings of lines: enough for headers, and a changed line of 100 MB costs nothing. */
class LineStarts {
  static readonly #kept = 256;
  readonly #onLine: (start: string) => void;
  #line = '';

  constructor(onLine: (start: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      const end = chunk.indexOf(10, at);
      const stop = end < 0 ? chunk.length : end;
      const room = LineStarts.#kept - this.#line.length;
      if (room > 0) this.#line += chunk.toString('latin1', at, Math.min(stop, at + room));
      if (end < 0) return;
      this.end();
      at = end + 1;
    }
  }

  end(): void {
    const line = this.#line;
    this.#line = '';
    if (line.startsWith('index ') || line.startsWith('@@ ')) this.#onLine(line);
  }
}
