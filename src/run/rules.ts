import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { assertTrusted, type LoadedConfig } from '../config/load.ts';
import type { Check, Framework } from '../contracts/index.ts';
import type { Overrides } from '../correlate/overrides.ts';
import { type ParameterOverrides, spread } from '../correlate/parameters.ts';
import type { ImportResult } from '../detect/import/types.ts';
import type { Pack } from '../detect/pack.ts';
import { sha256 } from '../util/digest.ts';
import { ConfigError } from '../util/errors.ts';
import { nearest } from '../util/nearest.ts';
import { generatedFile } from '../util/package-root.ts';

/** Checks and frameworks of a run; loaded when there is something to judge, or to report. */
export interface Judgement {
  readonly checks: readonly Check[];
  /** Checks that the configuration switches off: a report says so, for their silence proves nothing. */
  readonly disabled: readonly Check[];
  readonly frameworks: readonly Framework[];
  readonly parameters: ParameterOverrides;
  /** Other numbers for some identities, by rule. */
  readonly overrides: Overrides;
}

export async function loadDetectors(config: LoadedConfig, warn?: (what: string) => void): Promise<Pack> {
  const { loadPack, finish } = await import('../detect/load.ts');
  const pack = await loadPack({ userPacks: [...config.rules.detectors, ...(config.typed?.detectors ?? [])] });
  const results = await loadImports(config, pack);
  for (const { pack: imported, refused, notes } of results) {
    for (const { rule, why } of refused) warn?.(`${imported.file}: the rule ${rule} is left out: ${why}`);
    for (const note of notes) warn?.(`${imported.file}: ${note}`);
  }
  const { disabled } = config.detectors;
  if (disabled.length === 0) return addImports(await addLints(pack, config), results);
  const ids = [pack.detectors, ...results.map((result) => result.pack.rules)].flatMap((rules) => rules.map(({ id }) => id));
  assertKnown('detector', disabled, ids);
  const kept = finish(
    pack.detectors.filter((detector) => !disabled.includes(detector.id)),
    pack.placeholders,
  );
  return addImports(
    await addLints(kept, config),
    results.map((result) => ({
      ...result,
      pack: { ...result.pack, rules: result.pack.rules.filter(({ id }) => !disabled.includes(id)) },
    })),
  );
}

async function addLints(pack: Pack, config: LoadedConfig): Promise<Pack> {
  const { rules, file } = config;
  if (file === undefined || (rules.secretlint.length === 0 && rules.secretlintrc === undefined)) return pack;
  assertTrusted(config);
  const { findLintRules } = await import('../detect/secretlint-rules.ts');
  const lints = findLintRules({ rules: rules.secretlint, directory: dirname(file), rcFile: rules.secretlintrc });
  return { ...pack, lints, hash: sha256(JSON.stringify([pack.hash, lints])).slice(0, 32) };
}

/** What reads rule packs loads only when there are some. */
async function addImports(pack: Pack, results: readonly ImportResult[]): Promise<Pack> {
  if (results.length === 0) return pack;
  const { withImports } = await import('../detect/import/load.ts');
  return withImports(pack, results);
}

/** The rule packs of other tools that the configuration or the command line names. */
export async function loadImports(config: LoadedConfig, pack: Pack): Promise<readonly ImportResult[]> {
  const files = [...config.rules.imported, ...(config.typed?.imported ?? [])];
  if (files.length === 0) return [];
  const { readImports } = await import('../detect/import/load.ts');
  return readImports(pack, {
    files,
    overlay: config.rules.overlay,
    defaultPack: config.rules.gitleaksDefault,
    directory: process.cwd(),
  });
}

export async function loadJudgement(config: LoadedConfig): Promise<Judgement> {
  const { checks: all, frameworks } =
    (config.rules.checks.length === 0 ? readPrebuilt() : undefined) ?? (await readJudgement(config.rules.checks));
  assertKnown(
    'check',
    Object.keys(config.checks),
    all.map((check) => check.meta.id),
  );
  const parameters: { [rule: string]: { readonly [name: string]: string | number | boolean } } = {};
  for (const [rule, settings] of Object.entries(config.checks)) {
    if (settings.parameters !== undefined) parameters[rule] = settings.parameters;
  }
  const overrides = Object.fromEntries(
    Object.entries(config.checks).flatMap(([rule, settings]) => {
      return settings.overrides === undefined || settings.overrides.length === 0 ? [] : [[rule, settings.overrides] as const];
    }),
  );
  const isOff = (check: Check) => config.checks[check.meta.id]?.enabled === false;
  return {
    checks: all.filter((check) => !isOff(check)),
    disabled: all.filter(isOff),
    frameworks,
    parameters: spread(all, config.parameters, parameters),
    overrides,
  };
}

/** Checks and frameworks from their YAML and SQL files; `directories` are the user's own, beside the shipped ones. */
export async function readJudgement(directories: readonly string[]): Promise<Pick<Judgement, 'checks' | 'frameworks'>> {
  const [{ loadChecks }, { loadFrameworks }] = await Promise.all([
    import('../correlate/load.ts'),
    import('../frameworks/load.ts'),
  ]);
  return { checks: loadChecks(directories), frameworks: await loadFrameworks() };
}

/** What `npm run build` wrote of the shipped rules, when this runs from `dist`: 5 ms in place of 80. */
function readPrebuilt(): Pick<Judgement, 'checks' | 'frameworks'> | undefined {
  const file = generatedFile('judgement.json');
  return file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** Names everything that decides what is found; two runs with the same digest and input find the same. */
export function rulesDigest(pack: Pack, judgement: Judgement): string {
  return sha256(
    JSON.stringify([
      pack.hash,
      judgement.checks.map((check) => [check.meta, check.sql]),
      judgement.frameworks,
      judgement.parameters,
      judgement.overrides,
    ]),
  );
}

function assertKnown(what: string, named: readonly string[], known: readonly string[]): void {
  for (const id of named) {
    if (known.includes(id)) continue;
    const meant = nearest(id, known);
    throw new ConfigError(`The configuration names an unknown ${what}: ${id}`, {
      code: 'CONFIG_INVALID',
      hint: meant === undefined ? 'nhi-audit rules list shows them all.' : `Did you mean "${meant}"?`,
    });
  }
}
