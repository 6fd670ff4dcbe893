import type { KubeObject } from './object.ts';

/** What the cluster makes at its start, and makes again when somebody changes it. */
function isBootstrapped(object: KubeObject): boolean {
  return object.labels.get('kubernetes.io/bootstrapping') === 'rbac-defaults';
}

/** A role that every cluster has: a label alone is soon written, and so is a name. */
export function isBaselineRole(object: KubeObject): boolean {
  return isBootstrapped(object) && (object.name.startsWith('system:') || /^(?:cluster-admin|admin|edit|view)$/.test(object.name));
}

interface Bound {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/**
 * Is it the cluster itself that gives a role to this subject? Somebody may have added a subject to a binding that every
 * cluster has, and may call one of his own `system:…`: the binding, its role and its subject must all be the cluster's.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
 */
export function isBaselineSubject(object: KubeObject, role: string, subject: Bound): boolean {
  if (subject.kind === 'Group' && subject.name === 'kubeadm:cluster-admins') return object.name === subject.name;
  if (!isBootstrapped(object)) return isForNodes(role, subject);
  if (subject.kind === 'Group' && subject.name === 'system:masters') return role === 'cluster-admin';
  if (!role.startsWith('system:') && role !== 'extension-apiserver-authentication-reader') return false;
  if (subject.kind === 'ServiceAccount') return subject.namespace === 'kube-system';
  // Whoever is authenticated has these, and anybody the third.
  if (EVERYBODY.test(subject.name))
    return /^system:(?:basic-user|discovery|public-info-viewer|service-account-issuer-discovery)$/.test(role);
  return subject.name.startsWith('system:');
}

const EVERYBODY = /^system:(?:anonymous|unauthenticated|authenticated|serviceaccounts(?::.*)?)$/;

/** Roles of nodes that kubeadm and others bind without the label. */
const BOUND_BY_INSTALLERS: ReadonlyMap<string, RegExp> = new Map([
  ['system:node-bootstrapper', /^system:bootstrappers(?:$|:)/],
  ['system:certificates.k8s.io:certificatesigningrequests:nodeclient', /^system:bootstrappers(?:$|:)/],
  ['system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', /^system:nodes$/],
]);

function isForNodes(role: string, { kind, name }: Bound): boolean {
  return kind === 'Group' && BOUND_BY_INSTALLERS.get(role)?.test(name) === true;
}

/** https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles */
const CONTROLLERS =
  /^(?:(?:attachdetach|certificate|clusterrole-aggregation|cronjob|daemon-set|deployment|disruption|endpoint|endpointslice|endpointslicemirroring|ephemeral-volume|expand|job|namespace|node|pv-protection|pvc-protection|replicaset|replication|resource-claim|resourcequota|route|service|service-account|statefulset|ttl|ttl-after-finished)-controller|bootstrap-signer|generic-garbage-collector|horizontal-pod-autoscaler|persistent-volume-binder|pod-garbage-collector|root-ca-cert-publisher|token-cleaner)$/;

/** The account of a controller of the control plane: older clusters give it a token in a Secret. */
export function isController(namespace: string, account: string): boolean {
  return namespace === 'kube-system' && CONTROLLERS.test(account);
}
