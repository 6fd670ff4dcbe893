import type { LineageEdge, LineageNode } from '../../src/contracts/report-parts.ts';

/** Prefix of all kinds: BloodHound wants it, so that no other extension's are meant. */
export const NAMESPACE = 'NHI';

interface NodeKind {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Of Font Awesome's free solid icons. */
  readonly icon: string;
  readonly color: string;
}

interface EdgeKind {
  readonly name: string;
  readonly description: string;
  /** Whoever controls its start controls, or gets at, its end: what a path may lead over. */
  readonly isTraversable: boolean;
  /** Against the direction of the lineage: paths lead from where an attacker may be. */
  readonly isReversed?: true;
}

export const NODE_KINDS: { readonly [kind in LineageNode['kind']]: NodeKind } = {
  person: {
    name: 'NHI_Person',
    title: 'Owner',
    description: 'A person who answers for identities.',
    icon: 'user-tie',
    color: '#6b7280',
  },
  identity: {
    name: 'NHI_Identity',
    title: 'Machine identity',
    description: 'An account, role or application that no person is.',
    icon: 'robot',
    color: '#2563eb',
  },
  credential: {
    name: 'NHI_Credential',
    title: 'Credential',
    description: 'A key, token, password or certificate, by its public id or fingerprint.',
    icon: 'key',
    color: '#d97706',
  },
  place: {
    name: 'NHI_Place',
    title: 'Place',
    description: 'A file, history, notebook, image or log where a credential was seen.',
    icon: 'file-code',
    color: '#dc2626',
  },
  consumer: {
    name: 'NHI_Consumer',
    title: 'Consumer',
    description: 'A job, workload, notebook or connection that runs as an identity.',
    icon: 'gears',
    color: '#7c3aed',
  },
  principal: {
    name: 'NHI_Principal',
    title: 'Principal',
    description: 'Who may become an identity: an account, service, group or anyone.',
    icon: 'users',
    color: '#0d9488',
  },
  resource: {
    name: 'NHI_Resource',
    title: 'Resource',
    description: 'What an identity gets at.',
    icon: 'database',
    color: '#16a34a',
  },
  capability: {
    name: 'NHI_Capability',
    title: 'Capability',
    description: 'What rights amount to: admin, reads secrets, becomes others.',
    icon: 'crown',
    color: '#be123c',
  },
};

export const EDGE_KINDS: { readonly [kind in LineageEdge['kind']]: EdgeKind } = {
  owns: { name: 'NHI_Owns', description: 'Answers for the identity; this gives no access to it.', isTraversable: false },
  authenticates: {
    name: 'NHI_Authenticates',
    description: 'Whoever holds the credential acts as the identity.',
    isTraversable: true,
  },
  'seen-at': {
    name: 'NHI_Exposes',
    description: 'Whoever reads the place gets at the credential that was seen there.',
    isTraversable: true,
    isReversed: true,
  },
  'runs-as': { name: 'NHI_RunsAs', description: 'Whoever controls the consumer acts as the identity.', isTraversable: true },
  'may-become': {
    name: 'NHI_MayBecome',
    description: 'May assume, impersonate or be trusted as the identity.',
    isTraversable: true,
  },
  reaches: { name: 'NHI_Reaches', description: 'The rights of the identity reach the resource.', isTraversable: true },
  has: { name: 'NHI_Has', description: 'The rights of the identity amount to the capability.', isTraversable: true },
};

/** The run itself, so that a graph says how whole it is: its metadata may not. */
export const RUN_KIND: NodeKind = {
  name: 'NHI_Run',
  title: 'Audit run',
  description: 'The run of nhi-audit that this graph is from, with what could not be looked at.',
  icon: 'clipboard-check',
  color: '#475569',
};
