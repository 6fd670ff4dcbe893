import type { CheckResult } from '../contracts/check.ts';
import { type Finding, SEVERITIES } from '../contracts/finding.ts';
import type { StoreReader } from '../store/reader.ts';

const KINDS = ['identities', 'credentials', 'grants', 'trusts', 'consumers'];

/** What one side of a change comes to. */
export interface Side {
  readonly findings: readonly Finding[];
  /** Files that could not be read. */
  readonly unread: ReadonlySet<string>;
}

/**
 * Before a merge only what the change brought is news. A finding with evidence on an added line is; one that rests on lines
 * left alone is when the changed files did not have it before: the change took something out, or changed it elsewhere.
 */
export async function onlyBrought(
  store: StoreReader,
  findings: readonly Finding[],
  results: readonly CheckResult[],
  /** What these rules find in the changed files as they were; asked only if somebody must know. */
  before: (rules: ReadonlySet<string>) => Promise<Side>,
): Promise<{ readonly findings: readonly Finding[]; readonly results: readonly CheckResult[] }> {
  const rows = await store.rows(
    KINDS.map((table) => `SELECT observation_id FROM obs.${table} WHERE (detail->>'$.unchanged') = 'true'`).join(' UNION ALL '),
  );
  if (rows.length === 0) return { findings, results };
  const unchanged = new Set(rows.map((row) => String(row.observation_id)));
  const inDoubt = findings.filter(
    ({ evidence }) => evidence.length > 0 && evidence.every((item) => unchanged.has(item.observation)),
  );
  if (inDoubt.length === 0) return { findings, results };
  const brought = broughtBy(inDoubt, await before(new Set(inDoubt.map(({ rule }) => rule))));
  const doubted = new Set(inDoubt);
  const news = findings.flatMap((finding) => (doubted.has(finding) ? (brought.get(finding) ?? []) : finding));
  const left = new Map<string, number>();
  for (const { rule } of news) left.set(rule, (left.get(rule) ?? 0) + 1);
  return {
    findings: news,
    results: results.map((result) => {
      if (result.outcome !== 'fail') return result;
      const count = left.get(result.rule) ?? 0;
      return { ...result, findings: count, outcome: count === 0 ? 'pass' : 'fail' };
    }),
  };
}

/** Those that the side before has not, or has as less grave or about less; with words that say so, for their lines look as they did. */
function broughtBy(inDoubt: readonly Finding[], { findings: old, unread }: Side): ReadonlyMap<Finding, Finding> {
  const brought = new Map<Finding, Finding>();
  const known = new Map(old.map((finding) => [finding.fingerprint, finding]));
  const likenesses = new Map<string, Finding[]>();
  const here = new Set(inDoubt.map(({ fingerprint }) => fingerprint));
  for (const finding of old) {
    if (here.has(finding.fingerprint)) continue;
    const likeness = likenessOf(finding);
    likenesses.set(likeness, [...(likenesses.get(likeness) ?? []), finding]);
  }
  for (const finding of inDoubt) {
    // Each stands for one: a second of the kind is new.
    const twin = known.get(finding.fingerprint) ?? likenesses.get(likenessOf(finding))?.pop();
    if (twin === undefined) {
      if (!finding.evidence.some(({ at }) => unread.has(at?.path ?? ''))) brought.set(finding, told(finding, 'brought', BROUGHT));
    } else if (SEVERITIES.indexOf(finding.severity) > SEVERITIES.indexOf(twin.severity)) {
      brought.set(finding, told(finding, 'graver', graverThan(twin)));
    } else if (isWider(finding, twin)) {
      brought.set(finding, told(finding, 'wider', WIDER));
    }
  }
  return brought;
}

const BROUGHT = 'The change brought this by what it took out or changed elsewhere: the lines shown are as they were.';

const WIDER = 'There was some of it before: what the change took out or changed elsewhere makes it more.';

function graverThan({ severity }: Finding): string {
  return `Before the change it was ${severity}: what the change took out or changed elsewhere makes it graver.`;
}

function told(finding: Finding, change: 'brought' | 'graver' | 'wider', words: string): Finding {
  return { ...finding, message: `${finding.message} ${words}`, detail: { ...finding.detail, byChange: change } };
}

/** Does it rest on more of a file than it did? One finding may be of many jobs. */
function isWider(finding: Finding, twin: Finding): boolean {
  const old = countPlaces(twin);
  return [...countPlaces(finding)].some(([place, count]) => count > (old.get(place) ?? 0));
}

function countPlaces({ evidence }: Finding): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, at } of evidence) {
    const place = `${kind} ${at?.path ?? ''}`;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
}

/** A line, an index or a cell. Other numbers are of the name: `build2` is not `build1`. */
const POSITIONS = /:\d+(?::\d+)?(?![\w.])|\[\d+\]|\bcell \d+/g;

/** The same thing on another line: names may hold a line or a position. */
function likenessOf({ rule, identity, credential, subject }: Finding): string {
  return JSON.stringify([rule, identity, credential, subject].map((part) => part?.replace(POSITIONS, '0')));
}
