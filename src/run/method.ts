import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { shownTarget } from '../config/target.ts';
import type { Framework, Method } from '../contracts/index.ts';
import type { RunMethod } from '../store/method.ts';
import { canonicalJson, sha256 } from '../util/digest.ts';
import { maskNamesIn } from '../util/mask-names.ts';
import { packageRoot } from '../util/package-root.ts';
import { shellWord } from '../util/shell-word.ts';

interface Given {
  /** As typed, without the name of the program. */
  readonly commandLine?: readonly string[];
  readonly config: LoadedConfig;
  readonly frameworks: readonly Framework[];
  /** Masks credentials in a text. */
  readonly mask: (text: string) => string;
}

/** What this run is given and stands on, to be kept with it. Reads and hashes every rule file: 30 ms. */
export function methodOf({ commandLine, config, frameworks, mask }: Given): RunMethod {
  // Where the file lies is a parameter of the run; the same settings from elsewhere are the same.
  const { file: _, isNamed: __, ...settings } = config;
  return {
    ...(commandLine === undefined ? {} : { commandLine: maskedCommand(commandLine, mask) }),
    platform: `${process.platform} ${process.arch}, Node.js ${process.versions.node}`,
    config: canonicalJson(maskNamesIn(settings, mask)),
    rules: canonicalJson(ruleFiles(config)),
    catalogues: canonicalJson(catalogueFiles(frameworks)),
  };
}

/** The same for a report of a run that is not stored. */
export async function tellRunMethod(method: RunMethod): Promise<Method> {
  const { tellMethod } = await import('./parts/method.ts');
  return await tellMethod({ ...method, configDigest: sha256(method.config) });
}

function maskedCommand(words: readonly string[], mask: (text: string) => string): string {
  return ['nhi-audit', ...words.map((word) => shellWord(mask(shownTarget(word))))].join(' ');
}

/** Shipped ones by their path in the package, the user's own by their path as it was given. */
function ruleFiles({ rules, typed }: LoadedConfig): Method['rules'] {
  const root = packageRoot();
  const shipped = ['checks', 'detectors', 'logs'].flatMap((folder) => filesBelow(join(root, 'rules', folder), /\.(sql|ya?ml)$/));
  const own = [
    ...rules.checks.flatMap((directory) => filesBelow(directory, /\.sql$/)),
    ...rules.detectors,
    ...rules.imported,
    ...(typed?.detectors ?? []),
    ...(typed?.imported ?? []),
  ];
  return [
    ...shipped.map((path) => ({ file: relative(root, path).split(sep).join('/'), sha256: digestOf(path) })),
    ...own.map((path) => ({ file: path, sha256: digestOf(path) })),
  ].sort((a, b) => (a.file < b.file ? -1 : 1));
}

function catalogueFiles(frameworks: readonly Framework[]): Method['catalogues'] {
  const folder = join(packageRoot(), 'rules', 'frameworks');
  return frameworks
    .map(({ id, version }) => ({ id, version, sha256: digestOf(join(folder, `${id}.yml`)) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function filesBelow(directory: string, names: RegExp): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && names.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

function digestOf(path: string): string {
  return sha256(readFileSync(path));
}
