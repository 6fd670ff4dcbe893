import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { shownTarget } from '../config/target.ts';
import type { Framework, Method } from '../contracts/index.ts';
import type { RunMethod } from '../store/method.ts';
import { canonicalJson, sha256 } from '../util/digest.ts';
import { maskNamesIn } from '../util/mask-names.ts';
import { packageRoot } from '../util/package-root.ts';
import { shellWord } from '../util/shell-word.ts';
import { shownPath } from '../util/shown-path.ts';

interface Given {
  /** As typed, without the name of the program. */
  readonly commandLine?: readonly string[];
  readonly config: LoadedConfig;
  /** Where the command ran. */
  readonly directory: string;
  readonly frameworks: readonly Framework[];
  /** Masks credentials in a text. */
  readonly mask: (text: string) => string;
}

/** What this run is given and stands on, to be kept with it. Reads and hashes every rule file: 30 ms. */
export function methodOf({ commandLine, config, directory, frameworks, mask }: Given): RunMethod {
  // Where the file lies is a parameter of the run; the same settings from elsewhere are the same.
  const { file: _, isNamed: __, ...settings } = withShownPaths(config, directory);
  return {
    ...(commandLine === undefined ? {} : { commandLine: maskedCommand(commandLine, mask) }),
    platform: `${process.platform} ${process.arch}, Node.js ${process.versions.node}`,
    config: canonicalJson(maskNamesIn(settings, mask)),
    rules: canonicalJson(ruleFiles(config, directory)),
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

/** Paths of a configuration are from its folder, as they were written, and those of the command line from where it ran. */
function withShownPaths(config: LoadedConfig, directory: string): LoadedConfig {
  const { rules, accept, typed, file } = config;
  const from = file === undefined ? directory : dirname(file);
  const shown = (path: string): string => shownPath(path, from);
  const shownTyped = (path: string): string => shownPath(path, directory);
  return {
    ...config,
    rules: {
      ...rules,
      detectors: rules.detectors.map(shown),
      checks: rules.checks.map(shown),
      imported: rules.imported.map(shown),
      ...(rules.overlay === undefined ? {} : { overlay: shown(rules.overlay) }),
      ...(rules.gitleaksDefault === undefined ? {} : { gitleaksDefault: shown(rules.gitleaksDefault) }),
      ...(rules.secretlintrc === undefined ? {} : { secretlintrc: shown(rules.secretlintrc) }),
    },
    accept: { ...accept, ...(accept.exceptions === undefined ? {} : { exceptions: shown(accept.exceptions) }) },
    ...(typed === undefined
      ? {}
      : { typed: { imported: typed.imported.map(shownTyped), detectors: typed.detectors.map(shownTyped) } }),
  };
}

/** Shipped ones by their path in the package, the user's own by their path from the configuration or from where the command ran. */
function ruleFiles({ rules, typed, file }: LoadedConfig, directory: string): Method['rules'] {
  const root = packageRoot();
  const shipped = ['checks', 'detectors', 'logs'].flatMap((folder) => filesBelow(join(root, 'rules', folder), /\.(sql|ya?ml)$/));
  const from = file === undefined ? directory : dirname(file);
  const named = (path: string, folder: string): Method['rules'][number] => ({
    file: shownPath(path, folder),
    sha256: digestOf(path),
  });
  const own = [
    ...rules.checks.flatMap((checks) =>
      filesBelow(checks, /\.sql$/).map((path) => ({
        file: [shownPath(checks, from), shownPath(path, checks)].join('/').replace(/^\.\//, ''),
        sha256: digestOf(path),
      })),
    ),
    ...[...rules.detectors, ...rules.imported].map((path) => named(path, from)),
    ...[...(typed?.detectors ?? []), ...(typed?.imported ?? [])].map((path) => named(path, directory)),
  ];
  return [...shipped.map((path) => ({ file: relative(root, path).split(sep).join('/'), sha256: digestOf(path) })), ...own].sort(
    (a, b) => (a.file < b.file ? -1 : 1),
  );
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
