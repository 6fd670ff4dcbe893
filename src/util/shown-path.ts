import { basename, isAbsolute, relative, sep } from 'node:path';

/**
 * A file as a report names it: by its path from a folder, which says nothing of the machine. Of what lies elsewhere only the
 * name is told, for the way to it has home directories and users in it.
 */
export function shownPath(path: string, folder: string): string {
  const way = relative(folder, path);
  if (way === '') return '.';
  const isElsewhere = isAbsolute(way) || way.split(sep)[0] === '..';
  return isElsewhere ? `…/${basename(path)}` : way.split(sep).join('/');
}
