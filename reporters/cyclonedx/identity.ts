import type { IdentityView } from '../../src/contracts/reporter.ts';
import { uuidOf } from '../../src/util/uuid.ts';
import { properties, text } from './values.ts';

/** Not the id itself: it may hold anything, and references that begin with `urn:cdx:` mean something. */
export function identityRef(id: string): string {
  return `identity:${uuidOf('identity', id)}`;
}

/** CycloneDX has no component for an account; a service is the nearest thing that acts and that others depend on. */
export function identityService(identity: IdentityView): object {
  const { id, name, provider, scope } = identity;
  return {
    'bom-ref': identityRef(id),
    provider: { name: text(provider) },
    ...(scope === undefined ? {} : { group: text(scope) }),
    name: text(name),
    properties: properties({
      identity: id,
      'identity-type': identity.type,
      environment: identity.environment,
      owner: identity.owner,
      ownership: identity.ownership,
      enabled: identity.enabled,
      created: identity.createdAt,
      'last-used': identity.lastUsedAt,
      capabilities: identity.capabilities.length === 0 ? undefined : identity.capabilities.join(', '),
      consumers: identity.consumers,
      'open-findings': identity.findings,
      'worst-finding': identity.worst,
    }),
  };
}

/** Whose credentials were seen, though no inventory that was read lists it: without it the reference would lead nowhere. */
export function strangerService(id: string): object {
  return { 'bom-ref': identityRef(id), name: text(id), properties: properties({ identity: id, 'in-inventory': false }) };
}
