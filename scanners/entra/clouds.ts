import type { ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { TargetError } from '../../src/util/errors.ts';
import { isGuid } from './guid.ts';

/** Where one of Microsoft's clouds is asked. */
export interface Cloud {
  readonly authority: string;
  readonly graph: string;
  readonly arm: string;
  /** For whom tokens are: stays, whatever address stands in for the services. */
  readonly graphAudience: string;
  readonly armAudience: string;
  /** The sign-in reports are kept in the worldwide cloud alone. */
  readonly hasReports: boolean;
}

/** https://learn.microsoft.com/en-us/graph/deployments */
const WORLD = {
  authority: 'https://login.microsoftonline.com',
  graph: 'https://graph.microsoft.com',
  arm: 'https://management.azure.com',
  hasReports: true,
};
const GOVERNMENT = {
  authority: 'https://login.microsoftonline.us',
  graph: 'https://graph.microsoft.us',
  arm: 'https://management.usgovcloudapi.net',
  hasReports: false,
};
const CHINA = {
  authority: 'https://login.partner.microsoftonline.cn',
  graph: 'https://microsoftgraph.chinacloudapi.cn',
  arm: 'https://management.chinacloudapi.cn',
  hasReports: false,
};

/** By the names of Azure's SDKs; the endpoints are ours, for a private link or a proxy. */
export function cloudOf(env: ScanContext['env']): Cloud {
  const authority = withScheme(env.AZURE_AUTHORITY_HOST);
  const host = authority === undefined || !URL.canParse(authority) ? '' : new URL(authority).hostname;
  const known = host.endsWith('.us') ? GOVERNMENT : host.endsWith('.cn') ? CHINA : WORLD;
  return {
    authority: authority ?? known.authority,
    graph: env.AZURE_GRAPH_ENDPOINT ?? known.graph,
    arm: env.AZURE_RESOURCE_MANAGER_ENDPOINT ?? known.arm,
    graphAudience: known.graph,
    armAudience: known.arm,
    hasReports: known.hasReports,
  };
}

/** The SDKs take it with and without `https://`, and with a slash at the end. */
function withScheme(host: string | undefined): string | undefined {
  if (host === undefined || host.trim() === '') return undefined;
  const bare = host.trim().replace(/\/+$/, '');
  return /^[a-z]+:\/\//i.test(bare) ? bare : `https://${bare}`;
}

/** `entra:TENANT`, the id or a domain of it; `entra:` takes AZURE_TENANT_ID. */
export function tenantOf(target: ServiceTarget, env: ScanContext['env']): string {
  const tenant = (target.address === '' ? (env.AZURE_TENANT_ID ?? '') : target.address).trim().toLowerCase();
  if (isGuid(tenant) || /^(?=.{4,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(tenant)) return tenant;
  throw new TargetError(tenant === '' ? 'No tenant is named' : `"${target.address}" is no tenant`, {
    code: 'TARGET_ADDRESS',
    hint: 'Write entra:TENANT with the id of the tenant (az account show) or one of its domains, or set AZURE_TENANT_ID.',
  });
}
