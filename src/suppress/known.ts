import { z } from 'zod';
import { ConfigError } from '../util/errors.ts';
import { fingerprint } from '../util/fingerprint.ts';
import { printable } from '../util/sanitize.ts';
import { parseEntry } from './ignore-file.ts';

/** One thing that another tool's file knows already. At least one of the ways to recognise it again is there. */
export interface KnownEntry {
  readonly source: 'secrets-baseline' | 'gitleaks-report';
  /** `.secrets.baseline: src/app.py:12`. */
  readonly place: string;
  readonly entry: string;
  readonly path: string;
  /** Keyed fingerprint of the secret, when the file holds the secret itself. */
  readonly fingerprint?: string;
  /** `baselineId` of the secret, when the file holds its SHA-1. */
  readonly baselineId?: string;
  /** For a file that holds neither: the line, and the commit where it names one. */
  readonly line?: number;
  readonly commit?: string;
  readonly rule?: string;
}

const DetectSecrets = z.looseObject({
  version: z.string(),
  results: z.record(
    z.string(),
    z.array(z.looseObject({ type: z.string(), hashed_secret: z.string(), line_number: z.number().optional() })),
  ),
});

const GitleaksReport = z.array(
  z.looseObject({
    RuleID: z.string(),
    File: z.string(),
    StartLine: z.number(),
    Secret: z.string().nullish(),
    Commit: z.string().nullish(),
    Fingerprint: z.string().nullish(),
  }),
);

/**
 * Reads a detect-secrets baseline or a gitleaks JSON report that was parsed from `file`; `undefined` when it is neither.
 * Throws `ConfigError` when it says it is one and is not.
 */
export function readKnown(value: unknown, file: string, key: Uint8Array | string): readonly KnownEntry[] | undefined {
  if (Array.isArray(value)) return value.length === 0 ? [] : fromGitleaks(GitleaksReport.safeParse(value), file, key);
  if (typeof value !== 'object' || value === null || !('results' in value)) return undefined;
  return fromDetectSecrets(DetectSecrets.safeParse(value), file, key);
}

function fromDetectSecrets(
  parsed: z.ZodSafeParseResult<z.infer<typeof DetectSecrets>>,
  file: string,
  key: Uint8Array | string,
): KnownEntry[] {
  const { results } = unwrap(parsed, file, 'a baseline of detect-secrets');
  return Object.entries(results).flatMap(([path, found]) =>
    found.map((item) => ({
      source: 'secrets-baseline',
      place: printable(`${file}: ${path}${item.line_number === undefined ? '' : `:${item.line_number}`}`),
      entry: printable(`${item.type} in ${path}`),
      path: path.replaceAll('\\', '/').replace(/^\.\//, ''),
      baselineId: fingerprint(item.hashed_secret.toLowerCase(), key),
    })),
  );
}

function fromGitleaks(
  parsed: z.ZodSafeParseResult<z.infer<typeof GitleaksReport>>,
  file: string,
  key: Uint8Array | string,
): KnownEntry[] {
  return unwrap(parsed, file, 'a JSON report of gitleaks').map((item, index) => {
    const place = `${file}[${index}]`;
    const secret = item.Secret ?? '';
    const isRedacted = secret === '' || /^REDACTED$|\.\.\.$/.test(secret);
    // Its own fingerprint has the path as it lies in the repository; `File` may be relative to where it ran.
    const own = parseEntry(item.Fingerprint ?? '', place);
    const commit = own?.commit ?? (item.Commit === '' ? undefined : (item.Commit ?? undefined));
    return {
      source: 'gitleaks-report',
      place,
      entry: printable(own?.entry ?? `${item.File}:${item.RuleID}:${item.StartLine}`),
      path: own?.path ?? item.File.replace(/^\.\//, ''),
      rule: item.RuleID,
      ...(isRedacted
        ? { line: own?.line ?? item.StartLine, ...(commit === undefined ? {} : { commit }) }
        : { fingerprint: fingerprint(secret, key) }),
    };
  });
}

function unwrap<T>(parsed: z.ZodSafeParseResult<T>, file: string, what: string): T {
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ConfigError(`${file} looks like ${what}, but ${issue?.path.join('.') ?? 'it'}: ${issue?.message ?? 'is wrong'}`, {
    code: 'BASELINE',
    hint: 'Make it anew with the tool that wrote it.',
  });
}
