import { type CredentialObservation, credentialId, type Observation } from '../../../src/contracts/index.ts';
import { defined } from '../defined.ts';
import { atOf, type Place, placeInUrl } from '../place.ts';
import type { Alert } from '../schema.ts';

/** A leak that GitHub knows of: what kind, where, whether it still works; never the secret. */
export function* alertRows(alert: Alert, place: Place): Generator<Observation> {
  const repository = (alert.repository ?? placeInUrl(alert.url).repository ?? place.repository ?? '-').toLowerCase();
  const status = statusOf(alert);
  yield {
    kind: 'credential',
    id: credentialId('github', 'secret-alert', `${repository}/${alert.number}`),
    provider: 'github',
    type: 'secret-alert',
    publicId: `${repository}#${alert.number}`,
    ...defined({ createdAt: alert.createdAt }),
    ...(status === undefined ? {} : { status }),
    at: atOf(place, `secret-scanning/alerts/${alert.number}`),
    detail: {
      repository,
      secretType: alert.secretType,
      ...defined({
        name: alert.name,
        state: alert.state,
        resolution: alert.resolution,
        resolvedAt: alert.resolvedAt,
        validity: alert.validity,
        publiclyLeaked: alert.publiclyLeaked,
        multiRepo: alert.multiRepo,
        bypassed: alert.bypassed,
      }),
    },
  };
}

function statusOf(alert: Alert): CredentialObservation['status'] {
  if (alert.resolution === 'revoked' || alert.validity === 'inactive') return 'revoked';
  return alert.validity === 'active' ? 'active' : undefined;
}
