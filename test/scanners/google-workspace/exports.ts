import { googleWorkspaceFiles } from '../../../scanners/google-workspace/index.ts';
import type { FileHead, Observation, SourceFile, Surroundings } from '../../../src/contracts/index.ts';
import { collect, testContext } from '../../helpers/scan-context.ts';

export const CUSTOMER = 'C01abcd23';
export const MARA = 'mara@acme.example';
export const ROOT = 'root@acme.example';
export const ACCOUNT = '104832190000000000001';
export const APP = '5551-abc.apps.googleusercontent.com';
export const DRIVE = 'https://www.googleapis.com/auth/drive';
export const MAIL = 'https://mail.google.com/';
export const DIRECTORY = 'https://www.googleapis.com/auth/admin.directory.user';

export function token(user = MARA, more: object = {}): object {
  return {
    kind: 'admin#directory#token',
    etag: '"a"',
    clientId: APP,
    displayText: 'Notes',
    anonymous: false,
    nativeApp: false,
    userKey: user,
    scopes: [DRIVE, 'openid'],
    ...more,
  };
}

export function tokens(...items: object[]): object {
  return { kind: 'admin#directory#tokenList', etag: '"b"', items };
}

export function appPassword(more: object = {}): object {
  return {
    kind: 'admin#directory#asp',
    etag: '"c"',
    codeId: 3,
    name: 'printer',
    creationTime: '1735689600000',
    lastTimeUsed: '0',
    userKey: MARA,
    ...more,
  };
}

export function user(email = MARA, more: object = {}): object {
  return {
    kind: 'admin#directory#user',
    id: '1',
    primaryEmail: email,
    name: { fullName: 'Mara Lind' },
    isAdmin: false,
    isDelegatedAdmin: false,
    suspended: false,
    archived: false,
    creationTime: '2020-01-01T00:00:00.000Z',
    lastLoginTime: '2026-05-30T00:00:00.000Z',
    customerId: CUSTOMER,
    ...more,
  };
}

/** An event of the admin log about a delegated client. */
export function delegation(name: 'AUTHORIZE' | 'REMOVE', time: string, scopes: readonly string[], client = ACCOUNT): object {
  return {
    kind: 'admin#reports#activity',
    id: { time, uniqueQualifier: `-${time.replaceAll(/\D/g, '')}`, applicationName: 'admin', customerId: CUSTOMER },
    etag: '"d"',
    actor: { callerType: 'USER', email: ROOT, profileId: '1' },
    ipAddress: '192.0.2.7',
    events: [
      {
        type: 'DOMAIN_SETTINGS',
        name: `${name}_API_CLIENT_ACCESS`,
        parameters: [
          { name: 'DOMAIN_NAME', value: 'acme.example' },
          { name: 'API_CLIENT_NAME', value: client },
          ...(scopes.length === 0 ? [] : [{ name: 'API_SCOPES', value: scopes.join(',') }]),
        ],
      },
    ],
  };
}

export function activities(...items: object[]): object {
  return { kind: 'admin#reports#activities', etag: '"e"', items };
}

export function tokenActivity(time: string, client = APP): object {
  return {
    kind: 'admin#reports#activity',
    id: { time, uniqueQualifier: '7', applicationName: 'token', customerId: CUSTOMER },
    actor: { email: MARA },
    ipAddress: '192.0.2.9',
    events: [
      {
        type: 'auth',
        name: 'activity',
        parameters: [
          { name: 'client_id', value: client },
          { name: 'app_name', value: 'Notes' },
          { name: 'scope', multiValue: [DRIVE] },
        ],
      },
    ],
  };
}

/** The same event as Cloud Logging has it. */
export const LOG_ENTRY = {
  protoPayload: {
    '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
    authenticationInfo: { principalEmail: ROOT },
    requestMetadata: { callerIp: '192.0.2.7' },
    serviceName: 'admin.googleapis.com',
    methodName: 'google.admin.AdminService.authorizeApiClientAccess',
    metadata: {
      event: [
        {
          eventName: 'AUTHORIZE_API_CLIENT_ACCESS',
          eventType: 'DOMAIN_SETTINGS',
          parameter: [
            { name: 'API_CLIENT_NAME', value: ACCOUNT },
            { name: 'API_SCOPES', multiStrValue: [DRIVE] },
          ],
        },
      ],
    },
  },
  insertId: 'abc',
  timestamp: '2026-03-01T00:00:00Z',
};

export const CONSOLE_LIST = `Name,Client ID,Scopes
Sync,${ACCOUNT},"${DRIVE},
${MAIL}"
"Backup, old",104832190000000000002,https://www.googleapis.com/auth/drive.file
`;

export function fileOf(text: string, path = 'exports/workspace.json', around?: Surroundings): SourceFile {
  return {
    path,
    bytes: Buffer.from(text),
    text: () => text,
    at: { path },
    place: 'file',
    ...(around === undefined ? {} : { around }),
  };
}

export function headOf(text: string, path = 'exports/workspace.json'): FileHead {
  return { path, size: Buffer.byteLength(text), head: () => text.slice(0, 4096) };
}

export function scanText(text: string, path?: string): Promise<Observation[]> {
  return collect(googleWorkspaceFiles.scan(fileOf(text, path), testContext()));
}

export function scanJson(value: unknown, path?: string): Promise<Observation[]> {
  return scanText(JSON.stringify(value, null, 2), path);
}

/** Several exports in one directory; the observations of the first. */
export async function scanBeside(files: { readonly [path: string]: string }): Promise<Observation[]> {
  const texts = new Map(Object.entries(files));
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
  return await collect(googleWorkspaceFiles.scan(fileOf(text, path, around), testContext()));
}
