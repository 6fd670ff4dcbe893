import type { ConsumerObservation, IdentityId, JsonObject, Location } from '../contracts/index.ts';
import { placeOf, type Resource, type Stack } from './resource.ts';

export interface FactParts {
  readonly identity?: IdentityId | undefined;
  readonly credential?: string | undefined;
  readonly secretName?: string | undefined;
  /** `static-key`, `role`, `secret`, `token`, `oidc` … */
  readonly how: string;
  /** What uses it, when that is more than a piece of code. */
  readonly type?: ConsumerObservation['type'];
  readonly at?: Location;
  readonly detail?: JsonObject;
}

/** `harbour/shop:infra/iam.tf#aws_iam_role.deploy` */
export function consumerOf(resource: Resource): string {
  const { repository, path } = { path: resource.where.source.path, ...resource.where.source.at };
  return `${repository === undefined ? '' : `${repository}:`}${path}#${resource.address}`;
}

/** What a resource has to do with an identity or a secret, under a neutral name (`detail.fact`). */
export function factRow(stack: Stack, resource: Resource, fact: string | undefined, parts: FactParts): ConsumerObservation {
  const { identity, credential, how, type = 'code', detail = {} } = parts;
  const secretName = parts.secretName ?? (identity === undefined && credential === undefined ? resource.address : undefined);
  return {
    kind: 'consumer',
    consumer: consumerOf(resource),
    type,
    ...(identity === undefined ? {} : { identity }),
    ...(credential === undefined ? {} : { credential }),
    ...(secretName === undefined ? {} : { secretName }),
    how,
    at: parts.at ?? placeOf(resource),
    detail: {
      platform: stack.platform,
      ...(fact === undefined ? {} : { fact }),
      address: resource.address,
      resourceType: resource.type,
      origin: stack.origin,
      ...(resource.isConditional === true ? { conditional: true } : {}),
      ...detail,
    },
  };
}
