import ignore from 'ignore';
import type { Surroundings } from '../contracts/index.ts';

/**
 * Does a `.gitignore` on the way to it leave a path out? `undefined` where there is no such file at all: it may be no
 * repository of Git.
 */
export async function isIgnoredByGit(path: string, around: Surroundings): Promise<boolean | undefined> {
  const parts = path.split('/').slice(0, -1);
  let isIgnored: boolean | undefined;
  for (let depth = 0; depth <= parts.length; depth += 1) {
    const base = parts.slice(0, depth).join('/');
    const file = await around.read(base === '' ? '.gitignore' : `${base}/.gitignore`);
    if (file === undefined) continue;
    const result = ignore()
      .add(file.text())
      .test(base === '' ? path : path.slice(base.length + 1));
    // Deeper files have the last word.
    isIgnored = result.ignored || (result.unignored ? false : (isIgnored ?? false));
  }
  return isIgnored;
}
