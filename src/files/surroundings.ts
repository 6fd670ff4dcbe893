import { createHash } from 'node:crypto';
import type { FileScanner, SourceFile, Surroundings } from '../contracts/index.ts';

interface Listed {
  readonly all: ReadonlySet<string>;
  readonly byDirectory: ReadonlyMap<string, string[]>;
}

/**
 * The files of a work tree or commit for those who ask: nothing is listed before. `read` gets listed paths only, so that
 * no reference leads out of what the crawl looks at. `contentOf` names a content that need not be read for that.
 */
export function surroundings(
  list: () => Iterable<string> | Promise<Iterable<string>>,
  read: (path: string, around: Surroundings) => SourceFile | undefined | Promise<SourceFile | undefined>,
  contentOf: (path: string) => string | undefined = () => undefined,
): Surroundings {
  let listed: Promise<Listed> | undefined;
  const files = () => {
    listed ??= Promise.resolve(list()).then((paths) => {
      const all = new Set(paths);
      return { all, byDirectory: groupByDirectory(all) };
    });
    return listed;
  };
  let digest: Promise<string> | undefined;
  const narrower = new Map<(path: string) => boolean, Surroundings>();
  const around: Surroundings = {
    async list(directory) {
      return (await files()).byDirectory.get(directory) ?? [];
    },
    async read(path) {
      return (await files()).all.has(path) ? await read(path, around) : undefined;
    },
    async paths() {
      return (await files()).all;
    },
    only(isShown) {
      const known = narrower.get(isShown);
      if (known !== undefined) return known;
      const those = surroundings(async () => [...(await files()).all].filter(isShown), read, contentOf);
      narrower.set(isShown, those);
      return those;
    },
    digest() {
      digest ??= digestOf(files, contentOf, (path) => around.read(path));
      return digest;
    },
  };
  return around;
}

async function digestOf(
  files: () => Promise<Listed>,
  contentOf: (path: string) => string | undefined,
  read: Surroundings['read'],
): Promise<string> {
  const hash = createHash('sha256');
  for (const path of [...(await files()).all].sort()) {
    const content = contentOf(path);
    hash.update(`${path}\0${content ?? ''}\0`);
    if (content !== undefined) continue;
    const bytes = (await read(path))?.bytes;
    hash.update(`${bytes?.length ?? 'unreadable'}\0`).update(bytes ?? '');
  }
  return hash.digest('hex');
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

/** A file as a scanner gets it: with those files around it that it says it looks at. */
export function shownTo({ looksAt }: Pick<FileScanner, 'looksAt'>, file: SourceFile): SourceFile {
  const { around, ...alone } = file;
  if (around === undefined) return file;
  return looksAt === undefined ? alone : { ...alone, around: around.only(looksAt) };
}
