import { type IdentityId, identityIdFromArn, type Observation } from '../contracts/index.ts';
import { OWN_ACCOUNT } from '../iam/declared.ts';
import { roleId, userId } from './aws.ts';
import { factRow } from './fact.ts';
import { attribute, placeOf, type Resource, type Stack } from './resource.ts';
import { blocks, entry, known, texts, type Value, written } from './value.ts';

/**
 * Who of AWS may log in to a cluster, and as what: by groups of RBAC, or by a policy of EKS in the whole cluster or some
 * namespaces. https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html
 */
export function* clusterAccessRows(resource: Resource, stack: Stack): Generator<Observation> {
  if (resource.mode !== 'managed' || !/^aws_eks_access_(?:entry|policy_association)$/.test(resource.type)) return;
  const principal = attribute(resource, 'principal_arn');
  const identity = principalId(principal, resource, stack);
  if (identity === undefined) return;
  if (resource.type === 'aws_eks_access_policy_association') {
    yield* accessRow(resource, stack, identity, attribute(resource, 'policy_arn'), attribute(resource, 'access_scope'));
    return;
  }
  const groups = texts(attribute(resource, 'kubernetes_groups'));
  if (groups.length > 0) {
    const at = placeOf(resource, attribute(resource, 'kubernetes_groups'));
    yield factRow(stack, resource, 'cluster-access', {
      identity,
      how: 'role',
      at,
      detail: { ...clusterOf(resource), groups: groups.slice(0, 20) },
    });
  }
  // CloudFormation names the policies in the entry.
  for (const policy of blocks(attribute(resource, 'access_policies')))
    yield* accessRow(resource, stack, identity, of(policy, 'policy_arn', 'PolicyArn'), of(policy, 'access_scope', 'AccessScope'));
}

function* accessRow(
  resource: Resource,
  stack: Stack,
  identity: IdentityId,
  policyArn: Value | undefined,
  scope: Value | undefined,
): Generator<Observation> {
  const policy = /(?:^|\/)(?<name>AmazonEKS\w+)$/.exec(known(policyArn) ?? '')?.groups?.name;
  if (policy === undefined) return;
  const [place] = blocks(scope);
  const namespaces = texts(of(place, 'namespaces', 'Namespaces'));
  const isNarrow = known(of(place, 'type', 'Type'))?.toLowerCase() === 'namespace';
  yield factRow(stack, resource, 'cluster-access', {
    identity,
    how: 'role',
    at: placeOf(resource, policyArn),
    detail: { ...clusterOf(resource), policy, ...(isNarrow ? { namespaces: namespaces.slice(0, 20) } : {}) },
  });
}

function principalId(principal: Value | undefined, resource: Resource, stack: Stack): IdentityId | undefined {
  const arn = known(principal) ?? '';
  if (!/:user\//.test(written(principal) ?? arn)) return roleId(principal, resource, stack);
  return (arn.includes(OWN_ACCOUNT) ? undefined : identityIdFromArn(arn)) ?? userId(principal, resource, stack);
}

function of(value: Value | undefined, snake: string, pascal: string): Value | undefined {
  return entry(value, snake) ?? entry(value, pascal);
}

function clusterOf(resource: Resource): { readonly cluster?: string } {
  const cluster = written(attribute(resource, 'cluster_name'));
  return cluster === undefined ? {} : { cluster };
}
