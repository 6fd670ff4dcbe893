import { type DuckDBAppender, type DuckDBConnection, LIST, listValue, timestampValue, VARCHAR } from 'duckdb';
import { OBSERVATION_KINDS, type Observation, type ObservationKind } from '../contracts/index.ts';
import { contentId } from '../util/digest.ts';
import { type Cell, type ColumnType, TABLES } from './columns.ts';

const FLUSH_EVERY = 50_000;

/** Typed appends of observations to `obs.*`, in batches, on one connection and so in its transaction. */
export class ObservationAppender {
  readonly #connection: DuckDBConnection;
  readonly #appenders = new Map<ObservationKind, DuckDBAppender>();
  readonly #counts = new Map<ObservationKind, number>();
  /** A unit that yields the same fact twice (overlapping pages) adds one row. */
  #seen = new Set<string>();
  #part: bigint | undefined;
  #sinceFlush = 0;

  constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  get counts(): { readonly [kind: string]: number } {
    return Object.fromEntries(OBSERVATION_KINDS.map((kind) => [kind, this.#counts.get(kind) ?? 0]));
  }

  /** Appends one row; returns the id of the observation. */
  async append(part: bigint, observation: Observation): Promise<string> {
    if (part !== this.#part) {
      this.#part = part;
      this.#seen = new Set();
    }
    const id = contentId(observation);
    if (this.#seen.has(id)) return id;
    this.#seen.add(id);
    const appender = this.#appenders.get(observation.kind) ?? (await this.#open(observation.kind));
    appender.appendVarchar(id);
    appender.appendUBigInt(part);
    for (const [name, type, value] of TABLES[observation.kind].columns) {
      const cell = (value as (o: Observation) => Cell)(observation);
      if (cell === undefined || cell === null) appender.appendNull();
      else appendCell(appender, type, cell, `${observation.kind}.${name}`);
    }
    appender.endRow();
    this.#counts.set(observation.kind, (this.#counts.get(observation.kind) ?? 0) + 1);
    this.#sinceFlush += 1;
    if (this.#sinceFlush >= FLUSH_EVERY) this.flush();
    return id;
  }

  flush(): void {
    for (const appender of this.#appenders.values()) appender.flushSync();
    this.#sinceFlush = 0;
  }

  close(): void {
    for (const appender of this.#appenders.values()) appender.closeSync();
    this.#appenders.clear();
  }

  async #open(kind: ObservationKind): Promise<DuckDBAppender> {
    const appender = await this.#connection.createAppender(TABLES[kind].name, 'obs');
    this.#appenders.set(kind, appender);
    return appender;
  }
}

function appendCell(appender: DuckDBAppender, type: ColumnType, cell: NonNullable<Cell>, what: string): void {
  if (type === 'text') appender.appendVarchar(String(cell).toWellFormed());
  else if (type === 'bool') appender.appendBoolean(Boolean(cell));
  else if (type === 'int') appendInteger(appender, Number(cell));
  else if (type === 'time') appender.appendTimestamp(timestampValue(microsOf(String(cell), what)));
  else if (type === 'json') appender.appendVarchar(wellFormedJson(cell));
  else appender.appendList(listValue((cell as readonly string[]).map((item) => String(item).toWellFormed())), LIST(VARCHAR));
}

function appendInteger(appender: DuckDBAppender, value: number): void {
  if (Number.isFinite(value) && Math.abs(value) < 2 ** 63) appender.appendBigInt(BigInt(Math.trunc(value)));
  else appender.appendNull();
}

/** JSON.stringify writes half a surrogate pair as an escape that the engine's reader refuses. */
function wellFormedJson(value: object | string | number | boolean): string {
  const text = JSON.stringify(value);
  if (!text.includes('\\ud')) return text;
  return text.replace(/(\\\\)|\\ud[89a-f][0-9a-f]{2}/g, (_, escaped: string | undefined) => escaped ?? '\ufffd');
}

function microsOf(time: string, what: string): bigint {
  const millis = Date.parse(time);
  if (Number.isNaN(millis)) throw new TypeError(`${what} is not an ISO 8601 time: ${JSON.stringify(time.slice(0, 40))}`);
  return BigInt(millis) * 1000n;
}
