import type { Cloud } from '../../src/ci/cloud-keys.ts';
import { gcpServiceAccountId, type IdentityId, identityId, identityIdFromArn } from '../../src/contracts/index.ts';
import { entriesOf, get, type Tree, textOf } from '../../src/formats/tree.ts';
import { resolveEnv } from './expression.ts';
import type { Step } from './workflow.ts';

/**
 * Inputs that take a long-lived key, whatever the action: forks and mirrors of the vendors' login actions keep the names.
 * https://github.com/aws-actions/configure-aws-credentials · https://github.com/google-github-actions/auth ·
 * https://github.com/Azure/login
 */
const STATIC_INPUTS: ReadonlyMap<string, Cloud> = new Map([
  ['aws-access-key-id', 'aws'],
  ['aws-secret-access-key', 'aws'],
  ['aws_access_key_id', 'aws'],
  ['aws_secret_access_key', 'aws'],
  ['credentials_json', 'gcp'],
  ['service_account_key', 'gcp'],
  ['publish-profile', 'azure'],
  ['creds', 'azure'],
  ['client-secret', 'azure'],
]);

/** Inputs that name the identity to become; no secret in themselves. */
const FEDERATED_INPUTS: ReadonlyMap<string, Cloud> = new Map([
  ['role-to-assume', 'aws'],
  ['workload_identity_provider', 'gcp'],
  ['service_account', 'gcp'],
  ['client-id', 'azure'],
]);

/** Is this input of a step a place for a long-lived cloud key? `creds` and `client-secret` only mean one in Azure's actions. */
export function staticInput(step: Step, input: string): Cloud | undefined {
  const cloud = STATIC_INPUTS.get(input);
  return cloud === 'azure' && !isAzure(step) ? undefined : cloud;
}

export function federatedInput(step: Step, input: string): Cloud | undefined {
  const cloud = FEDERATED_INPUTS.get(input);
  if (cloud === 'azure' && !isAzure(step)) return undefined;
  // `service_account` is a common word; only beside a provider does it name who the job becomes.
  if (input === 'service_account' && get(step.with, 'workload_identity_provider') === undefined) return undefined;
  return cloud;
}

/** An identity that a step becomes, by name. */
export interface Login {
  readonly cloud: Cloud;
  readonly identity: IdentityId;
  /** Where the identity is named. */
  readonly tree: Tree;
  /** The step also gets a long-lived key: the role is reached through it, not through OIDC. */
  readonly chained: boolean;
}

/** Reads who a login step becomes; names that are only known at run time give nothing. */
export function readLogins(step: Step, env: ReadonlyMap<string, string>): Login[] {
  const chained = entriesOf(step.with).some(({ key, value }) => staticInput(step, key) !== undefined && textOf(value) !== '');
  const value = (input: string): string | undefined => {
    const text = textOf(get(step.with, input))?.trim();
    return text === undefined || text === '' ? undefined : resolveEnv(text, env);
  };
  const logins: Login[] = [];
  const add = (cloud: Cloud, input: string, identity: IdentityId | undefined) => {
    const tree = get(step.with, input);
    if (identity !== undefined && tree !== undefined) logins.push({ cloud, identity, tree, chained });
  };

  const role = value('role-to-assume');
  if (role !== undefined) add('aws', 'role-to-assume', identityIdFromArn(role));

  const provider = value('workload_identity_provider');
  const account = value('service_account');
  if (get(step.with, 'workload_identity_provider') !== undefined && account !== undefined) {
    if (/^[^\s@]+@[^\s@]+$/.test(account)) add('gcp', 'service_account', gcpServiceAccountId(account));
  } else if (provider !== undefined) {
    // Without a service account the pool's principal itself is granted access.
    const pool =
      /^projects\/(?<project>\d+)\/locations\/global\/workloadIdentityPools\/(?<pool>[\w-]+)\/providers\/(?<name>[\w-]+)$/;
    const { project, pool: poolId, name } = pool.exec(provider)?.groups ?? {};
    if (project !== undefined) {
      add('gcp', 'workload_identity_provider', identityId('gcp', project, `workload-identity-provider/${poolId}/${name}`));
    }
  }

  const client = value('client-id');
  if (client !== undefined && isAzure(step) && GUID.test(client)) {
    const tenant = value('tenant-id');
    const known = tenant !== undefined && GUID.test(tenant) ? tenant.toLowerCase() : undefined;
    add('azure', 'client-id', identityId('entra', known, `app/${client.toLowerCase()}`));
  }
  return logins;
}

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function isAzure(step: Step): boolean {
  return step.uses?.action?.startsWith('azure/') ?? false;
}
