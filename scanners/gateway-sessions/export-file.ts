import type { Location, Match, Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { Secret } from '../../src/util/secret.ts';
import { sessionMetrics } from './admin-audit.ts';
import { type Item, isWhole, readDocument, readLargeDocument } from './document.ts';
import { environmentOf } from './environment.ts';
import { staticAdminKey } from './inventory.ts';
import { isPacked, unpacked } from './packed.ts';
import { approval, groupNames } from './policy.ts';
import { observationsOf } from './records.ts';
import { Session } from './schema.ts';
import { SessionMetric } from './schema-rules.ts';
import type { Shape } from './shape.ts';
import { BETWEEN_QUERIES, readRecording } from './stream.ts';
import { NAMES, quote, type RecordsRead, Tally } from './tally.ts';
import { isBeforeGateways, readTime } from './time.ts';
import { type Said, usageOf } from './usage.ts';

export type { RecordsRead } from './tally.ts';

// https://hoop.dev/docs; https://github.com/hoophq/hoop/blob/main/gateway/api/openapi/types.go

/** The records of an export, whichever they are, and what of it could not be read. */
export function* scanExport(given: SourceFile, context: ScanContext): Iterable<Observation> {
  const file = isPacked(given.path) ? unpacked(given) : given;
  if (typeof file === 'string') {
    yield { kind: 'coverage', surface: 'gateway', subject: given.path, outcome: 'denied', why: file, covers: [], at: given.at };
    return;
  }
  const large = readLargeDocument(file.bytes, file.path);
  const text = large === undefined ? file.text() : '';
  const document = large ?? readDocument(text, file.path);
  const tally = new Tally(document);
  const lines = new Lines(text);
  const reading: Reading = { tally, staticKeys: new Set(), metrics: new Map(), context, lines };
  const sighted = new Set<string>();
  if (document.groups !== undefined) {
    tally.meet('groups');
    tally.read(document.groups.length);
    yield groupNames(document.groups, file.at);
  }
  for (const { shape, value, line } of document.items) {
    context.signal.throwIfAborted();
    const at: Location = line === undefined ? file.at : { ...file.at, line };
    tally.meet(shape);
    if (shape === undefined) {
      tally.skip();
      continue;
    }
    for (const row of readItem({ shape, value, line }, at, reading)) {
      if (row.kind === 'sighting') sighted.add(row.credential);
      yield row;
    }
  }
  yield* metricsOf(reading, file.at);
  // Names and tags hold what people wrote there. What sessions hold is told at its place, and the settings of connections, in
  // base64, are the gateway's own store. What is claimed but not ours after all (or broken before the first whole record) is
  // searched as any file.
  for (const match of context.detect(large === undefined ? text : file.bytes, {
    path: file.path,
    specificOnly: !tally.foreign,
  })) {
    if (!tally.foreign && (match.hidden !== undefined || sighted.has(match.credential))) continue;
    yield context.sighting(match, file.at, file.place);
  }
  yield tally.coverage(file);
}

/** Records of one kind as the gateway answered them, without a file around them. */
export function* recordsOf(
  shape: Shape,
  values: readonly unknown[],
  at: Location,
  context: ScanContext,
): Generator<Observation, RecordsRead> {
  const tally = new Tally({ items: [], isList: true, failed: 0, gaps: [] });
  const reading: Reading = { tally, staticKeys: new Set(), metrics: new Map(), context };
  if (shape === 'groups') {
    const names = values.flatMap((value) => groupNameOf(value) ?? []);
    tally.read(names.length);
    yield groupNames(names, at);
    return tally.told;
  }
  for (const value of values) {
    context.signal.throwIfAborted();
    if (isObject(value)) yield* readItem({ shape, value }, at, reading);
    else tally.fail('record', 'it is no object');
  }
  yield* metricsOf(reading, at);
  return tally.told;
}

interface Reading {
  readonly tally: Tally;
  readonly staticKeys: Set<string | undefined>;
  /** Rows of `/metrics/sessions` by session: it has one for each kind of data. */
  readonly metrics: Map<string, SessionMetric[]>;
  readonly context: ScanContext;
  /** Of the file that the record is in. */
  readonly lines?: Lines;
}

function* readItem(
  { shape, value, line }: { readonly shape: Shape; readonly value: Item['value']; readonly line?: number | undefined },
  at: Location,
  { tally, staticKeys, metrics, context, lines }: Reading,
): Iterable<Observation> {
  try {
    if (shape === 'groups') return;
    if (shape === 'session-metric') {
      const row = SessionMetric.safeParse(value).data;
      if (row === undefined || readTime(row.start) === undefined) tally.fail(nameOf(value), 'it has no session, kind or time');
      else {
        tally.read();
        const rows = metrics.get(row.session);
        if (rows === undefined) metrics.set(row.session, [row]);
        else rows.push(row);
      }
      return;
    }
    if (shape !== 'session') {
      yield* readRecord(shape, value, at, tally, context);
      return;
    }
    const session = Session.safeParse(value).data;
    if (session === undefined) {
      tally.fail(nameOf(value), 'it has no id');
      return;
    }
    const start = line ?? lines?.of(session.id);
    yield* readSession(session, isWhole(value), start === undefined ? at : { ...at, line: start }, tally, context);
    if (session.userId === 'API_KEY' && !staticKeys.has(session.org)) {
      staticKeys.add(session.org);
      const { line: _, ...place } = at;
      yield* staticAdminKey(session, place);
    }
  } catch (error) {
    // The stack is what a record nested ten thousand deep uses up.
    if (!(error instanceof RangeError)) throw error;
    tally.fail(nameOf(value), 'it is nested too deep');
  }
}

function* metricsOf({ metrics }: Reading, at: Location): Iterable<Observation> {
  for (const rows of metrics.values()) {
    const usage = sessionMetrics(rows, at);
    if (usage !== undefined) yield usage;
  }
}

/** Names as such, and as the objects that some versions give. */
export function groupNameOf(value: unknown): string | undefined {
  const name = isObject(value) ? value.name : value;
  return typeof name === 'string' && name !== '' ? name.slice(0, 512) : undefined;
}

function isObject(value: unknown): value is Item['value'] {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function* readSession(session: Session, whole: boolean, at: Location, tally: Tally, context: ScanContext): Iterable<Observation> {
  const recording = readRecording(session);
  const texts = [{ part: 'script', text: session.script }, { part: 'metadata', text: session.metadata }, ...recording.texts];
  const found = texts.flatMap(({ part, text }) =>
    text === undefined || text === '' ? [] : [{ part, text, matches: context.detect(text) }],
  );
  const without = (wanted: string): string | undefined => {
    const searched = found.find(({ part }) => part === wanted);
    return searched && blank(searched.text, searched.matches);
  };
  const [script, input] = [without('script'), without('input')];
  const queries = input === undefined ? undefined : splitAgain(input, recording.queries);
  const said: Said = { ...(script === undefined ? {} : { script }), ...(queries === undefined ? {} : { queries }) };
  // What holds a credential names no run.
  const isClean = found.every(({ part, matches }) => part !== 'metadata' || matches.length === 0);
  const usage = usageOf(isClean ? session : { ...session, named: {}, repository: undefined }, recording, at, {
    whole,
    said,
    digest: (text) => context.fingerprint(new Secret(text)),
  });
  if (usage === undefined) tally.fail(session.id, 'its start_date is not a time');
  else if (isBeforeGateways(usage.usedAt)) {
    tally.fail(session.id, `its start_date is of ${usage.usedAt.slice(0, 4)}: seconds were taken for milliseconds, or the like`);
  } else {
    tally.read();
    tally.starts(session.id, daysAhead(usage.usedAt, context));
    if (usage.detail?.endsBeforeStart === true) tally.backwards(session.id);
    yield usage;
    const review = session.review && approval(session.review, session, at);
    if (review !== undefined) yield review;
  }
  if (recording.failed > 0) tally.gap(`session ${quote(session.id)}: ${recording.failed} recorded events cannot be read`);
  if (recording.broken > 0) tally.gap(`session ${quote(session.id)}: ${recording.broken} messages to the database are broken`);
  const environment = environmentOf(session.tags);
  for (const { part, matches } of found) {
    for (const match of matches) {
      // Line and column are those of the record in the file; the line inside the script stands in the detail.
      const line = at.line ?? 1;
      const where: Location = { ...at, line, column: 1, endLine: line, endColumn: 1, pointer: `sessions/${session.id}`, part };
      const sighting = context.sighting(match, where, 'session-log', environment);
      yield { ...sighting, detail: { session: session.id, line: match.line } };
    }
  }
}

/** A key in the place of a name: the grammar would take it for one. The length stays. */
function blank(text: string, matches: readonly Match[]): string {
  const parts: string[] = [];
  let at = 0;
  const shown = matches.filter(({ hidden }) => hidden === undefined).toSorted((a, b) => a.start - b.start);
  for (const { start, end } of shown) {
    if (end <= at) continue;
    const from = Math.max(start, at);
    parts.push(text.slice(at, from), 'x'.repeat(end - from));
    at = end;
  }
  return parts.join('') + text.slice(at);
}

/** The queries that were searched together. */
function splitAgain(joined: string, queries: readonly string[]): string[] {
  let at = 0;
  return queries.map((query) => {
    const text = joined.slice(at, at + query.length);
    at += query.length + BETWEEN_QUERIES.length;
    return text;
  });
}

/** How far ahead of the clock here. */
function daysAhead(time: string, context: ScanContext): number {
  return (Date.parse(time) - context.now().getTime()) / 86_400_000;
}

function* readRecord(
  shape: Exclude<Shape, 'session' | 'groups'>,
  value: { readonly [key: string]: unknown },
  at: Location,
  tally: Tally,
  context: ScanContext,
): Iterable<Observation> {
  const observations = observationsOf(shape, value, at, context);
  if (observations === undefined) {
    tally.fail(nameOf(value), `it lacks what makes it one: ${NAMES[shape].one}`);
    return;
  }
  if (shape === 'plugin' && typeof value.name === 'string') tally.plugin(value.name.toLowerCase());
  yield* observations;
  tally.read();
}

/** Finds the line of each record by its id, going through the text once. */
class Lines {
  readonly #text: string;
  #offset = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  of(id: string): number | undefined {
    const found = this.#text.indexOf(JSON.stringify(id), this.#offset);
    // Not ahead (records in another order, an escaped id): better no line than a search of the whole for every record.
    if (found < 0) return undefined;
    for (
      let next = this.#text.indexOf('\n', this.#offset);
      next >= 0 && next < found;
      next = this.#text.indexOf('\n', next + 1)
    ) {
      this.#line += 1;
    }
    this.#offset = found;
    return this.#line;
  }
}

function nameOf(value: { readonly [key: string]: unknown }): string {
  for (const key of ['id', 'name', 'email', 'subject']) {
    const name = value[key];
    if (typeof name === 'string' && name !== '') return name;
  }
  return 'without a name';
}
