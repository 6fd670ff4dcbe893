import type { CoverageObservation, ObservationKind } from '../contracts/observation.ts';
import { SURFACES } from '../contracts/observation.ts';
import { type Absent, covers, type Need, needOf, presentOf } from '../correlate/needs.ts';

type Row = Pick<CoverageObservation, 'surface' | 'outcome' | 'covers' | 'detail'>;

/** Names of what several checks need and did not get, each once: what a control's one sentence has room for. */
export interface Gaps {
  readonly missing: ReadonlySet<string>;
  readonly unreadable: ReadonlySet<string>;
  readonly part: ReadonlySet<string>;
}

const KINDS: { readonly [kind in ObservationKind]: string } = {
  identity: 'identities',
  credential: 'credentials',
  sighting: 'sightings',
  grant: 'grants',
  trust: 'trusts',
  consumer: 'consumers',
  usage: 'usage',
  person: SURFACES.people,
  policy: 'rules and settings',
  coverage: 'coverage',
};
const MOST = 5;

/** Holds the needs of checks (`usage@gateway`, `a|b`) against what was looked at. Nobody is asked for what is declared absent. */
export function gapsOf(needs: Iterable<string>, coverage: readonly Row[], absent: Absent): Gaps {
  const gaps = { missing: new Set<string>(), unreadable: new Set<string>(), part: new Set<string>() };
  for (const need of new Set(needs)) {
    const alternatives = need.split('|').map(needOf);
    const rows = coverage.filter((row) => alternatives.some((alternative) => covers(row, alternative)));
    const present = presentOf(alternatives, absent);
    if (rows.length === 0 && present.length === 0) continue;
    if (rows.length === 0) gaps.missing.add([...new Set(present.map((one) => nameOf(one, coverage)))].join(' or '));
    else if (rows.every((row) => row.outcome === 'denied' || row.outcome === 'unsupported')) addSurfaces(gaps.unreadable, rows);
    else addSurfaces(gaps.part, rows);
  }
  return gaps;
}

function addSurfaces(names: Set<string>, rows: readonly Row[]): void {
  for (const row of rows) if (row.outcome !== 'complete') names.add(SURFACES[row.surface] ?? row.surface);
}

/** A source of which other things were read is not "not collected": what of it is lacking is named. */
function nameOf({ kind, type, surface }: Need, coverage: readonly Row[]): string {
  if (surface === undefined) return KINDS[kind];
  const isRead = coverage.some((row) => row.surface === surface && (row.outcome === 'complete' || row.outcome === 'partial'));
  return isRead ? `${thingsOf(kind, type)} of ${SURFACES[surface]}` : SURFACES[surface];
}

/** `grants`, `app-roles`, `policies`, `console usage`. */
function thingsOf(kind: ObservationKind, type: string | undefined): string {
  if (type === undefined) return KINDS[kind];
  if (kind === 'usage') return `${type} usage`;
  return type.endsWith('y') ? `${type.slice(0, -1)}ies` : `${type}s`;
}

/** `not collected: AWS IAM and people; read in part: Notebooks`; empty when nothing is lacking. */
export function tellGaps({ missing, unreadable, part }: Gaps): string {
  const parts = [
    ...tell('not collected', missing),
    ...tell('could not be read', unreadable),
    ...tell('read in part', new Set([...part].filter((name) => !unreadable.has(name)))),
  ];
  return parts.join('; ');
}

function tell(what: string, names: ReadonlySet<string>): string[] {
  if (names.size === 0) return [];
  const shown = [...names].slice(0, MOST);
  const more = names.size - shown.length;
  return [`${what}: ${shown.join(', ')}${more === 0 ? '' : ` and ${more} more`}`];
}
