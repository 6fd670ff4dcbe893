import { z } from 'zod';
import { texts } from '../../src/formats/answer.ts';

/**
 * What `spire-server … -output json` prints: the messages of SPIRE's API with the names of their fields as they are in the
 * protocol, 64-bit numbers as text. Files for `entry create -data` have the same entries, with SPIFFE ids as text.
 * https://github.com/spiffe/spire-api-sdk/blob/main/proto/spire/api/types/entry.proto
 */
const optionalText = z
  .string()
  .nullish()
  .transform((value) => (value === null || value === '' ? undefined : value));
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value === true);
/** "0" and 0 are "none". */
const whole = z
  .union([z.string().regex(/^-?\d{1,19}$/, 'a whole number'), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined || Number(value) <= 0 ? undefined : Number(value)));

/** Seconds since 1970. */
const moment = whole.transform((seconds) => {
  const date = new Date((seconds ?? Number.NaN) * 1000);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 ? undefined : date.toISOString();
});

/** https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md: a trust domain is written in lower case. */
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/;

const SpiffeId = z
  .union([
    z.object({ trust_domain: z.string(), path: optionalText }),
    z.string().transform((text, context) => {
      const parts = /^spiffe:\/\/(?<trust_domain>[^/]+)(?<path>\/.*)?$/s.exec(text)?.groups;
      if (parts?.trust_domain !== undefined) return { trust_domain: parts.trust_domain, path: parts.path };
      context.addIssue({ code: 'custom', message: 'not a SPIFFE id' });
      return z.NEVER;
    }),
  ])
  .transform((raw, context) => {
    const domain = raw.trust_domain.toLowerCase();
    if (TRUST_DOMAIN.test(domain)) return { domain, path: raw.path ?? '' };
    context.addIssue({ code: 'custom', message: 'not a trust domain', path: ['trust_domain'] });
    return z.NEVER;
  });
export type SpiffeId = z.infer<typeof SpiffeId>;

const Selectors = z
  .array(z.object({ type: z.string().min(1), value: z.string() }))
  .nullish()
  .transform((list) => (list ?? []).map(({ type, value }) => `${type}:${value}`));

export const Entry = z
  .object({
    id: optionalText,
    spiffe_id: SpiffeId,
    parent_id: SpiffeId.nullish(),
    selectors: Selectors,
    x509_svid_ttl: whole,
    /** What `x509_svid_ttl` was called before SPIRE 1.5. */
    ttl: whole,
    jwt_svid_ttl: whole,
    federates_with: texts,
    admin: flag,
    downstream: flag,
    expires_at: moment,
    created_at: moment,
    dns_names: texts,
    store_svid: flag,
    hint: optionalText,
  })
  .transform((raw) => ({
    id: raw.id,
    spiffeId: raw.spiffe_id,
    parentId: raw.parent_id ?? undefined,
    selectors: raw.selectors,
    x509Seconds: raw.x509_svid_ttl ?? raw.ttl,
    jwtSeconds: raw.jwt_svid_ttl,
    federatesWith: raw.federates_with,
    admin: raw.admin,
    downstream: raw.downstream,
    expiresAt: raw.expires_at,
    createdAt: raw.created_at,
    dnsNames: raw.dns_names,
    storeSvid: raw.store_svid,
    hint: raw.hint,
  }));
export type Entry = z.infer<typeof Entry>;

export const Agent = z
  .object({
    id: SpiffeId,
    attestation_type: optionalText,
    x509svid_serial_number: optionalText,
    x509svid_expires_at: moment,
    selectors: Selectors,
    banned: flag,
    can_reattest: flag,
    agent_version: optionalText,
  })
  .transform((raw) => ({
    id: raw.id,
    attestation: raw.attestation_type,
    serial: raw.x509svid_serial_number,
    expiresAt: raw.x509svid_expires_at,
    selectors: raw.selectors,
    banned: raw.banned,
    canReattest: raw.can_reattest,
    version: raw.agent_version,
  }));
export type Agent = z.infer<typeof Agent>;

export const Federation = z
  .object({
    trust_domain: z.string().toLowerCase().regex(TRUST_DOMAIN, 'not a trust domain'),
    bundle_endpoint_url: optionalText,
    https_web: z.unknown().optional(),
    https_spiffe: z.object({ endpoint_spiffe_id: optionalText }).nullish(),
  })
  .transform((raw) => ({
    domain: raw.trust_domain,
    url: raw.bundle_endpoint_url,
    profile: raw.https_spiffe === null || raw.https_spiffe === undefined ? 'https_web' : 'https_spiffe',
    endpointId: raw.https_spiffe?.endpoint_spiffe_id,
  }));
export type Federation = z.infer<typeof Federation>;
