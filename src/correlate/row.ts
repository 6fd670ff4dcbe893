import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Check } from '../contracts/check.ts';
import type { Severity } from '../contracts/finding.ts';
import { SEVERITIES } from '../contracts/finding.ts';
import type { Confidence, JsonObject } from '../contracts/observation.ts';
import type { Row } from '../store/reader.ts';
import { RuleError } from '../util/errors.ts';

/** One row of a check, judged but not yet joined with its evidence. */
export interface Hit {
  readonly check: Check;
  readonly fingerprint: string;
  readonly message: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly identity?: string;
  readonly credential?: string;
  /** Heading when it is about neither an identity nor a credential. */
  readonly subject: string;
  readonly evidence: readonly string[];
  /** Of the evidence: what is told before the rest. */
  readonly first: readonly string[];
  readonly fix: string;
  readonly detail?: JsonObject;
}

const CONFIDENCES = ['high', 'medium', 'low'] as const;
const optionalText = z
  .string()
  .nullish()
  .transform((text) => text ?? undefined);

const CheckRow = z.object({
  message: z.string().min(1),
  evidence: z.array(z.string()).min(1),
  first: z
    .array(z.string())
    .nullish()
    .transform((ids) => ids ?? []),
  identity_id: optionalText,
  credential_id: optionalText,
  severity: z.enum(SEVERITIES).nullish(),
  confidence: z.enum(CONFIDENCES).nullish(),
  fix: optionalText,
  detail: z
    .record(z.string(), z.json())
    .nullish()
    .transform((detail) => detail ?? undefined),
});

/** Reads the rows of a check; rows about the same thing (equal identity fields) become one hit. */
export function hitsOf(check: Check, rows: readonly Row[]): readonly Hit[] {
  const hits = new Map<string, Hit>();
  for (const row of rows) {
    const hit = hitOf(check, row);
    const twin = hits.get(hit.fingerprint);
    hits.set(hit.fingerprint, twin === undefined ? hit : merge(twin, hit));
  }
  return [...hits.values()];
}

/** Survives line moves and re-runs, for it rests only on the rule and on what it is about. */
export function findingFingerprint(rule: string, identity: readonly unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([rule, ...identity.map((value) => value ?? null)]))
    .digest('hex');
}

function hitOf(check: Check, row: Row): Hit {
  const { meta } = check;
  const parsed = CheckRow.safeParse(row);
  if (!parsed.success) {
    const told = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new RuleError(`${check.file}: a row of the check is not a finding (${told})`, {
      code: 'CHECK_ROW',
      hint: 'A row needs `message` (text) and `evidence` (a list of at least one observation id); see src/contracts/check.ts.',
    });
  }
  const { message, evidence, first, identity_id, credential_id, severity, confidence, fix, detail } = parsed.data;
  const identity = meta.identityFields.map((field) => row[field]);
  return {
    check,
    fingerprint: findingFingerprint(meta.id, identity),
    message,
    severity: severity ?? meta.severity,
    confidence: confidence ?? meta.confidence,
    ...(identity_id === undefined ? {} : { identity: identity_id }),
    ...(credential_id === undefined ? {} : { credential: credential_id }),
    subject: String(identity.find((value) => value !== null && value !== undefined) ?? meta.id),
    evidence: [...new Set(evidence)],
    first,
    fix: (fix ?? meta.fix).trim(),
    ...(detail === undefined ? {} : { detail: present(detail) }),
  };
}

/** The graver of the two speaks; both give their evidence. Which row came first does not matter. */
function merge(a: Hit, b: Hit): Hit {
  const [first, second] = byWeight(a, b) <= 0 ? [a, b] : [b, a];
  return {
    ...first,
    evidence: [...new Set([...first.evidence, ...second.evidence])],
    first: [...first.first, ...second.first],
  };
}

function byWeight(a: Hit, b: Hit): number {
  const graver = SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity);
  if (graver !== 0) return graver;
  return a.message < b.message ? -1 : a.message > b.message ? 1 : 0;
}

function present(detail: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(detail).filter(([, value]) => value !== null));
}
