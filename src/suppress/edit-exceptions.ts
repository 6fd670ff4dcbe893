import { existsSync, readFileSync } from 'node:fs';
import { Document, isMap, isSeq, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConfigError } from '../util/errors.ts';
import { printable } from '../util/sanitize.ts';
import { Exception, type LoadedException, readExceptions } from './exceptions.ts';

export type NewException = z.infer<typeof Exception>;

const HEAD = ` What may stand, why, on whose word and until when. Expired entries hold no longer: their findings are open again.
 nhi-audit except --list shows which are used, stale, expired or due.`;

export const SELECTORS = ['finding', 'rule', 'path', 'repository', 'credential', 'identity'] as const;
/** What decides whether a finding is covered. */
const SELECTION = [...SELECTORS, 'severity'] as const;

/** Words of the command line, in the order in which they are written. */
const FIELDS = [...SELECTION, 'reason', 'justification', 'owner', 'approver', 'ticket', 'expires'] as const;
export type ExceptionField = (typeof FIELDS)[number];
export type GivenException = { readonly [field in ExceptionField]?: string | undefined };

/**
 * A well-formed entry of what was given. Throws `ConfigError` that names what is missing: a reason, an owner and a day are asked
 * of everybody, for an entry without them is one that nobody looks at again.
 */
export function exceptionOf(given: GivenException, today: string): NewException {
  const missing = (['reason', 'owner', 'expires'] as const).filter((field) => (given[field] ?? '').trim() === '');
  if (!SELECTORS.some((field) => given[field] !== undefined)) {
    throw new ConfigError('It is not said which findings may stand', {
      code: 'EXCEPTION_INCOMPLETE',
      hint: 'Give the fingerprint of a finding, or one of --rule, --path, --repository, --credential, --identity.',
    });
  }
  if (missing.length > 0) {
    throw new ConfigError(`An exception needs ${missing.map((field) => `--${field}`).join(', ')}`, {
      code: 'EXCEPTION_INCOMPLETE',
      hint: 'Why may it stand, who answers for it, and until which day? --reason TEXT --owner WHO --expires YYYY-MM-DD',
    });
  }
  const entry = Object.fromEntries(FIELDS.flatMap((field) => (given[field] === undefined ? [] : [[field, given[field]]])));
  const parsed = Exception.safeParse(entry);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ConfigError(`${issue?.path.join('.') || 'The exception'}: ${issue?.message ?? 'is not understood'}`, {
      code: 'EXCEPTION_INVALID',
      hint: 'nhi-audit except --help describes each option.',
    });
  }
  if (parsed.data.expires < today) {
    throw new ConfigError(`--expires ${parsed.data.expires} is past: the exception would hold for nothing`, {
      code: 'EXCEPTION_INVALID',
      hint: `Name a day from ${today} on.`,
    });
  }
  return parsed.data;
}

/** The entry as it will stand in the file. */
export function entryText(entry: NewException): string {
  return new Document([inOrder(entry)]).toString({ lineWidth: 0, indentSeq: true });
}

/**
 * The text of the file with the entry behind those that are there; comments and order stay. `text` is `undefined` where there is
 * no file yet. What was there is read again from the result: the text is not given out if any of it changed.
 */
export function withException(text: string | undefined, entry: NewException, file: string): string {
  const document = text === undefined ? freshDocument() : parseDocument(text);
  if (document.errors.length > 0) throw damaged(file, document.errors[0]?.message ?? 'it is no YAML');
  if (document.contents === null) document.contents = document.createNode({});
  if (!isMap(document.contents)) throw damaged(file, 'its top is no map');
  const before = entriesOf(document);
  const list = document.get('exceptions', true);
  if (isSeq(list)) {
    // `[]` would keep the new entry in braces.
    if (list.items.length === 0) list.flow = false;
    list.add(document.createNode(inOrder(entry)));
  } else document.set('exceptions', document.createNode([inOrder(entry)]));
  const after = document.toString({ lineWidth: 0 });
  const again = entriesOf(parseDocument(after));
  if (JSON.stringify(again) !== JSON.stringify([...before, inOrder(entry)])) {
    throw damaged(file, 'the entry cannot be added without changing others');
  }
  return after;
}

function freshDocument(): Document {
  const document = new Document({ exceptions: [] });
  document.commentBefore = HEAD;
  return document;
}

function entriesOf(document: Document): readonly unknown[] {
  const { exceptions } = (document.toJS() ?? {}) as { readonly exceptions?: unknown };
  return Array.isArray(exceptions) ? exceptions : [];
}

function inOrder(entry: NewException): { readonly [field: string]: string } {
  return Object.fromEntries(FIELDS.flatMap((field) => (entry[field] === undefined ? [] : [[field, entry[field]]])));
}

function damaged(file: string, why: string): ConfigError {
  return new ConfigError(`${file} cannot be added to: ${why}`, {
    code: 'EXCEPTIONS',
    hint: 'Mend the file, or name another with --exceptions. It was left as it is.',
  });
}

/** An entry that accepts the same already: with the same selectors, and still holding. */
export function sameSelection(entry: NewException, all: readonly LoadedException[]): LoadedException | undefined {
  return all.find((other) => !other.isExpired && SELECTION.every((field) => other[field] === entry[field]));
}

/** The text of an exceptions file and its entries, each checked; nothing where there is none. */
export function readExceptionsFile(
  file: string,
  today: Date,
): { readonly text: string | undefined; readonly entries: readonly LoadedException[] } {
  if (!existsSync(file)) return { text: undefined, entries: [] };
  return { text: readFileSync(file, 'utf8'), entries: readExceptions(file, today, true) };
}

/** What an entry selects, in one line. */
export function selectionText(entry: GivenException | LoadedException): string {
  return printable(
    [...SELECTORS, 'severity' as const]
      .flatMap((field) => (entry[field] === undefined ? [] : [`${field} ${entry[field]}`]))
      .join(', '),
  );
}
