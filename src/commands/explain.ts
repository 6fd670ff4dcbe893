import type { Check, CheckMeta, Framework } from '../contracts/index.ts';
import type { ImportedRule } from '../detect/import/types.ts';
import { type ScannerDetector, scannerDetectors } from '../detect/scanner-detectors.ts';
import { ACCESS, checkFields, detectorFields, EVIDENCE_OF_SECRETS, type Field, LICENCE, METADATA } from '../explain/fields.ts';
import { pageText } from '../explain/page.ts';
import { refIn } from '../frameworks/reference.ts';
import { controlNamed } from '../frameworks/resolve.ts';
import { type Io, stdoutContext } from '../io.ts';
import { loadDetectors, loadJudgement } from '../run/rules.ts';
import type { StoreReader } from '../store/index.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { Layout } from '../util/layout.ts';
import { didYouMean } from '../util/suggest.ts';
import { configOf, controlRefs, type Globals, importedIn } from './rules.ts';
import { withStore } from './with-store.ts';

interface ExplainOptions extends Globals {
  /** Ids of controls are explained, too. */
  readonly controls?: boolean;
  /** Say what was found in this store. */
  readonly store?: string;
  readonly run?: string;
}

/** One rule as a page: what, why it matters, what it rests on, how to mend it, what it cannot see; with a store, what it found. */
export async function explainCommand(io: Io, text: string, options: ExplainOptions): Promise<number> {
  const config = await configOf(io, options);
  const { checks, frameworks } = await loadJudgement(config);
  const pack = await loadDetectors(config);
  const structural = scannerDetectors();
  const imported = importedIn(pack).filter((rule) => rule.id.toLowerCase() === text.trim().toLowerCase());
  const id = text.trim().toLowerCase();
  const check = checks.find((candidate) => candidate.meta.id === id);
  const detector = pack.detectors.find((candidate) => candidate.id === id);
  const reader = structural.find((candidate) => candidate.id === id || id.startsWith(`${candidate.id}/`));
  const show = async (name: string, title: string, fields: readonly Field[]): Promise<void> =>
    io.stdout(pageText(name, title, fields, new Layout(stdoutContext(io)), io.terminal.stdoutIsTTY));

  if (check !== undefined) {
    const last = await asked(io, options, async (store) => (await import('../explain/last-found.ts')).lastFound(store, id));
    const [severity, risk, fix, ...rest] = checkFields(check, frameworks);
    await show(
      id,
      check.meta.title,
      [severity, risk, fix, ...last, ...rest].flatMap((field) => (field === undefined ? [] : [field])),
    );
  } else if (detector !== undefined && imported.length === 0) {
    const last = await asked(io, options, async (store) => (await import('../explain/last-found.ts')).lastSeen(store, id));
    await show(id, detector.title, [...detectorFields(detector), ...last]);
  } else if (imported.length > 0) {
    if (detector !== undefined) await show(id, detector.title, detectorFields(detector));
    for (const rule of imported) await show(rule.id, rule.description, importedFields(rule));
  } else if (reader !== undefined) {
    const last = await asked(io, options, async (store) => (await import('../explain/last-found.ts')).lastSeen(store, id));
    await show(id, reader.title, [...structuralFields(reader), ...last]);
  } else if (options.controls === true && controlNamed(text, frameworks) !== undefined) {
    const [ref = ''] = await controlRefs(io, text, frameworks);
    const { title, fields } = controlFields(ref, checks, frameworks);
    const last = await asked(io, options, async (store) => (await import('../explain/last-found.ts')).lastOutcome(store, ref));
    await show(ref, title, [...last, ...fields]);
  } else {
    const ids = [...checks.map((c) => c.meta.id), ...[...pack.detectors, ...structural, ...importedIn(pack)].map((d) => d.id)];
    throw unknownRule(text, ids, frameworks);
  }
  return EXIT.clean;
}

/** Nothing where no store is named. */
async function asked(
  io: Io,
  { store, run }: ExplainOptions,
  ask: (opened: StoreReader) => Promise<Field>,
): Promise<readonly Field[]> {
  if (store === undefined) return [];
  return [await withStore(io, { store, ...(run === undefined ? {} : { run }) }, ask)];
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

/** Which checks bear on a control: those that name it, and those that come by way of another catalogue. */
function controlFields(
  ref: string,
  checks: readonly Check[],
  frameworks: readonly Framework[],
): { readonly title: string; readonly fields: readonly Field[] } {
  const framework = frameworks.find((candidate) => ref.startsWith(`${candidate.id}:`));
  const control = framework?.controls.find((candidate) => `${framework.id}:${candidate.id}` === ref);
  if (framework === undefined || control === undefined) throw new Error(`a control that no catalogue has: ${ref}`);
  const told = new Set<string>();
  const telling = (isMeant: (meta: CheckMeta) => boolean, how: string): string[] =>
    checks.flatMap(({ meta }) => {
      if (told.has(meta.id) || !isMeant(meta)) return [];
      told.add(meta.id);
      return [`${meta.severity.padEnd(8)} ${meta.id}: ${meta.title}${how}`];
    });
  const naming = (wanted: string, how: string): string[] => telling(({ controls }) => controls.includes(wanted), how);
  const named = (ids: readonly string[], how: string): string[] => telling(({ id }) => ids.includes(id), how);
  const own = [...naming(ref, ''), ...named(control.checks, ''), ...named(control.partialChecks, ' (on a part)')];
  const via = (named: readonly string[], words: string): string[] =>
    named.flatMap((each) => naming(refIn(framework, each), ` (${words}${refIn(framework, each)})`));
  const rules = [...own, ...via(control.supports, 'by way of '), ...via(control.partial, 'on a part, by way of ')];
  const { mapping } = framework;
  const basis =
    mapping === undefined
      ? 'named in each check; an editorial judgement of this project'
      : `through ${mapping.from}, ${mapping.basis}${mapping.note === undefined ? '' : `; ${mapping.note}`}`;
  const fields: Field[] = [
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
  ];
  return { title: control.title, fields };
}

function importedFields(rule: ImportedRule): readonly Field[] {
  const { regex, required, allow } = rule;
  return [
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
  ];
}

function structuralFields(d: ScannerDetector): readonly Field[] {
  return [
    ['Finds', `${d.finds}; confidence ${d.confidence}`],
    ['A thief could', d.impact],
    ['Rotate', d.rotate],
    ['Access', ACCESS],
    ['Evidence', EVIDENCE_OF_SECRETS],
    ['Metadata handling', METADATA],
    ['Licence and upkeep', LICENCE],
    ['Defined in', d.madeBy],
  ];
}
