import { realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { CrawlContext, FilePlace, PathTarget } from '../../src/contracts/index.ts';
import { assertNoFifo, findRepository, GitError } from '../../src/files/git.ts';
import { readRegularFile, sourceFile } from '../../src/files/source-file.ts';
import { surroundings } from '../../src/files/surroundings.ts';
import { TargetError } from '../../src/util/errors.ts';
import { openCheckout } from './checkout.ts';
import { listWorkTree } from './listing.ts';
import { placeOf } from './place.ts';
import { Tally } from './tally.ts';

/**
 * Where a file that is a target of its own lies: what is told of it is then what is told of it in its repository. Of one in
 * none, which kind of file it is still shows in its path.
 */
export async function locateFile(target: PathTarget, context: CrawlContext): Promise<FilePlace> {
  const file = realpathSync(target.path);
  return (await inWorkTree(file, context)) ?? outside(file, target);
}

function outside(file: string, { name }: PathTarget): FilePlace {
  const place = placeOf(file.split(sep).join('/'));
  const at = { path: name.split('\\').join('/') };
  return { at, place: place === 'work-tree' ? 'file' : place, ...modeOf(file, place) };
}

async function inWorkTree(file: string, context: CrawlContext): Promise<FilePlace | undefined> {
  const found = findRepository(dirname(file));
  if (found?.workTree === undefined) return undefined;
  try {
    assertNoFifo(found);
    const root = realpathSync(found.workTree);
    const path = relative(root, file).split(sep).join('/');
    if (path.startsWith('../') || path.startsWith('.git/')) return undefined;
    const checkout = await openCheckout({ ...found, prefix: '' }, { path: root, below: '', target: { path: root } }, context);
    if (checkout.repository.workTree === undefined) return undefined;
    const locate = (of: string) => ({ ...checkout.at, path: of, atHead: true });
    const around = surroundings(
      async () => (await listWorkTree(checkout, root, context, new Tally())).files.map((listed) => listed.path),
      (of, others) => {
        try {
          const bytes = readRegularFile(join(root, of), context.options.maxFileBytes);
          return sourceFile(of, bytes, locate(of), placeOf(of), others);
        } catch {
          return undefined;
        }
      },
    );
    const place = placeOf(path);
    return { at: locate(path), place, around, ...modeOf(file, place) };
  } catch (error) {
    context.signal.throwIfAborted();
    // A repository that git does not open is no reason not to read a file.
    if (error instanceof GitError || error instanceof TargetError) return undefined;
    throw error;
  }
}

/** Who else on the machine may read a login is asked of agents' files only. */
export function modeOf(file: string, place: FilePlace['place']): Pick<FilePlace, 'mode'> {
  return place === 'agent-config' && process.platform !== 'win32' ? { mode: statSync(file).mode & 0o777 } : {};
}
