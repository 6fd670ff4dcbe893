import type { JsonObject, Location, Observation, ObservationKind, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { readConnection } from './connection.ts';
import { type Document, type Item, readDocument } from './document.ts';
import { environmentOf } from './environment.ts';
import { apiKey, machineIdentity, person, serviceAccount, staticAdminKey } from './inventory.ts';
import {
  AccessRequestRule,
  ApiKey,
  Connection,
  MachineIdentity,
  MaskingRule,
  ServerInfo,
  ServiceAccount,
  Session,
  User,
} from './schema.ts';
import type { Shape } from './shape.ts';
import { readRecording } from './stream.ts';
import { usageOf } from './usage.ts';

// https://hoop.dev/docs; https://github.com/hoophq/hoop/blob/main/gateway/api/openapi/types.go

/** The records of an export, whichever they are, and what of it could not be read. */
export function* scanExport(file: SourceFile, context: ScanContext): Iterable<Observation> {
  const text = file.text();
  const document = readDocument(text, file.path);
  const tally = new Tally(document);
  const lines = new Lines(text);
  const staticKeys = new Set<string | undefined>();
  const sighted = new Set<string>();
  for (const { shape, value, line } of distinct(document.items)) {
    context.signal.throwIfAborted();
    const at: Location = line === undefined ? file.at : { ...file.at, line };
    tally.meet(shape);
    if (shape === undefined) {
      tally.skip();
      continue;
    }
    for (const row of readItem({ shape, value, line }, at, { tally, staticKeys, context, lines })) {
      if (row.kind === 'sighting') sighted.add(row.credential);
      yield row;
    }
  }
  // Names and tags hold what people wrote there. What sessions hold is told at its place, and the settings of connections, in
  // base64, are the gateway's own store. What is claimed but not ours after all (or broken before the first whole record) is
  // searched as any file.
  for (const match of context.detect(text, { path: file.path, specificOnly: !tally.foreign })) {
    if (!tally.foreign && (match.hidden !== undefined || sighted.has(match.credential))) continue;
    yield context.sighting(match, file.at, file.place);
  }
  yield tally.coverage(file);
}

/** What came of the records of one answer. */
export interface RecordsRead {
  readonly read: number;
  /** Of those that could not be read: which, and why. */
  readonly problems: readonly string[];
}

/** Records of one kind as the gateway answered them, without a file around them. */
export function* recordsOf(
  shape: Shape,
  values: readonly unknown[],
  at: Location,
  context: ScanContext,
): Generator<Observation, RecordsRead> {
  const tally = new Tally({ items: [], isList: true, failed: 0, gaps: [] });
  const staticKeys = new Set<string | undefined>();
  for (const value of values) {
    context.signal.throwIfAborted();
    if (isObject(value)) yield* readItem({ shape, value }, at, { tally, staticKeys, context });
    else tally.fail('record', 'it is no object');
  }
  return tally.told;
}

interface Reading {
  readonly tally: Tally;
  readonly staticKeys: Set<string | undefined>;
  readonly context: ScanContext;
  /** Of the file that the record is in. */
  readonly lines?: Lines;
}

function* readItem(
  { shape, value, line }: { readonly shape: Shape; readonly value: Item['value']; readonly line?: number | undefined },
  at: Location,
  { tally, staticKeys, context, lines }: Reading,
): Iterable<Observation> {
  try {
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

function isObject(value: unknown): value is Item['value'] {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function* readSession(session: Session, whole: boolean, at: Location, tally: Tally, context: ScanContext): Iterable<Observation> {
  const recording = readRecording(session);
  const usage = usageOf(session, recording, at, whole);
  if (usage === undefined) tally.fail(session.id, 'its start_date is not a time');
  else {
    tally.read();
    yield usage;
  }
  if (recording.failed > 0) tally.gap(`session ${quote(session.id)}: ${recording.failed} recorded events cannot be read`);
  const texts = [{ part: 'script', text: session.script }, { part: 'metadata', text: session.metadata }, ...recording.texts];
  const environment = environmentOf(session.tags);
  for (const { part, text } of texts) {
    if (text === undefined || text === '') continue;
    for (const match of context.detect(text)) {
      // Line and column are those of the record in the file; the line inside the script stands in the detail.
      const line = at.line ?? 1;
      const where: Location = { ...at, line, column: 1, endLine: line, endColumn: 1, pointer: `sessions/${session.id}`, part };
      const sighting = context.sighting(match, where, 'session-log', environment);
      yield { ...sighting, detail: { session: session.id, line: match.line } };
    }
  }
}

function* readRecord(
  shape: Exclude<Shape, 'session'>,
  value: { readonly [key: string]: unknown },
  at: Location,
  tally: Tally,
  context: ScanContext,
): Iterable<Observation> {
  const observations = observationsOf(shape, value, at, tally, context);
  if (observations === undefined) {
    tally.fail(nameOf(value), `it lacks what makes it a ${NAMES[shape].one}`);
    return;
  }
  yield* observations;
  tally.read();
}

/** `undefined` when the record lacks what it needs. */
function observationsOf(
  shape: Exclude<Shape, 'session'>,
  value: unknown,
  at: Location,
  tally: Tally,
  context: ScanContext,
): Iterable<Observation> | undefined {
  switch (shape) {
    case 'connection': {
      const row = Connection.safeParse(value).data;
      return row && readConnection(row, at, context);
    }
    case 'service-account': {
      const row = ServiceAccount.safeParse(value).data;
      return row && serviceAccount(row, at);
    }
    case 'api-key':
    case 'ai-agent': {
      const row = ApiKey.safeParse(value).data;
      return row && apiKey(row, shape === 'ai-agent' ? 'agent' : 'api-key', at);
    }
    case 'machine-identity': {
      const row = MachineIdentity.safeParse(value).data;
      return row && [machineIdentity(row, at)];
    }
    case 'user': {
      const row = User.safeParse(value).data;
      return row && [person(row, at)];
    }
    case 'access-request-rule':
      return tally.keep('accessRequestRules', AccessRequestRule.safeParse(value).data);
    case 'masking-rule':
      return tally.keep('maskingRules', MaskingRule.safeParse(value).data);
    case 'server-info':
      return tally.keep('server', ServerInfo.safeParse(value).data);
  }
}

/** The same session twice in one file (overlapping pages): the fuller record counts, at the first one's place. */
function distinct(items: readonly Item[]): Iterable<Item> {
  const byKey = new Map<string, Item>();
  for (const [index, item] of items.entries()) {
    const id = item.value.id;
    const key = typeof id === 'string' && item.shape !== undefined ? `${item.shape} ${id}` : `#${index}`;
    const known = byKey.get(key);
    if (known === undefined || (!isWhole(known.value) && isWhole(item.value))) byKey.set(key, item);
  }
  return byKey.values();
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

/** Only a single session has these. */
function isWhole(value: { readonly [key: string]: unknown }): boolean {
  return (value.script ?? value.event_stream ?? value.ai_analysis ?? undefined) !== undefined || 'ai_analysis' in value;
}

function nameOf(value: { readonly [key: string]: unknown }): string {
  for (const key of ['id', 'name', 'email', 'subject']) {
    const name = value[key];
    if (typeof name === 'string' && name !== '') return name;
  }
  return 'without a name';
}

/** A stranger's text inside a sentence of ours: one line, no control characters, not too long. */
function quote(text: string): string {
  return JSON.stringify(text.slice(0, 60)).replace(/[\u007f-\u009f\u2028\u2029]/g, '?');
}

/** `types` go into the detail of coverage, for needs like `identity:api-key@gateway`; a list of sessions gives `session-list`, too. */
const NAMES: {
  readonly [shape in Shape]: {
    readonly one: string;
    readonly covers: readonly ObservationKind[];
    readonly types?: readonly string[];
  };
} = {
  session: { one: 'session', covers: ['usage', 'sighting'], types: ['session'] },
  connection: { one: 'connection', covers: ['consumer', 'credential', 'identity'], types: ['connection'] },
  'service-account': { one: 'service account', covers: ['identity', 'grant'], types: ['service-account'] },
  'api-key': { one: 'API key', covers: ['identity', 'credential', 'grant'], types: ['api-key'] },
  'ai-agent': { one: 'AI agent', covers: ['identity', 'credential', 'grant'], types: ['agent'] },
  'machine-identity': { one: 'machine identity', covers: ['identity'], types: ['machine-identity'] },
  user: { one: 'user', covers: ['person'], types: ['user'] },
  'access-request-rule': { one: 'access request rule', covers: [] },
  'masking-rule': { one: 'masking rule', covers: [] },
  'server-info': { one: 'server information', covers: [] },
};

/** Counts one file. */
class Tally {
  readonly #shapes = new Set<Shape>();
  readonly #gaps: string[];
  readonly #bad: string[] = [];
  readonly #kept: { [name: string]: JsonObject[] } = {};
  readonly #broken: boolean;
  readonly #isList: boolean;
  #read = 0;
  #skipped = 0;
  #failed: number;

  constructor(document: Document) {
    this.#gaps = [...document.gaps];
    this.#failed = document.failed;
    this.#broken = document.failed > 0;
    this.#isList = document.isList;
    if (document.empty !== undefined) this.#shapes.add(document.empty);
  }

  meet(shape: Shape | undefined): void {
    if (shape !== undefined) this.#shapes.add(shape);
  }

  read(): void {
    this.#read += 1;
  }

  skip(): void {
    this.#skipped += 1;
  }

  fail(name: string, why: string): void {
    this.#failed += 1;
    this.#bad.push(`${quote(name)}: ${why}`);
  }

  gap(why: string): void {
    this.#gaps.push(why);
  }

  /** Rules and settings have no kind of their own: they go into the file's coverage row, for reports and queries. */
  keep(name: string, row: object | undefined): Iterable<Observation> | undefined {
    if (row === undefined) return undefined;
    const list = this.#kept[name] ?? [];
    this.#kept[name] = list;
    list.push(JSON.parse(JSON.stringify(row)));
    return [];
  }

  get told(): RecordsRead {
    return { read: this.#read, problems: [...this.#bad, ...this.#gaps] };
  }

  /** Some of the file may be something else than a gateway's export. */
  get foreign(): boolean {
    return this.#skipped > 0 || (this.#broken && this.#read === 0);
  }

  coverage(file: SourceFile): Observation {
    const shapes = [...this.#shapes].sort();
    const covers = [...new Set(shapes.flatMap((shape) => NAMES[shape].covers))].sort();
    const types = shapes.flatMap((shape) => NAMES[shape].types ?? []);
    if (this.#isList && types.includes('session')) types.push('session-list');
    const detail = { ...this.#kept, ...(types.length === 0 ? {} : { types }) };
    const why = [...this.#gaps];
    if (this.#bad.length > 0) {
      const more = this.#bad.length > 5 ? `, and ${this.#bad.length - 5} more` : '';
      why.push(`${this.#bad.length} records cannot be read (${this.#bad.slice(0, 5).join('; ')}${more})`);
    }
    if (this.#skipped > 0) why.push(`${this.#skipped} records are none that the gateway exports`);
    const seen = this.#read + this.#skipped + this.#failed;
    const unknown = shapes.length === 0;
    return {
      kind: 'coverage',
      surface: 'gateway',
      subject: `${file.path}: ${unknown ? 'nothing that is known' : shapes.map((shape) => NAMES[shape].one).join(', ')}`,
      outcome: unknown ? 'unsupported' : why.length > 0 ? 'partial' : 'complete',
      ...(why.length > 0 || unknown ? { why: why.join('; ') || 'it holds no record that a gateway exports' } : {}),
      covers,
      seen,
      read: this.#read,
      skipped: this.#skipped,
      failed: this.#failed,
      bytes: file.bytes.length,
      at: file.at,
      ...(Object.keys(detail).length === 0 ? {} : { detail }),
    };
  }
}
