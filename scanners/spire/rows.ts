import {
  credentialId,
  type IdentityId,
  identityId,
  type JsonObject,
  type Location,
  type Observation,
} from '../../src/contracts/index.ts';
import { environmentOf } from '../../src/util/environment.ts';
import type { Placed } from './answers.ts';
import type { Agent, Entry, Federation, SpiffeId } from './schema.ts';
import { clusterIn, namedBy } from './selectors.ts';

/** The path without its leading `/`, as a token's subject names it; the trust domain itself is its own identity. */
export function spiffeIdentity({ domain, path }: SpiffeId): IdentityId {
  const bare = path.replace(/^\/+/, '');
  return identityId('spiffe', domain, bare === '' ? 'trust-domain' : bare);
}

export function* entryRows({ one: entry, pointer }: Placed<Entry>, file: Location): Generator<Observation> {
  const at = { ...file, pointer };
  const id = spiffeIdentity(entry.spiffeId);
  const { domain, path } = entry.spiffeId;
  const environment = environmentOf(path, domain);
  const isNode = entry.parentId !== undefined && /^\/spire\/server\/?$/.test(entry.parentId.path);
  const { createdAt, expiresAt } = entry;
  yield {
    kind: 'identity',
    id,
    provider: 'spiffe',
    type: isNode ? 'node' : 'workload',
    name: uri(entry.spiffeId),
    scope: domain,
    ...(environment === undefined ? {} : { environment }),
    ...(createdAt === undefined ? {} : { createdAt }),
    at,
    detail: { uri: uri(entry.spiffeId), ...(entry.hint === undefined ? {} : { hint: entry.hint }) },
  };
  const detail: JsonObject = {
    fact: 'entry',
    ...(entry.id === undefined ? {} : { entry: entry.id }),
    selectors: entry.selectors,
    node: isNode,
    admin: entry.admin,
    downstream: entry.downstream,
    storeSvid: entry.storeSvid,
    ...(entry.parentId === undefined ? {} : { parent: uri(entry.parentId) }),
    ...(entry.x509Seconds === undefined ? {} : { x509Seconds: entry.x509Seconds }),
    ...(entry.jwtSeconds === undefined ? {} : { jwtSeconds: entry.jwtSeconds }),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(entry.dnsNames.length === 0 ? {} : { dnsNames: entry.dnsNames }),
    ...(entry.federatesWith.length === 0 ? {} : { federatesWith: entry.federatesWith.map(domainIn) }),
    ...(entry.hint === undefined ? {} : { hint: entry.hint }),
  };
  const named = namedBy(entry.selectors, clusterIn(entry.parentId?.path));
  yield {
    kind: 'trust',
    identity: id,
    effect: 'allow',
    principal: named?.identity ?? (entry.selectors.length === 0 ? '-' : entry.selectors.join(' + ')),
    principalType: named === undefined ? 'group' : 'identity',
    at,
    detail: { ...detail, ...(named === undefined ? {} : { basis: named.basis }) },
  };
  // Whoever has the agent's key is handed the identities of all entries below it.
  if (entry.parentId !== undefined && !isNode) {
    yield {
      kind: 'trust',
      identity: id,
      effect: 'allow',
      principal: spiffeIdentity(entry.parentId),
      principalType: 'identity',
      at,
      detail: { fact: 'issued-by', basis: 'its agent hands it out', ...(entry.id === undefined ? {} : { entry: entry.id }) },
    };
  }
  yield* rightsOf(entry, id, at);
}

/** https://github.com/spiffe/spire-api-sdk/blob/main/proto/spire/api/types/entry.proto: what `admin` and `downstream` open. */
function* rightsOf(entry: Entry, identity: IdentityId, at: Location): Generator<Observation> {
  const resource = `spiffe://${entry.spiffeId.domain}`;
  const common = { kind: 'grant', identity, effect: 'allow', resource, at } as const;
  const detail = entry.id === undefined ? {} : { entry: entry.id };
  if (entry.admin) {
    const permission = 'SPIRE server administration';
    yield { ...common, permission, viaKind: 'entry', detail };
    for (const capability of ['admin', 'manages-identities', 'impersonates']) {
      yield { ...common, permission, capability, confidence: 'high', detail: { ...detail, path: `admin on ${resource}` } };
    }
  }
  if (entry.downstream) {
    const permission = 'signing of certificate authorities';
    yield { ...common, permission, viaKind: 'entry', detail };
    yield {
      ...common,
      permission,
      capability: 'impersonates',
      confidence: 'high',
      detail: { ...detail, path: `downstream on ${resource}: signs any identity of it` },
    };
  }
}

export function* agentRows({ one: agent, pointer }: Placed<Agent>, file: Location, now: Date): Generator<Observation> {
  const at = { ...file, pointer };
  const id = spiffeIdentity(agent.id);
  const environment = environmentOf(agent.id.path, agent.id.domain);
  const { expiresAt, serial } = agent;
  yield {
    kind: 'identity',
    id,
    provider: 'spiffe',
    type: 'node-agent',
    name: uri(agent.id),
    scope: agent.id.domain,
    ...(environment === undefined ? {} : { environment }),
    enabled: !agent.banned,
    // SPIRE itself makes and renews it, for each machine.
    managed: true,
    at,
    detail: {
      uri: uri(agent.id),
      agent: true,
      canReattest: agent.canReattest,
      banned: agent.banned,
      selectors: agent.selectors,
      ...(agent.attestation === undefined ? {} : { attestation: agent.attestation }),
      ...(agent.version === undefined ? {} : { version: agent.version }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    },
  };
  if (serial !== undefined) {
    yield {
      kind: 'credential',
      id: credentialId('spiffe', 'x509-svid', `${agent.id.domain}/${serial}`),
      identity: id,
      provider: 'spiffe',
      type: 'certificate',
      publicId: serial,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      status: agent.banned ? 'revoked' : expiresAt !== undefined && expiresAt < now.toISOString() ? 'expired' : 'active',
      at,
    };
  }
  const named = namedBy(agent.selectors, clusterIn(agent.id.path));
  if (named === undefined) return;
  yield {
    kind: 'trust',
    identity: id,
    effect: 'allow',
    principal: named.identity,
    principalType: 'identity',
    at,
    detail: { fact: 'attested', basis: named.basis },
  };
}

/** Identities of that trust domain are believed here, for whatever its own server says. */
export function* federationRows({ one: federation, pointer }: Placed<Federation>, file: Location): Generator<Observation> {
  const at = { ...file, pointer };
  const id = identityId('spiffe', federation.domain, 'trust-domain');
  const principal = `spiffe://${federation.domain}`;
  const { url, profile, endpointId } = federation;
  yield {
    kind: 'identity',
    id,
    provider: 'spiffe',
    type: 'trust-domain',
    name: principal,
    scope: federation.domain,
    // Another organisation's, or another server's: not one of the identities that are given out here.
    managed: true,
    at,
    detail: { federated: true },
  };
  yield {
    kind: 'trust',
    identity: id,
    effect: 'allow',
    principal,
    principalType: 'account',
    ...(url === undefined ? {} : { issuer: url }),
    at,
    detail: { fact: 'federation', profile, ...(endpointId === undefined ? {} : { endpointId }) },
  };
}

export function uri({ domain, path }: SpiffeId): string {
  return `spiffe://${domain}${path === '' || path.startsWith('/') ? path : `/${path}`}`;
}

/** Files for `entry create` write the trust domain as a SPIFFE id. */
function domainIn(text: string): string {
  return text
    .replace(/^spiffe:\/\//, '')
    .replace(/\/$/, '')
    .toLowerCase();
}
