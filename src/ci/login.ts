import { gcpServiceAccountId, type IdentityId, identityId, identityIdFromArn } from '../contracts/index.ts';
import type { Scalar } from '../formats/tree.ts';
import type { Cloud } from './cloud-keys.ts';
import type { CiJob, CiLogin, CiReference, CiStep, Part } from './model.ts';
import { readScript, variablesIn } from './shell.ts';

/** Who a job becomes: roles and accounts by name, and variables that hold the name of one. */
export interface Logins {
  readonly logins: readonly CiLogin[];
  readonly references: readonly CiReference[];
}

const WORD = `["']?(?<who>[^\\s"'\\\\;|&)]+)`;
/** The commands that log in; what a flag holds may stand on a continued line. */
const COMMANDS: readonly { readonly pattern: RegExp; readonly cloud: Cloud; readonly how: 'oidc' | 'impersonation' }[] = [
  {
    pattern: new RegExp(`assume-role-with-web-identity\\b(?:(?!\\bsts\\b)[\\s\\S]){0,1000}?--role-arn[=\\s]+${WORD}`, 'dg'),
    cloud: 'aws',
    how: 'oidc',
  },
  {
    pattern: new RegExp(`\\bsts\\s+assume-role\\b(?!-)(?:(?!\\bsts\\b)[\\s\\S]){0,600}?--role-arn[=\\s]+${WORD}`, 'dg'),
    cloud: 'aws',
    how: 'impersonation',
  },
  {
    pattern: new RegExp(`create-cred-config\\b[\\s\\S]{0,600}?--service-account[=\\s]+${WORD}`, 'dg'),
    cloud: 'gcp',
    how: 'oidc',
  },
  { pattern: new RegExp(`--impersonate-service-account[=\\s]+${WORD}`, 'dg'), cloud: 'gcp', how: 'impersonation' },
  {
    pattern: new RegExp(`\\baz\\s+login\\b(?=[^\\n]{0,500}--federated-token)[^\\n]{0,500}?(?:-u|--username)[=\\s]+${WORD}`, 'dg'),
    cloud: 'azure',
    how: 'oidc',
  },
];

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The identity that a role ARN, an e-mail address or a client id names. */
export function federatedIdentity(cloud: Cloud, who: string, tenant?: string): IdentityId | undefined {
  if (cloud === 'aws') return identityIdFromArn(who);
  if (cloud === 'gcp') {
    const email = who.replace(/^projects\/[^/]*\/serviceAccounts\//, '');
    return /^[\w.-]+@[\w.-]+$/.test(email) ? gcpServiceAccountId(email) : undefined;
  }
  if (!GUID.test(who)) return undefined;
  return identityId(
    'entra',
    tenant !== undefined && GUID.test(tenant) ? tenant.toLowerCase() : undefined,
    `app/${who.toLowerCase()}`,
  );
}

/** Reads the login commands of all scripts of a job; `macros` where `$(X)` is a variable. */
export function findLogins(text: string, job: CiJob, macros: boolean): Logins {
  const logins: CiLogin[] = [];
  const references: CiReference[] = [];
  const known = literalsOf(job, macros);
  const add = (cloud: Cloud, how: 'oidc' | 'impersonation', who: string, place: Part, step: CiStep | undefined) => {
    const resolved = resolve(who, known, macros);
    if (resolved.value !== undefined) {
      const identity = federatedIdentity(cloud, resolved.value);
      if (identity !== undefined) logins.push({ cloud, how, identity, place, ...(step === undefined ? {} : { step }) });
    } else if (resolved.name !== undefined) {
      references.push({
        name: resolved.name,
        place,
        position: 'run',
        how,
        cloud,
        variables: [resolved.name],
        ...(step === undefined ? {} : { steps: [step] }),
      });
    }
  };
  let token = job.oidcAvailable;
  for (const step of job.steps) {
    for (const scalar of step.scripts) {
      const written = text.slice(scalar.start, scalar.end);
      if (/AWS_WEB_IDENTITY_TOKEN_FILE/.test(written)) token = true;
      for (const { pattern, cloud, how } of COMMANDS) {
        for (const match of written.matchAll(pattern)) {
          const [from, to] = match.indices?.groups?.who ?? [0, 0];
          add(
            cloud,
            how,
            written.slice(from, to),
            { start: scalar.start + from, end: scalar.start + to, pointer: scalar.pointer },
            step,
          );
        }
      }
    }
  }
  // The SDKs of AWS become the role by themselves when both variables are set.
  for (const { variables, step } of [
    { variables: job.variables, step: undefined },
    ...job.steps.map((one) => ({ variables: one.variables, step: one })),
  ]) {
    for (const { name, value } of variables) {
      if (name === 'AWS_WEB_IDENTITY_TOKEN_FILE') token = true;
      if (name === 'AWS_ROLE_ARN' && token && value.value !== '') add('aws', 'oidc', value.value, value, step);
    }
  }
  return { logins, references };
}

/** What a text holds once its variables are put in; else the one variable that it is. */
export function resolve(
  text: string,
  known: ReadonlyMap<string, string>,
  macros: boolean,
  depth = 0,
): { readonly value?: string; readonly name?: string } {
  const reads = variablesIn(text, macros);
  if (reads.length === 0) return { value: text };
  let out = '';
  let from = 0;
  for (const { name, offset, end } of reads) {
    const literal = known.get(name);
    const inner = literal === undefined || depth > 3 ? undefined : resolve(literal, known, macros, depth + 1).value;
    if (inner === undefined) return reads.length === 1 ? { name } : {};
    out += text.slice(from, offset) + inner;
    from = end;
  }
  return { value: out + text.slice(from) };
}

/** Variables whose value stands in the file. */
function literalsOf(job: CiJob, macros: boolean): Map<string, string> {
  const known = new Map<string, string>();
  const take = (name: string, value: Scalar) => known.set(name, value.value);
  for (const { name, value } of job.variables) take(name, value);
  for (const step of job.steps) {
    for (const { name, value } of step.variables) take(name, value);
    for (const script of step.scripts) {
      if (script.value.length > 50_000) continue;
      for (const [name, value] of readScript(script.value, macros).assigned) if (value !== '') known.set(name, value);
    }
  }
  return known;
}
