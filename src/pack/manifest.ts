import { z } from 'zod';
import { PACK_TYPE } from './format.ts';

export const Digest = z.string().regex(/^[0-9a-f]{64}$/);

/** `manifest.json`, in the canonical form of RFC 8785. */
export const Manifest = z.strictObject({
  type: z.literal(PACK_TYPE),
  createdAt: z.iso.datetime(),
  tool: z.strictObject({ name: z.literal('nhi-audit'), version: z.string() }),
  run: z.strictObject({
    id: z.string(),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime(),
    /** Of the nhi-audit that made the run; what made the pack is `tool`. */
    toolVersion: z.string(),
    engine: z.string(),
    targets: z.array(z.string()),
    hosts: z.array(z.string()),
    rulesDigest: z.string(),
    fingerprintKeyId: z.string(),
    /** The run before in the store, and the digest that this run kept of it. */
    previous: z.strictObject({ run: z.string(), digest: z.string() }).optional(),
  }),
  /** Of the configuration as canonical JSON; `config.yml` has it as text. Absent where the run kept none. */
  config: z.strictObject({ sha256: Digest.optional() }),
  frameworks: z.array(z.string()),
  findings: z.strictObject({
    count: z.number().int().nonnegative(),
    root: Digest,
  }),
  /** SHA-256 of the manifest of the pack before. */
  previous: Digest.optional(),
  /** Sorted by path; all but this file and those made of it. */
  files: z.array(z.strictObject({ path: z.string(), size: z.number().int().nonnegative(), sha256: Digest })),
});
export type Manifest = z.infer<typeof Manifest>;
