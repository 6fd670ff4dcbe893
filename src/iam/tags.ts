import type { IdentityObservation } from '../contracts/index.ts';
import { declaredEnvironment } from '../util/environment.ts';

/** In the order in which they are believed. */
const OWNER_KEYS = ['owner', 'contact', 'email', 'team', 'created-by', 'createdby'];
const ENVIRONMENT_KEYS = ['env', 'environment', 'stage'];

type FromTags = Pick<IdentityObservation, 'owner' | 'ownerBasis' | 'environment' | 'tags'>;

/** Owner and environment as people declare them in tags; keys are compared without case. */
export function readTags(tags: { readonly [key: string]: string }): FromTags {
  const owner = firstOf(tags, OWNER_KEYS);
  const environment = firstOf(tags, ENVIRONMENT_KEYS);
  return {
    ...(owner === undefined ? {} : { owner: owner.value, ownerBasis: `tag:${owner.key}` }),
    ...(environment === undefined ? {} : { environment: declaredEnvironment(environment.value) }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  };
}

function firstOf(
  tags: { readonly [key: string]: string },
  wanted: readonly string[],
): { key: string; value: string } | undefined {
  for (const name of wanted) {
    for (const [key, value] of Object.entries(tags)) {
      if (key.toLowerCase().replaceAll('_', '-') === name && value.trim() !== '') return { key, value: value.trim() };
    }
  }
  return undefined;
}
