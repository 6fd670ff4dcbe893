import type { z } from 'zod';
import { KeyRing } from './access-keys.ts';
import { addPage, type Details, newDetails, problemText } from './authorization-details.ts';
import { AccessKeyLastUsed, AccessKeyMetadata, OidcProvider } from './schema.ts';

/** All that the JSON answers of one file say, sorted by what they are. */
export interface Answers {
  readonly details: Details;
  readonly keys: KeyRing;
  /** Last-used answers that do not say which key they are about. */
  readonly unnamed: { readonly where: string; readonly answer: AccessKeyLastUsed }[];
  readonly providers: OidcProvider[];
  /** ARNs of `list-open-id-connect-providers`. */
  readonly providerArns: string[];
  /** Text of credential reports. */
  readonly reports: string[];
  /** Which kinds of answer were met, in words. */
  readonly kinds: Set<AnswerKind>;
  /** Entries that could not be read, field first. */
  readonly problems: string[];
  /** Entries met, read or not. */
  seen: number;
  /** The export says that there is more. */
  truncated: boolean;
}

export type AnswerKind =
  | 'authorization details'
  | 'access-key list'
  | 'last use of access keys'
  | 'OIDC providers'
  | 'credential report';

type Raw = { readonly [key: string]: unknown };

const PAGE_FIELDS = ['UserDetailList', 'GroupDetailList', 'RoleDetailList', 'Policies'];

export function newAnswers(): Answers {
  return {
    details: newDetails(),
    keys: new KeyRing(),
    unnamed: [],
    providers: [],
    providerArns: [],
    reports: [],
    kinds: new Set(),
    problems: [],
    seen: 0,
    truncated: false,
  };
}

/** Sorts one top-level value in. `path` may name the key that a last-used answer is about. */
export function addAnswer(answers: Answers, value: unknown, where: string, path: string): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) addAnswer(answers, item, `${where}[${index}]`, path);
    return;
  }
  if (!isRecord(value)) {
    answers.seen++;
    answers.problems.push(`${where}: not an object`);
    return;
  }
  noteTruncation(answers, value);
  sortIn(answers, value, where, path);
}

function sortIn(answers: Answers, value: Raw, where: string, path: string): void {
  const byKey = Object.entries(value).filter(([id]) => isKeyId(id));
  if (PAGE_FIELDS.some((field) => field in value)) addDetails(answers, value);
  else if ('AccessKeyMetadata' in value) addKeyList(answers, value.AccessKeyMetadata, `${where}.AccessKeyMetadata`);
  else if ('AccessKeyLastUsed' in value) addLastUsed(answers, value, keyIdIn(path), where);
  else if ('AccessKeyId' in value) addKey(answers, value, where);
  else if ('OpenIDConnectProviderList' in value) addProviderList(answers, value.OpenIDConnectProviderList, where);
  else if ('Url' in value) addProvider(answers, value, where);
  else if (typeof value.Content === 'string') addReport(answers, value.Content);
  else if (byKey.length > 0) for (const [id, one] of byKey) addLastUsed(answers, one, id, `${where}.${id}`);
  else {
    answers.seen++;
    answers.problems.push(`${where}: not an IAM answer that is read here`);
  }
}

/** The answer itself does not name the key: a map by key id or the file's name does, or the user has but one. */
function addLastUsed(answers: Answers, raw: unknown, id: string | undefined, where: string): void {
  answers.kinds.add('last use of access keys');
  const one = parseOne(answers, AccessKeyLastUsed, raw, where);
  if (one === undefined) return;
  if (id === undefined) answers.unnamed.push({ where, answer: one });
  else answers.keys.used(id, one);
}

/** Last: answers that name no key get the only key of their user, which may be listed after them. */
export function settle(answers: Answers): void {
  for (const { where, answer } of answers.unnamed.splice(0)) {
    const key = answer.user === undefined ? undefined : answers.keys.onlyKeyOf(answer.user);
    if (key !== undefined) answers.keys.used(key, answer);
    else {
      answers.problems.push(
        `${where}: the answer does not say which key${answer.user === undefined ? '' : ` of ${answer.user}`} it is about; put the key id into the file name or write {"AKIA…": answer}`,
      );
    }
  }
}

function addDetails(answers: Answers, page: Raw): void {
  answers.kinds.add('authorization details');
  for (const field of PAGE_FIELDS) {
    const list = page[field];
    if (Array.isArray(list)) answers.seen += list.length;
  }
  addPage(answers.details, page);
}

function addKeyList(answers: Answers, list: unknown, where: string): void {
  answers.kinds.add('access-key list');
  if (!Array.isArray(list)) {
    answers.problems.push(`${where}: not a list`);
    return;
  }
  for (const [index, raw] of list.entries()) addKey(answers, raw, `${where}[${index}]`);
}

function addKey(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('access-key list');
  const key = parseOne(answers, AccessKeyMetadata, raw, where);
  if (key !== undefined) answers.keys.list(key);
}

function addProviderList(answers: Answers, list: unknown, where: string): void {
  answers.kinds.add('OIDC providers');
  if (!Array.isArray(list)) {
    answers.problems.push(`${where}.OpenIDConnectProviderList: not a list`);
    return;
  }
  for (const one of list) {
    answers.seen++;
    if (isRecord(one) && typeof one.Arn === 'string') answers.providerArns.push(one.Arn);
    else answers.problems.push(`${where}.OpenIDConnectProviderList: an entry without Arn`);
  }
}

function addProvider(answers: Answers, raw: Raw, where: string): void {
  answers.kinds.add('OIDC providers');
  const provider = parseOne(answers, OidcProvider, raw, where);
  if (provider !== undefined) answers.providers.push(provider);
}

function addReport(answers: Answers, content: string): void {
  answers.kinds.add('credential report');
  answers.reports.push(Buffer.from(content, 'base64').toString('utf8'));
}

/** The CLI writes `NextToken` when `--max-items` cut the list; the API says `IsTruncated` on all pages but the last. */
function noteTruncation(answers: Answers, value: Raw): void {
  if (typeof value.NextToken === 'string') answers.truncated = true;
  if (typeof value.IsTruncated === 'boolean') answers.truncated = value.IsTruncated;
}

function parseOne<T>(answers: Answers, schema: z.ZodType<T>, raw: unknown, where: string): T | undefined {
  answers.seen++;
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  answers.problems.push(problemText(where, parsed.error));
  return undefined;
}

function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isKeyId(text: string): boolean {
  return /^A(?:KIA|SIA)[A-Z0-9]{12,124}$/.test(text);
}

function keyIdIn(path: string): string | undefined {
  return /(?<![A-Z0-9])A(?:KIA|SIA)[A-Z0-9]{16}(?![A-Z0-9])/.exec(path)?.[0];
}
