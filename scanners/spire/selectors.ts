import { gcpServiceAccountId, type IdentityId, identityIdFromArn, k8sServiceAccountId } from '../../src/contracts/index.ts';

/** Who a set of selectors lets in, where the selectors name an identity that another inventory knows too. */
export interface Named {
  readonly identity: IdentityId;
  readonly basis: string;
}

/**
 * Selectors of one entry hold together: all of them must match. https://github.com/spiffe/spire/tree/main/doc: the pages of
 * the plugins `workloadattestor_k8s`, `nodeattestor_k8s_psat`, `nodeattestor_aws_iid`, `nodeattestor_gcp_iit`.
 */
export function namedBy(selectors: readonly string[], clusterOfParent: string | undefined): Named | undefined {
  const of = (prefix: string) => selectors.find((one) => one.startsWith(prefix))?.slice(prefix.length);
  const [namespace, account] = [of('k8s:ns:'), of('k8s:sa:')];
  if (isName(namespace) && isName(account)) {
    return { identity: k8sServiceAccountId(clusterOfParent, namespace, account), basis: 'selected by SPIRE' };
  }
  for (const kind of ['k8s_psat', 'k8s_sat']) {
    const [agentNamespace, agentAccount] = [of(`${kind}:agent_ns:`), of(`${kind}:agent_sa:`)];
    if (isName(agentNamespace) && isName(agentAccount)) {
      const cluster = of(`${kind}:cluster:`) ?? clusterOfParent;
      return { identity: k8sServiceAccountId(cluster, agentNamespace, agentAccount), basis: 'attested by SPIRE' };
    }
  }
  const role = identityIdFromArn(of('aws_iid:iamrole:') ?? '');
  if (role !== undefined) return { identity: role, basis: 'attested by SPIRE' };
  const email = of('gcp_iit:sa:');
  return email === undefined || !/^[^@\s]+@[^@\s]+$/.test(email)
    ? undefined
    : { identity: gcpServiceAccountId(email), basis: 'attested by SPIRE' };
}

/** `/spire/agent/k8s_psat/prod-eu/UUID`: an agent tells its cluster in its own id. */
export function clusterIn(agentPath: string | undefined): string | undefined {
  return /^\/spire\/agent\/k8s_p?sat\/(?<cluster>[^/]+)\//.exec(agentPath ?? '')?.groups?.cluster;
}

function isName(text: string | undefined): text is string {
  return text !== undefined && /^[a-z0-9][a-z0-9.-]*$/.test(text);
}
