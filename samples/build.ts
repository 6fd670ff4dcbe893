import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../src/util/package-root.ts';
import { type Commit, makeRepository } from './repository.ts';
import { type Expansion, expand } from './template.ts';

/** A secret of the estate: synthetic, but every report and every store must be free of it all the same. */
export interface PlantedSecret {
  /** Template name: `aws.ml-batch.secret`. */
  readonly name: string;
  readonly value: string;
  /** Other texts that give it away: base64, and the lines of a multi-line key. */
  readonly encoded: readonly string[];
  readonly kind: string;
  readonly publicId?: string;
  /** `churn-model:notebooks/churn.ipynb`, `shop-web@2:scripts/sync-models.sh` (commit 2, gone since), `exports/hoop/…`. */
  readonly where: readonly string[];
}

export interface Estate {
  readonly root: string;
  /** Name to path: `churn-model`, `shop-web` … */
  readonly repositories: { readonly [name: string]: string };
  readonly exports: string;
  readonly roster: string;
  /** What the company says of itself, for `--config`: the addresses of its gateway's agents, what it does not have. */
  readonly config: string;
  /** What `scan` is given. */
  readonly targets: readonly string[];
  readonly planted: readonly PlantedSecret[];
  /** The moment at which the estate is looked at. */
  readonly clock: string;
}

export const ESTATE_CLOCK = '2026-11-20T09:00:00.000Z';

const History = z.strictObject({
  repository: z.string(),
  commits: z
    .array(
      z.strictObject({
        author: z.string(),
        date: z.iso.datetime(),
        message: z.string(),
        /** Directory with the files that this commit adds or changes. */
        files: z.string().optional(),
        remove: z.array(z.string()).default([]),
      }),
    )
    .min(1),
});

const Authors = z.record(z.string(), z.strictObject({ name: z.string(), email: z.string() }));

/**
 * Builds "Harbour Coffee" in `directory`: git repositories with history, and the exports that their clouds, gateway
 * and people system would give. The same bytes and commit ids each time. See samples/README.md for what is planted.
 */
export async function buildEstate(directory: string): Promise<Estate> {
  const templates = join(packageRoot(), 'samples', 'estate');
  const ledger = new Ledger();
  const authors = Authors.parse(parse(await readFile(join(templates, 'authors.yml'), 'utf8')));
  const names = (await readdir(join(templates, 'repositories'))).sort();
  const repositories = Object.fromEntries(names.map((name) => [name, join(directory, name)]));
  const exports = join(directory, 'exports');
  const config = join(directory, 'nhi-audit.config.yml');
  await Promise.all([
    ...names.map((name) => buildRepository(join(templates, 'repositories', name), join(directory, name), name, authors, ledger)),
    buildExports(join(templates, 'exports'), exports, ledger),
    copyText(join(templates, 'nhi-audit.config.yml'), config),
  ]);
  return {
    root: directory,
    repositories,
    exports,
    roster: join(exports, 'people', 'roster.csv'),
    config,
    targets: [...Object.values(repositories), exports],
    planted: ledger.planted(),
    clock: ESTATE_CLOCK,
  };
}

async function buildRepository(
  from: string,
  to: string,
  name: string,
  authors: z.infer<typeof Authors>,
  ledger: Ledger,
): Promise<void> {
  const history = History.parse(parse(await readFile(join(from, 'history.yml'), 'utf8')));
  const commits: Commit[] = [];
  for (const [index, commit] of history.commits.entries()) {
    const author = authors[commit.author];
    if (author === undefined) throw new Error(`${from}: no author called ${commit.author}`);
    const write: { path: string; content: string }[] = [];
    for (const path of commit.files === undefined ? [] : await listFiles(join(from, commit.files))) {
      const target = realPath(path);
      const where = `${name}@${index + 1}:${target}`;
      const expansion = expand(await readFile(join(from, commit.files ?? '', path), 'utf8'), where);
      ledger.note(expansion, where);
      write.push({ path: target, content: expansion.text });
    }
    commits.push({ author, date: commit.date, message: commit.message, write, remove: commit.remove });
  }
  await makeRepository(to, history.repository, commits);
}

async function buildExports(from: string, to: string, ledger: Ledger): Promise<void> {
  const paths = await listFiles(from);
  await Promise.all(
    paths.map(async (path) => {
      const expansion = expand(await readFile(join(from, path), 'utf8'), `exports/${path}`);
      ledger.note(expansion, `exports/${path}`);
      const isPacked = path.endsWith(PACKED);
      const file = join(to, isPacked ? `${path.slice(0, -PACKED.length)}.gz` : path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, isPacked ? gzipSync(expansion.text) : expansion.text);
    }),
  );
}

/** `log.json.to-gz` is written packed, as `log.json.gz`. */
const PACKED = '.to-gz';

async function copyText(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, await readFile(from));
}

/** Files below a directory, `/`-separated, in a fixed order. */
async function listFiles(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** `dot-github/workflows/x.yml` → `.github/workflows/x.yml`: npm and git would give real dot files a meaning of their own. */
function realPath(path: string): string {
  return path.replace(/(^|\/)dot-/g, '$1.');
}

/** Remembers which secret was written where. */
class Ledger {
  readonly #secrets = new Map<
    string,
    { kind: string; value: string; publicId?: string; encoded: Set<string>; where: Set<string> }
  >();

  note(expansion: Expansion, where: string): void {
    for (const { name, value, written } of expansion.secrets) {
      const known = this.#secrets.get(name);
      const entry = known ?? {
        kind: value.kind ?? 'unknown',
        value: value.text,
        ...(value.publicId === undefined ? {} : { publicId: value.publicId }),
        encoded: new Set(bodyLines(value.text)),
        where: new Set<string>(),
      };
      if (written !== value.text) entry.encoded.add(written);
      entry.where.add(where);
      if (known === undefined) this.#secrets.set(name, entry);
    }
  }

  planted(): PlantedSecret[] {
    const names = [...this.#secrets.keys()].sort();
    return names.flatMap((name) => {
      const entry = this.#secrets.get(name);
      return entry === undefined ? [] : [{ name, ...entry, encoded: [...entry.encoded].sort(), where: [...entry.where].sort() }];
    });
  }
}

/** The lines of a PEM (or of one inside JSON) that are its own: not the armour, not the header that all keys share. */
function bodyLines(pem: string): string[] {
  return pem
    .split(/\n|\\n/)
    .filter((line) => (line.length === 64 || line.length === 70) && !line.startsWith('MII') && !line.startsWith('b3BlbnNz'));
}
