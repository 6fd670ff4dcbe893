import type { Framework } from '../../src/contracts/framework.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { compare, controlLabel } from '../../src/util/report-text.ts';
import { CWE_NAMES, CWE_OF_NHI } from './cwe.ts';
import { message } from './text.ts';

/** Short names of taxonomies, as other tools write them. */
const NAMES: { readonly [framework: string]: string } = {
  'owasp-nhi-2025': 'OWASP-NHI',
  'nist-csf-2.0': 'NIST-CSF',
  'csa-maestro': 'CSA-MAESTRO',
};

interface Taxon {
  readonly id: string;
  readonly name: string;
  readonly helpUri?: string;
}

/** Which entries of which lists the rules of this report point to. GitHub ignores them, other readers do not. */
export class Taxonomies {
  readonly #frameworks: readonly Framework[];
  readonly #used: readonly { name: string; version?: string; informationUri?: string; taxa: readonly Taxon[] }[];

  constructor(report: Report, controls: ReadonlySet<string>) {
    this.#frameworks = report.frameworks;
    const used = this.#frameworks.flatMap((framework) => {
      const taxa = framework.controls
        .filter((control) => controls.has(`${framework.id}:${control.id}`))
        .map((control) => ({
          id: control.id,
          name: controlLabel({ framework: framework.id, control: control.id, title: control.title, formerly: control.formerly }),
          ...(control.url === undefined ? {} : { helpUri: control.url }),
        }));
      return taxa.length === 0
        ? []
        : [{ name: nameOf(framework.id), version: framework.version, ...uriOf(framework.source), taxa }];
    });
    const cwes = [...new Set([...controls].flatMap(cwesOf))].sort((a, b) => a - b);
    const cwe = cwes.map((id) => ({
      id: `CWE-${id}`,
      name: CWE_NAMES[id] ?? `CWE-${id}`,
      helpUri: `https://cwe.mitre.org/data/definitions/${id}.html`,
    }));
    this.#used = cwe.length === 0 ? used : [...used, { name: 'CWE', informationUri: 'https://cwe.mitre.org/', taxa: cwe }];
  }

  /** `runs[].taxonomies` */
  components(): object[] {
    return this.#used.map(({ taxa, ...component }) => ({
      ...component,
      isComprehensive: false,
      taxa: taxa.map(({ name, ...taxon }) => ({ ...taxon, shortDescription: message(name) })),
    }));
  }

  /** `tool.driver.supportedTaxonomies` */
  references(): object[] {
    return this.#used.map(({ name }, index) => ({ name, index }));
  }

  /** Where the entries for these controls stand: for the relationships of a rule. */
  targets(controls: readonly string[]): { id: string; index: number; toolComponent: { name: string; index: number } }[] {
    const wanted = new Set(controls.flatMap((ref) => [entryOf(ref), ...cwesOf(ref).map((id) => `CWE CWE-${id}`)]));
    return this.#used.flatMap(({ name, taxa }, component) =>
      taxa.flatMap(({ id }, index) =>
        wanted.has(`${name} ${id}`) ? [{ id, index, toolComponent: { name, index: component } }] : [],
      ),
    );
  }
}

/** `owasp-nhi-2025:NHI2:2025` → `OWASP-NHI NHI2:2025` */
function entryOf(ref: string): string {
  const { framework, control } = splitRef(ref);
  return `${nameOf(framework)} ${control}`;
}

export function splitRef(ref: string): { framework: string; control: string } {
  const colon = ref.indexOf(':');
  return { framework: ref.slice(0, colon), control: ref.slice(colon + 1) };
}

export function cwesOf(ref: string): readonly number[] {
  const { framework, control } = splitRef(ref);
  return framework === 'owasp-nhi-2025' ? (CWE_OF_NHI[control] ?? []) : [];
}

/** OWASP entries first, then CWE, then the rest: code scanning shows only the first ten. */
export function tagsOf(controls: readonly string[], max: number): string[] {
  const owasp = controls.filter((ref) => ref.startsWith('owasp-nhi-2025:')).map((ref) => splitRef(ref).control);
  const cwe = [...new Set(controls.flatMap(cwesOf))].map((id) => `external/cwe/cwe-${String(id).padStart(3, '0')}`);
  const others = controls.filter((ref) => !ref.startsWith('owasp-nhi-2025:')).map((ref) => splitRef(ref).control);
  return [...new Set(['security', ...owasp, ...cwe, ...others.sort(compare)])].slice(0, max);
}

function nameOf(framework: string): string {
  return NAMES[framework] ?? framework;
}

function uriOf(source: string): { informationUri?: string } {
  return /^https:\/\/[\x21-\x7e]+$/.test(source) ? { informationUri: source } : {};
}
