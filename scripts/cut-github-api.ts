// Cuts out of GitHub's OpenAPI description the calls of `nhi-audit pr`, with the schemas they lean on, for the tests:
//
//   npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz package/generated/api.github.com.json
//   npx node scripts/cut-github-api.ts package/generated/api.github.com.json > test/fixtures/github-api.json
//
// The whole is 13 MB; descriptions, examples and answers other than those of success are left out.
import { readFileSync } from 'node:fs';

const OPERATIONS: ReadonlySet<string> = new Set([
  'users/get-authenticated',
  'pulls/get',
  'issues/list-comments',
  'issues/create-comment',
  'issues/update-comment',
  'checks/create',
  'checks/update',
  'code-scanning/upload-sarif',
]);
const WORDS: ReadonlySet<string> = new Set(['description', 'example', 'examples', 'externalDocs', 'x-github', 'x-multi-segment']);

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly unknown[];
  readonly requestBody?: unknown;
  readonly responses: { readonly [status: string]: unknown };
}
interface Description {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly [kind: string]: { readonly [name: string]: unknown } };
}

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: npx node scripts/cut-github-api.ts api.github.com.json');
const whole = JSON.parse(readFileSync(file, 'utf8')) as Description;

const paths: { [path: string]: { [method: string]: unknown } } = {};
const components: { [kind: string]: { [name: string]: unknown } } = {};
for (const [path, methods] of Object.entries(whole.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    if (!OPERATIONS.has(operation.operationId)) continue;
    const { operationId, parameters, requestBody } = operation;
    const responses = Object.fromEntries(Object.entries(operation.responses).filter(([status]) => status.startsWith('2')));
    const cut = bare({ operationId, parameters, requestBody, responses });
    paths[path] = { ...paths[path], [method]: cut };
    take(cut);
  }
}
const origin = `@octokit/openapi ${whole.info.version}, generated/api.github.com.json (MIT, see NOTICE), cut by scripts/cut-github-api.ts`;
console.log(JSON.stringify({ openapi: whole.openapi, info: { title: 'GitHub REST API', version: origin }, paths, components }));

/** Without what is there for readers. A property may be called `description`: it is a schema then, not a text. */
function bare(value: unknown, isNames = false): unknown {
  if (Array.isArray(value)) return value.map((item) => bare(item));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name, member]) => member !== undefined && (isNames || !WORDS.has(name)));
  return Object.fromEntries(kept.map(([name, member]) => [name, bare(member, !isNames && name === 'properties')]));
}

/** What a part refers to, and what that refers to. */
function take(part: unknown): void {
  for (const [, kind = '', name = ''] of JSON.stringify(part).matchAll(/"\$ref":"#\/components\/([^"/]+)\/([^"/]+)"/g)) {
    if (components[kind]?.[name] !== undefined || kind === 'examples') continue;
    const found = bare(whole.components[kind]?.[name]);
    components[kind] = { ...components[kind], [name]: found };
    take(found);
  }
}
