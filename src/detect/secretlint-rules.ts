import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
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
    const entry = entryOf(home);
    if (entry !== undefined)
      return { id, file: join(home, entry.file), version: entry.version, ...(options === undefined ? {} : { options }) };
    if (dirname(at) === at) break;
  }
  throw new ConfigError(`The secretlint rule ${id} is not installed at ${directory}`, {
    code: 'LINT_RULE_MISSING',
    hint: `Install it there: npm install --save-dev ${id}`,
  });
}

const Manifest = z.looseObject({ version: z.string().nullish(), main: z.string().nullish(), exports: z.unknown() });

function entryOf(home: string): { readonly file: string; readonly version: string } | undefined {
  let text: string;
  try {
    text = readFileSync(join(home, 'package.json'), 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
  const { version, main, exports } = Manifest.parse(JSON.parse(text));
  return { file: exported(exports) ?? main ?? 'index.js', version: version ?? '' };
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
