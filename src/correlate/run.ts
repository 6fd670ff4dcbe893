import { z } from 'zod';
import type { Check, CheckResult } from '../contracts/check.ts';
import type { Finding, FindingStatus } from '../contracts/finding.ts';
import type { IsoTime } from '../contracts/observation.ts';
import type { Row, StoreReader } from '../store/reader.ts';
import { messageOf, RuleError } from '../util/errors.ts';
import { compare, inReportOrder } from '../util/report-text.ts';
import { resolve } from './evidence.ts';
import { lowerInFixtures } from './fixtures.ts';
import { nameIds } from './name-ids.ts';
import { readNamed, type Unasked, unaskedOf } from './named.ts';
import type { Absent, Assessment, CoverageRow } from './needs.ts';
import { assess, switchedOff } from './needs.ts';
import { assertRulings, type Override, type Overrides, type Rulings, readRulings } from './overrides.ts';
import { assertOverrides, bindings, type ParameterOverrides, parametersIn } from './parameters.ts';
import { lookedAtAgain, previousFindings } from './previous.ts';
import { type Hit, hitsOf } from './row.ts';
import { surfacesOf } from './surfaces.ts';

export interface RunChecksOptions {
  /** The clock of the run. */
  readonly now: IsoTime;
  /** Values for parameters, by rule. */
  readonly parameters?: ParameterOverrides;
  /** Other values for some identities, by rule: the check runs once for each set, and each row is judged by that of its identity. */
  readonly overrides?: Overrides;
  /** What is declared absent and believed so, by surface. */
  readonly absent?: Absent;
  /** Told of what the configuration says and what does nothing in this run. */
  readonly onNote?: (text: string) => void;
  /** Findings of the run before; read from the store when not given. */
  readonly previous?: readonly Finding[];
  /** Checks that the configuration switches off: they do not run, and their results say so. */
  readonly disabled?: readonly Check[];
  /** Told before each check, for progress. */
  readonly onCheck?: (check: Check) => void;
}

export interface Correlation {
  /** What is wrong now: `new` or `open`, in report order. */
  readonly findings: readonly Finding[];
  /** What was wrong in the run before and is not any more (`fixed`), or could not be seen (`not-observed`). */
  readonly gone: readonly Finding[];
  /** One a check, by id. */
  readonly results: readonly CheckResult[];
}

interface Outcome {
  readonly check: Check;
  readonly result: CheckResult;
  readonly hits: readonly Hit[];
  readonly assessment: Judgeable;
}

interface Judgeable extends Assessment {
  readonly unasked?: Unasked;
}

const CoverageRows = z.array(
  z
    .object({
      surface: z.string(),
      subject: z.string(),
      outcome: z.enum(['complete', 'partial', 'denied', 'unsupported']),
      why: z.string().nullish(),
      covers: z.array(z.string()),
      types: z.array(z.string()).nullish(),
    })
    .transform(
      ({ why, types, ...row }): CoverageRow => ({
        ...row,
        ...(why == null ? {} : { why }),
        ...(types == null ? {} : { detail: { types } }),
      }),
    ),
);

/** Runs every check over the current run of the store and joins what they found with its evidence and its past. */
export async function runChecks(store: StoreReader, checks: readonly Check[], options: RunChecksOptions): Promise<Correlation> {
  const disabled = options.disabled ?? [];
  const overrides = options.overrides ?? {};
  assertOverrides([...checks, ...disabled], options.parameters ?? {});
  assertRulings([...checks, ...disabled], overrides);
  const coverage = CoverageRows.parse(
    await store.rows(
      "SELECT surface, subject, outcome, why, covers, CAST(detail->'$.types' AS VARCHAR[]) AS types FROM coverage",
    ),
  );
  const assessments = new Map(checks.map((check): [Check, Judgeable] => [check, assess(check.meta, coverage, options.absent)]));
  const assessed = checks.filter((check) => {
    const state = assessments.get(check)?.state;
    return state !== 'missing' && state !== 'absent';
  });
  const named = await readNamed(
    store,
    assessed.map(({ meta }) => meta),
  );
  for (const check of assessed) {
    const unasked = unaskedOf(check.meta, coverage, named);
    if (unasked !== undefined) assessments.set(check, { state: 'partial', ...assessments.get(check), unasked });
  }
  const populations = await countPopulations(store, assessed, options.parameters);
  const rulings = Object.keys(overrides).length === 0 ? undefined : await readRulings(store);
  for (const idle of rulings?.idle(overrides) ?? []) {
    options.onNote?.(`Configuration: ${idle} holds for no identity of this run`);
  }
  const outcomes = await inLanes(checks, store.lanes ?? 1, async (check) => {
    options.onCheck?.(check);
    const assessment: Judgeable = assessments.get(check) ?? { state: 'missing' };
    const own = overrides[check.meta.id] ?? [];
    const judged = rulings === undefined || own.length === 0 ? undefined : { rulings, own };
    return await runCheck(store, check, assessment, populations.get(check), options.parameters, judged);
  });
  const previous = options.previous ?? (await previousFindings(store));
  const findings = await findingsOf(store, outcomes, previous, options.now);
  return {
    findings: findings.sort(inReportOrder),
    gone: [...(await goneFindings(store, outcomes, previous, findings))].sort(inReportOrder),
    results: [...outcomes.map((outcome) => outcome.result), ...disabled.map(switchedOff)].sort((a, b) => compare(a.rule, b.rule)),
  };
}

/** Results in the order of the items. Whatever goes wrong, nothing is under way any more when it is told. */
async function inLanes<Item, Result>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  let isWell = true;
  const lane = async (): Promise<void> => {
    try {
      for (const [index, item] of queue) {
        results[index] = await work(item);
        if (!isWell) return;
      }
    } finally {
      isWell = false;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
  return results;
}

async function runCheck(
  store: StoreReader,
  check: Check,
  assessment: Judgeable,
  population: number | undefined,
  parameters: ParameterOverrides | undefined,
  judged: Judged | undefined,
): Promise<Outcome> {
  const ended = (outcome: CheckResult['outcome'], population: number, hits: readonly Hit[]): Outcome => ({
    check,
    result: {
      rule: check.meta.id,
      outcome,
      ...(outcome === 'partial' || outcome === 'not-assessed' || assessment.state === 'absent'
        ? { reason: assessment.onlyDeclared ?? assessment.unasked?.reason ?? assessment.reason ?? '' }
        : {}),
      population,
      findings: hits.length,
      excepted: 0,
    },
    hits,
    assessment,
  });
  if (assessment.state === 'absent') return ended('not-applicable', 0, []);
  if (assessment.state === 'missing' || population === undefined) return ended('not-assessed', 0, []);
  // Ours find nothing outside of what they look at (tested): over nothing, the query is spared. Of others nobody has said so.
  // What they look at may hang on a parameter, too.
  const isSpared = population === 0 && isOurs(check.file) && judged === undefined;
  const hits = isSpared ? [] : await hitsBySets(store, check, parameters, judged);
  if (hits.length > 0) return ended('fail', Math.max(population, hits.length), hits);
  if (assessment.onlyDeclared !== undefined || assessment.unasked?.isAll === true) return ended('not-assessed', population, []);
  if (assessment.state === 'partial' || assessment.unasked !== undefined) return ended('partial', population, []);
  const doubt = population === 0 ? undefined : await doubtOf(store, check, parameters);
  if (doubt !== undefined) {
    const { result, ...rest } = ended('partial', population, []);
    return { ...rest, result: { ...result, reason: doubt }, assessment: { ...assessment, state: 'partial', reason: doubt } };
  }
  return population === 0 ? ended('not-applicable', 0, []) : ended('pass', population, []);
}

/** Why silence proves nothing, as the check itself tells. */
async function doubtOf(
  store: StoreReader,
  check: Check,
  parameters: ParameterOverrides | undefined,
): Promise<string | undefined> {
  if (check.meta.inconclusive === undefined) return undefined;
  const reasons = (await query(store, check, check.meta.inconclusive, parameters)).flatMap((row) => Object.values(row));
  const told = reasons.filter((reason): reason is string => typeof reason === 'string' && reason !== '');
  return told.length === 0 ? undefined : told.join('; ');
}

interface Judged {
  readonly rulings: Rulings;
  readonly own: readonly Override[];
}

/** Once with the values that hold for all, and once with each set of others: of each, what it is to judge. */
async function hitsBySets(
  store: StoreReader,
  check: Check,
  parameters: ParameterOverrides | undefined,
  judged: Judged | undefined,
): Promise<readonly Hit[]> {
  const hits = hitsOf(check, await query(store, check, check.sql, parameters));
  if (judged === undefined) return hits;
  const { rulings, own } = judged;
  const isOf = (set: number | undefined) => (hit: Hit) => rulings.of(own, hit) === set;
  const all = hits.filter(isOf(undefined));
  for (const [set, override] of own.entries()) {
    const values = { [check.meta.id]: { ...parameters?.[check.meta.id], ...override.parameters } };
    all.push(...hitsOf(check, await query(store, check, check.sql, values)).filter(isOf(set)));
  }
  // Rows about one thing and several identities make one finding.
  return [...new Map(all.map((hit) => [hit.fingerprint, hit])).values()];
}

function isOurs(file: string): boolean {
  return file.startsWith('rules/checks/');
}

/** How many things each check looks at. */
async function countPopulations(
  store: StoreReader,
  checks: readonly Check[],
  parameters: ParameterOverrides | undefined,
): Promise<ReadonlyMap<Check, number>> {
  const counts = new Map<Check, number>();
  const together = checks.filter(({ file, meta }) => isOurs(file) && parametersIn(meta.population).length === 0);
  const byText = await countTogether(store, new Set(together.map(({ meta }) => meta.population)));
  for (const check of together) counts.set(check, byText.get(check.meta.population) ?? 0);
  for (const check of checks) {
    if (counts.has(check)) continue;
    const [counted] = await query(store, check, `SELECT count(*) AS n FROM ${check.meta.population}`, parameters);
    counts.set(check, Number(counted?.n ?? 0));
  }
  return counts;
}

/** A statement for each plans longer than it counts; one for all holds what all of them read until the last is done. */
const COUNTED_TOGETHER = 50;
/** Of so many uses, fewer: fifty joins of a million sessions in one statement did not fit into 896 MB, five do. */
const MANY_USES = 100_000;
const COUNTED_TOGETHER_OF_MANY = 5;

/**
 * The count of each population, by its text. One subquery each: it reads JSON of those rows alone that its other conditions
 * leave, where counting all in one pass (`count(*) FILTER`) reads that of every row for each, which took five times as long.
 */
async function countTogether(store: StoreReader, populations: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
  const texts = [...populations];
  const [uses] = await store.rows('SELECT count(*) AS n FROM obs.usages');
  const together = Number(uses?.n ?? 0) > MANY_USES ? COUNTED_TOGETHER_OF_MANY : COUNTED_TOGETHER;
  const starts = texts.flatMap((_, index) => (index % together === 0 ? [index] : []));
  const counted = await inLanes(starts, store.lanes ?? 1, async (start) => {
    const some = texts.slice(start, start + together);
    const columns = some.map((text, index) => `(SELECT count(*) FROM ${text}) AS "${index}"`);
    const [row] = await store.rows(`SELECT ${columns.join(', ')}`);
    return some.map((text, index) => [text, Number(row?.[index] ?? 0)] as const);
  });
  return new Map(counted.flat());
}

async function query(store: StoreReader, check: Check, sql: string, parameters?: ParameterOverrides): Promise<Row[]> {
  try {
    return await store.rows(sql, bindings(check, sql, parameters));
  } catch (error) {
    throw new RuleError(`${check.file}: the check cannot run: ${messageOf(error)}`, {
      code: 'CHECK_FAILED',
      hint: 'Run `nhi-audit rules check` to see every fault of the rules.',
      cause: error,
    });
  }
}

async function findingsOf(
  store: StoreReader,
  outcomes: readonly Outcome[],
  previous: readonly Finding[],
  now: IsoTime,
): Promise<Finding[]> {
  const hits = outcomes.flatMap((outcome) => outcome.hits);
  const resolved = await resolve(store, hits);
  const named = await nameIds(
    store,
    hits.map(({ message }) => message),
  );
  const before = new Map(previous.map((finding) => [finding.fingerprint, finding]));
  return hits.map((hit): Finding => {
    const { meta } = hit.check;
    const known = before.get(hit.fingerprint);
    const { severity, confidence, message } = lowerInFixtures(hit, resolved.fixtureOf(hit));
    const evidence = resolved.evidenceOf(hit);
    return {
      fingerprint: hit.fingerprint,
      rule: meta.id,
      title: meta.title,
      message: named(message),
      severity,
      confidence,
      // A developer is shown what must be fixed; what may be nothing waits for a look by security.
      persona: meta.persona === 'dev' && confidence === 'low' ? 'security' : meta.persona,
      status: known === undefined ? 'new' : 'open',
      ...(hit.identity === undefined ? {} : { identity: hit.identity }),
      ...(hit.credential === undefined ? {} : { credential: hit.credential }),
      subject: resolved.subjectOf(hit),
      controls: meta.controls,
      evidence,
      surfaces: surfacesOf(evidence),
      firstSeen: known?.firstSeen ?? now,
      lastSeen: now,
      fix: hit.fix,
      ...(hit.detail === undefined ? {} : { detail: hit.detail }),
    };
  });
}

async function goneFindings(
  store: StoreReader,
  outcomes: readonly Outcome[],
  previous: readonly Finding[],
  findings: readonly Finding[],
): Promise<readonly Finding[]> {
  const here = new Set(findings.map((finding) => finding.fingerprint));
  const gone = previous.filter((finding) => !here.has(finding.fingerprint) && !isToldOtherwise(finding, outcomes, findings));
  const inFull = new Set(outcomes.filter((o) => o.assessment.state === 'complete').map((o) => o.result.rule));
  const again = await lookedAtAgain(
    store,
    gone.filter((finding) => inFull.has(finding.rule)),
  );
  return gone.map((finding): Finding => {
    const status: FindingStatus = again.has(finding.fingerprint) ? 'fixed' : 'not-observed';
    return { ...finding, status };
  });
}

/** A guess that has become a certainty is not fixed: what it rested on is evidence of a finding about that credential. */
function isToldOtherwise(gone: Finding, outcomes: readonly Outcome[], findings: readonly Finding[]): boolean {
  const { meta } = outcomes.find(({ result }) => result.rule === gone.rule)?.check ?? {};
  if (meta?.about !== 'sighting' || gone.credential === undefined) return false;
  const told = new Set(
    findings.flatMap(({ credential, evidence }) =>
      credential === gone.credential ? evidence.map((item) => item.observation) : [],
    ),
  );
  return gone.evidence.some((item) => told.has(item.observation));
}
