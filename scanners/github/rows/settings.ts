import { identityId, type Observation } from '../../../src/contracts/index.ts';
import { defined } from '../defined.ts';
import { type Place, scopeOf } from '../place.ts';
import type { OidcTemplate, WorkflowPermissions } from '../schema-access.ts';

/** The token that every job gets, as far as its workflow does not say otherwise. GitHub makes and ends it. */
export function* workflowTokenRows(settings: WorkflowPermissions, place: Place): Generator<Observation> {
  const scope = scopeOf(place);
  const identity = identityId('github', scope, 'workflow-token');
  yield {
    kind: 'identity',
    id: identity,
    provider: 'github',
    type: 'workflow-token',
    name: `workflow token of ${scope ?? 'an organisation'}`,
    ...(scope === undefined ? {} : { scope }),
    managed: true,
    at: place.at,
    detail: {
      defaultPermissions: settings.permissions,
      ...defined({ mayApprove: settings.mayApprove }),
      level: place.repository === undefined ? 'organisation' : 'repository',
      ...(place.archived === true ? { repositoryArchived: true } : {}),
    },
  };
  yield {
    kind: 'grant',
    identity,
    effect: 'allow',
    permission: `${settings.permissions}-all`,
    resource: place.repository === undefined ? `${scope ?? '-'}/*` : (scope ?? '-'),
    via: 'default_workflow_permissions',
    viaKind: 'default',
    at: place.at,
  };
}

/**
 * What the subject of an OIDC token is made of. Trust policies of clouds are judged by it: a subject of ids cannot be taken
 * over with a name. https://docs.github.com/en/actions/reference/security/oidc
 */
export function* oidcTemplateRows(template: OidcTemplate, place: Place): Generator<Observation> {
  const scope = scopeOf(place);
  yield {
    kind: 'identity',
    id: identityId('github', scope, 'oidc-template'),
    provider: 'github',
    type: 'oidc-template',
    name: `OIDC subject of ${scope ?? 'an organisation'}`,
    ...(scope === undefined ? {} : { scope }),
    managed: true,
    at: place.at,
    detail: {
      claims: template.claims,
      level: place.repository === undefined ? 'organisation' : 'repository',
      ...defined({ usesDefault: template.usesDefault, immutable: template.immutable, subjectPrefix: template.prefix }),
    },
  };
}
