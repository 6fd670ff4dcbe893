import { entraAppId, entraObjectId, type IdentityId } from '../../src/contracts/index.ts';
import type { Answers } from './answers.ts';
import type { DirectoryObject } from './schema.ts';

/** Which identity an id means: client ids, object ids and addresses in Azure, as far as the answers at hand tell. */
export interface Directory {
  readonly tenant: string | undefined;
  /** Never fails: what is not known becomes `entra:TENANT:object/ID`, which the store may know. */
  identity(key: string): IdentityId;
  /** The same for what is certainly a client id. */
  app(clientId: string): IdentityId;
  /** Of a principal: `ServicePrincipal`, `User` or `Group`, as far as the answers at hand tell. */
  typeOf(objectId: string): DirectoryObject['type'];
}

export function readDirectory(answers: Answers, known: string | undefined): Directory {
  const [only] = answers.tenants;
  const tenant = known ?? (answers.tenants.size === 1 ? only : undefined);
  const ids = new Map<string, IdentityId>();
  const add = (key: string | undefined, id: IdentityId) => {
    if (key !== undefined && !ids.has(key.toLowerCase())) ids.set(key.toLowerCase(), id);
  };
  for (const one of [...answers.apps.values(), ...answers.principals.values()]) {
    const id = entraAppId(one.tenantId ?? tenant, one.appId);
    add(one.objectId, id);
    add(one.appId, id);
  }
  for (const one of answers.managed.values()) {
    if (one.clientId === undefined) continue;
    const id = entraAppId(one.tenantId ?? tenant, one.clientId);
    for (const key of [one.principalId, one.clientId, one.id]) add(key, id);
  }
  for (const one of answers.objects.values()) if (one.appId !== undefined) add(one.objectId, entraAppId(tenant, one.appId));
  const machines = new Set(
    [...answers.principals.values()]
      .map((one) => one.objectId)
      .concat([...answers.managed.values()].map((one) => one.principalId)),
  );
  return {
    tenant,
    identity: (key) => ids.get(key.toLowerCase()) ?? entraObjectId(tenant, key),
    app: (clientId) => ids.get(clientId.toLowerCase()) ?? entraAppId(tenant, clientId),
    typeOf: (objectId) => (machines.has(objectId) ? 'ServicePrincipal' : answers.objects.get(objectId)?.type),
  };
}
