import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { ConfigError, codeOf, messageOf } from '../util/errors.ts';
import { defaults } from './defaults.ts';
import type { Config } from './schema.ts';

export const CONFIG_FILE = 'nhi-audit.config.yml';

export interface LoadedConfig extends Config {
  /** Absolute path; `undefined` when there is no file and all is default. */
  readonly file: string | undefined;
  /** Given by name (`--config`), not merely found where the command runs. */
  readonly isNamed: boolean;
  /** Rule files from the command line. */
  readonly typed?: { readonly imported: readonly string[]; readonly detectors: readonly string[] };
}

/**
 * The configuration that the user names, or `nhi-audit.config.yml` in `directory`, or the defaults. Paths in it are
 * relative to the file. Only the directory where the command runs is looked at.
 */
export async function loadConfig(directory: string, named?: string): Promise<LoadedConfig> {
  const file = named === undefined ? join(directory, CONFIG_FILE) : resolve(directory, named);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (named === undefined && codeOf(error) === 'ENOENT') return noConfig();
    throw new ConfigError(`The configuration ${file} cannot be read: ${messageOf(error)}`, {
      code: 'CONFIG_UNREADABLE',
      hint: 'Check the path given with --config.',
      cause: error,
    });
  }
  return await loadConfigText(text, file, named !== undefined);
}

/** What holds where there is no file. */
export function noConfig(): LoadedConfig {
  return { ...defaults(), file: undefined, isNamed: false };
}

/** The text of a configuration that lies, or lay, at `file`. */
export async function loadConfigText(text: string, file: string, isNamed: boolean): Promise<LoadedConfig> {
  // The parser and the schema load when there is something to read.
  const { parseConfig } = await import('./parse.ts');
  const config = parseConfig(text, file);
  const from = (path: string): string => (isAbsolute(path) ? path : join(dirname(file), path));
  const { rules, accept } = config;
  return {
    ...config,
    rules: {
      ...rules,
      detectors: rules.detectors.map(from),
      checks: rules.checks.map(from),
      imported: rules.imported.map(from),
      ...(rules.overlay === undefined ? {} : { overlay: from(rules.overlay) }),
      ...(rules.gitleaksDefault === undefined ? {} : { gitleaksDefault: from(rules.gitleaksDefault) }),
      ...(rules.secretlintrc === undefined ? {} : { secretlintrc: from(rules.secretlintrc) }),
    },
    accept: { ...accept, ...(accept.exceptions === undefined ? {} : { exceptions: from(accept.exceptions) }) },
    file,
    isNamed,
  };
}

/**
 * A configuration that was merely found where the command runs may come from a stranger, with the clone around it: it may
 * leave things out, which the report then says, but rules of its own are code and must be asked for by name. What is
 * scanned does not matter: a part of the clone, standard input or a link to it would be no better. Throws `ConfigError`.
 */
export function assertTrusted({ file, isNamed, rules }: LoadedConfig): void {
  if (file === undefined || isNamed || !hasOwnRules(rules)) return;
  throw new ConfigError(`${file} brings rules of its own, and nobody named it: it was found where the command runs`, {
    code: 'CONFIG_UNTRUSTED',
    hint: `Look at its rules; to use them, name the file: --config ${file}`,
  });
}

function hasOwnRules(rules: Config['rules']): boolean {
  return Object.values(rules).some((value) => (Array.isArray(value) ? value.length > 0 : value !== undefined));
}

/**
 * The configuration with rule files from the command line: `.toml` is a pack of gitleaks or Betterleaks, `.yml` one of
 * our own. Whoever types a name trusts what it names.
 */
export function withRuleFiles(config: LoadedConfig, files: readonly string[], directory: string): LoadedConfig {
  if (files.length === 0) return config;
  const paths = files.map((file) => resolve(directory, file));
  const isYaml = (path: string): boolean => /\.ya?ml$/i.test(path);
  const { rules } = config;
  return {
    ...config,
    typed: { imported: paths.filter((path) => !isYaml(path)), detectors: paths.filter(isYaml) },
    rules,
  };
}

/** What a configuration leaves out, for people: nothing is left out in silence. */
export function describeConfig(config: LoadedConfig): string | undefined {
  if (config.file === undefined) return undefined;
  const off = Object.values(config.checks).filter(({ enabled }) => enabled === false).length;
  const changed = Object.values(config.checks).filter(({ overrides }) => (overrides?.length ?? 0) > 0).length;
  const parts = [
    ...(config.exclude.length > 0 ? [`leaves out ${config.exclude.join(', ')}`] : []),
    ...(off > 0 ? [`switches off ${off} check${off === 1 ? '' : 's'}`] : []),
    ...(changed > 0 ? [`judges some identities by other numbers in ${changed} check${changed === 1 ? '' : 's'}`] : []),
    ...(config.scope.absent.length > 0 ? [`declares absent: ${absentSurfaces(config).join(', ')}`] : []),
    ...(config.detectors.disabled.length > 0 ? [`switches off detectors: ${config.detectors.disabled.join(', ')}`] : []),
  ];
  return `Configuration ${config.file}${parts.length === 0 ? '' : `: ${parts.join('; ')}`}`;
}

function absentSurfaces({ scope }: LoadedConfig): readonly string[] {
  return scope.absent.flatMap(({ surface, surfaces = [] }) => (surface === undefined ? surfaces : [surface]));
}
