import { isPublicName } from '../../src/ci/cloud-keys.ts';
import { namedArgument } from '../../src/ci/describe.ts';
import { placeOfLine } from '../../src/ci/line-place.ts';
import type {
  ConsumerObservation,
  GrantObservation,
  IdentityId,
  IdentityObservation,
  JsonObject,
  Location,
  Match,
} from '../../src/contracts/index.ts';
import { entriesOf, get } from '../../src/formats/tree.ts';
import type { ActionReference } from './action-reference.ts';
import { type Login, readLogins } from './cloud-login.ts';
import { ALL_SECRETS, JOB_TOKEN } from './expression.ts';
import { appTokenFacts } from './facts/app-token.ts';
import { factsOf } from './facts/index.ts';
import type { Fact, JobView } from './facts/view.ts';
import { appGrant, appIdentity, ciSecret, deployKey, grants, jobToken, jobTokenId, oidcSubjects } from './identities.ts';
import { jobFacts, references, stepDetail, useDetail } from './job-detail.ts';
import { allowsOidc } from './permissions.ts';
import { findSecretUses, type Position, type SecretUse } from './secret-use.ts';
import { neverAsksForOidc, unneededScopes } from './token-need.ts';
import type { Job, Step, Workflow } from './workflow.ts';

export interface JobPlace {
  readonly repository: string | undefined;
  readonly path: string;
  readonly fileName: string;
  at(offset: number, pointer: string): Location;
  /** What could not be worked out, for the coverage. */
  note(problem: string): void;
}

const MAX_LITERALS = 1000;

type JobObservation = IdentityObservation | ConsumerObservation | GrantObservation;

/** What a job has at hand: its token with what it may do, every secret, every role it becomes, every key written out. */
export function* describeJob(
  text: string,
  job: Job,
  workflow: Workflow,
  literals: readonly { readonly match: Match; readonly at: Location; readonly start: number }[],
  place: JobPlace,
): Generator<JobObservation> {
  const oidcAvailable = allowsOidc(job.permissions);
  const { uses, problem } = findSecretUses(text, job, workflow.env, oidcAvailable);
  if (problem !== undefined) place.note(problem);
  const logins = findLogins(job, workflow);
  const facts = jobFacts(job, workflow, uses, logins, place, oidcAvailable);
  const consumer = {
    kind: 'consumer',
    consumer: `${place.repository === undefined ? '' : `${place.repository}:`}${place.path}#${job.id}`,
    type: 'workflow-job',
    ...(job.environment === undefined ? {} : { environment: job.environment }),
    ...(job.triggers.length === 0 ? {} : { trigger: job.triggers.join(',') }),
  } as const;

  if (!workflow.composite) {
    const token = uses.find((use) => use.name === JOB_TOKEN);
    const identity = jobToken(job, place);
    yield identity;
    yield* grants(identity, job, place);
    yield {
      ...consumer,
      identity: identity.id,
      secretName: JOB_TOKEN,
      how: 'token',
      at: tokenPlace(job, token, place),
      detail: { ...facts, ...useDetail(token, job), explicit: token !== undefined, unneeded: unneededScopes(job, uses) },
    };
    for (const at of printedAt(text, token, place)) {
      yield { ...consumer, identity: identity.id, secretName: JOB_TOKEN, how: 'token', at, detail: { ...facts, fact: PRINTED } };
    }
    if (oidcAvailable) {
      for (const subject of oidcSubjects(job, workflow, place)) {
        yield subject;
        yield {
          ...consumer,
          identity: subject.id,
          how: 'oidc',
          ...(subject.at === undefined ? {} : { at: subject.at }),
          detail: { ...facts, fact: 'oidc-subject', unused: neverAsksForOidc(job) },
        };
      }
    }
  }

  for (const use of uses) {
    if (use.name === JOB_TOKEN) continue;
    const identity = use.name === ALL_SECRETS ? undefined : ciSecret(use, job, place);
    if (identity !== undefined) yield identity;
    yield {
      ...consumer,
      ...(identity === undefined ? {} : { identity: identity.id }),
      secretName: use.name,
      how: use.how,
      at: place.at(use.offset, use.scalar.pointer),
      detail: { ...facts, ...useDetail(use, job) },
    };
    const named = { ...(identity === undefined ? {} : { identity: identity.id }), secretName: use.name, how: use.how };
    for (const at of printedAt(text, use, place)) yield { ...consumer, ...named, at, detail: { ...facts, fact: PRINTED } };
    if (use.name !== ALL_SECRETS && !isPublicName(use.name)) {
      for (const { step, line } of use.argumentsAt) {
        for (const at of lineOf(text, step, line, place)) {
          yield { ...consumer, ...named, at, detail: { ...facts, fact: 'secret-in-argument' } };
        }
      }
      for (const { at, action } of handedAt(text, use, place)) {
        const detail = { ...facts, fact: 'secret-to-action', action: action.uses, pinned: action.pinned };
        yield { ...consumer, ...named, at, detail };
      }
    }
    for (const { step, line, name } of use.buildArguments) {
      for (const at of lineOf(text, step, line, place)) {
        const detail = { ...facts, fact: 'build-argument', ...namedArgument(name ?? use.name, use.name) };
        yield { ...consumer, ...named, at, detail };
      }
    }
  }

  if (job.inheritsSecrets && !uses.some((use) => use.name === ALL_SECRETS)) {
    const secrets = get(job.tree, 'secrets') ?? job.tree;
    const at = place.at(secrets.start, secrets.pointer);
    const called = references(job.calls === undefined ? [] : [job.calls]);
    yield {
      ...consumer,
      secretName: ALL_SECRETS,
      how: 'secret',
      at,
      detail: { ...facts, ...called, position: 'secrets', positions: ['secrets'] },
    };
  }

  for (const { step, login } of logins.values()) {
    // Later steps find the session in their environment.
    const after = job.steps.slice(job.steps.indexOf(step));
    yield {
      ...consumer,
      identity: login.identity,
      how: oidcAvailable && !login.chained ? 'oidc' : 'impersonation',
      at: place.at(login.tree.start, login.tree.pointer),
      detail: {
        ...facts,
        ...references(after.flatMap((each) => each.uses ?? [])),
        position: 'with',
        positions: ['with'],
        steps: [stepDetail(step)],
        cloud: login.cloud,
      },
    };
  }

  const view: JobView = { job, workflow, repository: place.repository, uses, jobToken: jobTokenId(job, place) };
  for (const app of appTokenFacts(view)) {
    const identity = appIdentity(app, place);
    yield identity;
    for (const permission of app.permissions) yield appGrant(identity, app, permission, place);
    yield { ...consumer, ...factRow({ ...app, identity: identity.id }, facts, place) };
  }
  for (const fact of factsOf(view)) {
    // A composite action works with the token of whichever job calls it.
    if (workflow.composite && fact.secretName === undefined) continue;
    const key = fact.fact === 'ssh-key' && fact.detail?.for === 'git' ? deployKey(fact, place) : undefined;
    if (key !== undefined) yield key;
    yield { ...consumer, ...factRow(key === undefined ? fact : { ...fact, identity: key.id }, facts, place) };
  }

  const written = new Set<string>();
  for (const { match, at, start } of literals) {
    if (written.has(match.credential)) continue;
    if (written.size >= MAX_LITERALS) {
      place.note(`more than ${MAX_LITERALS} keys are written out in a job`);
      break;
    }
    written.add(match.credential);
    const step = job.steps.find((each) => start >= each.tree.start && start < each.tree.end);
    yield {
      ...consumer,
      credential: match.credential,
      ...(match.identity === undefined ? {} : { identity: match.identity }),
      how: 'static-key',
      at,
      detail: {
        ...facts,
        position: literalPosition(at.pointer ?? ''),
        positions: [literalPosition(at.pointer ?? '')],
        steps: step === undefined ? [] : [stepDetail(step)],
        literal: true,
        ...references(step?.uses === undefined ? [] : [step.uses]),
      },
    };
  }
}

export type JobLogins = ReadonlyMap<IdentityId, { readonly step: Step; readonly login: Login }>;

/** Who the job becomes, each once, at the first step that does it. */
function findLogins(job: Job, workflow: Workflow): JobLogins {
  const env = literalEnv(workflow, job);
  const found = new Map<IdentityId, { step: Step; login: Login }>();
  for (const step of job.steps) {
    for (const login of readLogins(step, new Map([...env, ...literalsOf(step)]))) {
      if (!found.has(login.identity)) found.set(login.identity, { step, login });
    }
  }
  return found;
}

/** Lines of scripts that print a secret. */
const PRINTED = 'secret-printed';

function printedAt(text: string, use: SecretUse | undefined, place: JobPlace): Location[] {
  return (use?.prints ?? []).flatMap(({ step, line }) => lineOf(text, step, line, place));
}

function lineOf(text: string, step: Step, line: number, place: JobPlace): Location[] {
  const run = get(step.tree, 'run');
  if (run?.type !== 'scalar') return [];
  const { start, pointer } = placeOfLine(text, run, line);
  return [place.at(start, pointer)];
}

/** Of each secret. */
const MAX_HANDED = 50;

/**
 * Steps that hand a secret to the action of a stranger, from where they name the one to where they name the other. What an
 * environment of a wider scope hands on matters where the action may change.
 */
function handedAt(text: string, use: SecretUse, place: JobPlace): { readonly at: Location; readonly action: ActionReference }[] {
  const steps = [...use.reaches].filter(({ uses }) => uses?.thirdParty === true).toSorted((a, b) => a.index - b.index);
  const found: { at: Location; action: ActionReference }[] = [];
  for (const step of steps) {
    const named = get(step.tree, 'uses');
    if (step.uses === undefined || named === undefined || (step.uses.pinned && !use.steps.has(step))) continue;
    if (found.length >= MAX_HANDED) break;
    const offsets = use.occurrences.filter((each) => each.step === step).map(({ offset }) => offset);
    const last = endOfLine(text, Math.max(named.start, ...offsets));
    const end = place.at(last, named.pointer);
    const at = {
      ...place.at(Math.min(named.start, ...offsets), named.pointer),
      ...(end.line === undefined ? {} : { endLine: end.line }),
      ...(end.column === undefined ? {} : { endColumn: end.column }),
    };
    found.push({ at, action: step.uses });
  }
  return found;
}

function endOfLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end < 0 ? text.length : text[end - 1] === '\r' ? end - 1 : end;
}

/** A row of its own for something that the job does with an identity or secret. */
function factRow(fact: Fact, facts: JsonObject, place: JobPlace) {
  return {
    ...(fact.identity === undefined ? {} : { identity: fact.identity }),
    ...(fact.secretName === undefined ? {} : { secretName: fact.secretName }),
    how: fact.how ?? 'secret',
    at: place.at(fact.offset, fact.pointer),
    detail: { ...facts, ...fact.detail, fact: fact.fact },
  };
}

function literalPosition(pointer: string): Position {
  if (pointer.startsWith('env')) return 'workflow-env';
  if (/^jobs\.[^.[]+\.env\b/.test(pointer)) return 'job-env';
  if (/\.(?:container|services)\b/.test(pointer)) return 'container';
  if (/\]\.env\b/.test(pointer)) return 'step-env';
  if (/\.with\b/.test(pointer)) return 'with';
  if (/\.run$/.test(pointer)) return 'run';
  return 'other';
}

/** Variables whose value stands in the file, for names such as `${{ env.AWS_ROLE }}`. */
function literalEnv(workflow: Workflow, job: Job): Map<string, string> {
  const known = new Map<string, string>();
  for (const tree of [workflow.env, job.env]) {
    for (const { key, value } of entriesOf(tree)) if (value.type === 'scalar') known.set(key, value.value);
  }
  return known;
}

function literalsOf(step: Step): [string, string][] {
  return entriesOf(step.env).flatMap(({ key, value }): [string, string][] =>
    value.type === 'scalar' ? [[key, value.value]] : [],
  );
}

/** What the token may is said at the permissions, be they the job's or the workflow's; else where the job uses it. */
function tokenPlace(job: Job, token: SecretUse | undefined, place: JobPlace): Location {
  const { tree } = job.permissions;
  if (tree !== undefined) return place.at(tree.start, tree.pointer);
  return token === undefined ? place.at(job.tree.start, job.tree.pointer) : place.at(token.offset, token.scalar.pointer);
}
