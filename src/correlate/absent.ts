import type { Config } from '../config/schema.ts';
import type { CoverageObservation, IsoTime, Surface } from '../contracts/observation.ts';
import { SURFACES } from '../contracts/observation.ts';
import type { DeclaredAbsent } from '../contracts/reporter.ts';
import { count } from '../util/report-text.ts';

export type Declaration = Omit<DeclaredAbsent, 'state' | 'why'>;

/** Something of a surface that the run has observed, counted. */
export interface Observed {
  readonly surface: Surface;
  readonly kind: 'identity' | 'credential' | 'mapping';
  readonly n: number;
  /** The first of them. */
  readonly names: readonly string[];
}

export type Look = Pick<CoverageObservation, 'surface' | 'subject' | 'outcome' | 'seen' | 'read'>;

/** Whose review was longer ago has to make sure again. */
const REVIEW_DAYS = 365;
const DAY_MS = 86_400_000;
const NAMES_TOLD = 2;

/** Entries of the configuration, one a surface, in the order of `SURFACES`. `mask` masks credentials in a text. */
export function declarationsOf(
  { absent }: Config['scope'],
  mask: (text: string) => string = (text) => text,
): readonly Declaration[] {
  const all = absent.flatMap(({ surface, surfaces, reason, declaredBy, reviewed }) =>
    (surface === undefined ? (surfaces ?? []) : [surface]).map((one) => ({
      surface: one,
      reason: mask(reason),
      declaredBy: mask(declaredBy),
      ...(reviewed === undefined ? {} : { reviewed }),
    })),
  );
  const order = Object.keys(SURFACES);
  return all.sort((a, b) => order.indexOf(a.surface) - order.indexOf(b.surface));
}

/**
 * Which declarations does the run bear out? One of a surface that was looked at, or of which anything was observed, is contradicted,
 * whatever observed it: a token in a file, an account that a job signs in as. One that nobody reviewed for a year has expired.
 */
export function believe(
  declared: readonly Declaration[],
  coverage: readonly Look[],
  observed: readonly Observed[],
  now: IsoTime,
): readonly DeclaredAbsent[] {
  return declared.map((declaration): DeclaredAbsent => {
    const { surface } = declaration;
    const seen = [
      ...observed.filter((one) => one.surface === surface && one.n > 0).map(tellObserved),
      ...tellLooks(coverage.filter((row) => row.surface === surface && !isOfNothing(row))),
    ];
    if (seen.length > 0) return { ...declaration, state: 'contradicted', why: seen.join('; ') };
    const expired = whyExpired(declaration, now);
    return expired === undefined ? { ...declaration, state: 'believed' } : { ...declaration, state: 'expired', why: expired };
  });
}

/** What a reader may hold against the needs of checks: the declarations that are believed, by surface. */
export function believedOf(declared: readonly DeclaredAbsent[] = []): ReadonlyMap<string, DeclaredAbsent> {
  return new Map(declared.flatMap((one) => (one.state === 'believed' ? [[one.surface, one]] : [])));
}

/** An export that was read in whole and lists nothing tells that there is nothing. */
function isOfNothing({ outcome, seen, read }: Look): boolean {
  return outcome === 'complete' && (seen ?? read) === 0 && (read ?? 0) === 0;
}

function tellObserved({ surface, kind, n, names }: Observed): string {
  const title = SURFACES[surface];
  const what = {
    identity: `${count(n, 'identity', 'identities')} of ${title}`,
    credential: `${count(n, 'credential')} of ${title}`,
    mapping: `${count(n, 'SPIFFE ID')} that the gateway knows`,
  }[kind];
  return `${what} ${n === 1 ? 'was' : 'were'} observed (${some(names, n)})`;
}

function tellLooks(rows: readonly Look[]): readonly string[] {
  if (rows.length === 0) return [];
  const subjects = [...new Set(rows.map(({ subject }) => subject))].sort();
  return [`it was looked at (${some(subjects, subjects.length)})`];
}

function some(names: readonly string[], n: number): string {
  const shown = names.slice(0, NAMES_TOLD);
  return n > shown.length ? `${shown.join(', ')} and ${n - shown.length} more` : shown.join(', ');
}

function whyExpired({ reviewed }: Declaration, now: IsoTime): string | undefined {
  if (reviewed === undefined) return undefined;
  const days = Math.floor((Date.parse(now) - Date.parse(reviewed)) / DAY_MS);
  if (days > REVIEW_DAYS) return `it was last reviewed on ${reviewed}, more than ${REVIEW_DAYS} days before this run`;
  // East of Greenwich a day begins before the clock of the run is there.
  return days < -1 ? `the day of its review, ${reviewed}, is after this run` : undefined;
}
