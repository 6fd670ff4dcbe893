import type { ScanContext } from '../../src/contracts/index.ts';
import { clientConfig, keep } from './client-config.ts';

/** The calls to AWS Organizations that are made: all pages of each as one answer, in the shape of the exports. */
export interface OrganisationApi {
  describe(): Promise<object>;
  roots(): Promise<object>;
  units(parent: string): Promise<{ readonly OrganizationalUnits: readonly { readonly Id?: string | undefined }[] }>;
  accounts(parent: string): Promise<object>;
  policies(
    type: 'SERVICE_CONTROL_POLICY' | 'RESOURCE_CONTROL_POLICY',
  ): Promise<{ readonly Policies: readonly { readonly Id?: string | undefined }[] }>;
  policy(id: string): Promise<object>;
  targets(policy: string): Promise<object>;
  tags(account: string): Promise<object>;
  close(): void;
}

export async function openOrganisation(profile: string, context: ScanContext): Promise<OrganisationApi> {
  const sdk = await import('@aws-sdk/client-organizations');
  const client = new sdk.OrganizationsClient(clientConfig('organizations', profile, context.env));
  const options = { abortSignal: context.signal };
  const kept = <T extends object>(step: string, make: () => Promise<T>) => keep(context, `organisation: ${step}`, make);
  return {
    describe: () =>
      kept('itself', async () => ({
        Organization: (await client.send(new sdk.DescribeOrganizationCommand({}), options)).Organization,
      })),
    roots: () =>
      kept('roots', async () => ({
        Roots: await all(
          (more) => client.send(new sdk.ListRootsCommand(more), options),
          (page) => page.Roots,
        ),
      })),
    units: (ParentId) =>
      kept(`units of ${ParentId}`, async () => ({
        OrganizationalUnits: await all(
          (more) => client.send(new sdk.ListOrganizationalUnitsForParentCommand({ ParentId, ...more }), options),
          (page) => page.OrganizationalUnits,
        ),
      })),
    accounts: (ParentId) =>
      kept(`accounts of ${ParentId}`, async () => ({
        Accounts: await all(
          (more) => client.send(new sdk.ListAccountsForParentCommand({ ParentId, ...more }), options),
          (page) => page.Accounts,
        ),
      })),
    policies: (Filter) =>
      kept(`policies ${Filter}`, async () => ({
        Policies: await all(
          (more) => client.send(new sdk.ListPoliciesCommand({ Filter, ...more }), options),
          (page) => page.Policies,
        ),
      })),
    policy: (PolicyId) =>
      kept(`policy ${PolicyId}`, async () => ({
        Policy: (await client.send(new sdk.DescribePolicyCommand({ PolicyId }), options)).Policy,
      })),
    targets: (PolicyId) =>
      kept(`targets of ${PolicyId}`, async () => ({
        Targets: await all(
          (more) => client.send(new sdk.ListTargetsForPolicyCommand({ PolicyId, ...more }), options),
          (page) => page.Targets,
        ),
      })),
    tags: (ResourceId) =>
      kept(`tags of ${ResourceId}`, async () => ({
        Tags: await all(
          (more) => client.send(new sdk.ListTagsForResourceCommand({ ResourceId, ...more }), options),
          (page) => page.Tags,
        ),
      })),
    close: () => client.destroy(),
  };
}

/** Pages of Organizations may be empty and still name the next. */
async function all<P extends { readonly NextToken?: string | undefined }, T>(
  ask: (more: { readonly NextToken?: string }) => Promise<P>,
  items: (page: P) => readonly T[] | undefined,
): Promise<T[]> {
  const found: T[] = [];
  let token: string | undefined;
  do {
    const page: P = await ask(token === undefined ? {} : { NextToken: token });
    found.push(...(items(page) ?? []));
    if (page.NextToken !== undefined && page.NextToken === token) throw new Error('the pages of the answer do not end');
    token = page.NextToken;
  } while (token !== undefined);
  return found;
}
