import { eachRecord, type GitCall, type GitRepository, scopeOf } from './git.ts';

const NO_BLOB = /^0+$/;

/** What commits changed, as `eachChange` says; the format comes next. */
export const LOG: readonly string[] = [
  ...['log', '--raw', '-z', '--no-abbrev', '--no-renames', '--root', '--encoding=UTF-8'],
  ...['--no-show-signature', '--no-ext-diff', '--no-textconv', '--ignore-submodules=all'],
];

/**
 * Streams what commits change. `--raw -z` output is a run of NUL-closed tokens: a commit's header (begun by
 * byte 1), then pairs of a line `:MODES IDS STATUS` and a path. A path may begin with any byte, so the pair decides.
 */
export async function eachChange(
  repository: GitRepository,
  range: readonly string[],
  call: GitCall,
  onCommit: (header: string) => void,
  onBlob: (id: string, path: () => string) => void,
): Promise<void> {
  const scope = repository.prefix === '' ? [] : ['--full-history', ...scopeOf(repository)];
  let id: string | undefined;
  await eachRecord(
    repository,
    [...LOG, '--format=%x01%H%x02%an <%ae>%x02%aI', ...range, ...scope],
    { ...call, separator: 'nul' },
    (buffer, start, end) => {
      if (id !== undefined) {
        if (id !== '') onBlob(id, () => buffer.toString('utf8', start, end));
        id = undefined;
        return undefined;
      }
      const at = buffer[start] === 10 ? start + 1 : start;
      if (buffer[at] === 1) onCommit(buffer.toString('utf8', at + 1, end));
      else if (buffer[at] === 58) id = newBlob(buffer.toString('latin1', at, end));
      return undefined;
    },
  );
}

/** The id that a raw line leaves at the path; empty when it leaves no file there (deleted, or a submodule). */
function newBlob(line: string): string {
  const parents = line.lastIndexOf(':') + 1;
  const fields = line.slice(parents).split(' ');
  const mode = fields[parents] ?? '';
  const id = fields[2 * parents + 1] ?? '';
  return mode !== '160000' && !NO_BLOB.test(id) ? id : '';
}
