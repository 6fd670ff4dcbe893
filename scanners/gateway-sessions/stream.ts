import type { Session } from './schema.ts';
import { readWire, type WireReading } from './wire.ts';

/** What a session's recording says, by direction. Text only ever goes to detection and classification. */
export interface Recording {
  readonly texts: readonly { readonly part: 'input' | 'output'; readonly text: string }[];
  /** Queries sent over PostgreSQL's wire protocol. */
  readonly queries: readonly string[];
  /** How often they were run; a prepared one may be run many times. */
  readonly executed?: number;
  /** Wire messages that are broken or break off. */
  readonly broken: number;
  readonly applicationName?: string;
  /** The gateway lost its log and says so in place of the recording. */
  readonly lost: boolean;
  /** A build of the gateway without the part that speaks the protocol says so: nothing was reached. */
  readonly isStub: boolean;
  /** Rows given or changed, as the client of the database counts them. */
  readonly rows?: number;
  /** Events that could not be read. */
  readonly failed: number;
}

/** In the text that is searched for credentials. */
export const BETWEEN_QUERIES = ';\n';

const NOTHING: Recording = { texts: [], queries: [], broken: 0, lost: false, isStub: false, failed: 0 };

/**
 * `event_stream` is a list of `[seconds, "i" | "o" | "e", base64]`, or one text (plain or base64) when it was asked for so.
 * Events of one direction are joined, for what we look for may be cut between two.
 */
export function readRecording(session: Session): Recording {
  const stream = session.eventStream;
  if (typeof stream === 'string') {
    const text = decodeBase64(stream) ?? stream;
    return { ...NOTHING, texts: text === '' ? [] : [{ part: 'output', text }], ...spokenOf([text]) };
  }
  if (!Array.isArray(stream)) return NOTHING;
  const input: Buffer[] = [];
  const output: Buffer[] = [];
  let failed = 0;
  for (const event of stream as readonly unknown[]) {
    const payload = payloadOf(event);
    if (payload === undefined) failed += 1;
    else (payload.part === 'input' ? input : output).push(payload.bytes);
  }
  const typed = Buffer.concat(input).toString('utf8');
  const wire = wireOf(session, input, typed);
  const spoken = Buffer.concat(output).toString('utf8');
  const texts = [
    // Of wire messages, the statements: passwords are among the others.
    { part: 'input', text: wire === undefined ? typed : wire.queries.join(BETWEEN_QUERIES) },
    { part: 'output', text: spoken },
  ] as const;
  const said = spokenOf(output.map((bytes) => bytes.toString('utf8', 0, MAX_NOTICE)));
  const rows = countRows(spoken);
  return {
    texts: texts.filter(({ text }) => text !== ''),
    queries: wire?.queries ?? [],
    ...(wire === undefined || wire.executed === 0 ? {} : { executed: wire.executed }),
    ...(wire?.applicationName === undefined ? {} : { applicationName: wire.applicationName }),
    broken: wire?.broken ?? 0,
    isStub: said.isStub,
    lost: input.length === 0 && said.lost,
    ...(rows === undefined ? {} : { rows }),
    failed,
  };
}

/** Wire frames, or text where the gateway was asked to decode them (`event_stream=raw-queries`). */
function wireOf(session: Session, input: readonly Buffer[], typed: string): WireReading | undefined {
  if (session.subtype !== 'postgres' || session.verb !== 'connect' || typed === '') return undefined;
  const wire = readWire(input);
  if (wire !== undefined) return wire;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they tell wire frames from text
  if (/[\u0000-\u0008\ufffd]/.test(typed)) return { queries: [], executed: 0, broken: input.length, messages: 0 };
  return { queries: [typed], executed: 0, broken: 0, messages: 0 };
}

function payloadOf(event: unknown): { readonly part: 'input' | 'output'; readonly bytes: Buffer } | undefined {
  if (!Array.isArray(event) || typeof event[1] !== 'string' || typeof event[2] !== 'string') return undefined;
  const direction = event[1];
  if (direction !== 'i' && direction !== 'o' && direction !== 'e') return undefined;
  return { part: direction === 'i' ? 'input' : 'output', bytes: Buffer.from(event[2], 'base64') };
}

const MAX_NOTICE = 4096;

/**
 * What the gateway itself writes in place of a recording. The open-source build has stubs where protocols are spoken:
 * https://github.com/hoophq/hoop/tree/main/_libhoop
 */
function spokenOf(output: readonly string[]): { readonly lost: boolean; readonly isStub: boolean } {
  const [only] = output;
  return {
    lost: output.length === 1 && only?.trim() === 'no log found on disk',
    isStub: output.length > 0 && output.length < 4 && output.some((text) => /missing protocol hoop library/i.test(text)),
  };
}

/** `(500 rows)` of psql, and the tags of commands: a line by itself each. */
function countRows(output: string): number | undefined {
  let rows: number | undefined;
  for (const match of output.matchAll(
    /^(?:\((?<given>\d{1,12}) rows?\)|(?:INSERT \d+|UPDATE|DELETE|MERGE|COPY) (?<changed>\d{1,12}))\r?$/gm,
  )) {
    rows = (rows ?? 0) + Number(match.groups?.given ?? match.groups?.changed ?? 0);
  }
  return rows;
}

function decodeBase64(text: string): string | undefined {
  if (text.length < 8 || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const decoded = Buffer.from(text, 'base64').toString('utf8');
  return decoded.includes('\uFFFD') ? undefined : decoded;
}
