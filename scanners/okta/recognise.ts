import type { FileHead } from '../../src/contracts/index.ts';
import type { AnswerKind } from './answers.ts';

const ID = (prefix: string) => `"id"\\s*:\\s*"${prefix}[A-Za-z0-9]{10,30}"`;
/** Each: what only this answer of Okta holds, in the first 4 KiB. */
const TELLS: readonly RegExp[] = [
  // API tokens: their metadata, never the token.
  new RegExp(
    `"tokenWindow"\\s*:\\s*"P[^"]*"[\\s\\S]*${ID('00T')}|${ID('00T')}[\\s\\S]*"tokenWindow"|"userId"\\s*:\\s*"00u[\\s\\S]*"tokenWindow"`,
  ),
  // Apps.
  /"signOnMode"\s*:\s*"(?:OPENID_CONNECT|SAML_2_0|BOOKMARK|BROWSER_PLUGIN|AUTO_LOGIN|SECURE_PASSWORD_STORE|BASIC_AUTH|WS_FEDERATION|SAML_1_1)"|"name"\s*:\s*"oidc_client"[\s\S]*"label"/,
  // Secrets of clients.
  new RegExp(`${ID('ocs')}[\\s\\S]*"(?:secret_hash|status)"|"secret_hash"\\s*:[\\s\\S]*/credentials/secrets`),
  // Keys of clients.
  /"kty"\s*:[\s\S]*"_links"[\s\S]*\/credentials\/jwks|"_links"[\s\S]*\/credentials\/jwks[\s\S]*"kty"\s*:|"id"\s*:\s*"(?:pks|wpc)[A-Za-z0-9]{10,30}"[\s\S]*"kty"\s*:/,
  // Grants of scopes.
  /"scopeId"\s*:\s*"[^"]+"[\s\S]*"(?:_links|_embedded)"|"issuer"\s*:\s*"https:\/\/[^"]*"[\s\S]*"scopeId"\s*:/,
  // Roles of administrators.
  /"assignmentType"\s*:\s*"(?:USER|GROUP|CLIENT)"|"type"\s*:\s*"(?:SUPER_ADMIN|ORG_ADMIN|APP_ADMIN|READ_ONLY_ADMIN)"/,
  // API service integrations.
  /"grantedScopes"\s*:\s*\[/,
  // Service accounts.
  /"ownerUserIds"\s*:[\s\S]*"(?:statusDetail|oktaUserId|containerOrn)"|"(?:containerOrn|oktaUserId)"\s*:[\s\S]*"ownerUserIds"/,
  // AI agents.
  new RegExp(`"orn"\\s*:\\s*"orn:[^"]*:ai-agents:|${ID('wlp')}`),
  // The system log.
  /"eventType"\s*:\s*"[a-z0-9_]+(?:\.[a-z0-9_]+)+"[\s\S]*"(?:published|legacyEventType|debugContext)"|"actor"\s*:\s*\{[\s\S]*"alternateId"\s*:[\s\S]*"(?:authenticationContext|displayMessage|detailEntry)"/,
  // Users.
  new RegExp(`${ID('00u')}[\\s\\S]*"profile"\\s*:\\s*\\{[\\s\\S]*"login"\\s*:`),
  // What curl saved when it was not let in.
  /"errorCode"\s*:\s*"E0000\d{3}"\s*,\s*"errorSummary"/,
];

/** By the first 4 KiB: a JSON object or list, and one of the marks above. */
export function isOktaExport(file: FileHead): boolean {
  if (!/\.(?:json|jsonl|ndjson|txt|out)$/i.test(file.path) && /\.[^./]{1,5}$/.test(file.path)) return false;
  const head = file.head();
  if (!/^\s*(?:\[\s*)*\{\s*"[A-Za-z_]+"\s*:/.test(head)) return isEmptyAnswer(head, file.path);
  return TELLS.some((tell) => tell.test(head));
}

/** An organisation without any: only the name of the file tells what was asked. */
function isEmptyAnswer(head: string, path: string): boolean {
  return /^\s*\[\s*\]\s*$/.test(head) && emptyKind(path) !== undefined;
}

const NAMES: readonly (readonly [AnswerKind, RegExp])[] = [
  ['API tokens', /api[-_]?tokens/],
  ['API service integrations', /api[-_]?services|integrations/],
  ['service accounts', /service[-_]?accounts/],
  ['AI agents', /agents/],
  ['roles of users', /roles.*00u/],
  ['roles of clients', /roles/],
  ['scope grants', /grants/],
  ['client secrets', /secrets/],
  ['apps', /(?:^|[-_./])apps/],
];

export function emptyKind(path: string): AnswerKind | undefined {
  const name = path.toLowerCase().split('/').slice(-2).join('/');
  return name.includes('okta') ? NAMES.find(([, pattern]) => pattern.test(name))?.[0] : undefined;
}
