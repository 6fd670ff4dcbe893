import { parse } from 'csv-parse/sync';
import type { CoverageObservation, Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { brokenReasons, quoted } from '../../src/files/coverage.ts';
import { readJsonValues } from '../../src/files/json-values.ts';
import { messageOf } from '../../src/util/errors.ts';
import { clip, printable } from '../../src/util/sanitize.ts';
import { defined } from './defined.ts';
import { type Endpoint, type EndpointId, endpointOf } from './endpoints.ts';
import { type Named, readFileName } from './file-name.ts';
import type { Place } from './place.ts';
import { parseEntries, type Records, readerOf } from './readers.ts';
import { isAuditCsv } from './recognise.ts';
import { Refusal } from './schema.ts';
import { callsOf, isRecord, listIn, type Raw } from './shape.ts';

/** What one call gave, over all its pages in the file. */
interface Part extends Records {
  readonly endpoint: Endpoint;
  /** Of a list with `total_count`: how many there are, as the answers say. */
  total: number;
  seen: number;
}

interface Reading {
  readonly named: Named;
  readonly parts: Map<EndpointId, Part>;
  readonly problems: string[];
  /** What the API refused, in its own words. */
  readonly refusals: string[];
  readonly fingerprint: ScanContext['fingerprint'];
}

export function* scanFile(file: SourceFile, context: ScanContext): Generator<Observation> {
  const text = file.text();
  const reading: Reading = {
    named: readFileName(file.path),
    parts: new Map(),
    problems: [],
    refusals: [],
    fingerprint: context.fingerprint,
  };
  if (isAuditCsv(text.slice(0, 4096))) readAuditCsv(text, reading);
  else readJson(text, reading);
  const { endpoint } = reading.named;
  // An empty list tells by its file's name what there is none of.
  if (reading.parts.size === 0 && reading.problems.length === 0 && reading.refusals.length === 0 && endpoint !== undefined)
    partOf(reading, endpoint.id);
  for (const part of reading.parts.values()) yield* observe(part, reading, file);
  if (reading.parts.size === 0) yield coverageOf(undefined, reading, file, []);
  // Titles and notes hold what people wrote there, alerts what they found; the address of a webhook may be a secret.
  for (const match of context.detect(text, { path: file.path })) yield context.sighting(match, file.at, file.place);
}

function readAuditCsv(text: string, reading: Reading): void {
  const part = partOf(reading, 'audit-log');
  try {
    const rows: unknown[] = parse(text, { columns: true, bom: true, relax_column_count: true, skip_empty_lines: true });
    part.seen += rows.length;
    parseEntries('audit-log', { entries: rows, where: 'row ' }, part, reading.fingerprint);
  } catch (error) {
    reading.problems.push(`it cannot be read as CSV (${clip(printable(messageOf(error)), 120)})`);
  }
}

function readJson(text: string, reading: Reading): void {
  const { values, broken } = readJsonValues(text);
  for (const [index, value] of values.entries()) sortIn(reading, value, values.length > 1 ? `page ${index + 1}` : 'answer', 0);
  reading.problems.push(...brokenReasons(broken));
}

/** `gh api --paginate` prints lists one after the other, `--slurp` a list of them; deeper than that nothing lies. */
function sortIn(reading: Reading, value: unknown, where: string, depth: number): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (Array.isArray(item) && depth > 0) reading.problems.push(`${where}[${index}]: a list in a list`);
      else if (Array.isArray(item)) sortIn(reading, item, `${where}[${index}]`, depth + 1);
      else sortOne(reading, item, `${where}[${index}]`);
    }
    return;
  }
  sortOne(reading, value, where);
}

function sortOne(reading: Reading, value: unknown, where: string): void {
  if (!isRecord(value)) {
    reading.problems.push(`${where}: not an object`);
    return;
  }
  const list = listIn(value);
  if (list !== undefined) {
    const part = partOf(reading, chosen(reading.named, list.ids));
    const total = Number(value.total_count);
    if (Number.isSafeInteger(total)) part.total = Math.max(part.total, total);
    part.seen += list.entries.length;
    parseEntries(part.endpoint.id, { entries: list.entries, where: `${where}.${list.field}` }, part, reading.fingerprint);
    return;
  }
  const id = endpointOfEntry(reading.named, value);
  if (id !== undefined) {
    const part = partOf(reading, id);
    part.seen++;
    const from = Number(/\[(\d+)\]$/.exec(where)?.[1] ?? 0);
    parseEntries(id, { entries: [value], where: where.replace(/\[\d+\]$/, ''), from }, part, reading.fingerprint);
    return;
  }
  const refusal = Refusal.safeParse(value);
  if (refusal.success) reading.refusals.push(wordsOf(refusal.data));
  else reading.problems.push(`${where}: not an answer of GitHub that is read here`);
}

function endpointOfEntry(named: Named, entry: Raw): EndpointId | undefined {
  const calls = callsOf(entry);
  if (calls.length > 0) return chosen(named, calls);
  const id = named.endpoint?.id;
  // People look like people everywhere: only the name of the file says that they are members.
  if ((id === 'members' || id === 'outside-collaborators') && typeof entry.login === 'string') return id;
  // Of a webhook `--jq` may leave its id and where it goes.
  if ((id === 'hooks' || id === 'org-hooks') && isRecord(entry.config)) return id;
  // A secret's name and dates are all that `--jq '.secrets[]'` leaves of it.
  if (id?.endsWith('-secrets') === true && typeof entry.name === 'string' && 'updated_at' in entry) return id;
  return undefined;
}

/** What the file's name says, where the shape allows it; else what most such files are. */
function chosen(named: Named, calls: readonly EndpointId[]): EndpointId {
  const id = named.endpoint?.id;
  if (id !== undefined && calls.includes(id)) return id;
  const level = named.repository !== undefined ? 'repo' : named.org !== undefined ? 'org' : undefined;
  const fitting = calls.find((call) => endpointOf(call).level === level);
  return fitting ?? (calls[0] as EndpointId);
}

function partOf(reading: Reading, id: EndpointId): Part {
  const part = reading.parts.get(id) ?? { endpoint: endpointOf(id), records: [], problems: [], total: 0, seen: 0 };
  reading.parts.set(id, part);
  return part;
}

function* observe(part: Part, reading: Reading, file: SourceFile): Generator<Observation> {
  const { org, repository, environment } = reading.named;
  const place: Place = {
    ...defined({ org, repository, environment }),
    endpoint: part.endpoint,
    at: file.at,
  };
  const ids = new Set<string>();
  for (const observation of readerOf(part.endpoint.id).rows(part.records, place)) {
    if ('id' in observation && observation.id.startsWith('github:-:')) ids.add(observation.id);
    yield observation;
  }
  const why: string[] = [];
  if (ids.size > 0) {
    const wanted = part.endpoint.path.slice(1).replaceAll('/', '__').replace(/[{}]/g, '').toUpperCase();
    const whose = part.endpoint.level === 'org' ? 'organisation' : 'repository';
    why.push(
      `neither the answers nor the name of the file say of which ${whose} they are: name it like its call (${wanted.toLowerCase()}.json)`,
    );
  }
  if (part.total > part.seen) why.push(`it holds ${part.seen} of ${part.total}: export with --paginate, all pages into one file`);
  yield coverageOf(part, reading, file, why);
}

/** Problems quoted in one coverage row. */
const QUOTED = 3;

function coverageOf(part: Part | undefined, reading: Reading, file: SourceFile, more: readonly string[]): CoverageObservation {
  const problems = [...(part?.problems ?? []), ...reading.problems];
  const endpoint = part?.endpoint ?? reading.named.endpoint;
  const why = [...refusalWords(reading.refusals, endpoint), ...more, ...quoted(problems)];
  const read = part?.records.length ?? 0;
  const failed = problems.length;
  const isDenied = reading.refusals.length > 0 && read === 0;
  return {
    kind: 'coverage',
    surface: 'github',
    subject: file.path,
    outcome: why.length === 0 ? 'complete' : isDenied ? 'denied' : 'partial',
    ...(why.length === 0 ? {} : { why: why.join('; ') }),
    // Who made an app, and may become it, is told live alone.
    covers: endpoint?.covers.filter((kind) => kind !== 'trust') ?? ['identity', 'credential', 'grant'],
    seen: read + failed,
    read,
    failed,
    bytes: file.bytes.length,
    at: file.at,
    detail: {
      ...defined({
        export: endpoint?.id,
        types: endpoint?.types,
        org: reading.named.org?.toLowerCase(),
        repository: reading.named.repository?.toLowerCase(),
      }),
    },
  };
}

function refusalWords(refusals: readonly string[], endpoint: Endpoint | undefined): string[] {
  if (refusals.length === 0) return [];
  const right = endpoint === undefined ? '' : `: it needs the ${endpoint.right}`;
  return [`GitHub refused the call (${[...new Set(refusals)].slice(0, QUOTED).join(', ')})${right}`];
}

function wordsOf({
  message,
  status,
}: {
  readonly message: string;
  readonly status?: string | number | null | undefined;
}): string {
  const said = clip(printable(message), 120);
  return status === null || status === undefined ? `"${said}"` : `"${said}", HTTP ${clip(printable(String(status)), 10)}`;
}
