import { z } from 'zod';
import type { CheckResult } from '../contracts/check.ts';
import type { Acceptance, AcceptanceUse, Finding } from '../contracts/finding.ts';
import type { StoreReader } from '../store/reader.ts';
import { maskNamesIn } from '../util/mask-names.ts';
import { nearest } from '../util/nearest.ts';
import type { LoadedException } from './exceptions.ts';
import type { IgnoreEntry } from './ignore-file.ts';
import type { KnownEntry } from './known.ts';
import { ruleCommentsIn } from './rule-comments.ts';

/** Everything that may accept a finding in this run. */
export interface Acceptors {
  /** Are comments beside a secret honoured? */
  readonly comments: boolean;
  /** Entries of the ignore files at the top of each target, by the target's name: for what lies in that repository. */
  readonly ignored: ReadonlyMap<string, readonly IgnoreEntry[]>;
  /** The same for a repository that lies in `directory` below a target. Absent: ignore files are not asked. */
  readonly ignoredIn?: (target: string, directory: string) => readonly IgnoreEntry[];
  readonly known: readonly KnownEntry[];
  readonly exceptions: readonly LoadedException[];
  /** Ids of our detectors: a rule of another tool that is none of them says only where. */
  readonly detectors: ReadonlySet<string>;
  /** Are fingerprints the same in the next run? Else one that is named proves nothing by its absence. */
  readonly isKeyKept: boolean;
  /** Was all looked at, so that an entry that covers nothing is stale? */
  readonly isWholeLook: boolean;
  /** Masks what is a credential in a line of an ignore file, an exception or a baseline: they are told as written else. */
  readonly mask: (text: string) => string;
}

/** Rules of other tools that mean the same as a check of ours: `['zizmor/artipacked']` by its id. */
export type Equivalents = ReadonlyMap<string, readonly string[]>;

export interface Accepted {
  readonly findings: readonly Finding[];
  readonly results: readonly CheckResult[];
  readonly uses: readonly AcceptanceUse[];
}

const SightingRow = z.object({
  observation_id: z.string(),
  target: z.string(),
  detector: z.string(),
  fingerprint: z.string(),
  repository: z.string().nullable(),
  directory: z.string().nullable(),
  path: z.string().nullable(),
  line: z.coerce.number().nullable(),
  commit: z.string().nullable(),
  author: z.string().nullable(),
  date: z.string().nullable(),
  allowed_by: z.string().nullable(),
  baseline_id: z.string().nullable(),
});
type Row = z.infer<typeof SightingRow>;

const SIGHTINGS = `
  SELECT DISTINCT s.observation_id, p.target, s.detector, s.fingerprint,
    (s.location->>'$.repository') AS repository, (s.location->>'$.directory') AS directory, (s.location->>'$.path') AS path, (s.location->>'$.line') AS line, (s.location->>'$.commit') AS commit,
    (s.location->>'$.author') AS author, (s.location->>'$.date') AS date,
    (s.detail->>'$.allowedBy') AS allowed_by, (s.detail->>'$.baselineId') AS baseline_id
  FROM obs.sightings AS s
  JOIN parts AS p USING (part_id)
  SEMI JOIN run_parts AS r ON r.part_id = s.part_id AND r.run_id = (SELECT run_id FROM current_run)`;

interface Tally {
  readonly acceptance: Acceptance;
  problem?: string;
  sightings: number;
  findings: number;
  readonly accepts: Set<string>;
  /** Who wrote it, and when: of several versions of a file the first. */
  written?: { readonly by: string; readonly date: string };
  state: AcceptanceUse['state'];
}

/**
 * Marks findings as excepted: those of which every place where the credential was seen is accepted (one that is not keeps
 * the finding open), and those that an exception selects. Counts what each acceptance covers.
 */
export async function acceptFindings(
  store: StoreReader,
  findings: readonly Finding[],
  results: readonly CheckResult[],
  acceptors: Acceptors,
  equivalents: Equivalents = new Map(),
): Promise<Accepted> {
  const tallies = new Map<string, Tally>();
  const sightings = await acceptedSightings(store, acceptors, tallies);
  const comments = acceptors.comments ? await ruleComments(store, tallies, equivalents) : [];
  const exceptions = acceptors.exceptions.map((exception) => ({
    exception,
    tally: note(tallies, acceptanceOf(exception), exception.isExpired ? 'expired' : 'stale'),
  }));
  const judged = findings.map((finding): Finding => {
    if (finding.status === 'fixed' || finding.status === 'not-observed') return finding;
    const covering = exceptions.filter(({ exception }) => exception.covers(finding));
    for (const { tally } of covering) cover(tally, finding);
    for (const { exception, tally } of exceptions) {
      if (!exception.isExpired && exception.isOutgrownBy(finding)) {
        tally.problem = `what it accepts as ${exception.severity} is ${finding.severity} now`;
      }
    }
    const valid = covering.find(({ exception }) => !exception.isExpired);
    if (valid !== undefined) valid.tally.state = 'used';
    const acceptance =
      valid?.tally.acceptance ??
      acceptanceOfPlaces(finding, sightings) ??
      acceptanceOfComment(finding, comments, equivalents.get(finding.rule) ?? []);
    return acceptance === undefined
      ? finding
      : { ...finding, status: 'excepted', acceptedBy: maskNamesIn(acceptance, acceptors.mask) };
  });
  const uses = [...tallies.values()]
    .filter(
      ({ state, acceptance, problem }) =>
        state !== 'stale' || problem !== undefined || (acceptors.isWholeLook && canBeStale(acceptance, acceptors.isKeyKept)),
    )
    .map(({ acceptance, state, findings: covered, accepts, written, problem }) => ({
      ...maskNamesIn(acceptance, acceptors.mask),
      state,
      findings: covered,
      ...(written === undefined ? {} : { author: acceptors.mask(written.by) }),
      ...(accepts.size === 0 || acceptance.source === 'exception' ? {} : { accepts: [...accepts].sort() }),
      ...(problem === undefined || state === 'used' ? {} : { problem: acceptors.mask(problem) }),
    }));
  return { findings: judged, results: recount(results, judged), uses };
}

/** A comment that was met beside a secret is not stale; a fingerprint that changes with each run cannot be met again. */
function canBeStale({ source, entry, place }: Acceptance, isKeyKept: boolean): boolean {
  // One that names a check stands where it was read, whether or not there is something to accept.
  if (source === 'comment') return place !== undefined;
  return isKeyKept || source !== 'exception' || !entry.startsWith('finding ');
}

/** Which sightings are accepted, and by what. */
async function acceptedSightings(
  store: StoreReader,
  acceptors: Acceptors,
  tallies: Map<string, Tally>,
): Promise<ReadonlyMap<string, Tally>> {
  const { comments, ignored, ignoredIn, known, detectors } = acceptors;
  const noted = (list: readonly IgnoreEntry[]) => list.map((entry) => ({ entry, tally: noteEntry(tallies, entry) }));
  const entries = new Map([...ignored].map(([target, list]) => [target, noted(list)]));
  const inside = new Map<string, ReturnType<typeof noted>>();
  /** Of the repository that holds the file. */
  const ownEntries = ({ target, directory }: Row): ReturnType<typeof noted> => {
    if (directory === null) return entries.get(target) ?? [];
    const key = JSON.stringify([target, directory]);
    const own = inside.get(key) ?? noted(ignoredIn?.(target, directory) ?? []);
    inside.set(key, own);
    return own;
  };
  const files = known.map((entry) => ({ entry, tally: noteKnown(tallies, entry) }));
  const asksAll = files.length > 0 || [...entries.values()].some((list) => list.length > 0);
  if (!asksAll && !comments && ignoredIn === undefined) return new Map();
  const asked = [
    ...(comments ? ["(s.detail->>'$.allowedBy') IS NOT NULL"] : []),
    ...(ignoredIn === undefined ? [] : ["(s.location->>'$.directory') IS NOT NULL"]),
  ];
  const where = asksAll ? '' : ` WHERE ${asked.join(' OR ')}`;
  const accepted = new Map<string, Tally>();
  for (const row of z.array(SightingRow).parse(await store.rows(SIGHTINGS + where))) {
    // One that names checks speaks for these alone.
    const isAllowed = comments && row.allowed_by !== null && !row.allowed_by.includes('ignore[');
    const found =
      (isAllowed && row.allowed_by !== null ? noteBeside(tallies, row, row.allowed_by) : undefined) ??
      ownEntries(row).find(({ entry }) => isAt(row, entry, detectors))?.tally ??
      entries.get(row.target)?.find(({ entry }) => isAt(fromTarget(row), entry, detectors))?.tally ??
      files.find(({ entry }) => isKnown(fromTarget(row), entry, detectors))?.tally;
    if (found === undefined) continue;
    found.sightings += 1;
    found.state = 'used';
    accepted.set(row.observation_id, found);
  }
  return accepted;
}

interface PlacedComment {
  readonly comment: z.infer<typeof CommentRow>['comment'];
  readonly repository: string | null;
  readonly path: string;
  readonly tally: Tally;
}

const CommentRow = z.object({
  repository: z.string().nullable(),
  path: z.string(),
  comment: z.object({
    tool: z.enum(['nhi-audit', 'zizmor', 'checkov']),
    rules: z.array(z.string()),
    reason: z.string().nullish(),
    entry: z.string(),
    line: z.coerce.number(),
    from: z.coerce.number(),
    to: z.coerce.number(),
    blockTo: z.coerce.number().nullish().catch(undefined),
  }),
});

/** The comments that name checks: those that file scanners met in their files, and those beside a secret in any other. */
async function ruleComments(
  store: StoreReader,
  tallies: Map<string, Tally>,
  checks: Equivalents,
): Promise<readonly PlacedComment[]> {
  const rows = await store.rows(
    `SELECT location->>'$.repository' AS repository, location->>'$.path' AS path,
       unnest(from_json(detail->'$.ruleComments', '[{"tool":"VARCHAR","rules":["VARCHAR"],"reason":"VARCHAR","entry":"VARCHAR","line":"BIGINT","from":"BIGINT","to":"BIGINT","blockTo":"BIGINT"}]')) AS comment
     FROM coverage WHERE (detail->'$.ruleComments') IS NOT NULL`,
  );
  const placed = z.array(CommentRow).parse(rows);
  const met = new Set(placed.map(({ path, comment }) => `${path}:${comment.line}`));
  const beside = await store.rows(
    `SELECT DISTINCT location->>'$.repository' AS repository, location->>'$.path' AS path, location->>'$.line' AS line, detail->>'$.allowedBy' AS written
     FROM sightings WHERE contains(detail->>'$.allowedBy', 'ignore[') AND (location->>'$.path') IS NOT NULL`,
  );
  for (const row of beside) {
    const [comment] = ruleCommentsIn(String(row.written));
    const line = Number(row.line);
    if (comment === undefined || met.has(`${row.path}:${line}`) || met.has(`${row.path}:${line - 1}`)) continue;
    const repository = typeof row.repository === 'string' ? row.repository : null;
    placed.push({
      repository,
      path: String(row.path),
      comment: { ...comment, rules: [...comment.rules], line, from: line, to: line },
    });
  }
  return placed.map((row) => {
    const { entry, reason, line } = row.comment;
    const acceptance: Acceptance = {
      source: 'comment',
      entry,
      place: `${row.path}:${line}`,
      ...(row.repository === null ? {} : { repository: row.repository }),
      ...(reason === null || reason === undefined || reason === '' ? {} : { reason }),
    };
    const tally = note(tallies, acceptance, 'stale', problemOf(row.comment, checks));
    return { ...row, tally };
  });
}

/** Of our own comments; what other tools take for theirs may name rules that we have no check for. */
function problemOf({ tool, rules, reason }: PlacedComment['comment'], checks: Equivalents): string | undefined {
  if (tool !== 'nhi-audit') return undefined;
  const [unknown] = checks.size === 0 ? [] : rules.filter((rule) => !checks.has(rule));
  if (unknown !== undefined) {
    const meant = nearest(unknown, checks.keys());
    return `there is no check ${unknown}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
  }
  return (reason ?? '') === '' ? 'it gives no reason: write one behind the bracket' : undefined;
}

/**
 * A comment in the file of the finding. Of a credential that was seen at several places, each must have one; what is found by
 * how things stand together is accepted at any of them.
 */
function acceptanceOfComment(
  finding: Finding,
  comments: readonly PlacedComment[],
  equivalents: readonly string[],
): Acceptance | undefined {
  if (comments.length === 0) return undefined;
  const speaking = comments.filter(({ comment: { tool, rules, reason } }) =>
    tool === 'nhi-audit'
      ? (reason ?? '') !== '' && rules.includes(finding.rule)
      : rules.some((rule) => equivalents.includes(`${tool}/${rule}`)),
  );
  if (speaking.length === 0) return undefined;
  const covering = finding.evidence.map((item) => speaking.find((one) => isUnder(item, one)));
  const needsAll = finding.evidence.every(({ kind }) => kind === 'sighting');
  const found = covering.filter((one) => one !== undefined);
  if (found.length === 0 || (needsAll && found.length < covering.length)) return undefined;
  for (const tally of new Set(found.map((one) => one.tally))) {
    tally.state = 'used';
    cover(tally, finding);
  }
  return found[0]?.tally.acceptance;
}

function isUnder({ at, kind }: Finding['evidence'][number], { repository, path, comment }: PlacedComment): boolean {
  if (at?.line === undefined || at.path !== path || (at.repository ?? null) !== repository) return false;
  // What a job or resource does is told at lines of its own; a credential that is written out is accepted at its line alone.
  const to = kind === 'sighting' ? comment.to : (comment.blockTo ?? comment.to);
  return at.line <= to && (at.endLine ?? at.line) >= comment.from;
}

/** As a list that was made at the top of the target has it: it counts paths from there, into the repositories inside, too. */
function fromTarget(row: Row): Row {
  return row.directory === null || row.path === null ? row : { ...row, path: `${row.directory}/${row.path}` };
}

/** The place of an ignore entry: without a commit it is meant for all of them. */
function isAt(
  row: Row,
  entry: Pick<IgnoreEntry, 'path' | 'line' | 'rule'> & { readonly commit?: string },
  detectors: ReadonlySet<string>,
): boolean {
  if (row.path !== entry.path || row.line !== entry.line) return false;
  if (entry.commit !== undefined && row.commit !== entry.commit) return false;
  return row.detector === entry.rule || !detectors.has(entry.rule);
}

function isKnown(row: Row, entry: KnownEntry, detectors: ReadonlySet<string>): boolean {
  if (entry.fingerprint !== undefined) return row.fingerprint === entry.fingerprint;
  if (entry.baselineId !== undefined) return row.baseline_id === entry.baselineId && row.path === entry.path;
  const { line, rule } = entry;
  return line !== undefined && rule !== undefined && isAt(row, { ...entry, line, rule }, detectors);
}

/** Every place where it was seen must be accepted: one that is not may be the one that matters. */
function acceptanceOfPlaces(finding: Finding, accepted: ReadonlyMap<string, Tally>): Acceptance | undefined {
  const seen = finding.evidence.filter((item) => item.kind === 'sighting');
  const covers = seen.map((item) => accepted.get(item.observation));
  const [first] = covers;
  if (first === undefined || covers.includes(undefined)) return undefined;
  for (const tally of new Set(covers)) if (tally !== undefined) cover(tally, finding);
  return first.acceptance;
}

/** Checks are told apart by what is open: a rule whose findings are all accepted has passed, by exception. */
function recount(results: readonly CheckResult[], findings: readonly Finding[]): CheckResult[] {
  const excepted = new Map<string, number>();
  for (const { rule, status } of findings) if (status === 'excepted') excepted.set(rule, (excepted.get(rule) ?? 0) + 1);
  return results.map((result) => {
    const count = excepted.get(result.rule) ?? 0;
    if (count === 0) return result;
    const open = Math.max(0, result.findings - count);
    return {
      ...result,
      findings: open,
      excepted: count,
      outcome: open === 0 && result.outcome === 'fail' ? 'pass' : result.outcome,
    };
  });
}

function note(tallies: Map<string, Tally>, acceptance: Acceptance, state: AcceptanceUse['state'], problem?: string): Tally {
  const key = JSON.stringify([acceptance.source, acceptance.repository ?? '', acceptance.place ?? '', acceptance.entry]);
  const known = tallies.get(key);
  if (known !== undefined) return known;
  const tally: Tally = {
    acceptance,
    sightings: 0,
    findings: 0,
    accepts: new Set(),
    state,
    ...(problem === undefined ? {} : { problem }),
  };
  tallies.set(key, tally);
  return tally;
}

/** A comment beside a secret: each place by itself, for each is somebody's word on another secret. */
function noteBeside(tallies: Map<string, Tally>, row: Row, entry: string): Tally {
  const place = row.path === null ? undefined : row.line === null ? row.path : `${row.path}:${row.line}`;
  const acceptance: Acceptance = {
    source: 'comment',
    entry,
    ...(place === undefined ? {} : { place }),
    ...(row.repository === null ? {} : { repository: row.repository }),
  };
  const tally = note(tallies, acceptance, 'stale');
  const { author, date } = row;
  const [by, at] = [author ?? '', date ?? ''];
  if (
    by !== '' &&
    (tally.written === undefined || at < tally.written.date || (at === tally.written.date && by < tally.written.by))
  ) {
    tally.written = { by, date: at };
  }
  return tally;
}

function cover(tally: Tally, { fingerprint }: Finding): void {
  tally.findings += 1;
  tally.accepts.add(fingerprint);
}

function noteEntry(tallies: Map<string, Tally>, { place, entry }: IgnoreEntry): Tally {
  return note(tallies, { source: 'gitleaksignore', entry, place }, 'stale');
}

function noteKnown(tallies: Map<string, Tally>, { source, place, entry }: KnownEntry): Tally {
  return note(tallies, { source, entry, place }, 'stale');
}

function acceptanceOf(exception: LoadedException): Acceptance {
  const { finding, rule, path, repository, credential, identity, severity, place } = exception;
  const selectors = { finding, rule, path, repository, credential, identity, severity };
  const entry = Object.entries(selectors).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
  const { reason, justification, owner, approver, ticket, expires } = exception;
  return {
    source: 'exception',
    entry: entry.join(', '),
    place,
    reason,
    owner,
    expires,
    ...(justification === undefined ? {} : { justification }),
    ...(approver === undefined ? {} : { approver }),
    ...(ticket === undefined ? {} : { ticket }),
  };
}
