import { oktaFiles } from '../../../scanners/okta/index.ts';
import type { FileHead, Observation, SourceFile, Surroundings } from '../../../src/contracts/index.ts';
import { collect, testContext } from '../../helpers/scan-context.ts';

export const HOST = 'acme.okta.com';
const BASE = `https://${HOST}`;
export const MARA = '00u1mara00000000001X';
export const BOT = '00u1bot000000000001X';
export const APP = '0oa1etl000000000001X';
export const TOKEN = '00T1deploy0000000001';

const link = (path: string) => ({ href: `${BASE}${path}`, hints: { allow: ['GET'] } });

export function apiToken(more: object = {}): object {
  return {
    name: 'deploy',
    userId: MARA,
    tokenWindow: 'P30D',
    network: { connection: 'ANYWHERE' },
    id: TOKEN,
    clientName: 'Okta API',
    expiresAt: '2026-06-20T08:00:00.000Z',
    created: '2025-01-01T00:00:00.000Z',
    lastUpdated: '2025-01-01T00:00:00.000Z',
    _links: { self: link(`/api/v1/api-tokens/${TOKEN}`), user: link(`/api/v1/users/${MARA}`) },
    ...more,
  };
}

export function app(more: object = {}, client: object = {}): object {
  return {
    id: APP,
    name: 'oidc_client',
    label: 'ETL prod',
    status: 'ACTIVE',
    created: '2025-02-01T00:00:00.000Z',
    signOnMode: 'OPENID_CONNECT',
    credentials: {
      oauthClient: { client_id: APP, token_endpoint_auth_method: 'client_secret_basic', autoKeyRotation: true, ...client },
    },
    settings: { notes: { admin: null }, oauthClient: { grant_types: ['client_credentials'], application_type: 'service' } },
    _links: { self: link(`/api/v1/apps/${APP}`) },
    ...more,
  };
}

/** The answer holds the secret itself. */
export function clientSecret(id: string, more: object = {}): object {
  return {
    id,
    status: 'ACTIVE',
    secret_hash: 'yk4SVx4sUWVJVbHt6M-UPA',
    created: '2025-02-01T00:00:00.000Z',
    lastUpdated: '2025-02-01T00:00:00.000Z',
    _links: { deactivate: link(`/api/v1/apps/${APP}/credentials/secrets/${id}/lifecycle/deactivate`) },
    ...more,
  };
}

export function scopeGrant(scopeId: string, more: object = {}): object {
  return {
    id: `oag${scopeId}`,
    status: 'ACTIVE',
    created: '2025-02-01T00:00:00.000Z',
    issuer: BASE,
    clientId: APP,
    scopeId,
    source: 'ADMIN',
    _embedded: { scope: { id: scopeId } },
    _links: { app: link(`/api/v1/apps/${APP}`) },
    ...more,
  };
}

export function role(type: string, assignee: string, more: object = {}): object {
  return {
    id: `ra1${type}`,
    label: type,
    type,
    status: 'ACTIVE',
    created: '2025-02-01T00:00:00.000Z',
    assignmentType: assignee.includes('/clients/') ? 'CLIENT' : 'USER',
    _links: { assignee: link(assignee) },
    ...more,
  };
}

/** As `/api/v1/iam/roles/ID/permissions` answers. */
export function permissionsOf(id: string, labels: readonly string[]) {
  return {
    permissions: labels.map((label) => ({ label, created: '2025-02-01T00:00:00.000Z' })),
    _links: { self: link(`/api/v1/iam/roles/${id}/permissions`) },
  };
}

export const CLIENT_PATH = `/oauth2/v1/clients/${APP}`;
export const USER_PATH = `/api/v1/users/${MARA}`;

export function user(id = MARA, login = 'mara@acme.example', more: object = {}): object {
  return {
    id,
    status: 'ACTIVE',
    created: '2020-01-01T00:00:00.000Z',
    lastLogin: '2026-05-30T00:00:00.000Z',
    profile: { login, email: login, firstName: 'Mara', lastName: 'Lind' },
    credentials: { provider: { type: 'OKTA' } },
    _links: { self: link(`/api/v1/users/${id}`) },
    ...more,
  };
}

export const SERVICE = {
  id: '0oa1pan000000000001X',
  type: 'log_lake',
  name: 'Log Lake',
  createdAt: '2025-03-01T00:00:00.000Z',
  createdBy: MARA,
  grantedScopes: ['okta.logs.read', 'okta.users.manage'],
  _links: { self: link('/integrations/api/v1/api-services/0oa1pan000000000001X') },
};

export const ACCOUNT = {
  id: 'd1b65a78-21ed-429b-8ea3-eec96f2748d6',
  name: 'scim-prod',
  oktaUserId: BOT,
  username: 'scim@acme.example',
  ownerUserIds: [MARA],
  ownerGroupIds: [],
  status: 'NO_ISSUES',
  statusDetail: 'ROTATED',
  created: '2025-04-04T15:56:05.000Z',
};

export const AGENT = {
  id: 'wlp1sales0000000001X',
  orn: 'orn:okta:directory:00o1:workload-principals:ai-agents:wlp1sales0000000001X',
  status: 'ACTIVE',
  appId: APP,
  profile: { name: 'Sales agent', description: 'reads the CRM' },
  created: '2026-04-01T00:00:00.000Z',
};

export function event(more: object = {}): object {
  return {
    uuid: 'dc9fd3c0-598c-11ef-8478-2b7000000001',
    published: '2026-05-20T10:00:00.000Z',
    eventType: 'app.oauth2.token.grant.access_token',
    actor: { id: APP, type: 'PublicClientApp', alternateId: 'etl', displayName: 'ETL prod', detailEntry: null },
    client: { ipAddress: '192.0.2.7' },
    outcome: { result: 'SUCCESS', reason: null },
    transaction: { type: 'WEB', id: 'x', detail: {} },
    debugContext: { debugData: {} },
    target: [{ id: 'at1', type: 'access_token', displayName: 'Access Token' }],
    ...more,
  };
}

export function fileOf(text: string, path = 'exports/okta.json', around?: Surroundings): SourceFile {
  return {
    path,
    bytes: Buffer.from(text),
    text: () => text,
    at: { path },
    place: 'file',
    ...(around === undefined ? {} : { around }),
  };
}

export function headOf(text: string, path = 'exports/okta.json'): FileHead {
  return { path, size: Buffer.byteLength(text), head: () => text.slice(0, 4096) };
}

export function scanText(text: string, path?: string): Promise<Observation[]> {
  return collect(oktaFiles.scan(fileOf(text, path), testContext()));
}

export function scanJson(value: unknown, path?: string): Promise<Observation[]> {
  return scanText(JSON.stringify(value, null, 2), path);
}

/** Several exports in one directory; the observations of the first. */
export async function scanBeside(files: { readonly [path: string]: unknown }): Promise<Observation[]> {
  const texts = new Map(Object.entries(files).map(([path, value]) => [path, JSON.stringify(value)]));
  const around: Surroundings = {
    list: async (directory) =>
      [...texts.keys()].filter((path) => path.slice(0, Math.max(0, path.lastIndexOf('/'))) === directory),
    read: async (path) => {
      const text = texts.get(path);
      return text === undefined ? undefined : fileOf(text, path);
    },
    paths: async () => texts.keys(),
    only: () => around,
    digest: async () => 'digest',
  };
  const [path, text] = [...texts][0] ?? ['', ''];
  return await collect(oktaFiles.scan(fileOf(text, path, around), testContext()));
}
