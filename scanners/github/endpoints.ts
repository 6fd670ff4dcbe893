import type { ObservationKind } from '../../src/contracts/index.ts';
import { OF_ORGANISATION } from './endpoints-organisation.ts';
import { OF_REPOSITORY } from './endpoints-repository.ts';

/**
 * The calls, live and as files: one table says what a call is named, which right it needs, and how its answer is known in a
 * file. Rights are named as in https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens
 */
export interface Endpoint {
  readonly id: EndpointId;
  /** As in the documentation; `{org}`, `{owner}`, `{repo}`, `{environment_name}` and the field of an entry are filled in. */
  readonly path: string;
  readonly level: 'org' | 'repo' | 'environment' | 'entry';
  /** Of a call about an entry of a list: which list, and which field names it. */
  readonly entryOf?: { readonly list: EndpointId; readonly field: string };
  /** What coverage rows and progress call it. */
  readonly title: string;
  /** Of an answer with `total_count`: the field that holds the list. */
  readonly list?: string;
  /** One object, not a list. */
  readonly single?: true;
  readonly right: string;
  /** The scope that lets a classic token do it. */
  readonly scope: string;
  readonly tells: string;
  readonly covers: readonly ObservationKind[];
  /** Types of identities and credentials that it gives: what a check's need may name. */
  readonly types: readonly string[];
  /** Only with Enterprise Cloud (or a server of one's own). */
  readonly enterprise?: true;
  /** Live, no more pages than that are asked for: what comes first matters most. */
  readonly mostPages?: number;
  /** More of its parameters. */
  readonly query?: { readonly [name: string]: string };
}

export type EndpointId =
  | 'organisation'
  | 'repositories'
  | 'members'
  | 'outside-collaborators'
  | 'personal-access-tokens'
  | 'token-repositories'
  | 'credential-authorizations'
  | 'installations'
  | 'app'
  | 'org-actions-secrets'
  | 'org-dependabot-secrets'
  | 'secret-repositories'
  | 'dependabot-secret-repositories'
  | 'org-workflow-permissions'
  | 'org-oidc'
  | 'org-runners'
  | 'runner-groups'
  | 'org-hooks'
  | 'org-alerts'
  | 'audit-log'
  | 'repository'
  | 'deploy-keys'
  | 'actions-secrets'
  | 'dependabot-secrets'
  | 'environments'
  | 'environment-secrets'
  | 'workflow-permissions'
  | 'oidc'
  | 'runners'
  | 'hooks'
  | 'alerts';

export const ENDPOINTS: readonly Endpoint[] = [...OF_ORGANISATION, ...OF_REPOSITORY];

const BY_ID = new Map(ENDPOINTS.map((endpoint) => [endpoint.id, endpoint]));

export function endpointOf(id: EndpointId): Endpoint {
  const endpoint = BY_ID.get(id);
  if (endpoint === undefined) throw new TypeError(`no such endpoint: ${id}`);
  return endpoint;
}
