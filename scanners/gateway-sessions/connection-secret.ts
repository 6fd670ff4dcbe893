import { z } from 'zod';
import {
  type CredentialObservation,
  credentialId,
  gcpServiceAccountId,
  type IdentityId,
  type IdentityObservation,
  identityId,
  postgresRoleId,
  type ScanContext,
  secretCredentialId,
} from '../../src/contracts/index.ts';
import { Secret } from '../../src/util/secret.ts';
import type { Connection } from './schema.ts';

/** What a connection logs in with, without the value. */
export interface Backend {
  readonly how: 'static-key' | 'secret' | 'unknown';
  readonly credential?: CredentialObservation;
  readonly identity?: IdentityObservation;
  /** Canonical id even where the identity itself is described elsewhere. */
  readonly identityId?: IdentityId;
  /** Names of the settings whose value is a reference to a secret store. */
  readonly references: readonly string[];
  readonly names: readonly string[];
  readonly host?: string;
  readonly database?: string;
  readonly user?: string;
}

/** Values with these prefixes name a place in another store; all else is the secret itself. */
const REFERENCE = /^_(?:aws|envjson|vaultkv1|vaultkv2|aws_iam_rds):/;
const ACCESS_KEY = /^A[KS]IA[A-Z2-7]{16}$/;
/** Settings that hold a secret, in the order in which one is taken for the connection's. */
const SECRET_NAMES = [
  'PASS',
  'PASSWORD',
  'KUBERNETES_BEARER_TOKEN',
  'AUTHORIZATION',
  'TOKEN',
  'API_KEY',
  'PRIVATE_KEY',
  'SECRET',
];

const ServiceAccountFile = z.object({
  type: z.literal('service_account'),
  private_key_id: z.string().min(1).max(256),
  private_key: z.string().min(1),
  client_email: z.string().min(3).max(320),
  project_id: z.string().min(1).max(128).optional(),
});

/**
 * Reads a connection's settings once: ids and names stay, a secret becomes its keyed fingerprint, and its value is gone
 * when this returns.
 */
export function readBackend(connection: Connection, context: ScanContext): Backend {
  const settings = decode(connection.secret);
  const references = [...settings].filter(([, value]) => REFERENCE.test(value)).map(([name]) => name);
  const names = [...settings.keys()].sort();
  const about = { references: references.sort(), names };
  return (
    awsBackend(settings, about, context) ??
    gcpBackend(settings, about, context) ??
    passwordBackend(connection, settings, about, context) ?? { how: references.length > 0 ? 'secret' : 'unknown', ...about }
  );
}

interface About {
  readonly references: readonly string[];
  readonly names: readonly string[];
}
type Settings = ReadonlyMap<string, string>;

/** `envvar:USER` → `USER`; values are base64. */
function decode(secret: { readonly [key: string]: unknown }): Settings {
  const settings = new Map<string, string>();
  for (const [key, value] of Object.entries(secret)) {
    if (typeof value !== 'string' || value === '') continue;
    const name = key
      .replace(/^(?:envvar|filesystem):/, '')
      .toUpperCase()
      .slice(0, 128);
    const decoded = Buffer.from(value, 'base64').toString('utf8').trim();
    if (decoded !== '') settings.set(name, decoded);
  }
  return settings;
}

function awsBackend(settings: Settings, about: About, context: ScanContext): Backend | undefined {
  const publicId = settings.get('AWS_ACCESS_KEY_ID');
  if (publicId === undefined || !ACCESS_KEY.test(publicId)) return undefined;
  const value = settings.get('AWS_SECRET_ACCESS_KEY');
  const inline = value !== undefined && !REFERENCE.test(value);
  return {
    how: 'static-key',
    credential: {
      kind: 'credential',
      id: credentialId('aws', 'access-key', publicId),
      provider: 'aws',
      type: 'access-key',
      publicId,
      ...(inline ? { fingerprint: context.fingerprint(new Secret(value)) } : {}),
    },
    ...about,
  };
}

function gcpBackend(settings: Settings, about: About, context: ScanContext): Backend | undefined {
  for (const value of settings.values()) {
    const file = value.startsWith('{') ? parseKeyFile(value) : undefined;
    if (file === undefined) continue;
    const identity = gcpServiceAccountId(file.client_email, file.project_id);
    return {
      how: 'static-key',
      identityId: identity,
      credential: {
        kind: 'credential',
        id: credentialId('gcp', 'service-account-key', file.private_key_id),
        identity,
        provider: 'gcp',
        type: 'service-account-key',
        publicId: file.private_key_id,
        fingerprint: context.fingerprint(new Secret(file.private_key)),
      },
      ...about,
    };
  }
  return undefined;
}

function parseKeyFile(text: string): z.infer<typeof ServiceAccountFile> | undefined {
  try {
    return ServiceAccountFile.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function passwordBackend(connection: Connection, settings: Settings, about: About, context: ScanContext): Backend | undefined {
  const login = loginOf(connection, settings);
  const { host, database, user } = login;
  const identity = user === undefined ? undefined : accountOf(connection, host, database, user);
  const place = {
    ...(host === undefined ? {} : { host }),
    ...(database === undefined ? {} : { database }),
    ...(user === undefined ? {} : { user }),
  };
  const owner = identity === undefined ? {} : { identity, identityId: identity.id };
  if (login.secret === undefined) {
    return identity === undefined
      ? undefined
      : { how: about.references.length > 0 ? 'secret' : 'unknown', ...owner, ...place, ...about };
  }
  const fingerprint = context.fingerprint(login.secret);
  return {
    how: 'static-key',
    credential: {
      kind: 'credential',
      id: secretCredentialId(fingerprint),
      ...(identity === undefined ? {} : { identity: identity.id }),
      provider: identity?.provider ?? connection.subtype ?? 'hoop',
      type: user === undefined ? 'token' : 'password',
      fingerprint,
    },
    ...owner,
    ...place,
    ...about,
  };
}

interface Login {
  readonly host: string | undefined;
  readonly database: string | undefined;
  readonly user: string | undefined;
  readonly secret: Secret | undefined;
}

function loginOf(connection: Connection, settings: Settings): Login {
  const url = urlOf(settings);
  const plain = (name: string): string | undefined => {
    const value = settings.get(name);
    return value === undefined || REFERENCE.test(value) || value.length > 255 ? undefined : value;
  };
  const named = SECRET_NAMES.map((name) => settings.get(name)).find((value) => value !== undefined && !REFERENCE.test(value));
  const password = url === undefined || url.password === '' ? named : decodeURIComponentSafely(url.password);
  return {
    host: plain('HOST') ?? (url?.hostname || undefined),
    database: plain('DB') ?? connection.database ?? (url?.pathname.slice(1) || undefined),
    user: plain('USER') ?? (url === undefined || url.username === '' ? undefined : decodeURIComponentSafely(url.username)),
    secret: password === undefined ? undefined : new Secret(password),
  };
}

/** A connection string in place of single settings: `CONNECTION_STRING` of MongoDB, `DATABASE_URL`. */
function urlOf(settings: Settings): URL | undefined {
  for (const [name, value] of settings) {
    if (!/(?:CONNECTION_STRING|URL|URI|DSN)$/.test(name) || !/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) continue;
    try {
      return new URL(value);
    } catch {
      // Not a URL after all.
    }
  }
  return undefined;
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function accountOf(
  connection: Connection,
  host: string | undefined,
  database: string | undefined,
  user: string,
): IdentityObservation | undefined {
  const subtype = connection.subtype;
  if (subtype === undefined || !/^[a-z][a-z0-9-]*$/.test(subtype)) return undefined;
  const scope = host === undefined ? undefined : database === undefined ? host : `${host}/${database}`;
  const isPostgres = subtype === 'postgres';
  return {
    kind: 'identity',
    id: isPostgres ? postgresRoleId(scope, user) : identityId(subtype, scope, `user/${user}`),
    provider: subtype,
    type: connection.type === 'database' || isPostgres ? 'database-role' : 'user',
    name: user,
    ...(scope === undefined ? {} : { scope }),
  };
}
