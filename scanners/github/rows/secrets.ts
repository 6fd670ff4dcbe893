import { credentialId, githubSecretId, type Observation } from '../../../src/contracts/index.ts';
import { declaredEnvironment, environmentOf } from '../../../src/util/environment.ts';
import { defined } from '../defined.ts';
import { atOf, type Place, placeInUrl, scopeOf } from '../place.ts';
import type { SecretName } from '../schema-access.ts';

/**
 * The name of a secret, its age and who is handed it. Workflows name the same identity; what they say of it and what is said
 * here meet in one row, so the facts of the inventory stand at the credential.
 */
export function* secretRows(secret: SecretName, place: Place): Generator<Observation> {
  const store = storeOf(place);
  const inUrl = placeInUrl(secret.url);
  const scope = scopeOf({ ...inUrl, ...defined({ org: place.org, repository: place.repository }) });
  const identity = githubSecretId(scope, secret.name, place.environment);
  const at = atOf(place, `${store}-secrets/${secret.name}`);
  const environment =
    place.environment === undefined
      ? environmentOf(secret.name)
      : (environmentOf(place.environment) ?? declaredEnvironment(place.environment));
  const facts = { ...defined({ createdAt: secret.createdAt }), ...(environment === undefined ? {} : { environment }) };
  yield {
    kind: 'identity',
    id: identity,
    provider: 'github',
    type: 'ci-secret',
    name: secret.name,
    ...(scope === undefined ? {} : { scope }),
    ...facts,
    at,
    ...(place.environment === undefined ? {} : { detail: { githubEnvironment: place.environment } }),
  };
  const within = place.environment === undefined ? '' : `${place.environment}/`;
  yield {
    kind: 'credential',
    id: credentialId('github', `${store}-secret`, `${scope ?? '-'}/${within}${secret.name}`),
    identity,
    provider: 'github',
    type: 'ci-secret',
    ...defined({ createdAt: secret.createdAt, rotatedAt: secret.updatedAt }),
    at,
    // No status: whether what it holds still opens anything is not GitHub's to know.
    detail: {
      store,
      secretName: secret.name,
      level: place.environment !== undefined ? 'environment' : place.repository === undefined ? 'organisation' : 'repository',
      ...defined({
        visibility: secret.visibility,
        repositories: place.reach?.get(secret.name)?.map((name) => name.toLowerCase()),
        githubEnvironment: place.environment,
      }),
    },
  };
}

function storeOf({ endpoint }: Place): 'actions' | 'dependabot' | 'environment' {
  if (endpoint.id === 'environment-secrets') return 'environment';
  return endpoint.id.includes('dependabot') ? 'dependabot' : 'actions';
}
