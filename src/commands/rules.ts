import { loadConfig } from '../config/load.ts';
import type { Check, Framework } from '../contracts/index.ts';
import type { PackedDetector } from '../detect/pack.ts';
import { type ScannerDetector, scannerDetectors } from '../detect/scanner-detectors.ts';
import { controlNamed } from '../frameworks/resolve.ts';
import type { Io } from '../io.ts';
import { loadDetectors, loadJudgement } from '../run/rules.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { didYouMean } from '../util/suggest.ts';
import { renderTable, type TableFormat } from '../util/table.ts';

interface Globals {
  readonly config?: string;
  readonly quiet?: boolean;
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
  const config = loadConfig(io.directory, options.config);
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
export async function explainCommand(io: Io, text: string, options: Globals): Promise<number> {
  const config = loadConfig(io.directory, options.config);
  const { checks, frameworks } = await loadJudgement(config);
  const pack = await loadDetectors(config);
  const structural = scannerDetectors();
  const id = text.trim().toLowerCase();
  const check = checks.find((candidate) => candidate.meta.id === id);
  const detector = pack.detectors.find((candidate) => candidate.id === id);
  const reader = structural.find((candidate) => candidate.id === id || id.startsWith(`${candidate.id}/`));
  if (check !== undefined) await io.stdout(explainCheck(check, frameworks));
  else if (detector !== undefined) await io.stdout(explainDetector(detector));
  else if (reader !== undefined) await io.stdout(explainStructural(id, reader));
  else
    throw unknownRule(
      text,
      [...checks.map((c) => c.meta.id), ...[...pack.detectors, ...structural].map((d) => d.id)],
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
    ['Looks at', meta.population],
    ['Needs', meta.needs.join(', ')],
    ['Blind spots', meta.limits ?? 'none known'],
    ['Parameters', parameters.length === 0 ? 'none' : `${parameters.join(', ')} (configuration: checks.${meta.id}.parameters)`],
    ['Controls', controls.join('\n')],
    ['References', meta.references.join('\n')],
    ['Query', file],
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

/** Proves every rule. Exit 1 when one does not hold. */
export async function checkCommand(io: Io, options: Globals): Promise<number> {
  const config = loadConfig(io.directory, options.config);
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
  const store = await openStore({ mode: 'write' });
  const proof = await proveChecks(store, checks, { controls }).finally(() => store.close());
  const pack = await loadPack({ userPacks: config.rules.detectors, source: 'yaml' });
  const problems = [...unreadable, ...proof.problems, ...proveDetectors(pack)];

  for (const problem of problems) {
    await io.stdout(
      `${problem.file}${problem.rule === undefined ? '' : ` (${problem.rule})`}: ${problem.what}\n  ${problem.hint}\n`,
    );
  }
  for (const note of proof.notes) io.stderr(`note: ${note}\n`);
  const held = `${checks.length} checks, ${pack.detectors.length} detectors, ${frameworks.length} frameworks`;
  await io.stdout(problems.length === 0 ? `All rules hold: ${held}.\n` : `${problems.length} problems in ${held}.\n`);
  return problems.length === 0 ? EXIT.clean : EXIT.findings;
}
