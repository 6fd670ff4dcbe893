import type { Framework } from '../contracts/framework.ts';
import { ConfigError } from '../util/errors.ts';
import { nearest } from '../util/nearest.ts';
import { list } from '../util/report-text.ts';

type Control = Framework['controls'][number];

export interface ResolvedControl {
  /** `framework:control`, as checks name it. */
  readonly ref: string;
  /** Set when the text was not the official id: how it was read, in one or two sentences for stderr. */
  readonly warning?: string;
  /** Other controls that the text may have meant. */
  readonly alternatives?: readonly string[];
}

/** Numbers that some texts use in another sense than the official list. */
const OTHER_MEANINGS: { readonly [ref: string]: { readonly note: string; readonly alternatives: readonly string[] } } = {
  'owasp-nhi-2025:NHI3:2025': {
    note: 'Texts that write NHI-03 for hard-coded or poorly rotated secrets mean NHI2:2025 (Secret Leakage) and NHI7:2025 (Long-Lived Secrets).',
    alternatives: ['owasp-nhi-2025:NHI2:2025', 'owasp-nhi-2025:NHI7:2025'],
  },
};

/** Names under which people know a framework, beside its id. */
const FRAMEWORK_NAMES: { readonly [name: string]: string } = {
  owasp: 'owasp-nhi-2025',
  'owasp-nhi': 'owasp-nhi-2025',
  'owasp-nhi-top-10': 'owasp-nhi-2025',
  nhi: 'owasp-nhi-2025',
  csf: 'nist-csf-2.0',
  nist: 'nist-csf-2.0',
  'nist-csf': 'nist-csf-2.0',
  'csf-2.0': 'nist-csf-2.0',
  'nist-csf-2': 'nist-csf-2.0',
  maestro: 'csa-maestro',
  pci: 'pci-dss-4.0.1',
  'pci-dss': 'pci-dss-4.0.1',
  'pci-dss-4': 'pci-dss-4.0.1',
  '800-53': 'nist-800-53-r5',
  'nist-800-53': 'nist-800-53-r5',
  'sp-800-53': 'nist-800-53-r5',
  iso: 'iso-27001-2022',
  'iso-27001': 'iso-27001-2022',
  soc2: 'soc-2',
  'soc-2-tsc': 'soc-2',
  cis: 'cis-controls-8.1',
  'cis-8.1': 'cis-controls-8.1',
  'cis-controls': 'cis-controls-8.1',
  asi: 'owasp-asi-2026',
  'owasp-asi': 'owasp-asi-2026',
  llm: 'owasp-llm-2025',
  'owasp-llm': 'owasp-llm-2025',
};

/** The framework a user means by `--framework`. Throws `ConfigError` with the nearest id. */
export function resolveFramework(text: string, frameworks: readonly Framework[]): Framework {
  const wanted = squeeze(text).toLowerCase();
  const id = FRAMEWORK_NAMES[wanted] ?? wanted;
  const found = frameworks.find((framework) => framework.id.toLowerCase() === id);
  if (found !== undefined) return found;
  const ids = frameworks.map((framework) => framework.id);
  const control = controlNamed(text, frameworks);
  throw new ConfigError(`unknown framework: ${text}`, {
    code: 'FRAMEWORK_UNKNOWN',
    hint:
      control === undefined ? suggestion(nearest(text, ids), `Known frameworks: ${list(ids)}; or all.`) : controlHint(control),
  });
}

/** The control a text names, where a text of another kind was asked for; `undefined` when it names none. */
export function controlNamed(text: string, frameworks: readonly Framework[]): ResolvedControl | undefined {
  try {
    return resolveControl(text, frameworks);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

function controlHint({ ref, warning }: ResolvedControl): string {
  const framework = ref.slice(0, ref.indexOf(':'));
  const read = warning === undefined ? 'That is a control, not a framework.' : `That is a control, not a framework. ${warning}`;
  return `${read}\n  The framework that has it: --framework ${framework}. Checks of the control: nhi-audit rules list --control ${ref}`;
}

/**
 * The control a text means: `owasp-nhi-2025:NHI2:2025`, `NHI2:2025`, or a spelling people use (`NHI-02`, `PR.AC-4` of
 * CSF 1.1). What was rewritten is said in `warning`. Throws `ConfigError` with the nearest match when nothing fits.
 */
export function resolveControl(text: string, frameworks: readonly Framework[]): ResolvedControl {
  const { scope, rest } = splitFramework(text.trim(), frameworks);
  const among = scope === undefined ? frameworks : [scope];

  for (const framework of among) {
    const exact = framework.controls.find((control) => control.id === rest);
    if (exact !== undefined) return { ref: refOf(framework, exact) };
  }
  for (const framework of among) {
    const hit = byAlias(rest, framework) ?? byFormerId(rest, framework);
    if (hit !== undefined) return { ...hit, warning: `"${text}": ${hit.warning}` };
  }
  const known = among.flatMap((framework) => framework.controls.flatMap((control) => [control.id, ...control.formerly]));
  throw new ConfigError(`unknown control: ${text}`, {
    code: 'CONTROL_UNKNOWN',
    hint: suggestion(nearest(rest, known), 'List the controls with: nhi-audit rules list'),
  });
}

function splitFramework(text: string, frameworks: readonly Framework[]): { scope?: Framework; rest: string } {
  const colon = text.indexOf(':');
  if (colon < 0) return { rest: text };
  const head = text.slice(0, colon).toLowerCase();
  const scope = frameworks.find((framework) => framework.id === (FRAMEWORK_NAMES[head] ?? head));
  return scope === undefined ? { rest: text } : { scope, rest: text.slice(colon + 1).trim() };
}

function byAlias(text: string, framework: Framework): (ResolvedControl & { warning: string }) | undefined {
  const key = squeeze(text);
  for (const control of framework.controls) {
    if (![control.id, ...control.aliases].some((alias) => squeeze(alias) === key)) continue;
    const ref = refOf(framework, control);
    const other = OTHER_MEANINGS[ref];
    const read = `read as ${control.id} (${control.title}), its id in ${framework.title} ${framework.version}.`;
    return other === undefined
      ? { ref, warning: read }
      : { ref, warning: `${read} ${other.note}`, alternatives: other.alternatives };
  }
  return undefined;
}

/** An id of the edition before, padded (`PR.AC-04`, as in the NIST catalogue) or not (`PR.AC-4`, as 1.1 prints it). */
function byFormerId(text: string, framework: Framework): (ResolvedControl & { warning: string }) | undefined {
  const key = unpad(squeeze(text));
  const hits: { control: Control; rank: number }[] = [];
  for (const control of framework.controls) {
    const rank = control.formerly.findIndex((id) => unpad(squeeze(id)) === key);
    if (rank >= 0) hits.push({ control, rank });
  }
  // The control that names it first is its main successor; the sort is stable, so the catalogue's order decides ties.
  const [main, ...rest] = hits.sort((a, b) => a.rank - b.rank).map((hit) => hit.control);
  if (main === undefined) return undefined;
  const ref = refOf(framework, main);
  const read = `an id of the edition before ${framework.version}, read as ${main.id} (${main.title}).`;
  if (rest.length === 0) return { ref, warning: read };
  return {
    ref,
    warning: `${read} It is ambiguous: it also went into ${list(rest.map((control) => control.id))}; name the one you mean.`,
    alternatives: rest.map((control) => refOf(framework, control)),
  };
}

function refOf(framework: Framework, control: Control): string {
  return `${framework.id}:${control.id}`;
}

/** Upper case, and one dash for whatever people put between the parts. */
function squeeze(text: string): string {
  return text
    .trim()
    .toUpperCase()
    .replace(/[\s_‐-―-]+/g, '-');
}

function unpad(id: string): string {
  return id.replace(/-0+(?=\d)/g, '-');
}

function suggestion(match: string | undefined, otherwise: string): string {
  return match === undefined ? otherwise : `Did you mean ${match}?`;
}
