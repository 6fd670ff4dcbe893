import type { Finding } from '../../src/contracts/finding.ts';
import type { IdentityView } from '../../src/contracts/reporter.ts';
import { count } from '../../src/util/report-text.ts';
import { clip } from '../../src/util/sanitize.ts';

const NAME_MAX = 160;
const WORDS_MAX = 5;

/** `owner jo@harbour.example has left; can: admin; 2 credentials, seen at 4 places; 7 recorded uses; last used 2026-03-11` */
export function describe(identity: IdentityView): string {
  const parts = [ownership(identity)];
  if (identity.environment !== undefined) parts.push(clip(identity.environment, 40));
  if (identity.capabilities.length > 0) parts.push(`can: ${clip(identity.capabilities.join(', '), NAME_MAX)}`);
  if (identity.credentials > 0 || identity.sightings > 0) {
    const seen = identity.sightings > 0 ? `, seen at ${count(identity.sightings, 'place')}` : '';
    parts.push(`${count(identity.credentials, 'credential')}${seen}`);
  }
  return [...parts, ...uses(identity)].join('; ');
}

/** Who answers for it, and whether it is used: `jo@harbour.example has left; 24 recorded uses; last used 2026-11-17`. */
export function ownerAndUse(identity: IdentityView): string {
  const used = uses({ ...identity, consumers: 0 });
  if (identity.ownership === 'unowned') return used.length === 0 ? '' : ['nobody known', ...used].join('; ');
  return [ownership(identity).replace(/^owner (?=\S)/, ''), ...used].join('; ');
}

function uses(identity: IdentityView): string[] {
  const parts: string[] = [];
  if (identity.consumers > 0) parts.push(`used by ${count(identity.consumers, 'consumer')}`);
  if (identity.sessions > 0) parts.push(count(identity.sessions, 'recorded use'));
  if (identity.lastUsedAt !== undefined) parts.push(`last used ${identity.lastUsedAt.slice(0, 10)}`);
  if (identity.enabled === false) parts.push('disabled');
  return parts;
}

function ownership(identity: IdentityView): string {
  const owner = identity.owner === undefined ? 'owner' : `owner ${clip(identity.owner, 80)}`;
  switch (identity.ownership) {
    case 'owned':
      return owner;
    case 'owner-left':
      return `${owner} has left`;
    case 'unowned':
      return 'no owner known';
    default:
      return `${owner} (${identity.ownership})`;
  }
}

/** What a rule adds to the gravity of an identity, in the words of a headline; the first that fits. */
const BY_RULE: readonly (readonly [rule: RegExp, word: string])[] = [
  [/around-gateway$/, 'used around the gateway'],
  [/(?:trust-any|any-subject|^public-)/, 'open to anybody'],
];
const LESS: readonly (readonly [rule: RegExp, word: string])[] = [
  [/(?:-shared|shared-by|in-several-)/, 'shared'],
  [/(?:unrotated|never-expires|long-lived|without-end)/, 'long-lived secret'],
];

/** What makes it grave, in a few words: `leaked · used around the gateway · admin · owner left · production`. */
export function graveWords(findings: readonly Finding[], identity: IdentityView | undefined): string[] {
  const words = [leaked(findings), ...ruleWords(findings, BY_RULE)];
  if (identity !== undefined) {
    const can = new Set(identity.capabilities);
    if (can.has('admin')) words.push('admin');
    else if (can.has('escalates')) words.push('can become admin');
    else if (can.has('reads-secrets')) words.push('reads secrets');
    if (identity.ownership === 'owner-left') words.push('owner left');
    if (identity.ownership === 'unowned') words.push('no owner');
    if (identity.environment === 'prod') words.push('production');
  }
  words.push(...ruleWords(findings, LESS));
  return words.flatMap((word) => word ?? []).slice(0, WORDS_MAX);
}

function ruleWords(findings: readonly Finding[], table: typeof BY_RULE): string[] {
  return table.flatMap(([pattern, word]) => (findings.some(({ rule }) => pattern.test(rule)) ? [word] : []));
}

/** A text that only looks like a credential is not called leaked. */
function leaked(findings: readonly Finding[]): string | undefined {
  const sure = findings.filter(({ confidence }) => confidence !== 'low');
  const sightings = sure.flatMap(({ evidence }) => evidence.filter(({ kind }) => kind === 'sighting'));
  if (sightings.length === 0) return undefined;
  return sightings.some(({ at }) => at?.atHead !== false) ? 'leaked' : 'leaked, in history';
}
