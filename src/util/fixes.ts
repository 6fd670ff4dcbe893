import type { Finding, Severity } from '../contracts/finding.ts';
import type { IdentityView, Report } from '../contracts/reporter.ts';
import { shortId, subjectName } from './report-names.ts';
import { compare, count, firstStep } from './report-text.ts';

/** What a finding weighs when actions are ranked: one critical finding outweighs three high ones. Reports say so. */
export const WEIGHTS: { readonly [severity in Severity]: number } = { critical: 100, high: 30, medium: 8, low: 2, info: 0 };

/** One thing to do, and what it is worth. */
export interface RankedFix {
  /** `Rotate 2 keys of ml-batch`. */
  readonly action: string;
  /** How, in one step. */
  readonly how: string;
  /** Open findings that rest on what it takes away. */
  readonly findings: readonly Finding[];
  /** Part of the weight of all open findings, 0 to 1. */
  readonly share: number;
  readonly owner: Owner;
  /** What to look at for it. */
  readonly about: { readonly kind: 'rule' | 'identity' | 'finding'; readonly id: string };
  /** Credentials that it ends; 0 where it is the repair of something else. */
  readonly credentials: number;
}

export interface Owner {
  readonly name: string;
  /** Nobody can be asked. */
  readonly isMissing: boolean;
}

/**
 * Every open finding belongs to one action: those about a credential to the rotation of it (with the others of its
 * identity), the rest to the repair of their rule. What removes most comes first. The order of the findings counts: the
 * first of an action, the gravest, names it.
 */
export function rankFixes(open: readonly Finding[], { identities, checks }: Pick<Report, 'identities' | 'checks'>): RankedFix[] {
  const known = new Map(identities.map((identity) => [identity.id, identity]));
  const groups = new Map<string, Finding[]>();
  for (const finding of open) {
    const key =
      finding.credential === undefined ? `rule ${finding.rule}` : `credential ${finding.identity ?? finding.credential}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  const total = weigh(open);
  return [...groups.entries()]
    .map(([key, findings]) => ({ key, findings, weight: weigh(findings) }))
    .sort((a, b) => b.weight - a.weight || b.findings.length - a.findings.length || compare(a.key, b.key))
    .map(({ key, findings, weight }) => ({
      ...(key.startsWith('rule ') ? repair(findings, checks) : rotation(findings, known)),
      findings,
      share: total === 0 ? 0 : weight / total,
      owner: ownerOf(findings, known),
    }));
}

const ENDS_KEY = /\b(?:deactivate|disable|rotate|revoke|new key|replace)\b/i;

function rotation(
  findings: readonly Finding[],
  identities: ReadonlyMap<string, IdentityView>,
): Pick<RankedFix, 'action' | 'how' | 'about' | 'credentials'> {
  const [worst] = findings as readonly [Finding];
  const keys = [...new Set(findings.map(({ credential }) => credential ?? ''))].sort(compare);
  const { identity } = worst;
  // Of all that is said of them, a text that tells what to do with the key itself; best with the command for it.
  const ending = findings.map(({ fix }) => firstStep(fix)).filter((step) => ENDS_KEY.test(step));
  const how = ending.find((step) => step.includes('`')) ?? ending[0] ?? firstStep(worst.fix);
  const [key = ''] = keys;
  const what =
    keys.length > 1
      ? count(keys.length, 'credential')
      : identity === undefined
        ? subjectName(worst)
        : /\bsecret:/.test(key)
          ? 'the secret'
          : `the key ${shortId(key.slice(key.lastIndexOf('/') + 1))}`;
  return {
    action: identity === undefined ? `Revoke ${what}` : `Rotate ${what} of ${nameOf(identity, identities)}`,
    how,
    about: identity === undefined ? { kind: 'finding', id: worst.fingerprint } : { kind: 'identity', id: identity },
    credentials: keys.length,
  };
}

function repair(
  findings: readonly Finding[],
  checks: Report['checks'],
): Pick<RankedFix, 'action' | 'how' | 'about' | 'credentials'> {
  const [worst] = findings as readonly [Finding];
  const meta = checks.find(({ rule }) => rule === worst.rule)?.meta;
  const title = meta?.title ?? worst.title;
  const subjects = new Set(findings.map((finding) => finding.identity ?? finding.subject)).size;
  const what = findings.every(({ identity }) => identity !== undefined)
    ? count(subjects, 'identity', 'identities')
    : count(subjects, 'place');
  return {
    action: `${title}: ${subjects > 1 ? what : shortName(worst.subject)}`,
    // The command for the first of six would be taken for all that is to be done.
    how: firstStep(subjects > 1 ? (meta?.fix ?? worst.fix) : worst.fix),
    about: { kind: 'rule', id: worst.rule },
    credentials: 0,
  };
}

function ownerOf(findings: readonly Finding[], identities: ReadonlyMap<string, IdentityView>): Owner {
  const owners = new Map<string, Owner>();
  let nobody = 0;
  for (const { identity } of findings) {
    const known = identity === undefined ? undefined : identities.get(identity);
    if (known?.owner === undefined) nobody += 1;
    else owners.set(known.owner, { name: known.owner, isMissing: known.ownership === 'owner-left' });
  }
  const [first, ...more] = owners.values();
  if (first === undefined) return { name: 'nobody known', isMissing: true };
  const rest = more.length + (nobody > 0 ? 1 : 0);
  const name = `${first.name}${first.isMissing ? ' (left)' : ''}`;
  return { name: rest === 0 ? name : `${name} and ${rest} more`, isMissing: first.isMissing };
}

function nameOf(identity: string, identities: ReadonlyMap<string, IdentityView>): string {
  return identities.get(identity)?.name ?? shortName(identity);
}

/** `aws:2194…:user/ml-batch` → `user/ml-batch`. */
export function shortName(id: string): string {
  return /^[a-z0-9-]+:[^:]*:(?<rest>.+)$/.exec(id)?.groups?.rest ?? id;
}

export function weigh(findings: readonly Finding[]): number {
  return findings.reduce((sum, { severity }) => sum + WEIGHTS[severity], 0);
}
