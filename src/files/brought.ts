import { isFile } from './changes.ts';
import { eachRecord, type GitRepository, scopeOf } from './git.ts';

/** A version of a file that a commit brought. */
export interface BroughtBlob {
  readonly id: string;
  readonly path: string;
  readonly commit: string;
  /** `Name <email>`. */
  readonly author: string;
  /** As git writes it: ISO 8601 with an offset. */
  readonly date: string;
  /** What its parents have in its place; none for a new file. */
  readonly before: readonly string[];
}

export interface Brought {
  readonly commits: number;
  /** Oldest first, as far as commits have an order. */
  readonly blobs: readonly BroughtBlob[];
  /** Commits whose parents a shallow clone lacks: what they changed cannot be known. */
  readonly cut: number;
}

/**
 * Every version of a file that the commits of `head` brought which `base` does not have: what was added and taken away
 * again between the two is in the history that is pushed. `cuts` are the commits at which a shallow clone ends: git takes
 * them for the first ones, that bring all.
 */
export async function listBrought(
  repository: GitRepository,
  { base, head, cuts }: { readonly base: string; readonly head: string; readonly cuts: ReadonlySet<string> },
  signal?: AbortSignal,
): Promise<Brought> {
  const blobs: BroughtBlob[] = [];
  let commits = 0;
  let cut = 0;
  let commit = { commit: '', author: '', date: '' };
  let change: RawChange | undefined;
  const args = [
    ...(cuts.size === 0 ? [] : ['-c', 'log.showRoot=false']),
    ...['log', '--raw', '-z', '--no-abbrev', '-M', '-c', '--topo-order', '--reverse', '--encoding=UTF-8'],
    ...['--no-show-signature', '--no-ext-diff', '--no-textconv', '--ignore-submodules=all'],
    ...['--format=%x01%H%x02%an <%ae>%x02%aI', `^${base}`, head],
    ...(repository.prefix === '' ? [] : ['--full-history', ...scopeOf(repository)]),
  ];
  await eachRecord(repository, args, { separator: 'nul', signal }, (buffer, start, end) => {
    const text = buffer.toString('utf8', buffer[start] === 10 ? start + 1 : start, end);
    if (change !== undefined) {
      change.paths -= 1;
      if (change.paths > 0) return undefined;
      // A path may begin with a line feed.
      if (change.id !== '')
        blobs.push({ id: change.id, path: buffer.toString('utf8', start, end), ...commit, before: change.before });
      change = undefined;
    } else if (text.startsWith('\u0001')) {
      const [id = '', author = '', date = ''] = text.slice(1).split('\u0002');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: names are strangers' text, bound for a terminal
      commit = { commit: id, author: author.replace(/[\u0000-\u001f\u007f-\u009f]/g, ''), date };
      commits += 1;
      if (cuts.has(id)) cut += 1;
    } else if (text.startsWith(':')) {
      change = parseRaw(text);
    }
    return undefined;
  });
  return { commits, blobs, cut };
}

interface RawChange {
  /** Empty when it leaves no file there: deleted, a symlink, a submodule. */
  readonly id: string;
  readonly before: readonly string[];
  /** How many paths follow. */
  paths: number;
}

/** `:MODE MODE ID ID STATUS`, or with two or more parents `::MODE MODE MODE ID ID ID STATUS`. */
function parseRaw(line: string): RawChange {
  const parents = /^:+/.exec(line)?.[0].length ?? 1;
  const fields = line.slice(parents).split(' ');
  const before = fields.slice(parents + 1, 2 * parents + 1);
  const status = fields[2 * parents + 2] ?? '';
  return {
    id: isFile(fields[parents] ?? '') ? (fields[2 * parents + 1] ?? '') : '',
    before: before.filter((id) => !/^0+$/.test(id)),
    paths: parents === 1 && /^[RC]/.test(status) ? 2 : 1,
  };
}
