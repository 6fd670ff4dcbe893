import { statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfig, withRuleFiles } from '../config/load.ts';
import type { ImportResult } from '../detect/import/types.ts';
import type { Pack } from '../detect/pack.ts';
import type { Io } from '../io.ts';
import { loadImports } from '../run/rules.ts';
import { ConfigError, EXIT, messageOf, OutputError } from '../util/errors.ts';
import { renderTable, type TableFormat } from '../util/table.ts';

interface Options {
  readonly config?: string;
  readonly quiet?: boolean;
  readonly rules?: readonly string[];
}

/** What a rule pack of another tool holds, and what of it can be taken over. Exit 1 when a rule cannot. */
export async function importCommand(
  io: Io,
  files: readonly string[],
  options: Options & { readonly output?: string; readonly format: 'text' | 'json' },
): Promise<number> {
  const config = withRuleFiles(await loadConfig(io.directory, options.config), files, io.directory);
  const { loadPack } = await import('../detect/load.ts');
  const results = await loadImports({ ...config, rules: { ...config.rules, imported: [] } }, await loadPack());
  if (results.length === 0) {
    throw new ConfigError('rules import reads TOML packs of gitleaks or Betterleaks', {
      code: 'USAGE',
      hint: 'Own detectors in YAML need no import: name them with --rules, or as rules.detectors in the configuration.',
    });
  }
  const reports = results.map(reportOf);
  if (options.format === 'json') await io.stdout(`${JSON.stringify(reports, null, 2)}\n`);
  else for (const report of reports) await io.stdout(describe(report));
  if (options.output !== undefined) await writeFlat(resolve(io.directory, options.output), results, io, options.quiet === true);
  return results.some(({ refused }) => refused.length > 0) ? EXIT.findings : EXIT.clean;
}

interface ImportReport {
  readonly file: string;
  readonly title: string;
  readonly dialect: string;
  readonly rules: number;
  readonly imported: number;
  readonly keywords: number;
  readonly withoutKeyword: readonly string[];
  readonly onPathAlone: readonly string[];
  readonly allowlists: number;
  readonly unsupported: ImportResult['refused'];
  readonly notes: readonly string[];
}

function reportOf({ pack, total, refused, notes }: ImportResult): ImportReport {
  const searching = pack.rules.filter(({ regex }) => regex !== undefined);
  return {
    file: pack.file,
    title: pack.title,
    dialect: pack.dialect,
    rules: total,
    imported: pack.rules.length,
    keywords: new Set(pack.rules.flatMap(({ keywords }) => keywords)).size,
    withoutKeyword: searching.filter(({ keywords }) => keywords.length === 0).map(({ id }) => id),
    onPathAlone: pack.rules.filter(({ regex }) => regex === undefined).map(({ id }) => id),
    allowlists: pack.allow.length + pack.rules.reduce((sum, { allow }) => sum + allow.length, 0),
    unsupported: refused,
    notes,
  };
}

function describe(report: ImportReport): string {
  const lines = [
    `${report.file}${report.title === '' ? '' : ` (${report.title})`}: ${report.imported} of ${report.rules} rules imported, ${report.unsupported.length} unsupported`,
    `  ${report.dialect} rules, ${report.keywords} keywords, ${report.allowlists} allowlists`,
    ...(report.onPathAlone.length === 0 ? [] : [`  on the path alone: ${report.onPathAlone.join(', ')}`]),
    ...(report.withoutKeyword.length === 0
      ? []
      : [`  without a keyword, so run on every text: ${report.withoutKeyword.join(', ')}`]),
    ...report.unsupported.map(({ rule, why }) => `  unsupported: ${rule}: ${why}`),
    ...report.notes.map((note) => `  note: ${note}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** One file with all that the pack extends. */
async function writeFlat(file: string, results: readonly ImportResult[], io: Io, isQuiet: boolean): Promise<void> {
  const [only, ...others] = results;
  if (only === undefined || others.length > 0) {
    throw new ConfigError('-o takes one rule pack at a time', { code: 'USAGE', hint: 'Import them one after another.' });
  }
  const { stringify } = await import('smol-toml');
  try {
    writeFileSync(file, stringify(withoutNulls(only.flat) as object));
  } catch (error) {
    throw new OutputError(`${file} cannot be written: ${messageOf(error)}`, { code: 'OUTPUT_PATH', cause: error });
  }
  if (!isQuiet) io.stderr(`Wrote ${file}. Use it with --rules, or as rules.imported in the configuration.\n`);
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner != null && !(Array.isArray(inner) && inner.length === 0));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]));
}

/** What each of the user's rules costs and gives on the text files below a directory, the dearest first. */
export async function benchCommand(
  io: Io,
  directory: string,
  options: Options & { readonly format: TableFormat },
): Promise<number> {
  const config = withRuleFiles(await loadConfig(io.directory, options.config), options.rules ?? [], io.directory);
  const { loadPack } = await import('../detect/load.ts');
  const { measureRules } = await import('../detect/import/measure.ts');
  const root = resolve(io.directory, directory);
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new ConfigError(`There is no directory ${root}`, { code: 'USAGE', hint: 'Name a directory of texts to measure on.' });
  }
  const own = [...config.rules.detectors, ...(config.typed?.detectors ?? [])];
  const pack = await loadPack({ userPacks: own });
  const results = await loadImports(config, pack);
  const users: Pack = { ...pack, detectors: pack.detectors.filter(({ file }) => own.includes(file)) };
  if (users.detectors.length === 0 && results.length === 0) {
    throw new ConfigError('There are no rules of your own to measure', { code: 'USAGE', hint: 'Name them with --rules.' });
  }
  const { rules, files, bytes } = measureRules(results, users, root);
  const megabytes = Math.max(bytes, 1) / 1e6;
  const total = Math.max(
    1e-9,
    rules.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
  );
  const rows = rules.map(({ rule, hits, windows, milliseconds, trouble }) => ({
    rule,
    'hits/MB': round(hits / megabytes),
    'windows/MB': round(windows / megabytes),
    'ms/MB': round(milliseconds / megabytes),
    'time %': round((100 * milliseconds) / total),
    note: trouble > 0 ? `ended early in ${trouble} files` : '',
  }));
  const columns = ['rule', 'hits/MB', 'windows/MB', 'ms/MB', 'time %', 'note'];
  if (options.quiet !== true) io.stderr(`${rules.length} rules, each by itself, on ${files} files, ${round(megabytes)} MB.\n`);
  await io.stdout(renderTable(rows, columns, options.format, io.terminal.columns));
  return EXIT.clean;
}

function round(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
