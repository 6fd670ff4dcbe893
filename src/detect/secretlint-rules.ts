import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { sha256 } from '../util/digest.ts';
import { ConfigError, codeOf, messageOf } from '../util/errors.ts';
import type { UserLint } from './pack.ts';

/**
 * secretlint rules that the user names. They are programs: only a configuration that the user named may name them (see
 * `assertTrusted`), and they are looked for from where that configuration lies upwards.
 */
export interface LintWishes {
  readonly rules: readonly { readonly id: string; readonly options?: { readonly [name: string]: unknown } | undefined }[];
  /** Directory from which packages are looked for. */
  readonly directory: string;
  /** A `.secretlintrc.json`; its packages are looked for beside it. */
  readonly rcFile?: string | undefined;
}

/** Its rules run behind our own anchors. */
const BUILT_IN = '@secretlint/secretlint-rule-preset-recommend';

const RcFile = z.looseObject({
  rules: z
    .array(
      z.looseObject({
        id: z.string(),
        options: z.record(z.string(), z.unknown()).nullish(),
        disabled: z.boolean().nullish(),
      }),
    )
    .nullish(),
});

/** Finds the packages. Throws `ConfigError` for one that is not there: a rule that does not run must not pass in silence. */
export function findLintRules({ rules, directory, rcFile }: LintWishes): UserLint[] {
  const found = rules.map(({ id, options }) => locate(id, options, directory));
  if (rcFile === undefined) return found;
  for (const { id, options, disabled } of readRc(rcFile)) {
    if (disabled !== true && id !== BUILT_IN) found.push(locate(id, options ?? undefined, dirname(rcFile)));
  }
  return found;
}

function readRc(file: string): NonNullable<z.infer<typeof RcFile>['rules']> {
  try {
    return RcFile.parse(JSON.parse(readFileSync(file, 'utf8'))).rules ?? [];
  } catch (error) {
    throw new ConfigError(`${file} cannot be used: ${messageOf(error)}`, {
      code: 'CONFIG_INVALID',
      hint: 'rules.secretlintrc names a JSON file like secretlint reads: { "rules": [{ "id": "…" }] }',
      cause: error,
    });
  }
}

function locate(id: string, options: { readonly [name: string]: unknown } | undefined, directory: string): UserLint {
  // A name, not a path out of the folder of packages.
  if (!/^(?:@[\w.-]+\/)?[\w-][\w.-]*$/.test(id)) {
    throw new ConfigError(`"${id}" is not the name of a package`, {
      code: 'CONFIG_INVALID',
      hint: 'Name a secretlint rule package.',
    });
  }
  for (let at = directory; ; at = dirname(at)) {
    const home = join(at, 'node_modules', id);
    const manifest = manifestOf(home);
    if (manifest !== undefined) {
      const { file, version, digest } = entryOf(home, manifest, id);
      return { id, file, version, digest, ...(options === undefined ? {} : { options }) };
    }
    if (dirname(at) === at) break;
  }
  throw new ConfigError(`The secretlint rule ${id} is not installed at ${directory}`, {
    code: 'LINT_RULE_MISSING',
    hint: `Install it there: npm install --save-dev ${id}`,
  });
}

const Manifest = z.looseObject({ version: z.string().nullish(), main: z.string().nullish(), exports: z.unknown().optional() });
type Manifest = z.infer<typeof Manifest>;

function manifestOf(home: string): Manifest | undefined {
  const file = join(home, 'package.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw broken(`${file} cannot be read: ${messageOf(error)}`, error);
  }
  try {
    return Manifest.parse(JSON.parse(text));
  } catch (error) {
    throw broken(`${file} is not the package.json of a rule`, error);
  }
}

/** The file that `import` would load, and what tells one state of the package from another. Runs nothing of it. */
function entryOf(
  home: string,
  { version, exports }: Manifest,
  id: string,
): { readonly file: string; readonly version: string; readonly digest: string } {
  const named = exported(exports);
  try {
    // Without `exports` it is `main`, which may leave out its ending or name a directory.
    const file = named === undefined ? createRequire(join(home, 'package.json')).resolve(home) : join(home, named);
    const isMoving = version == null || version === '' || lstatSync(home).isSymbolicLink();
    const files = [file, ...(isMoving ? programsBelow(realpathSync(home)) : [])];
    return { file, version: version ?? '', digest: sha256(JSON.stringify(files.map((path) => sha256(readFileSync(path))))) };
  } catch (error) {
    throw broken(`The secretlint rule ${id} at ${home} has no program that could be loaded: ${codeOf(error) ?? ''}`, error);
  }
}

function broken(message: string, cause: unknown): ConfigError {
  return new ConfigError(message, { code: 'LINT_RULE_BROKEN', hint: 'Install the package again, or name another.', cause });
}

/** What somebody works on changes without a new version: all programs of the package tell. */
function programsBelow(home: string): string[] {
  const entries = readdirSync(home, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(home, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === '.git' ? [] : programsBelow(path);
    return entry.isFile() && /\.(?:[cm]?[jt]s|json)$/.test(entry.name) ? [path] : [];
  });
}

/** What `import` of the package would take. */
function exported(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports;
  if (typeof exports !== 'object' || exports === null) return undefined;
  const conditions = '.' in exports ? exports['.'] : exports;
  if (typeof conditions === 'string') return conditions;
  if (typeof conditions !== 'object' || conditions === null) return undefined;
  for (const [condition, target] of Object.entries(conditions)) {
    if (condition === 'import' || condition === 'node' || condition === 'default')
      return exported(target) ?? exported({ '.': target });
  }
  return undefined;
}

const Creator = z.looseObject({ meta: z.looseObject({ id: z.string() }), create: z.unknown() });

/** The rule itself: this runs the package. */
export async function loadLintRule({ id, file }: UserLint): Promise<unknown> {
  const module = (await import(pathToFileURL(file).href)) as { readonly creator?: unknown; readonly default?: unknown };
  const inner = module.default as { readonly creator?: unknown } | undefined;
  const creator = module.creator ?? inner?.creator ?? inner;
  if (!Creator.safeParse(creator).success) throw new Error(`${id} is no secretlint rule: it exports no creator`);
  return creator;
}
