import { existsSync, readFileSync } from 'node:fs';
import ignore, { type Ignore } from 'ignore';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { type Finding, SEVERITIES, type Severity } from '../contracts/finding.ts';
import { ConfigError, messageOf } from '../util/errors.ts';
import { printable } from '../util/sanitize.ts';

/** Why a finding may stand: the words auditors and VEX documents use. */
export const JUSTIFICATIONS = [
  'false-positive',
  'test-data',
  'revoked',
  'accepted-risk',
  'compensating-control',
  'not-ours',
] as const;

const line = z.string().trim().min(1);

/** One entry of `nhi-audit.exceptions.yml`: what may stand, why, on whose word, and until when. */
export const Exception = z
  .strictObject({
    finding: z
      .string()
      .regex(/^[0-9a-f]{12,64}$/, 'the fingerprint of a finding, or its first 12 or more characters')
      .optional()
      .describe('Fingerprint of one finding, as reports print it'),
    rule: line.optional().describe('Id of a check'),
    path: line.optional().describe('Glob (gitignore syntax): every place of the finding lies there'),
    repository: line.optional().describe('Every place of the finding lies in this repository'),
    credential: line.optional().describe('Canonical id of a credential'),
    identity: line.optional().describe('Canonical id of an identity'),
    severity: z
      .enum(SEVERITIES)
      .optional()
      .describe('The gravest that may stand: what was accepted as low is open again when it becomes high'),
    reason: line.describe('Why it may stand'),
    justification: z.enum(JUSTIFICATIONS).optional(),
    owner: line.describe('Who answers for it: an address or a team'),
    approver: line.optional(),
    ticket: line.optional(),
    expires: z
      .union([z.string(), z.date()])
      .transform((value) => (value instanceof Date ? value.toISOString().slice(0, 10) : value))
      .pipe(z.iso.date())
      .describe('Last day on which it holds, UTC (YYYY-MM-DD)'),
  })
  .refine(
    ({ finding, rule, path, repository, credential, identity }) =>
      [finding, rule, path, repository, credential, identity].some((selector) => selector !== undefined),
    'names nothing: give finding, rule, path, repository, credential or identity',
  );

export const ExceptionsFile = z.strictObject({
  $schema: z.string().optional(),
  exceptions: z
    .array(Exception)
    .nullish()
    .transform((list) => list ?? []),
});

export interface LoadedException extends z.infer<typeof Exception> {
  /** `nhi-audit.exceptions.yml:exceptions[2]`. */
  readonly place: string;
  readonly isExpired: boolean;
  covers(finding: Finding): boolean;
  /** It selects the finding, which is graver than what was accepted. */
  isOutgrownBy(finding: Finding): boolean;
}

/**
 * Reads the exceptions of `file`; none when the file is not there and was not asked for by name. `today` decides which
 * have run out; `shown` is the file as reports name it. Throws `ConfigError` that says what is wrong where.
 */
export function readExceptions(file: string, today: Date, isNamed: boolean, shown = file): readonly LoadedException[] {
  if (!existsSync(file)) {
    if (!isNamed) return [];
    throw new ConfigError(`There is no exceptions file at ${file}`, {
      code: 'EXCEPTIONS',
      hint: 'Check the path given with --exceptions.',
    });
  }
  const day = today.toISOString().slice(0, 10);
  return parseExceptions(readFileSync(file, 'utf8'), file).map((exception, index) =>
    loadException(exception, `${shown}: exceptions[${index}]`, day),
  );
}

/** An entry with what it covers; `day` (YYYY-MM-DD) decides whether it has run out. */
export function loadException(exception: z.infer<typeof Exception>, place: string, day: string): LoadedException {
  const selects = matcherOf(exception);
  const isOutgrownBy = (finding: Finding): boolean => isGraver(finding, exception.severity) && selects(finding);
  const covers = (finding: Finding): boolean => !isGraver(finding, exception.severity) && selects(finding);
  return { ...exception, place: printable(place), isExpired: exception.expires < day, covers, isOutgrownBy };
}

/** Entries of the text of an exceptions file; `file` is what an error names. Throws `ConfigError`. */
export function parseExceptions(text: string, file: string): readonly z.infer<typeof Exception>[] {
  let value: unknown;
  try {
    const document = parseDocument(text);
    const [broken] = document.errors;
    if (broken !== undefined) throw broken;
    value = document.toJS() ?? {};
  } catch (error) {
    throw new ConfigError(`${file} is not valid YAML: ${messageOf(error)}`, { code: 'EXCEPTIONS', cause: error });
  }
  const parsed = ExceptionsFile.safeParse(value);
  if (parsed.success) return parsed.data.exceptions;
  const problems = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
  throw new ConfigError(`${file}: ${problems.join('; ')}`, {
    code: 'EXCEPTIONS',
    hint: 'Each exception needs a selector (finding, rule, path, repository, credential or identity), a reason, an owner and an expires date.',
  });
}

function isGraver(finding: Finding, than: Severity | undefined): boolean {
  return than !== undefined && SEVERITIES.indexOf(finding.severity) > SEVERITIES.indexOf(than);
}

function matcherOf(exception: z.infer<typeof Exception>): (finding: Finding) => boolean {
  const glob: Ignore | undefined = exception.path === undefined ? undefined : ignore().add(exception.path);
  return (finding) => {
    if (exception.finding !== undefined && !finding.fingerprint.startsWith(exception.finding)) return false;
    if (exception.rule !== undefined && finding.rule !== exception.rule) return false;
    if (exception.credential !== undefined && finding.credential !== exception.credential) return false;
    if (exception.identity !== undefined && finding.identity !== exception.identity) return false;
    if (glob === undefined && exception.repository === undefined) return true;
    // A finding that also lies elsewhere is not covered: the other place would go unseen.
    const places = finding.evidence.flatMap(({ at }) => (at?.path === undefined ? [] : [at]));
    if (places.length === 0) return false;
    return places.every(
      ({ path = '', repository }) =>
        (glob === undefined || glob.ignores(path.replace(/^(?:\.\.?\/|\/)+/, '') || '.')) &&
        (exception.repository === undefined || repository === exception.repository),
    );
  };
}
