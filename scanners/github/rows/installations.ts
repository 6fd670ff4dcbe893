import { identityId, type Observation } from '../../../src/contracts/index.ts';
import { defined } from '../defined.ts';
import { permissionRows } from '../permissions.ts';
import { atOf, type Place } from '../place.ts';
import type { Installation } from '../schema-access.ts';
import { reachOf } from './tokens.ts';

/** A GitHub App as it is let into an organisation. Its keys are its maker's, and nobody else sees them. */
export function* installationRows(one: Installation, place: Place): Generator<Observation> {
  const scope = (one.account ?? place.org)?.toLowerCase();
  const identity = identityId('github', scope, `app-installation/${one.slug}`);
  const at = atOf(place, `installations/${one.id}`);
  yield {
    kind: 'identity',
    id: identity,
    provider: 'github',
    type: 'app-installation',
    name: one.slug,
    ...(scope === undefined ? {} : { scope }),
    ...defined({ createdAt: one.createdAt }),
    enabled: one.suspendedAt === undefined,
    at,
    detail: {
      installationId: one.id,
      permissions: one.permissions,
      events: one.events,
      ...defined({
        appId: one.appId,
        maker: place.makers?.get(one.slug)?.toLowerCase(),
        repositorySelection: one.selection,
        suspendedAt: one.suspendedAt,
        updatedAt: one.updatedAt,
      }),
    },
  };
  const maker = place.makers?.get(one.slug)?.toLowerCase();
  // Whoever has the key of the app, which its maker keeps, becomes any installation of it.
  if (maker !== undefined) {
    yield { kind: 'trust', identity, effect: 'allow', principal: `github:${maker}`, principalType: 'account', at };
  }
  yield* permissionRows(one.permissions, {
    identity,
    resource: reachOf(one.selection, scope),
    via: one.slug,
    viaKind: 'installation',
    at,
  });
}
