import { credentialId, githubDeployKeyId, type Observation } from '../../../src/contracts/index.ts';
import { environmentOf } from '../../../src/util/environment.ts';
import { readSshKey } from '../../../src/util/ssh-key.ts';
import { defined } from '../defined.ts';
import { atOf, type Place, placeInUrl } from '../place.ts';
import type { DeployKey } from '../schema-access.ts';

/** A key that opens one repository. Its fingerprint is that of its private half, wherever that is found. */
export function* deployKeyRows(key: DeployKey, place: Place): Generator<Observation> {
  const repository = (placeInUrl(key.url).repository ?? place.repository)?.toLowerCase();
  const identity = githubDeployKeyId(repository ?? '-', key.id);
  const at = atOf(place, `keys/${key.id}`);
  const ssh = readSshKey(key.key);
  const environment = environmentOf(key.title);
  const facts = defined({ createdAt: key.createdAt, lastUsedAt: key.lastUsedAt });
  const mayWrite = key.readOnly === undefined ? undefined : !key.readOnly;
  yield {
    kind: 'identity',
    id: identity,
    provider: 'github',
    type: 'deploy-key',
    name: key.title ?? `key ${key.id}`,
    ...(repository === undefined ? {} : { scope: repository }),
    ...(environment === undefined ? {} : { environment }),
    ...facts,
    ...defined({ enabled: key.enabled }),
    ...(key.addedBy === undefined ? {} : { owner: key.addedBy, ownerBasis: 'creator' }),
    at,
    detail: {
      keyId: key.id,
      useIsTold: key.useIsTold,
      ...defined({ mayWrite, keyType: ssh?.type, repositoryVisibility: place.visibility }),
      ...(place.archived === true ? { repositoryArchived: true } : {}),
    },
  };
  yield {
    kind: 'credential',
    id: ssh === undefined ? credentialId('github', 'deploy-key', key.id) : credentialId('ssh', 'key', ssh.fingerprint),
    identity,
    provider: 'github',
    type: 'ssh-key',
    publicId: ssh?.fingerprint ?? key.id,
    ...facts,
    neverExpires: true,
    status: key.enabled === false ? 'inactive' : 'active',
    at,
    detail: { keyId: key.id, useIsTold: key.useIsTold },
  };
  const resource = repository ?? '-';
  const granted = { kind: 'grant', identity, effect: 'allow', resource, via: 'deploy key', viaKind: 'attached', at } as const;
  yield { ...granted, permission: 'contents:read' };
  yield {
    ...granted,
    permission: 'contents:read',
    capability: 'reads-data',
    confidence: 'high',
    detail: { path: 'reads the repository' },
  };
  if (mayWrite !== true) return;
  yield { ...granted, permission: 'contents:write' };
  yield {
    ...granted,
    permission: 'contents:write',
    capability: 'writes-data',
    confidence: 'high',
    detail: { path: 'pushes to the repository' },
  };
}
