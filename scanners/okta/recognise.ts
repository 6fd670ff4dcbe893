import type { FileHead } from '../../src/contracts/index.ts';
import type { AnswerKind } from './answers.ts';

const id = (prefix: string) => new RegExp(`"id"\\s*:\\s*"${prefix}[A-Za-z0-9]{10,30}"`);

/** Each: marks that only this answer of Okta has together in its first 4 KiB. One pattern after the other, so that none runs long. */
const TELLS: readonly (readonly RegExp[])[] = [
  // API tokens: their metadata, never the token.
  [/"tokenWindow"\s*:\s*"P/, /"id"\s*:\s*"00T[A-Za-z0-9]+"|"userId"\s*:\s*"00u/],
  // Apps.
  [
    /"signOnMode"\s*:\s*"(?:OPENID_CONNECT|SAML_2_0|BOOKMARK|BROWSER_PLUGIN|AUTO_LOGIN|SECURE_PASSWORD_STORE|BASIC_AUTH|WS_FEDERATION|SAML_1_1)"/,
  ],
  [/"name"\s*:\s*"oidc_client"/, /"label"\s*:/],
  // Secrets of clients.
  [id('ocs'), /"(?:secret_hash|status)"\s*:/],
  [/"secret_hash"\s*:/, /\/credentials\/secrets/],
  // Keys of clients.
  [/"kty"\s*:/, /\/credentials\/jwks/],
  [/"kty"\s*:/, /"id"\s*:\s*"(?:pks|wpc)[A-Za-z0-9]{10,30}"/],
  // Grants of scopes.
  [/"scopeId"\s*:\s*"/, /"(?:_links|_embedded)"\s*:|"issuer"\s*:\s*"https:/],
  // Roles of administrators.
  [/"assignmentType"\s*:\s*"(?:USER|GROUP|CLIENT)"/, /"type"\s*:\s*"[A-Z_]+"/],
  // What roles of one's own allow.
  [/"permissions"\s*:\s*\[/, /"label"\s*:\s*"okta\.[a-zA-Z]+\./],
  // API service integrations.
  [/"grantedScopes"\s*:\s*\[/],
  // Service accounts.
  [/"ownerUserIds"\s*:/, /"(?:statusDetail|oktaUserId|containerOrn)"\s*:/],
  // AI agents.
  [/"orn"\s*:\s*"orn:[^":]*:[^":]*:[^":]*:workload-principals:ai-agents:/],
  [id('wlp')],
  // The system log.
  [/"eventType"\s*:\s*"[a-z0-9_]+(?:\.[a-z0-9_]+)+"/, /"(?:published|legacyEventType|debugContext)"\s*:/],
  [/"actor"\s*:\s*\{/, /"alternateId"\s*:/, /"(?:authenticationContext|displayMessage|detailEntry)"\s*:/],
  // Users.
  [id('00u'), /"profile"\s*:\s*\{/, /"login"\s*:/],
  // What curl saved when it was not let in.
  [/"errorCode"\s*:\s*"E0000\d{3}"/, /"errorSummary"\s*:/],
];

/** By the first 4 KiB: a JSON object or list, and one of the marks above. */
export function isOktaExport(file: FileHead): boolean {
  if (!/\.(?:json|jsonl|ndjson|txt|out)$/i.test(file.path) && /\.[^./]{1,5}$/.test(file.path)) return false;
  const head = file.head();
  if (!/^\s*(?:\[\s*)*\{\s*"[A-Za-z_]+"\s*:/.test(head)) return isEmptyAnswer(head, file.path);
  return TELLS.some((marks) => marks.every((mark) => mark.test(head)));
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
