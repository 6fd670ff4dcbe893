import type { z } from 'zod';
import { fail, isRaw, type Raw } from '../../src/formats/answer.ts';
import { Agent, Entry, Federation } from './schema.ts';

export type AnswerKind = 'entries' | 'agents' | 'federation relationships';

export interface Placed<T> {
  readonly one: T;
  /** Address in the file: `entries[3]`. */
  readonly pointer: string;
}

/** All that the values of one file say; each thing once, however often a page repeats it. */
export interface Answers {
  readonly entries: Map<string, Placed<Entry>>;
  readonly agents: Map<string, Placed<Agent>>;
  readonly federations: Map<string, Placed<Federation>>;
  readonly kinds: Set<AnswerKind>;
  readonly problems: string[];
  seen: number;
  truncated: boolean;
}

export function newAnswers(): Answers {
  return {
    entries: new Map(),
    agents: new Map(),
    federations: new Map(),
    kinds: new Set(),
    problems: [],
    seen: 0,
    truncated: false,
  };
}

const LISTS = ['entries', 'agents', 'federation_relationships'] as const;

export function addAnswer(answers: Answers, value: unknown, where: string): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) addAnswer(answers, item, `${where}[${index}]`);
    return;
  }
  if (typeof value !== 'object' || value === null) {
    fail(answers, `${where}: not an object`);
    return;
  }
  const raw = snakeNames(value as Raw);
  if (typeof raw.next_page_token === 'string' && raw.next_page_token !== '') answers.truncated = true;
  const lists = LISTS.filter((name) => name in raw);
  if (lists.length === 0) {
    sortIn(answers, raw, where);
    return;
  }
  for (const name of lists) {
    const list = raw[name];
    const place = where === '' ? name : `${where}.${name}`;
    answers.kinds.add(name === 'federation_relationships' ? 'federation relationships' : name);
    if (Array.isArray(list)) addAnswer(answers, list, place);
    else if (list !== null) fail(answers, `${place}: not a list`);
  }
}

function sortIn(answers: Answers, raw: Raw, where: string): void {
  if ('spiffe_id' in raw) {
    answers.kinds.add('entries');
    const entry = parseOne(answers, Entry, raw, where);
    if (entry !== undefined) answers.entries.set(entry.id ?? JSON.stringify(entry), { one: entry, pointer: where });
  } else if ('attestation_type' in raw || 'x509svid_serial_number' in raw) {
    answers.kinds.add('agents');
    const agent = parseOne(answers, Agent, raw, where);
    if (agent !== undefined) answers.agents.set(`${agent.id.domain}${agent.id.path}`, { one: agent, pointer: where });
  } else if ('bundle_endpoint_url' in raw) {
    answers.kinds.add('federation relationships');
    const federation = parseOne(answers, Federation, raw, where);
    if (federation !== undefined) answers.federations.set(federation.domain, { one: federation, pointer: where });
  } else fail(answers, `${where}: neither an entry, an agent nor a federation relationship`);
}

/** The JSON mapping of protocol buffers knows both names of a field. */
function snakeNames(raw: Raw): Raw {
  return Object.fromEntries(
    Object.entries(raw).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      isRaw(value) ? snakeNames(value) : value,
    ]),
  );
}

function parseOne<T>(answers: Answers, schema: z.ZodType<T>, raw: unknown, where: string): T | undefined {
  answers.seen++;
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = deepest(parsed.error.issues[0]);
  const path = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  answers.problems.push(`${where}${path}: ${issue.message}`);
  return undefined;
}

interface Told {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Of a union, what the first of its forms says: "Invalid input" tells nobody anything. */
function deepest(issue: z.core.$ZodIssue | undefined): Told {
  if (issue === undefined) return { path: [], message: 'not as expected' };
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors.find((one) => one.length > 0)?.[0];
  if (inner === undefined) return issue;
  const told = deepest(inner);
  return { path: [...issue.path, ...told.path], message: told.message };
}
