import type { Check, CheckMeta, CheckResult } from '../contracts/check.ts';
import type { JsonObject, ObservationKind, Outcome, Surface } from '../contracts/observation.ts';
import { OBSERVATION_KINDS, SURFACES } from '../contracts/observation.ts';
import type { DeclaredAbsent } from '../contracts/reporter.ts';
import { DECLARED_ABSENT, SWITCHED_OFF } from '../contracts/reporter.ts';
import { list } from '../util/report-text.ts';

/** One row of the view `coverage`, as far as a check's needs ask for it. */
export interface CoverageRow {
  readonly surface: string;
  readonly subject: string;
  readonly outcome: Outcome;
  readonly why?: string;
  readonly covers: readonly string[];
  readonly detail?: JsonObject;
}

/** What a check's needs come to in a run. */
export interface Assessment {
  /** `absent`: all that is missing is declared absent, so that there is nothing to judge. */
  readonly state: 'complete' | 'partial' | 'missing' | 'absent';
  /** One sentence, but for `complete`. */
  readonly reason?: string;
  /** Where only code that declares such things was read, not what keeps them: what is found counts, silence tells nothing. */
  readonly onlyDeclared?: string;
}

export interface Need {
  readonly kind: ObservationKind;
  /** Only those of this type: `access-key`. */
  readonly type?: string;
  readonly surface?: Surface;
  /** Without it the check runs, and what it finds counts; silence tells nothing. */
  readonly isSoft?: boolean;
}

const KIND_WORDS: { readonly [kind in ObservationKind]: string } = {
  identity: 'identities',
  credential: 'credentials',
  sighting: 'places where credentials are seen',
  grant: 'grants',
  trust: 'trust policies',
  consumer: 'consumers',
  usage: 'usage',
  person: 'people',
  policy: 'rules and settings',
  coverage: 'coverage',
};

/** What to give so that a surface is looked at; completes `… were not collected: `. */
const HOW_TO_COLLECT: { readonly [surface in Surface]: string } = {
  'work-tree': 'name the repository or directory as a target',
  history: 'name a git repository as a target and leave out --no-history',
  notebook: 'name a directory with notebooks as a target',
  ci: 'name a repository with its CI configuration as a target',
  k8s: 'give the manifests or an export of the cluster',
  iac: 'name the directory of the infrastructure code as a target',
  image: 'give the image archive',
  'agent-config': 'name the repository or home directory that holds the agent configuration',
  aws: 'give `aws iam get-account-authorization-details` and the credential report as files, or the target aws:',
  gcp: 'give exports of the service accounts, their keys and the IAM policy, or the target gcp:',
  entra: 'give exports of app registrations and service principals, or the target entra:',
  github: 'give exports of the organisation, or the target github:ORG',
  okta: 'give exports of the Okta organisation, or the target okta:ORG',
  'google-workspace': 'give exports of Google Workspace, or the target google-workspace:',
  postgres: 'give `pg_dumpall --roles-only` and a dump of the grants, or the target postgres:',
  spire: 'give an export of the SPIRE entries (spire-server entry show -output json)',
  gateway: 'give an export of hoop sessions and connections, or the target hoop:https://HOST',
  'audit-log': 'give an export of the audit log',
  people: 'give a roster of people (CSV or JSON with e-mail and leaving date)',
  verification: 'scan with --verify, which asks providers whether found credentials work',
};

// Where a kind usually comes from, when a need names no surface.
const USUAL_SURFACE: { readonly [kind in ObservationKind]: Surface } = {
  identity: 'aws',
  credential: 'aws',
  sighting: 'work-tree',
  grant: 'aws',
  trust: 'aws',
  consumer: 'ci',
  usage: 'gateway',
  person: 'people',
  policy: 'gateway',
  coverage: 'work-tree',
};

/** Where to look for a kind of which nobody says where it is. */
export function usualSurface(kind: ObservationKind): Surface {
  return USUAL_SURFACE[kind];
}

/** The result of a check that was not to run: silence that a reader must be able to tell from a pass. */
export function switchedOff({ meta }: Check): CheckResult {
  return { rule: meta.id, outcome: 'not-assessed', reason: SWITCHED_OFF, population: 0, findings: 0, excepted: 0 };
}

/** `credential@aws`, `credential:access-key@aws` or `usage`; a text in place of a need says what is wrong with it. */
export function parseNeed(text: string): Need | string {
  const [what = '', surface, ...rest] = text.trim().replace(/\?$/, '').split('@');
  const [kind = '', type, ...more] = what.split(':');
  if (!isKind(kind)) return `${JSON.stringify(kind)} is no kind of observation (${OBSERVATION_KINDS.join(', ')})`;
  if (more.length > 0 || (type !== undefined && !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(type))) {
    return `${JSON.stringify([type, ...more].join(':'))} is no type (kebab-case, as in the observations)`;
  }
  const isSoft = text.trim().endsWith('?');
  const typed = { kind, ...(type === undefined ? {} : { type }), ...(isSoft ? { isSoft } : {}) };
  if (surface === undefined) return typed;
  if (rest.length > 0 || !isSurface(surface)) {
    return `${JSON.stringify([surface, ...rest].join('@'))} is no surface (${Object.keys(SURFACES).join(', ')})`;
  }
  return { ...typed, surface };
}

/** Declarations that the run bears out, by surface. */
export type Absent = ReadonlyMap<string, DeclaredAbsent>;
const NOTHING_ABSENT: Absent = new Map();

/**
 * Was what a check needs collected, in whole or in part? "Clean" is said only where it was, in whole. What is declared absent is
 * not missed where it is one of several that would do, and makes a check not applicable that lacks nothing else.
 */
export function assess(meta: CheckMeta, coverage: readonly CoverageRow[], absent: Absent = NOTHING_ABSENT): Assessment {
  const missing: string[] = [];
  const none = new Set<string>();
  const gaps: CoverageRow[] = [];
  const without: string[] = [];
  let onlyDeclared: string | undefined;
  for (const need of meta.needs) {
    const alternatives = need.split('|').map(needOf);
    const rows = coverage.filter((row) => alternatives.some((alternative) => covers(row, alternative)));
    const collected = rows.some((row) => alternatives.some((alternative) => meets(row, alternative)));
    const present = presentOf(alternatives, absent);
    const isSoft = alternatives.some((alternative) => alternative.isSoft === true);
    if (!collected && present.length === 0) {
      if (!isSoft) for (const { surface = '' } of alternatives) none.add(surface);
      continue;
    }
    if (!collected && isSoft) {
      without.push(whyMissing(present, rows));
      continue;
    }
    if (!collected) missing.push(whyMissing(present, rows));
    gaps.push(...rows.filter((row) => row.outcome !== 'complete'));
    const keepers = present.filter(({ surface }) => surface !== 'iac');
    if (keepers.length > 0 && rows.every(({ surface }) => surface === 'iac')) {
      onlyDeclared ??= `only infrastructure code was read, where nothing of the kind was found; ${whyMissing(keepers, [])}`;
    }
  }
  const said = [...none].flatMap((surface) => absent.get(surface) ?? []);
  if (missing.length > 0) {
    const aside = said.length === 0 ? [] : [`${DECLARED_ABSENT}${list(said.map(({ surface }) => SURFACES[surface]))}`];
    return { state: 'missing', reason: [...missing, ...aside].join('; ') };
  }
  if (said.length > 0) return { state: 'absent', reason: `${DECLARED_ABSENT}${list(said.map(tellAbsent))}` };
  const declared = onlyDeclared === undefined ? {} : { onlyDeclared };
  const partly = [...without, ...(gaps.length > 0 ? [whyPartial(gaps)] : [])];
  if (partly.length > 0) return { state: 'partial', reason: partly.join('; '), ...declared };
  return { state: 'complete', ...declared };
}

/** Those of the alternatives that are not declared absent; a kind of any surface never is. */
export function presentOf(alternatives: readonly Need[], absent: Absent): readonly Need[] {
  return alternatives.filter(({ surface }) => surface === undefined || !absent.has(surface));
}

/** `Okta (everybody signs in with Entra ID; by security@example.com)`. */
function tellAbsent({ surface, reason, declaredBy }: DeclaredAbsent): string {
  return `${SURFACES[surface]} (${reason.replace(/\.$/, '')}; by ${declaredBy})`;
}

export function needOf(text: string): Need {
  const need = parseNeed(text);
  if (typeof need === 'string') throw new TypeError(need);
  return need;
}

/** Does a look meet a need? One that does not name its types (`detail.types`) meets none that names one. */
export function meets(row: Pick<CoverageRow, 'surface' | 'covers' | 'detail' | 'outcome'>, need: Need): boolean {
  const isRead = row.outcome === 'complete' || row.outcome === 'partial';
  return isRead && covers(row, need) && (need.type === undefined || Array.isArray(row.detail?.types));
}

/** Does a look meet a need, or would have? What was not read in whole, and names no types, may have been any. */
export function covers(row: Pick<CoverageRow, 'surface' | 'covers' | 'detail' | 'outcome'>, need: Need): boolean {
  const { kind, type, surface } = need;
  if ((surface !== undefined && row.surface !== surface) || !row.covers.includes(kind)) return false;
  const types = row.detail?.types;
  return type === undefined || (Array.isArray(types) ? types.includes(type) : row.outcome !== 'complete');
}

function whyMissing(alternatives: readonly Need[], rows: readonly CoverageRow[]): string {
  const denied = rows[0];
  if (denied !== undefined) return `${[...new Set(alternatives.map(nameOf))].join(' or ')} could not be read: ${tell(denied)}`;
  return notCollected(alternatives);
}

/** `grants of AWS IAM were not collected: give …`. */
export function notCollected(needs: readonly Need[]): string {
  const what = [...new Set(needs.map(nameOf))].join(' or ');
  const ways = needs.map((need) => gatewayUsage(need)?.how ?? HOW_TO_COLLECT[need.surface ?? USUAL_SURFACE[need.kind]]);
  return `${what} were not collected: ${[...new Set(ways)].join(', or ')}`;
}

interface GatewayUsage {
  readonly what: string;
  readonly how: string;
}

const GATEWAY_USAGE: { readonly [type: string]: GatewayUsage } = {
  'session-list': {
    what: 'lists of gateway sessions',
    how: 'give an export of hoop sessions (GET /api/sessions), or the target hoop:https://HOST',
  },
  'session-metrics': {
    what: 'metrics of gateway sessions',
    how: 'give an export of hoop session metrics (GET /api/metrics/sessions), or the target hoop:https://HOST',
  },
  'admin-audit': {
    what: "entries of the gateway's log of administrators",
    how: 'give an export of the admin audit log of hoop (GET /api/audit/logs), or the target hoop:https://HOST',
  },
};

function gatewayUsage({ kind, type, surface }: Need): GatewayUsage | undefined {
  return kind === 'usage' && surface === 'gateway' && type !== undefined ? GATEWAY_USAGE[type] : undefined;
}

function nameOf(need: Need): string {
  if (need.kind === 'usage' && need.surface === 'gateway') {
    return gatewayUsage(need)?.what ?? 'gateway sessions';
  }
  if (need.kind === 'consumer' && need.surface === 'gateway') return 'gateway connections';
  if (need.kind === 'person') return 'people';
  const what = need.type === undefined ? KIND_WORDS[need.kind] : `${KIND_WORDS[need.kind]} (${need.type})`;
  return need.surface === undefined ? what : `${what} of ${SURFACES[need.surface]}`;
}

function whyPartial(gaps: readonly CoverageRow[]): string {
  const told = [...new Set(gaps.map(tell))].sort();
  const shown = told.slice(0, 3).join('; ');
  return told.length > 3 ? `not read in full: ${shown}; and ${told.length - 3} more` : `not read in full: ${shown}`;
}

function tell(row: CoverageRow): string {
  const place = `${SURFACES[row.surface as Surface] ?? row.surface}, ${row.subject}`;
  return row.why === undefined ? `${place} (${row.outcome})` : `${place} (${row.why.replace(/\.$/, '')})`;
}

function isKind(text: string): text is ObservationKind {
  return OBSERVATION_KINDS.some((kind) => kind === text);
}

function isSurface(text: string): text is Surface {
  return Object.hasOwn(SURFACES, text);
}
