import { gcpServiceAccountId, type IdentityId, identityId, identityIdFromArn } from '../contracts/identity-id.ts';
import { type Cloud, staticVariable } from './cloud-keys.ts';

/** What a variable of a process says about the identity that the process takes on. */
export interface IdentitySetting {
  readonly identity: IdentityId;
  readonly how: 'oidc' | 'impersonation' | 'static-key';
  readonly cloud: Cloud;
}

/** `AWS_ROLE_ARN=…`, a service account's address, an Azure client: who a process becomes with these variables. */
export function identityOfSetting(name: string, value: string, all: ReadonlyMap<string, string>): IdentitySetting | undefined {
  const upper = name.toUpperCase();
  if (/(?:^|_)ROLE_(?:ARN|TO_ASSUME)$|(?:^|_)ASSUME_ROLE(?:_ARN)?$/.test(upper)) {
    const identity = identityIdFromArn(value);
    if (identity === undefined) return undefined;
    return { identity, how: all.has('AWS_WEB_IDENTITY_TOKEN_FILE') ? 'oidc' : 'impersonation', cloud: 'aws' };
  }
  if (/SERVICE_ACCOUNT|(?:^|_)(?:GOOGLE|GCP|GCLOUD|CLOUDSDK)_/.test(upper)) {
    const email = /^[a-z0-9-]{1,63}@[a-z0-9-]{1,63}\.iam\.gserviceaccount\.com$/.exec(value)?.[0];
    if (email !== undefined) return { identity: gcpServiceAccountId(email), how: 'impersonation', cloud: 'gcp' };
  }
  if ((upper === 'AZURE_CLIENT_ID' || upper === 'ARM_CLIENT_ID') && UUID.test(value)) {
    const tenant = all.get(upper.replace('CLIENT', 'TENANT'));
    const hasSecret = all.has(upper.replace('_ID', '_SECRET'));
    const scope = tenant !== undefined && UUID.test(tenant) ? tenant.toLowerCase() : undefined;
    return {
      identity: identityId('entra', scope, `app/${value.toLowerCase()}`),
      how: hasSecret ? 'static-key' : 'oidc',
      cloud: 'azure',
    };
  }
  return undefined;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** How a secret of this name is used, in the words of consumers. */
export function howOfName(name: string): 'static-key' | 'token' | 'secret' {
  if (staticVariable(name) !== undefined) return 'static-key';
  return /(?:^|_)(?:TOKEN|PAT)$/i.test(name) ? 'token' : 'secret';
}

/** Switches by which a server lets everybody in, with the value that does so. */
const OPEN_DOORS: readonly (readonly [RegExp, RegExp])[] = [
  [/(?:^|_)ALLOW_EMPTY_(?:ROOT_)?PASSWORD$|^ALLOW_ANONYMOUS_LOGIN$|^ALLOW_PLAINTEXT_LISTENER$/, /^(?:1|yes|true|on)$/i],
  [/^POSTGRES(?:QL)?_HOST_AUTH_METHOD$/, /^trust$/i],
  [/^(?:NEO4J_AUTH|NEO4J_dbms_security_auth__enabled)$/, /^(?:none|false)$/i],
  [/^(?:GF_AUTH_ANONYMOUS_ENABLED|RABBITMQ_LOOPBACK_USERS_NONE)$/, /^true$/i],
  [
    /^(?:DISABLE_SECURITY_PLUGIN|OPENSEARCH_SECURITY_DISABLED|DISABLE_AUTH(?:ENTICATION)?|AUTH_DISABLED|SKIP_AUTH(?:ENTICATION)?|NO_AUTH)$/,
    /^(?:1|true|yes)$/i,
  ],
  [/^xpack\.security\.enabled$/i, /^false$/i],
];

/** Does this setting make a server ask for no credential? */
export function opensDoor(name: string, value: string): boolean {
  return OPEN_DOORS.some(([names, values]) => names.test(name) && values.test(value.trim()));
}
