import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { type Asked, type Loopback, loopback, reply } from './loopback.ts';

/**
 * A GitHub of one repository, on this machine. Every request is held against GitHub's own description of its API
 * (test/fixtures/github-api.json), and so is every answer: a test that speaks with it speaks with what GitHub promises.
 */
export interface FakeGithub extends Loopback {
  readonly comments: FakeComment[];
  readonly checkRuns: FakeCheckRun[];
  /** `POST /repos/harbour/shop/issues/7/comments`, in order. */
  calls(): readonly string[];
  /** What was wrong with requests and answers; empty in a test that is well. */
  readonly problems: string[];
}

export interface FakeComment {
  readonly id: number;
  body: string;
  readonly user: { readonly login: string; readonly type: string };
}

export interface FakeCheckRun {
  readonly id: number;
  readonly name: string;
  readonly head_sha: string;
  readonly status: string;
  readonly conclusion: string;
  readonly output: { readonly title: string; readonly summary: string };
  readonly annotations: {
    readonly path: string;
    readonly start_line: number;
    readonly annotation_level: string;
    readonly message: string;
  }[];
}

export interface FakeOptions {
  /** Who comments are made as. */
  readonly login?: string;
  /** Answers of its own for a call; `undefined` leaves it to the rest. */
  readonly refuse?: (
    call: string,
    before: number,
    body: string,
  ) => { readonly status: number; readonly body?: unknown; readonly headers?: { readonly [name: string]: string } } | undefined;
  /** Does what is asked, and fails to say so. */
  readonly lose?: (call: string, before: number) => boolean;
  /** What `GET /repos/harbour/shop/pulls/7` tells beside what every answer must. */
  readonly pull?: object;
}

interface Schema {
  readonly [name: string]: unknown;
}
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Schema[];
  readonly requestBody?: { readonly content: { readonly [type: string]: { readonly schema: Schema } } };
  readonly responses: {
    readonly [status: string]: { readonly content?: { readonly [type: string]: { readonly schema: Schema } } };
  };
}
interface Description {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly [kind: string]: { readonly [name: string]: Schema } };
}

const FIXTURE = join(import.meta.dirname, '..', 'fixtures', 'github-api.json');
let loaded: { readonly description: Description; readonly ajv: Ajv } | undefined;
const validators = new Map<string, ValidateFunction>();

function api(): { readonly description: Description; readonly ajv: Ajv } {
  if (loaded !== undefined) return loaded;
  const description = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Description;
  // OpenAPI 3.0 has words of its own beside JSON Schema's; those that matter here are the same in both.
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
  addFormats.default(ajv);
  // `nullable` beside a reference or a choice is a word that ajv knows only beside a type.
  ajv.addSchema(nullableChoices({ $id: 'api', components: description.components }) as Schema);
  loaded = { description, ajv };
  return loaded;
}

function nullableChoices(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(nullableChoices);
  if (typeof value !== 'object' || value === null) return value;
  const object = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, nullableChoices(member)])) as Schema;
  if (object.nullable !== true || object.type !== undefined) return object;
  const { nullable: _, ...rest } = object;
  return { anyOf: [rest, { enum: [null] }] };
}

function check(name: string, schema: Schema, value: unknown): string[] {
  let validate = validators.get(name);
  if (validate === undefined) {
    const inside = JSON.parse(
      JSON.stringify(nullableChoices(schema)).replaceAll('"#/components/', '"api#/components/'),
    ) as Schema;
    validate = api().ajv.compile(inside);
    validators.set(name, validate);
  }
  return validate(value) ? [] : (validate.errors ?? []).map((error) => `${name}${error.instancePath}: ${error.message}`);
}

/** The operation of a request, and what its path names. */
function operationOf(
  method: string,
  path: string,
): { readonly operation: Operation; readonly names: { readonly [name: string]: string } } | undefined {
  for (const [template, methods] of Object.entries(api().description.paths)) {
    const operation = methods[method.toLowerCase()];
    const pattern = template.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
    const match = operation === undefined ? null : new RegExp(`^${pattern}$`).exec(path);
    if (operation !== undefined && match !== null) return { operation, names: match.groups ?? {} };
  }
  return undefined;
}

function requestProblems({ method, url, body, headers }: Asked): string[] {
  const { pathname, searchParams } = new URL(url, 'http://here');
  const found = operationOf(method, pathname);
  if (found === undefined) return [`${method} ${pathname} is no call that is described`];
  const { operation, names } = found;
  const problems: string[] = [];
  if (!/^token \S+$/.test(headers.authorization ?? '')) problems.push(`${operation.operationId}: no token`);
  const query = Object.fromEntries(searchParams);
  const known = new Set<unknown>();
  for (const given of operation.parameters ?? []) {
    const reference = typeof given.$ref === 'string' ? given.$ref.split('/').at(-1) : undefined;
    const parameter = (reference === undefined ? given : api().description.components.parameters?.[reference]) ?? {};
    const name = String(parameter.name);
    const value = parameter.in === 'path' ? names[name] : query[name];
    known.add(name);
    const schema = parameter.schema as Schema;
    if (value === undefined) {
      if (parameter.required === true) problems.push(`${operation.operationId}: ${name} is missing`);
      continue;
    }
    const read = schema.type === 'integer' ? Number(value) : decodeURIComponent(value);
    problems.push(...check(`${operation.operationId} ${name}`, schema, read));
  }
  for (const name of Object.keys(query)) if (!known.has(name)) problems.push(`${operation.operationId}: ${name} is no parameter`);
  const schema = operation.requestBody?.content['application/json']?.schema;
  if (schema !== undefined) problems.push(...check(`${operation.operationId} body`, schema, JSON.parse(body)));
  return problems;
}

export async function fakeGithub(options: FakeOptions = {}): Promise<FakeGithub> {
  const { login = 'github-actions[bot]' } = options;
  const comments: FakeComment[] = [];
  const checkRuns: FakeCheckRun[] = [];
  const problems: string[] = [];
  const seen = new Map<string, number>();

  const server = await loopback((asked, response) => {
    const { pathname, searchParams } = new URL(asked.url, 'http://here');
    const call = `${asked.method} ${pathname}`;
    const wrong = requestProblems(asked);
    problems.push(...wrong);
    const before = seen.get(call) ?? 0;
    seen.set(call, before + 1);
    const refused = options.refuse?.(call, before, asked.body);
    if (refused !== undefined) return reply(response, refused.status, refused.body ?? { message: 'refused' }, refused.headers);
    if (wrong.length > 0) return reply(response, 422, { message: wrong.join('; ') });
    const { status, body, headers } = answer(asked, pathname, searchParams);
    if (options.lose?.(call, before) === true) return reply(response, 502, { message: 'Bad Gateway' });
    const operation = operationOf(asked.method, pathname)?.operation;
    const schema = operation?.responses[status]?.content?.['application/json']?.schema;
    if (schema !== undefined) problems.push(...check(`${operation?.operationId} answer ${status}`, schema, body));
    reply(response, status, body, headers);
  });

  function answer(
    { method, body }: Asked,
    path: string,
    query: URLSearchParams,
  ): { readonly status: number; readonly body: unknown; readonly headers?: { readonly [name: string]: string } } {
    const given = body === '' ? {} : JSON.parse(body);
    if (path === '/user') return { status: 200, body: answerOf('public-user', { login, type: 'User' }) };
    if (path.endsWith('/code-scanning/sarifs')) return { status: 202, body: { id: 'a1', url: `${server.url}${path}/a1` } };
    if (/\/pulls\/\d+$/.test(path)) return { status: 200, body: answerOf('pull-request', options.pull ?? {}) };
    if (/\/issues\/\d+\/comments$/.test(path) && method === 'GET') {
      const [size, page] = [Number(query.get('per_page') ?? 30), Number(query.get('page') ?? 1)];
      const rows = comments.slice((page - 1) * size, page * size).map(commentOf);
      const next = `<${server.url}${path}?per_page=${size}&page=${page + 1}>; rel="next"`;
      return { status: 200, body: rows, ...(page * size < comments.length ? { headers: { link: next } } : {}) };
    }
    if (/\/issues\/\d+\/comments$/.test(path)) {
      const made = {
        id: 1000 + comments.length,
        body: String(given.body),
        user: { login, type: login.endsWith('[bot]') ? 'Bot' : 'User' },
      };
      comments.push(made);
      return { status: 201, body: commentOf(made) };
    }
    if (/\/issues\/comments\/\d+$/.test(path)) {
      const found = comments.find(({ id }) => path.endsWith(`/${id}`));
      if (found === undefined) return { status: 404, body: { message: 'Not Found' } };
      found.body = String(given.body);
      return { status: 200, body: commentOf(found) };
    }
    const { annotations = [], ...output } = given.output;
    if (method === 'POST') checkRuns.push({ id: 500 + checkRuns.length, ...given, output, annotations });
    const run = checkRuns.at(-1);
    assert(run !== undefined, 'a check run is made before it is added to');
    if (method !== 'POST') run.annotations.push(...annotations);
    return { status: method === 'POST' ? 201 : 200, body: checkRunOf(run) };
  }

  return Object.assign(server, {
    comments,
    checkRuns,
    problems,
    calls: () => server.asked.map(({ method, url }) => `${method} ${url.replace(/\?.*/, '')}`),
  });
}

/** What GitHub would not take, or would not say, fails the test. */
export function assertWell({ problems }: FakeGithub): void {
  assert.deepEqual(problems, []);
}

/** The least that the description demands of an answer, with `own` in its place. */
function answerOf(schema: string, own: object): object {
  return merged(sampleOf({ $ref: `#/components/schemas/${schema}` }), own);
}

function merged(least: unknown, own: object): object {
  const entries = Object.entries(own).map(([name, value]) => {
    const below = (least as Schema | null)?.[name];
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value) && typeof below === 'object';
    return [name, isObject ? merged(below, value) : value];
  });
  return { ...(least as object), ...Object.fromEntries(entries) };
}

function sampleOf(given: Schema): unknown {
  if (typeof given.$ref === 'string')
    return sampleOf(api().description.components.schemas?.[given.$ref.split('/').at(-1) ?? ''] ?? {});
  const choice = (given.oneOf ?? given.anyOf) as readonly Schema[] | undefined;
  if (choice !== undefined) return sampleOf(choice[0] ?? {});
  if (Array.isArray(given.allOf)) return Object.assign({}, ...given.allOf.map(sampleOf));
  if (Array.isArray(given.enum)) return given.enum[0];
  if (given.type === 'object') {
    const properties = (given.properties ?? {}) as { readonly [name: string]: Schema };
    return Object.fromEntries(
      ((given.required ?? []) as readonly string[]).map((name) => [name, sampleOf(properties[name] ?? {})]),
    );
  }
  if (given.type === 'array') return [];
  if (given.type === 'boolean') return false;
  if (given.type === 'integer' || given.type === 'number') return 1;
  return { 'date-time': '2026-03-12T02:00:00Z', uri: 'https://example.com/x', email: 'a@b.example' }[String(given.format)] ?? 'x';
}

function commentOf({ id, body, user }: FakeComment): object {
  return answerOf('issue-comment', {
    id,
    body,
    user: merged(sampleOf({ $ref: '#/components/schemas/simple-user' }), user),
    html_url: `https://github.com/harbour/shop/pull/7#issuecomment-${id}`,
  });
}

function checkRunOf({ id, name, head_sha, status, conclusion, output, annotations }: FakeCheckRun): object {
  return answerOf('check-run', {
    id,
    name,
    head_sha,
    status,
    conclusion,
    output: { ...output, annotations_count: annotations.length },
  });
}
