import { judgeAnnotatedKey, judgeIdentifiableKey } from './checksums/azure.ts';
import { judgeBeside, judgeCloudflareTunnel, judgeOvh, judgeStripe } from './checksums/clients.ts';
import {
  judgeAwsKeyId,
  judgeAwsSecretApart,
  judgeBedrockKey,
  judgeClientSecret,
  judgeGoogleClient,
  judgeServiceAccountFile,
} from './checksums/cloud.ts';
import { crc32Base62, endsWithCrc32, endsWithCrc32Hex, grafanaChecksum, isGrafanaToken } from './checksums/crc.ts';
import { judgeGitlabRoutable } from './checksums/gitlab.ts';
import { judgeGuess } from './checksums/guess.ts';
import { decodeJwt, judgeJwt } from './checksums/jwt.ts';
import {
  judgeAdo,
  judgeBasicAuth,
  judgeCurl,
  judgeJdbc,
  judgeLibpq,
  judgeMysqlCommand,
  judgeNetrc,
  judgePgpass,
  judgeSqlplus,
  LOGIN,
} from './checksums/login.ts';
import {
  judgeBasic,
  judgeConnectionString,
  judgeEncoded,
  judgeGiven,
  judgeLogin,
  judgePostgresUrl,
} from './checksums/password.ts';
import { isLocked, judgePem } from './checksums/pem.ts';
import { judgeDiscord, judgeGrafanaCloud, judgeGrafanaOld, judgeOnePassword, judgeSentry } from './checksums/told.ts';
import { decodeBase64, decodeJson, INVALID, type OfflineCheck, when } from './checksums/types.ts';

import { entropyOf } from './entropy.ts';

export type { CheckInput, OfflineCheck, Verdict } from './checksums/types.ts';
export { crc32Base62, decodeJwt, grafanaChecksum };

/**
 * Offline checks a detector may name in `checksum`: exact filters that need no network. An unknown form of a token is
 * kept; only a form whose check is known and fails is dropped.
 */
export const CHECKSUMS: { readonly [name: string]: OfflineCheck | undefined } = {
  /** https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/ */
  'github-crc32': { judge: ({ secret }) => when(endsWithCrc32(secret.slice(4))) },
  /** https://github.blog/2021-09-23-announcing-npms-new-access-token-format/ */
  'npm-crc32': { judge: ({ secret }) => when(endsWithCrc32(secret.slice(4))) },
  /** https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/ */
  'cloudflare-crc32': { judge: ({ secret }) => when(endsWithCrc32Hex(secret, secret.indexOf('_') + 1)) },
  'atlassian-crc32': { judge: ({ secret }) => when(endsWithCrc32Hex(secret, secret.startsWith('ATBB') ? 4 : 6)) },
  'gitlab-routable': { judge: judgeGitlabRoutable, gives: ['org', 'local'] },
  /** The id beside a secret: one finding of the two. */
  'langfuse-pair': beside('langfuse', 'client'),
  'amazon-client': beside('amazon', 'client'),
  'twilio-account': beside('twilio', 'account'),
  'okta-client': beside('okta', 'client'),
  'auth0-client': beside('auth0', 'client'),
  'mailjet-pair': beside('mailjet', 'client'),
  'twitter-pair': beside('twitter', 'client'),
  'algolia-app': beside('algolia', 'client'),
  'stripe-account': { judge: judgeStripe, gives: ['account'] },
  ovh: { judge: judgeOvh },
  'cloudflare-tunnel': { judge: judgeCloudflareTunnel, gives: ['account', 'tunnel'] },
  'azure-annotated': { judge: judgeAnnotatedKey },
  'azure-identifiable': { judge: judgeIdentifiableKey },
  'grafana-crc32': { judge: ({ secret }) => when(isGrafanaToken(secret)) },
  jwt: { judge: judgeJwt, gives: ['provider', 'scope', 'local'] },
  'github-app-jwt': {
    judge: ({ secret }) => when(decodeJson(secret.split('_').slice(2).join('_').split('.')[0] ?? '') !== undefined),
  },
  pem: { judge: (input) => (isLocked(input.secret) ? INVALID : judgePem(input)), gives: ['provider', 'scope', 'local'] },
  /** Of no use without its passphrase. */
  'pem-encrypted': {
    judge: (input) => (isLocked(input.secret) ? judgePem(input) : INVALID),
    gives: ['provider', 'scope', 'local'],
  },
  'gcp-json': { judge: judgeServiceAccountFile, gives: ['email', 'project'] },
  'bedrock-key': { judge: judgeBedrockKey, gives: ['user', 'account'] },
  'aws-key-id': { judge: judgeAwsKeyId, gives: ['account', 'key'] },
  'aws-apart': { judge: judgeAwsSecretApart },
  'google-client': { judge: judgeGoogleClient, gives: ['client', 'project'] },
  'bedrock-short': { judge: ({ secret }) => when(decodeBase64(secret.replace(/^bedrock-api-key-/, '')).includes('bedrock')) },
  'discord-token': { judge: judgeDiscord, gives: ['bot'] },
  'sentry-org': { judge: judgeSentry, gives: ['org'] },
  'grafana-old': { judge: judgeGrafanaOld, gives: ['name', 'org'] },
  'grafana-cloud': { judge: judgeGrafanaCloud, gives: ['org', 'name'] },
  'onepassword-json': { judge: judgeOnePassword, gives: ['place', 'email'] },
  'dotted-json': { judge: ({ secret }) => when(decodeJson(secret.slice(secret.indexOf('_') + 1)) !== undefined) },
  'jira-dc-pat': { judge: ({ secret }) => when(/^\d{4,20}:/.test(decodeBase64(secret))) },
  'connection-string': { judge: judgeConnectionString },
  'postgres-url': { judge: judgePostgresUrl, gives: ['database'] },
  'basic-auth': { judge: judgeBasicAuth, gives: LOGIN },
  'jdbc-url': { judge: judgeJdbc, gives: LOGIN },
  'ado-string': { judge: judgeAdo, gives: LOGIN },
  libpq: { judge: judgeLibpq, gives: LOGIN },
  'mysql-command': { judge: judgeMysqlCommand, gives: LOGIN },
  'sqlplus-command': { judge: judgeSqlplus, gives: LOGIN },
  'curl-command': { judge: judgeCurl, gives: LOGIN },
  netrc: { judge: judgeNetrc, gives: LOGIN },
  pgpass: { judge: judgePgpass, gives: LOGIN },
  /** What a command line or a file of logins gives as a password. */
  'given-password': { judge: judgeGiven },
  /** The same, as it is or in base64. */
  'given-or-encoded': { judge: judgeEncoded },
  /** The same in a file whose only use is to log in: poor ones count too. */
  login: { judge: judgeLogin },
  /** Letters and digits both: what a random token of some length always has. */
  mixed: { judge: ({ secret }) => when(/[A-Za-z]/.test(secret) && /\d/.test(secret)) },
  /** Upper case, lower case and digits. */
  'mixed-case': { judge: ({ secret }) => when(/[A-Z]/.test(secret) && /[a-z]/.test(secret) && /\d/.test(secret)) },
  /** Upper and lower case, and a digit or more variety than words have: short random tokens may lack digits. */
  varied: {
    judge: ({ secret }) => when(/[A-Z]/.test(secret) && /[a-z]/.test(secret) && (/\d/.test(secret) || entropyOf(secret) >= 4)),
  },
  /** Upper and lower case letters both. */
  'mixed-letters': { judge: ({ secret }) => when(/[A-Z]/.test(secret.slice(8)) && /[a-z]/.test(secret.slice(8))) },
  /** A public id that says nothing without its other half. */
  'needs-pair': { judge: ({ isPaired }) => when(isPaired) },
  /** `user:password` in base64. */
  basic64: { judge: (input) => judgeBasic(input) ?? INVALID, gives: ['user'] },
  /** Behind `Authorization:`: `user:password` in base64, or a token with letters and digits. */
  authorization: { judge: (input) => judgeBasic(input) ?? when(/[A-Za-z]/.test(input.secret) && /\d/.test(input.secret)) },
  /** Any printable text in base64. */
  text64: { judge: ({ secret }) => when(/^[\x20-\x7e]{6,}$/.test(decodeBase64(secret))) },
  'azure-sp': { judge: judgeClientSecret, gives: ['tenant', 'client'] },
  guess: { judge: judgeGuess },
};

function beside(vendor: string, group: string): OfflineCheck {
  return { judge: (input) => judgeBeside(vendor, input), gives: [group] };
}
