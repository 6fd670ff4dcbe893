import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Check, Observation } from '../../../src/contracts/index.ts';
import { OBSERVATION_KINDS, parseIdentityId, SURFACES } from '../../../src/contracts/index.ts';
import { loadChecks } from '../../../src/correlate/load.ts';
import { needOf } from '../../../src/correlate/needs.ts';

/**
 * A fact of a test: an observation as in `src/contracts/observation.ts`, where what follows from its id, or does not
 * matter to the case, may be left out.
 */
export const Fact = z.looseObject({ kind: z.enum(OBSERVATION_KINDS) }).transform(complete);
export type Fact = z.infer<typeof Fact>;

const NEEDS = loadChecks().flatMap(({ meta }) => meta.needs.flatMap((need) => need.split('|').map(needOf)));

/** Everything was looked at, in full: whatever types the checks need. */
export const FULL_COVERAGE: readonly Observation[] = Object.keys(SURFACES).map((surface) =>
  complete({
    kind: 'coverage',
    surface,
    subject: 'all of it',
    outcome: 'complete',
    covers: [...OBSERVATION_KINDS],
    detail: { types: neededTypes(surface) },
  }),
);

function neededTypes(surface: string): readonly string[] {
  const types = NEEDS.flatMap((need) => (need.type !== undefined && need.surface === surface ? [need.type] : []));
  return [...new Set(types)].sort();
}

/** The check as if it were a stranger's: its query runs also where it has nothing to look at, which is spared to ours. */
export function queried(check: Check): Check {
  return { ...check, file: `strangers/${check.file}` };
}

type Loose = { readonly kind: Observation['kind']; readonly [field: string]: unknown };

function complete(fact: Loose): Observation {
  // The YAML of the tests is ours; the store refuses what is not the contract's shape.
  return { ...defaults(fact), ...fact } as unknown as Observation;
}

function defaults(fact: Loose): object {
  switch (fact.kind) {
    case 'identity':
      return identityDefaults(String(fact.id));
    case 'credential':
      return credentialDefaults(String(fact.id));
    case 'sighting':
      return sightingDefaults(String(fact.credential));
    case 'grant':
      return { effect: 'allow', permission: '*', resource: '*' };
    case 'trust':
      return { effect: 'allow' };
    case 'consumer':
      return { type: 'workflow-job', how: 'secret' };
    case 'usage':
      return { via: 'gateway' };
    case 'coverage':
      return { subject: 'all of it', outcome: 'complete' };
    case 'policy':
      return { provider: 'hoop', settings: {} };
    case 'person':
      return {};
  }
}

function identityDefaults(id: string): object {
  const parts = parseIdentityId(id);
  if (parts === undefined) throw new TypeError(`not an identity: ${id}`);
  const { provider, type, name, scope } = parts;
  return { provider, type, name, ...(scope === undefined ? {} : { scope }) };
}

function credentialDefaults(id: string): object {
  const match = /^(?<provider>[a-z0-9-]+):(?<type>[a-z0-9-]+)\/(?<publicId>.+)$/.exec(id);
  if (match?.groups !== undefined) return { ...match.groups };
  return { provider: 'generic', type: 'password', fingerprint: id.replace(/^secret:/, '') };
}

function sightingDefaults(credential: string): object {
  const named = credentialDefaults(credential) as { provider: string; type: string; publicId?: string };
  return {
    ...named,
    fingerprint: credential.startsWith('secret:')
      ? credential.slice('secret:'.length)
      : createHash('sha256').update(credential).digest('hex'),
    detector: `${named.provider}-${named.type}`,
    masked: named.publicId ?? 'pa…(12)',
    confidence: 'high',
    place: 'work-tree',
  };
}
