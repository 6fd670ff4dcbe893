import { type CheckInput, decodeBase64, decodeJson, INVALID, VALID, type Verdict } from './types.ts';

// Tokens that say in plain base64 whose they are.

/** The first part is the bot's id. https://discord.com/developers/docs/reference#authentication */
export function judgeDiscord({ secret }: CheckInput): Verdict {
  const bot = decodeBase64(secret.split('.')[0] ?? '');
  return /^\d{16,20}$/.test(bot) ? { valid: true, groups: { bot } } : INVALID;
}

/** `sntrys_`, the claims, `_` and the secret. https://docs.sentry.io/account/auth-tokens/#organization-tokens */
export function judgeSentry({ secret }: CheckInput): Verdict {
  const claims = decodeJson(secret.slice('sntrys_'.length).split('_')[0] ?? '');
  if (claims === undefined) return INVALID;
  const { org } = claims;
  return typeof org === 'string' && /^[\w-]{1,80}$/.test(org) ? { valid: true, groups: { org } } : VALID;
}

/** `glc_` and JSON: the organisation (`o`) and the name of the token (`n`). */
export function judgeGrafanaCloud({ secret }: CheckInput): Verdict {
  const claims = decodeJson(secret.slice(secret.indexOf('_') + 1));
  if (claims === undefined) return INVALID;
  const { o: org, n: name } = claims;
  if (!/^\w{1,40}$/.test(String(org ?? '')) || typeof name !== 'string' || !/^[\w.-]{1,120}$/.test(name)) return VALID;
  return { valid: true, groups: { org: String(org), name } };
}

/** JSON of the key (`k`), its name (`n`) and the organisation (`id`); an embedded report of Power BI begins alike. */
export function judgeGrafanaOld({ secret, isPlaceholder }: CheckInput): Verdict {
  const { k: key, n: name, id: org } = decodeJson(secret) ?? {};
  if (typeof key !== 'string' || typeof name !== 'string' || typeof org !== 'number') return INVALID;
  if (key.length < 20 || /example|test/i.test(key) || isPlaceholder(key)) return INVALID;
  return /^[\w.-]{1,120}$/.test(name) ? { valid: true, groups: { org: String(org), name } } : VALID;
}

/** `ops_` and JSON with the account's e-mail and where it signs in. https://developer.1password.com/docs/service-accounts/security/ */
export function judgeOnePassword({ secret }: CheckInput): Verdict {
  const claims = decodeJson(secret.slice('ops_'.length));
  const { email, signInAddress } = claims ?? {};
  if (typeof email !== 'string' || !/^[\w.+-]{1,80}@[\w.-]{3,120}$/.test(email)) return VALID;
  const place = typeof signInAddress === 'string' && /^[\w.-]{3,120}$/.test(signInAddress) ? signInAddress : '';
  return { valid: true, groups: { place, email } };
}
