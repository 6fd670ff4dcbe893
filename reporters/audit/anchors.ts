import type { AcceptanceUse, Finding } from '../../src/contracts/finding.ts';
import type { ControlResult } from '../../src/contracts/framework.ts';
import type { Surface } from '../../src/contracts/observation.ts';
import { SHORT_SURFACES } from '../../src/util/surface-names.ts';
import { code } from './markdown.ts';

/** Places of the document that its other parts lead to. Ids are made of letters, digits and dashes, whatever they stand for. */
export const anchors = {
  /** The row of section 1 on a source, read or not. */
  source: (surface: string): string => idOf('source', surface),
  /** The first row of section 2 on a source. */
  population: (surface: string): string => idOf('population', surface),
  control: ({ framework, control }: Pick<ControlResult, 'framework' | 'control'>): string =>
    idOf('control', `${framework}-${control}`),
  /** The row of section 4; entries are numbered, for what they are made of is not short. */
  exception: (index: number): string => idOf('exception', String(index + 1)),
  /** The row of section 6: how a check ended, and why. */
  check: (rule: string): string => idOf('check', rule),
  finding: ({ fingerprint }: Pick<Finding, 'fingerprint'>): string => idOf('finding', fingerprint),
};

function idOf(kind: string, name: string): string {
  return `${kind}-${name}`.toLowerCase().replace(/[^a-z0-9-]+/g, '-');
}

export function anchorOf(id: string): string {
  return `<a id="${id}"></a>`;
}

export function linkTo(label: string, id: string): string {
  return `[${code(label)}](#${id})`;
}

/** With words of our own, which need no escaping. */
export function wordLink(words: string, id: string): string {
  return `[${words}](#${id})`;
}

export function surfaceLink(surface: Surface, id: string): string {
  return wordLink(SHORT_SURFACES[surface], id);
}

/** Does an entry of the register accept this finding? */
export function isAcceptedBy({ acceptedBy: by, fingerprint }: Finding, use: AcceptanceUse): boolean {
  if (use.accepts !== undefined) return use.accepts.includes(fingerprint);
  return by !== undefined && by.source === use.source && by.entry === use.entry && by.place === use.place;
}
