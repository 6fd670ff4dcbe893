import { createHash } from 'node:crypto';
import type { JsonObject } from '../contracts/observation.ts';
import { fingerprint } from '../util/fingerprint.ts';
import { decodeJwt } from './checksums/jwt.ts';
import type { Found } from './match.ts';

/**
 * What a credential tells of itself that an inventory may know it by, where it has no public id. Computed for what was found,
 * never while searching. Nothing here gives the secret away: ends and beginnings that its provider shows too, dates, keyed
 * fingerprints of its hashes.
 */
export function derive(found: Pick<Found, 'rule' | 'secret' | 'groups'>, key: Uint8Array | string): JsonObject | undefined {
  const { detector } = found.rule;
  if (detector.provider === 'github' && detector.type === 'token') return githubToken(found.secret, key);
  if (detector.id === 'azure-client-secret') return { hint: found.secret.slice(0, 3) };
  // The gateway's inventory shows this much of a key.
  if (detector.id === 'hoop-api-key') return { hint: found.secret.slice(0, 8) };
  if (detector.provider === 'slack') return slackTeam(found.secret);
  if (detector.checksum === 'jwt') return claims(found.secret);
  if (found.groups.thumbprint !== undefined) return certificate(found.groups);
  return undefined;
}

/**
 * The last eight characters are shown where a token was let into single sign-on; the audit log has base64(SHA-256(token)), of
 * which we keep a keyed fingerprint, as the reader of the log does.
 * https://docs.github.com/en/enterprise-cloud@latest/rest/orgs/orgs#list-saml-sso-authorizations-for-an-organization
 */
function githubToken(token: string, key: Uint8Array | string): JsonObject | undefined {
  if (!/^(?:gh[opsur]_|github_pat_|[0-9a-f]{40}$)/.test(token)) return undefined;
  const hash = createHash('sha256').update(token, 'utf8').digest('base64');
  return { lastEight: token.slice(-8), hashedToken: fingerprint(hash, key) };
}

/** `xoxb-TEAM-…`: the number of the workspace, not its id. https://docs.slack.dev/authentication/tokens */
function slackTeam(token: string): JsonObject | undefined {
  const team = /^xox[abeoprs]-(?<team>\d{9,14})-/.exec(token)?.groups?.team;
  return team === undefined ? undefined : { team };
}

/** Whom a token is of and until when; its issuer alone can say whether it still counts before that. */
function claims(token: string): JsonObject | undefined {
  const payload = decodeJwt(token)?.payload;
  if (payload === undefined) return undefined;
  const { iss, aud, exp } = payload;
  const audience = [aud].flat().find((one): one is string => typeof one === 'string');
  const end =
    typeof exp === 'number' && Number.isFinite(exp) && exp > 0 && exp < 253_402_300_800 ? new Date(exp * 1000) : undefined;
  const told = {
    ...(isShort(iss) ? { issuer: iss } : {}),
    ...(isShort(audience) ? { audience } : {}),
    ...(end === undefined ? {} : { expiresAt: end.toISOString() }),
  };
  return Object.keys(told).length === 0 ? undefined : told;
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value);
}

function certificate({ thumbprint, thumbprint256, spiffe, ends }: Readonly<Record<string, string>>): JsonObject {
  return {
    ...(thumbprint === undefined ? {} : { thumbprint }),
    ...(thumbprint256 === undefined ? {} : { thumbprint256 }),
    ...(spiffe === undefined ? {} : { spiffe }),
    ...(ends === undefined ? {} : { expiresAt: ends }),
  };
}
