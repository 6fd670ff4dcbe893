import { type LoadedConfig, loadConfig, withRuleFiles } from '../config/load.ts';
import type { Check, Framework } from '../contracts/index.ts';
import type { ImportedRule } from '../detect/import/types.ts';
import type { Pack, PackedDetector } from '../detect/pack.ts';
import { type ScannerDetector, scannerDetectors } from '../detect/scanner-detectors.ts';
import { refIn } from '../frameworks/reference.ts';
import { controlNamed } from '../frameworks/resolve.ts';
import type { Io } from '../io.ts';
import { loadDetectors, loadImports, loadJudgement } from '../run/rules.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { didYouMean } from '../util/suggest.ts';
import { renderTable, type TableFormat } from '../util/table.ts';

interface Globals {
  readonly config?: string;
  readonly quiet?: boolean;
  /** Rule files from the command line. */
  readonly rules?: readonly string[];
}

async function configOf(io: Io, { config, rules = [] }: Globals): Promise<LoadedConfig> {
  return withRuleFiles(await loadConfig(io.directory, config), rules, io.directory);
}

function importedIn({ imports = [] }: Pack): readonly ImportedRule[] {
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

async function controlRefs(io: Io, text: string, frameworks: readonly Framework[]): Promise<readonly string[]> {
  const { resolveControl } = await import('../frameworks/resolve.ts');
  const { ref, warning } = resolveControl(text, frameworks);
  if (warning !== undefined) io.stderr(`warning: ${warning}\n`);
  return [ref];
}

/** One rule as a page: what, why it matters, what it rests on, how to mend it, what it cannot see. */
export async function explainCommand(io: Io, text: string, options: Globals & { readonly controls?: boolean }): Promise<number> {
  const config = await configOf(io, options);
  const { checks, frameworks } = await loadJudgement(config);
  const pack = await loadDetectors(config);
  const structural = scannerDetectors();
  const imported = importedIn(pack).filter((rule) => rule.id.toLowerCase() === text.trim().toLowerCase());
  const id = text.trim().toLowerCase();
  const check = checks.find((candidate) => candidate.meta.id === id);
  const detector = pack.detectors.find((candidate) => candidate.id === id);
  const reader = structural.find((candidate) => candidate.id === id || id.startsWith(`${candidate.id}/`));
  if (check !== undefined) await io.stdout(explainCheck(check, frameworks));
  else if (detector !== undefined && imported.length === 0) await io.stdout(explainDetector(detector));
  else if (imported.length > 0) {
    const own = detector === undefined ? [] : [explainDetector(detector)];
    await io.stdout([...own, ...imported.map(explainImported)].join('\n'));
  } else if (reader !== undefined) await io.stdout(explainStructural(id, reader));
  else if (options.controls === true && controlNamed(text, frameworks) !== undefined) {
    const [ref = ''] = await controlRefs(io, text, frameworks);
    await io.stdout(explainControl(ref, checks, frameworks));
  } else
    throw unknownRule(
      text,
      [...checks.map((c) => c.meta.id), ...[...pack.detectors, ...structural, ...importedIn(pack)].map((d) => d.id)],
      frameworks,
    );
  return EXIT.clean;
}

function unknownRule(text: string, ids: readonly string[], frameworks: readonly Framework[]): ConfigError {
  const control = controlNamed(text, frameworks);
  return new ConfigError(`There is no rule "${text}"`, {
    code: 'RULE_UNKNOWN',
    hint:
      control === undefined
        ? didYouMean(text, ids, 'nhi-audit rules list shows them all.')
        : `It is a control: nhi-audit rules list --control ${control.ref} lists its checks.`,
  });
}

function explainCheck({ meta, file }: Check, frameworks: readonly Framework[]): string {
  const controls = meta.controls.map((ref) => {
    const framework = frameworks.find((candidate) => ref.startsWith(`${candidate.id}:`));
    const control = framework?.controls.find((candidate) => `${framework.id}:${candidate.id}` === ref);
    const formerly = control === undefined || control.formerly.length === 0 ? '' : ` (formerly ${control.formerly.join(', ')})`;
    return `${control?.id ?? ref} · ${control?.title ?? ''}${formerly} [${framework?.title ?? ''}]`;
  });
  const parameters = Object.entries(meta.parameters).map(([name, value]) => `${name} = ${value}`);
  return page(meta.id, meta.title, [
    ['Severity', `${meta.severity}, confidence ${meta.confidence}; shown to ${meta.persona} and above`],
    ['Risk', meta.why],
    ['Fix', meta.fix],
    ['Identities', `judged by ${meta.about}: ${meta.population}`],
    ['Environments', meta.platforms.length === 0 ? 'wherever what it needs was read' : meta.platforms.join(', ')],
    ['Needs', meta.needs.join(', ')],
    ['Access', 'reads only: files and exports, or a provider that was named as a target; it changes nothing'],
    [
      'Evidence',
      `the observations that a finding rests on, each with its place; one finding for each ${meta.identityFields.join(', ')}`,
    ],
    ['Blind spots', `${meta.limits ?? 'none known'}`],
    ['False positives', `confidence ${meta.confidence}; what may stand is accepted with: nhi-audit except --rule ${meta.id} …`],
    ['Metadata', 'stays in the store that you name; nothing is sent anywhere'],
    ['Parameters', parameters.length === 0 ? 'none' : `${parameters.join(', ')} (configuration: checks.${meta.id}.parameters)`],
    ['Controls', controls.join('\n')],
    ['References', meta.references.join('\n')],
    ['Query', file],
  ]);
}

/** Which checks bear on a control: those that name it, and those that come by way of another catalogue. */
function explainControl(ref: string, checks: readonly Check[], frameworks: readonly Framework[]): string {
  const framework = frameworks.find((candidate) => ref.startsWith(`${candidate.id}:`));
  const control = framework?.controls.find((candidate) => `${framework.id}:${candidate.id}` === ref);
  if (framework === undefined || control === undefined) throw new Error(`a control that no catalogue has: ${ref}`);
  const told = new Set<string>();
  const naming = (wanted: string, how: string): string[] =>
    checks.flatMap(({ meta }) => {
      if (told.has(meta.id) || !meta.controls.includes(wanted)) return [];
      told.add(meta.id);
      return [`${meta.severity.padEnd(8)} ${meta.id}: ${meta.title}${how}`];
    });
  const own = naming(ref, '');
  const via = (named: readonly string[], words: string): string[] =>
    named.flatMap((each) => naming(refIn(framework, each), ` (${words}${refIn(framework, each)})`));
  const rules = [...own, ...via(control.supports, 'by way of '), ...via(control.partial, 'on a part, by way of ')];
  const { mapping } = framework;
  const basis =
    mapping === undefined
      ? 'named in each check; an editorial judgement of this project'
      : `through ${mapping.from}, ${mapping.basis}${mapping.note === undefined ? '' : `; ${mapping.note}`}`;
  return page(ref, control.title, [
    ['Framework', `${framework.title} ${framework.version} (${framework.source})`],
    ['Formerly', control.formerly.join(', ')],
    ['Note', control.note ?? ''],
    [
      'Assessed',
      control.assessment === 'manual'
        ? 'by people: findings can show a breach of it, never that it is met'
        : 'by the checks below; that they pass is evidence, no certificate',
    ],
    ['Mapping', basis],
    [`Checks (${rules.length})`, rules.length === 0 ? 'none bears on it: reports say "not assessed"' : rules.join('\n')],
    ['More', control.url ?? ''],
  ]);
}

function explainDetector(d: PackedDetector): string {
  return page(d.id, d.title, [
    ['Finds', `${d.type} of ${d.provider}; confidence ${d.confidence}; ${d.categories.join(', ')}`],
    ['A thief could', d.impact ?? ''],
    ['Rotate', d.rotate ?? ''],
    ['Anchors', d.keywords.join(', ')],
    ['Proof', d.checksum === undefined ? '' : `offline check: ${d.checksum}`],
    ['References', d.references.join('\n')],
    ['Defined in', d.file],
  ]);
}

function explainImported(rule: ImportedRule): string {
  const { regex, required, allow } = rule;
  return page(rule.id, rule.description, [
    [
      'Finds',
      `${rule.type} of ${rule.provider}; confidence ${rule.confidence}${rule.skipReport ? '; only as a part of others' : ''}`,
    ],
    ['Regex', regex?.original ?? ''],
    ['Path', rule.path ?? ''],
    ['Keywords', rule.keywords.join(', ')],
    ['Entropy', rule.entropy === undefined ? '' : `more than ${rule.entropy} bits a character`],
    ['Requires', required.map((part) => part.rule).join(', ')],
    ['Allowlists', allow.length === 0 ? '' : `${allow.length}, and those of its pack`],
    ['Defined in', rule.file],
  ]);
}

function explainStructural(id: string, d: ScannerDetector): string {
  return page(id, d.title, [
    ['Finds', `${d.finds}; confidence ${d.confidence}`],
    ['A thief could', d.impact],
    ['Rotate', d.rotate],
    ['Defined in', d.madeBy],
  ]);
}

function page(id: string, title: string, sections: readonly (readonly [heading: string, text: string])[]): string {
  const body = sections
    .filter(([, text]) => text.trim() !== '')
    .map(([heading, text]) => `${heading}\n${text.trim().replace(/^/gm, '  ')}\n`)
    .join('\n');
  return `${id}\n${title}\n\n${body}`;
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
