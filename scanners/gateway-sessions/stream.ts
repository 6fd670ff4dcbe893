import type { Session } from './schema.ts';

/** What a session's recording says, by direction. Text only ever goes to detection and classification. */
export interface Recording {
  readonly texts: readonly { readonly part: 'input' | 'output'; readonly text: string }[];
  /** Queries sent over PostgreSQL's wire protocol. */
  readonly queries: readonly string[];
  /** The gateway lost its log and says so in place of the recording. */
  readonly lost: boolean;
  /** Events that could not be read. */
  readonly failed: number;
}

const NOTHING: Recording = { texts: [], queries: [], lost: false, failed: 0 };

/**
 * `event_stream` is a list of `[seconds, "i" | "o" | "e", base64]`, or one text (plain or base64) when it was asked for so.
 * Events of one direction are joined, for what we look for may be cut between two.
 */
export function readRecording(session: Session): Recording {
  const stream = session.eventStream;
  if (typeof stream === 'string') {
    const text = decodeBase64(stream) ?? stream;
    return { ...NOTHING, texts: text === '' ? [] : [{ part: 'output', text }], lost: isLost([text]) };
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
  const queries = queriesOf(session, input, typed);
  const texts = [
    { part: 'input', text: queries.length > 0 ? queries.join(';\n') : typed },
    { part: 'output', text: Buffer.concat(output).toString('utf8') },
  ] as const;
  const spoken = output.map((bytes) => bytes.toString('utf8'));
  return { texts: texts.filter(({ text }) => text !== ''), queries, lost: input.length === 0 && isLost(spoken), failed };
}

/** Wire frames, or text where the gateway was asked to decode them (`event_stream=raw-queries`). */
function queriesOf(session: Session, input: readonly Buffer[], typed: string): readonly string[] {
  if (session.subtype !== 'postgres' || session.verb !== 'connect') return [];
  const queries = input.flatMap(wireQueries);
  if (queries.length > 0) return queries;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they tell wire frames from text
  return typed === '' || /[\u0000-\u0008\ufffd]/.test(typed) ? [] : [typed];
}

function payloadOf(event: unknown): { readonly part: 'input' | 'output'; readonly bytes: Buffer } | undefined {
  if (!Array.isArray(event) || typeof event[1] !== 'string' || typeof event[2] !== 'string') return undefined;
  const direction = event[1];
  if (direction !== 'i' && direction !== 'o' && direction !== 'e') return undefined;
  return { part: direction === 'i' ? 'input' : 'output', bytes: Buffer.from(event[2], 'base64') };
}

function isLost(output: readonly string[]): boolean {
  return output.length === 1 && output[0]?.trim() === 'no log found on disk';
}

function decodeBase64(text: string): string | undefined {
  if (text.length < 8 || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const decoded = Buffer.from(text, 'base64').toString('utf8');
  return decoded.includes('\uFFFD') ? undefined : decoded;
}

/**
 * Query texts of PostgreSQL messages: `Q` (simple query) and `P` (parse). One type byte, a length that counts itself,
 * then the body. https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
function wireQueries(bytes: Buffer): string[] {
  const queries: string[] = [];
  let at = 0;
  while (at + 5 <= bytes.length) {
    const type = String.fromCharCode(bytes[at] ?? 0);
    const length = bytes.readInt32BE(at + 1);
    if (!/[A-Za-z]/.test(type) || length < 4 || at + 1 + length > bytes.length) break;
    const strings = bytes
      .subarray(at + 5, at + 1 + length)
      .toString('utf8')
      .split('\0');
    const query = type === 'Q' ? strings[0] : type === 'P' ? strings[1] : undefined;
    if (query !== undefined && query !== '') queries.push(query);
    at += 1 + length;
  }
  return queries;
}
