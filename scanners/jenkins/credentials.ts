import type { Cloud } from '../../src/ci/cloud-keys.ts';
import type { CiLogin, CiReference, How } from '../../src/ci/model.ts';
import { awsRoleId, type IdentityId, identityId, identityIdFromArn } from '../../src/contracts/index.ts';
import { type Block, type Groovy, type GroovyString, stringsIn } from './groovy.ts';

/** One place where a pipeline takes a credential of the server, or becomes a role. */
export interface CredentialUse {
  readonly offset: number;
  readonly reference: CiReference;
  readonly login?: CiLogin;
}

/** Credentials are kept by the server under an id that all its pipelines share. https://www.jenkins.io/doc/book/using/using-credentials/ */
export function jenkinsCredentialId(id: string): IdentityId {
  return identityId('jenkins', undefined, `credential/${id}`);
}

/** `NAME = credentials('id')`; `NAME_USR` and `NAME_PSW` come with it. */
export function environmentCredentials(groovy: Groovy, block: Block, position: 'workflow-env' | 'job-env'): CiReference[] {
  const found: CiReference[] = [];
  for (const match of groovy.code.slice(block.body, block.end).matchAll(/(?<name>[A-Za-z_]\w*)\s*=\s*credentials\s*\(\s*["']/g)) {
    const at = block.body + match.index + match[0].length;
    const string = stringsIn(groovy, at, at + 1)[0];
    const name = match.groups?.name ?? '';
    if (string === undefined || !isName(string)) continue;
    found.push(
      reference(string, position, {
        variables: [name, `${name}_USR`, `${name}_PSW`],
        detail: { wide: position === 'workflow-env' },
      }),
    );
  }
  return found;
}

const kept = new WeakMap<Groovy, readonly CredentialUse[]>();

/** `credentialsId: 'x'` of any step, `sshagent(['x'])`, `withAWS(credentials: 'x')`, `docker.withRegistry(url, 'x')`. */
export function credentialUses(groovy: Groovy, all: readonly Block[]): readonly CredentialUse[] {
  const known = kept.get(groovy);
  if (known !== undefined) return known;
  const found: CredentialUse[] = [];
  const seen = new Set<number>();
  const add = (string: GroovyString | undefined, more: Partial<CiReference>) => {
    if (string === undefined || seen.has(string.start) || !isName(string)) return;
    seen.add(string.start);
    found.push({ offset: string.start, reference: reference(string, 'step-env', more) });
  };
  for (const match of groovy.code.matchAll(/\bcredentialsId\s*[:=]\s*["']/g)) {
    const at = match.index + match[0].length;
    add(stringsIn(groovy, at, at + 1)[0], bindingAround(groovy, match.index));
  }
  for (const block of all) {
    const strings = stringsIn(groovy, block.argumentsStart, block.body);
    const code = groovy.code.slice(block.argumentsStart, block.body);
    if (block.name === 'sshagent') for (const string of strings) add(string, { detail: { sshAgent: true } });
    else if (block.name === 'withAWS') {
      const at = /\bcredentials\s*:\s*["']/.exec(code);
      if (at !== null)
        add(stringsIn(groovy, block.argumentsStart + at.index, block.body)[0], { how: 'static-key', cloud: 'aws' });
      found.push(...roleOf(groovy, block));
    } else if (/(?:^|\.)withRegistry$/.test(block.name)) add(strings[1], { detail: { registry: true } });
    else if (block.name === 'withCredentials' && /azureServicePrincipal\s*\(\s*["']/.test(code)) {
      const at = code.search(/azureServicePrincipal/);
      add(stringsIn(groovy, block.argumentsStart + at, block.body)[0], {
        how: 'static-key',
        cloud: 'azure',
        variables: ['AZURE_CLIENT_SECRET'],
      });
    }
  }
  kept.set(groovy, found);
  return found;
}

/** `withAWS(role: 'deploy', roleAccount: '123456789012')`: a role reached from the agent's own identity. */
function roleOf(groovy: Groovy, block: Block): CredentialUse[] {
  const code = groovy.code.slice(block.argumentsStart, block.body);
  const at = /\brole\s*:\s*["']/.exec(code);
  const string = at === null ? undefined : stringsIn(groovy, block.argumentsStart + at.index, block.body)[0];
  if (string === undefined || /\$/.test(string.value)) return [];
  const accountAt = /\broleAccount\s*:\s*["']/.exec(code);
  const account =
    accountAt === null ? undefined : stringsIn(groovy, block.argumentsStart + accountAt.index, block.body)[0]?.value;
  const identity =
    identityIdFromArn(string.value) ??
    (/^[\w+=,.@/-]+$/.test(string.value) && !string.value.startsWith('arn:')
      ? awsRoleId(/^\d{12}$/.test(account ?? '') ? account : undefined, string.value.split('/').at(-1) ?? string.value)
      : undefined);
  if (identity === undefined) return [];
  const place = { start: string.start, end: string.end, pointer: 'withAWS' };
  // A row of the login alone: it uses no secret.
  return [
    {
      offset: string.start,
      reference: {
        name: string.value.slice(0, 200),
        place,
        position: 'with',
        how: 'impersonation',
        cloud: 'aws',
        identity,
        type: 'role',
      },
    },
  ];
}

const STATIC: readonly (readonly [RegExp, Cloud])[] = [
  [/AmazonWebServicesCredentialsBinding|\baws\s*\(/, 'aws'],
  [/\bazureServicePrincipal\b|AzureCredentialsBinding/, 'azure'],
  [/\bgoogleServiceAccount|GoogleRobotPrivateKey/, 'gcp'],
];

/** The binding that `credentialsId` stands in: what kind it is, and which variables hold it. */
function bindingAround(groovy: Groovy, offset: number): Partial<CiReference> {
  const start = openingBefore(groovy.code, offset);
  const end = closingAfter(groovy.code, offset);
  const binding = groovy.text.slice(Math.max(0, start - 40), end);
  const variables: string[] = [];
  for (const match of groovy.text.slice(start, end).matchAll(/\b(?<kind>\w*[vV]ariable)\s*:\s*["'](?<name>\w+)["']/g)) {
    const { kind = '', name = '' } = match.groups ?? {};
    if (!/^username|accessKeyVariable/.test(kind) || /accessKey/.test(kind)) variables.push(name);
  }
  const cloud = STATIC.find(([pattern]) => pattern.test(binding))?.[1];
  if (cloud === 'aws' && variables.length === 0) variables.push('AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID');
  const how: How | undefined = cloud === undefined ? undefined : 'static-key';
  return { variables, ...(how === undefined || cloud === undefined ? {} : { how, cloud }) };
}

function openingBefore(code: string, offset: number): number {
  let nested = 0;
  for (let at = offset - 1; at >= Math.max(0, offset - 2000); at--) {
    const char = code[at];
    if (char === ')' || char === ']') nested += 1;
    else if (char === '(' || char === '[') {
      if (nested === 0) return at;
      nested -= 1;
    }
  }
  return Math.max(0, offset - 200, code.lastIndexOf('\n', offset));
}

function closingAfter(code: string, offset: number): number {
  let nested = 0;
  for (let at = offset; at < Math.min(code.length, offset + 2000); at++) {
    const char = code[at];
    if (char === '(' || char === '[') nested += 1;
    else if (char === ')' || char === ']') {
      if (nested === 0) return at;
      nested -= 1;
    }
  }
  const line = code.indexOf('\n', offset);
  return Math.min(offset + 200, line < 0 ? code.length : line);
}

function reference(string: GroovyString, position: CiReference['position'], more: Partial<CiReference>): CiReference {
  const id = string.value;
  return {
    name: id,
    place: { start: string.start, end: string.end, pointer: 'credentials' },
    position,
    identity: jenkinsCredentialId(id),
    type: 'server-credential',
    ...more,
  };
}

/** An id that is worked out at run time names nothing here. */
function isName({ value, interpolates }: GroovyString): boolean {
  return value !== '' && value.length <= 200 && !value.includes('\n') && !(interpolates && value.includes('$'));
}
