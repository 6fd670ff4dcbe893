import { identityId, type Observation } from '../../../src/contracts/index.ts';
import { defined } from '../defined.ts';
import { atOf, type Place, placeInUrl, scopeOf } from '../place.ts';
import type { Webhook } from '../schema.ts';

/** Where events are sent: the host alone, since the path of an address may be its secret. */
export function* webhookRows(hook: Webhook, place: Place): Generator<Observation> {
  const scope = scopeOf({ ...placeInUrl(hook.url), ...defined({ org: place.org, repository: place.repository }) });
  yield {
    kind: 'identity',
    id: identityId('github', scope, `webhook/${hook.id}`),
    provider: 'github',
    type: 'webhook',
    name: hook.host ?? `webhook ${hook.id}`,
    ...(scope === undefined ? {} : { scope }),
    ...defined({ createdAt: hook.createdAt, enabled: hook.active }),
    at: atOf(place, `hooks/${hook.id}`),
    detail: {
      hookId: hook.id,
      events: hook.events,
      hasSecret: hook.hasSecret,
      insecureSsl: hook.insecureSsl,
      ...defined({ host: hook.host, scheme: hook.scheme, updatedAt: hook.updatedAt }),
    },
  };
}
