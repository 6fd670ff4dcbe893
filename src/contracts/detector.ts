import { z } from 'zod';

const Expected = z.strictObject({
  status: z.array(z.int().min(100).max(599)).min(1),
  /** Values at paths of the JSON answer: `{ ok: true }`. */
  json: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
});

/**
 * How `--verify` asks the provider whether a credential works: a call that needs no right and changes nothing. Two have
 * protocols of their own; the others are one request, in which `{secret}` and `{publicId}` are filled.
 */
export const Verification = z.union([
  z.enum(['aws-sts', 'gcp-token']),
  z.strictObject({
    method: z.enum(['GET', 'POST']).default('GET'),
    url: z.string().regex(/^https:\/\/[a-z0-9.-]+(?::\d+)?\//, 'an https address with a fixed host'),
    headers: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9-]*$/), z.string()).default({}),
    body: z.string().optional(),
    active: Expected,
    /** Only what proves that it does not work; all else is unknown. */
    inactive: Expected.optional(),
    /** Where the JSON answer says whose it is: `user.login`. */
    identity: z.string().optional(),
    /** Where it says what it may do: a JSON path, or `header:x-oauth-scopes`. */
    scopes: z.string().optional(),
  }),
]);
export type Verification = z.infer<typeof Verification>;

/**
 * One entry of `rules/detectors/*.yml`. Schema and type share the name. A pack file is `{ vendor, detectors: [...] }`.
 *
 * `pattern` is a JavaScript regex without flags; `(?i)` at its start makes it case-insensitive; in a YAML block white
 * space and `#` notes are stripped (write a space as `\x20` or `[ ]`). The secret is the group named `secret`, else the whole match; a group named
 * `publicId` becomes the credential's public id; other named groups (`user`, `host`, `account` …) feed `identity`.
 * `keywords` are literal anchors, at least one of which must occur in the text for the pattern to be tried; they are
 * matched case-insensitively unless `caseSensitive`. Long, rare anchors keep the scan fast.
 */
export const Detector = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'kebab-case'),
  title: z.string().min(3),
  /** The provider in canonical ids: `aws`, `github`, `openai` … */
  provider: z.string().regex(/^[a-z][a-z0-9-]*$/),
  /** Kind of credential: `access-key`, `token`, `api-key`, `password`, `private-key`, `service-account-key`, `connection-string` … */
  type: z.string().regex(/^[a-z][a-z0-9-]*$/),
  pattern: z.string().min(4),
  keywords: z.array(z.string().min(2)).min(1),
  caseSensitive: z.boolean().default(false),
  /** `ai`, `cloud`, `ci`, `vcs`, `database`, `chat`, `payment`, `observability`, `package`, `gateway`, `generic`, `key` … */
  categories: z.array(z.string()).default([]),
  confidence: z.enum(['high', 'medium', 'low']).default('high'),
  /** Minimal Shannon entropy of the secret, bits per character. */
  entropy: z.number().min(0).max(8).optional(),
  /** Paths (regex, on `/`-separated path) where it applies; absent = everywhere. */
  path: z.string().optional(),
  /** Named offline check of the whole token (`src/detect/checksum.ts`): `github-crc32`, `jwt`, `gcp-json` … */
  checksum: z.string().optional(),
  /** Regexes on the secret that mean "not a secret". Placeholders common to all rules are in `rules/catalogs/placeholders.yml`. */
  allow: z.array(z.string()).default([]),
  /** The value stands where nothing but a password can (a file of logins): one that everybody knows is reported too. */
  acceptsWeak: z.boolean().optional(),
  /** Canonical identity made from named groups, e.g. `gcp:{project}:serviceAccount/{email}`; dropped when a group is missing. */
  identity: z.string().optional(),
  /** True when the public id alone is no secret and a hit needs the paired secret near by to be of high confidence. */
  paired: z
    .strictObject({
      /** Regex for the other half, with group `secret`, searched within `within` bytes on both sides. */
      pattern: z.string(),
      within: z.number().int().min(16).max(4096),
    })
    .optional(),
  /** Texts in which the detector must hit; `{{…}}` parts are expanded by the test helper so that no real-looking token is committed. */
  examples: z.array(z.string()).min(2),
  /** Near misses that must not hit this detector. */
  counterExamples: z.array(z.string()).min(1),
  references: z.array(z.string()).min(1),
  /**
   * Whose credential it is by its nature: a `person`'s own token, a `service-account`, an `app` (client, integration, bot), a
   * `project` or organisation as a whole, a `database-role`, a `host` or deployment, an `agent`; `any` when the form does not tell.
   */
  holder: z.enum(['person', 'service-account', 'app', 'project', 'database-role', 'host', 'agent', 'any']).optional(),
  /** How `--verify` asks whether it works. Absent: nobody is asked. */
  verify: Verification.optional(),
  /** What a thief can do with it, one sentence. */
  impact: z.string().optional(),
  /** How to revoke or rotate it. */
  rotate: z.string().optional(),
});
export type Detector = z.infer<typeof Detector>;

export const DetectorPack = z.strictObject({
  vendor: z.string().min(2),
  detectors: z.array(Detector).min(1),
});
export type DetectorPack = z.infer<typeof DetectorPack>;
