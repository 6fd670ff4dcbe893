import type { SourceFile, Surroundings } from '../contracts/index.ts';

/**
 * The files of a work tree or commit for those who ask: nothing is listed before. `read` gets listed paths only, so that
 * no reference leads out of what the crawl looks at.
 */
export function surroundings(
  list: () => Iterable<string> | Promise<Iterable<string>>,
  read: (path: string, around: Surroundings) => SourceFile | undefined | Promise<SourceFile | undefined>,
): Surroundings {
  let listed: Promise<{ readonly all: ReadonlySet<string>; readonly byDirectory: ReadonlyMap<string, string[]> }> | undefined;
  const files = () => {
    listed ??= Promise.resolve(list()).then((paths) => {
      const all = new Set(paths);
      return { all, byDirectory: groupByDirectory(all) };
    });
    return listed;
  };
  const around: Surroundings = {
    async list(directory) {
      return (await files()).byDirectory.get(directory) ?? [];
    },
    async read(path) {
      return (await files()).all.has(path) ? await read(path, around) : undefined;
    },
  };
  return around;
}

function groupByDirectory(paths: Iterable<string>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const directory = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    const group = groups.get(directory);
    if (group === undefined) groups.set(directory, [path]);
    else group.push(path);
  }
  return groups;
}
