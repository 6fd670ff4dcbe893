import { type LoadedConfig, loadConfig, withRuleFiles } from '../config/load.ts';
import type { Framework } from '../contracts/index.ts';
import type { ImportedRule } from '../detect/import/types.ts';
import type { Pack } from '../detect/pack.ts';
import { scannerDetectors } from '../detect/scanner-detectors.ts';
import type { Io } from '../io.ts';
import { loadDetectors, loadImports, loadJudgement } from '../run/rules.ts';
import { EXIT } from '../util/errors.ts';
import { renderTable, type TableFormat } from '../util/table.ts';

export interface Globals {
  readonly config?: string;
  readonly quiet?: boolean;
  /** Rule files from the command line. */
  readonly rules?: readonly string[];
}

export async function configOf(io: Io, { config, rules = [] }: Globals): Promise<LoadedConfig> {
  return withRuleFiles(await loadConfig(io.directory, config), rules, io.directory);
}

export function importedIn({ imports = [] }: Pack): readonly ImportedRule[] {
  return imports.flatMap(({ rules }) => rules);
}

/** Every check and detector, one a row. */
export async function listCommand(
  io: Io,
  options: Globals & {
    readonly format: TableFormat;
    readonly checks?: boolean;
    readonly detectors?: boolean;
    readonly control?: string;
  },
): Promise<number> {
  const config = await configOf(io, options);
  const both = options.checks !== true && options.detectors !== true;
  const rows: { readonly [column: string]: unknown }[] = [];
  if (both || options.checks === true || options.control !== undefined) {
    const { checks, frameworks } = await loadJudgement(config);
    const refs = options.control === undefined ? undefined : await controlRefs(io, options.control, frameworks);
    for (const { meta } of checks) {
      if (refs !== undefined && !meta.controls.some((control) => refs.includes(control))) continue;
      const controls = meta.controls.map((control) => control.slice(control.indexOf(':') + 1));
      rows.push({ kind: 'check', id: meta.id, severity: meta.severity, controls: controls.join(' '), title: meta.title });
    }
  }
  if ((both || options.detectors === true) && options.control === undefined) {
    const pack = await loadDetectors(config);
    for (const d of pack.detectors) {
      rows.push({ kind: 'detector', id: d.id, severity: '', controls: d.categories.join(' '), title: d.title });
    }
    for (const rule of importedIn(pack)) {
      rows.push({ kind: 'imported', id: rule.id, severity: '', controls: rule.tags.join(' '), title: rule.description });
    }
    for (const d of scannerDetectors())
      rows.push({ kind: 'detector', id: d.id, severity: '', controls: 'structure', title: d.title });
  }
  await io.stdout(
    renderTable(rows, ['kind', 'id', 'severity', 'controls', 'title'], options.format, io.terminal.columns, ['kind', 'id']),
  );
  return EXIT.clean;
}

export async function controlRefs(io: Io, text: string, frameworks: readonly Framework[]): Promise<readonly string[]> {
  const { resolveControl } = await import('../frameworks/resolve.ts');
  const { ref, warning } = resolveControl(text, frameworks);
  if (warning !== undefined) io.stderr(`warning: ${warning}\n`);
  return [ref];
}

/** Proves every rule; with rule files named, only theirs. Exit 1 when one does not hold. */
export async function checkCommand(io: Io, options: Globals): Promise<number> {
  const config = await configOf(io, options);
  if (config.typed !== undefined) return checkFiles(io, config, config.typed);
  const { readChecks } = await import('../correlate/load.ts');
  const { proveChecks } = await import('../correlate/verify.ts');
  const { proveDetectors } = await import('../detect/prove.ts');
  const { loadPack } = await import('../detect/load.ts');
  const { loadFrameworks } = await import('../frameworks/load.ts');
  const { openStore } = await import('../store/index.ts');

  if (options.quiet !== true) io.stderr('Proving every rule: SQL, examples, controls. This takes some seconds.\n');
  const frameworks = await loadFrameworks();
  const { checks, problems: unreadable } = readChecks(config.rules.checks);
  const controls = new Set(
    frameworks.flatMap((framework) => framework.controls.map((control) => `${framework.id}:${control.id}`)),
  );
  // As scans have it: 354 checks bind to tables in 1.7 s, to views over views in 25 s.
  const store = await openStore({ mode: 'write', views: 'tables' });
  await store.materialise();
  const proof = await proveChecks(store, checks, { controls }).finally(() => store.close());
  const pack = await loadPack({ userPacks: config.rules.detectors, source: 'yaml' });
  const imports = await loadImports(config, pack);
  const { proveImports } = await import('../detect/import/prove.ts');
  const { proveFormats } = await import('../store/log-prove.ts');
  const { shippedFormats } = await import('../logs/load.ts');
  const { mappedFormats } = await import('../logs/mapping.ts');
  const formats = [...shippedFormats(), ...mappedFormats(config.logs)];
  const problems = [
    ...unreadable,
    ...proof.problems,
    ...proveDetectors(pack),
    ...proveImports(imports, pack.placeholders),
    ...(await proveFormats(formats)),
  ];

  for (const note of [...proof.notes, ...imports.flatMap(({ notes }) => notes)]) io.stderr(`note: ${note}\n`);
  const imported = imports.reduce((sum, { total }) => sum + total, 0);
  const held = `${checks.length} checks, ${pack.detectors.length} detectors, ${imported > 0 ? `${imported} imported rules, ` : ''}${formats.length} log formats, ${frameworks.length} frameworks`;
  return tellProblems(io, problems, held);
}

async function checkFiles(io: Io, config: LoadedConfig, { detectors }: NonNullable<LoadedConfig['typed']>): Promise<number> {
  const { proveDetectors } = await import('../detect/prove.ts');
  const { proveImports } = await import('../detect/import/prove.ts');
  const { loadPack } = await import('../detect/load.ts');
  const pack = await loadPack({ userPacks: detectors });
  const own = { ...pack, detectors: pack.detectors.filter(({ file }) => detectors.includes(file)) };
  const imports = await loadImports({ ...config, rules: { ...config.rules, imported: [] } }, pack);
  const problems = [...proveDetectors(own), ...proveImports(imports, pack.placeholders)];
  for (const note of imports.flatMap(({ notes }) => notes)) io.stderr(`note: ${note}\n`);
  const imported = imports.reduce((sum, { total }) => sum + total, 0);
  return tellProblems(io, problems, `${own.detectors.length} detectors, ${imported} imported rules`);
}

async function tellProblems(
  io: Io,
  problems: readonly { readonly file: string; readonly rule?: string; readonly what: string; readonly hint: string }[],
  held: string,
): Promise<number> {
  for (const problem of problems) {
    await io.stdout(
      `${problem.file}${problem.rule === undefined ? '' : ` (${problem.rule})`}: ${problem.what}\n  ${problem.hint}\n`,
    );
  }
  await io.stdout(problems.length === 0 ? `All rules hold: ${held}.\n` : `${problems.length} problems in ${held}.\n`);
  return problems.length === 0 ? EXIT.clean : EXIT.findings;
}
