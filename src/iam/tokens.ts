import {
  type Caller,
  combinations,
  type Door,
  fitting,
  isFresh,
  judgeCaller,
  patternsIn,
  testsOf,
  textsLike,
  valuesFor,
} from './admission.ts';
import type { ConditionTest } from './document.ts';
import { and, FALSE, type Judgement, or, TRUE, unknown } from './judgement.ts';
import { exampleOf, FRESH } from './pattern.ts';

/**
 * Whose tokens of an issuer get in, from the widest: anybody's who is its customer; those of every repository of one owner; those
 * of repositories whose names fit; those of a repository.
 */
export type Holders = 'anybody' | 'owner' | 'names' | 'repository' | 'nobody';

export interface Tokens {
  readonly holders: Holders;
  /** What it hangs on that they do get in. */
  readonly keys: readonly string[];
  /** What of the repositories gets in, where it is not bound to one: `branch`, `tag`, `pull_request`, `environment`. */
  readonly refs: readonly string[];
  /** Tokens that were made for somebody else. */
  readonly anyAudience: Judgement;
}

interface Token {
  readonly holders: Exclude<Holders, 'nobody'>;
  readonly ref: string | undefined;
  readonly isForAnybody: boolean;
  readonly caller: Caller;
}

type Tests = ReadonlyMap<string, readonly ConditionTest[]>;

const WIDEST: readonly Holders[] = ['anybody', 'owner', 'names', 'repository'];

const TOO_MANY = 'more conditions than were tried';

/** Tokens that are tried for one row. */
const MAX_TOKENS = 2_000;
/** And made, of which most are of a kind that was tried. */
const MAX_MADE = 50_000;
/** Owners by repositories by refs and environments. */
const MAX_KINDS = 3_000;

export function judgeTokens(door: Door, issuer: string, account: string): Tokens {
  const tests = testsOf(door);
  const found = new Map<Holders, Judgement>();
  const refs = new Set<string>();
  let anyAudience = FALSE;
  let tried = 0;
  let made = 0;
  const tokens = issuer === GITHUB ? githubTokens(door, tests, account) : plainTokens(door, issuer, tests, account);
  for (const token of tokens) {
    if (token === undefined) {
      found.set('anybody', or(found.get('anybody') ?? FALSE, unknown(TOO_MANY)));
      break;
    }
    const { holders, ref, isForAnybody, caller } = token;
    const isKnown = found.get(holders)?.truth === 'true' && (ref === undefined || refs.has(ref));
    const isSettled = isKnown && (!isForAnybody || anyAudience.truth === 'true');
    if (isSettled && ++made < MAX_MADE) continue;
    if (isSettled || ++tried > MAX_TOKENS) {
      found.set('anybody', or(found.get('anybody') ?? FALSE, unknown(TOO_MANY)));
      break;
    }
    const judged = judgeCaller(door, caller);
    if (judged.truth === 'false') continue;
    found.set(holders, or(found.get(holders) ?? FALSE, judged));
    if (ref !== undefined) refs.add(ref);
    if (isForAnybody) anyAudience = or(anyAudience, judged);
  }
  const holders = WIDEST.find((one) => found.has(one)) ?? 'nobody';
  const known = found.get(holders) ?? FALSE;
  return { holders, keys: known.keys, refs: holders === 'repository' ? [...refs].sort() : [], anyAudience };
}

export const GITHUB = 'token.actions.githubusercontent.com';

/** A value, and what somebody else must do that a token has it. */
interface Value {
  readonly text: string | null;
  readonly given: Judgement;
}

/** Ends in `undefined` where there are more kinds of tokens than can be tried. */
function* githubTokens(door: Door, tests: Tests, account: string): Generator<Token | undefined> {
  const of = (claim: string): readonly ConditionTest[] => tests.get(`${GITHUB}:${claim}`) ?? [];
  const { owners, repositories, contexts } = partsOf(of);
  const others = new Map<string, readonly Value[]>();
  const add = (claim: string, values: readonly Value[]): void => {
    const fit = fitting(door, `${GITHUB}:${claim}`, values, ({ text }) => (text === null ? null : [text]));
    if (of(claim).length > 0) others.set(claim, fit);
  };
  for (const claim of ['repository_id', 'repository_owner_id', 'enterprise_id']) {
    add(claim, plainly([FRESH, ...examplesOf(of(claim))]));
  }
  for (const claim of ['actor', 'actor_id']) {
    // Somebody's name says who started the run, not where: whoever gets him to start one has it.
    const lent = (text: string): Value => ({ text, given: isFresh(text) ? TRUE : unknown(`${GITHUB}:${claim}`) });
    add(claim, [FRESH, ...examplesOf(of(claim))].map(lent));
  }
  add('workflow', plainly(valuesFor(of('workflow'))));
  const audiences = audiencesOf(door, `${GITHUB}:aud`, of('aud'));
  const told = ['sub', 'repository', 'repository_owner', 'ref', 'environment'].filter((claim) => of(claim).length > 0);
  yield* customTokens(door, tests, account);
  let kinds = 0;
  for (const owner of owners) {
    for (const repository of repositories) {
      if (owner.includes('@') !== repository.includes('@')) continue;
      for (const context of contexts) {
        if (++kinds > MAX_KINDS) {
          yield undefined;
          return;
        }
        const claims = claimsOf(owner, repository, context);
        if (!told.every((claim) => fitting(door, `${GITHUB}:${claim}`, [claims[claim]], (value) => value).length > 0)) continue;
        add('job_workflow_ref', workflowsOf(of('job_workflow_ref'), claims));
        for (const chosen of combinations(others)) {
          if (contradicts(claims, chosen)) continue;
          for (const audience of audiences) {
            yield {
              holders: holdersOf(owner, repository, chosen),
              ref: context.kind,
              isForAnybody: audience === FRESH,
              caller: {
                given: and(...[...chosen.values()].map(({ given }) => given)),
                context: (key) => {
                  if (!key.startsWith(`${GITHUB}:`)) return tokenContext(key, GITHUB, account);
                  const claim = key.slice(GITHUB.length + 1);
                  if (claim === 'aud') return [audience];
                  const own = chosen.get(claim);
                  if (own !== undefined) return own.text === null ? null : [own.text];
                  return claims[claim];
                },
              },
            };
          }
        }
      }
    }
  }
}

/** Subjects of a template of one's own: whoever writes the same has them, unless they name an owner or repository. */
function* customTokens(door: Door, tests: Tests, account: string): Generator<Token> {
  const subjects = examplesOf(tests.get(`${GITHUB}:sub`) ?? []).filter(
    (text) => !text.startsWith('repo:') && /^[a-z_]+:/.test(text),
  );
  for (const subject of subjects) {
    const names = [...subject.matchAll(/(?<![^:])(?:repository|repository_owner|enterprise)(?:_id)?:(?<name>[^:]+)/g)];
    const isHeld = names.some(({ groups }) => !isFresh(groups?.name ?? ''));
    for (const audience of audiencesOf(door, `${GITHUB}:aud`, tests.get(`${GITHUB}:aud`) ?? [])) {
      yield {
        holders: isHeld ? 'repository' : 'anybody',
        ref: undefined,
        isForAnybody: audience === FRESH,
        caller: {
          given: isHeld || names.length > 0 ? TRUE : unknown(`${GITHUB}:sub`),
          context: (key) => {
            if (key === `${GITHUB}:sub`) return [subject];
            return key === `${GITHUB}:aud` ? [audience] : tokenContext(key, GITHUB, account);
          },
        },
      };
    }
  }
}

function plainly(texts: readonly (string | null)[]): Value[] {
  return [...new Set(texts)].map((text) => ({ text, given: TRUE }));
}

interface Context {
  /** Of the subject, behind the repository. */
  readonly text: string;
  readonly ref: string | undefined;
  readonly environment: string | null | undefined;
  readonly kind: string | undefined;
}

interface Parts {
  readonly owners: ReadonlySet<string>;
  readonly repositories: ReadonlySet<string>;
  readonly contexts: readonly Context[];
}

const SUBJECTS = [
  'repo:*/*:ref:refs/heads/*',
  'repo:*/*:ref:refs/tags/*',
  'repo:*/*:pull_request',
  'repo:*/*:environment:*',
  'repo:*/*:*',
];

/** A star that stands for itself is in no token. */
function textsOf(tests: readonly ConditionTest[], shape: string): string[] {
  return textsLike(tests, shape).filter((text) => !/[*?]/.test(text));
}

function examplesOf(tests: readonly ConditionTest[]): string[] {
  return patternsIn(tests)
    .map(exampleOf)
    .filter((text) => !/[*?]/.test(text));
}

/** Owners, repositories and contexts that the tests tell apart, and ones that they do not mention. */
function partsOf(of: (claim: string) => readonly ConditionTest[]): Parts {
  const owners = new Set([FRESH]);
  const repositories = new Set([FRESH]);
  const refs = new Set([`refs/heads/${FRESH}`, `refs/tags/${FRESH}`]);
  const environments = new Set([FRESH]);
  const others = new Set<string>();
  for (const subject of SUBJECTS.flatMap((shape) => textsOf(of('sub'), shape))) {
    const { owner, repository, context } =
      /^repo:(?<owner>[^/]+)\/(?<repository>[^/:]+):(?<context>.*)$/s.exec(subject)?.groups ?? {};
    if (owner === undefined || repository === undefined || context === undefined) continue;
    owners.add(owner);
    repositories.add(repository);
    const { ref, environment } = /^(?:ref:(?<ref>.+)|environment:(?<environment>.+))$/s.exec(context)?.groups ?? {};
    if (ref !== undefined) refs.add(ref);
    else if (environment !== undefined) environments.add(environment);
    else if (context !== 'pull_request' && context !== FRESH) others.add(context);
  }
  for (const text of textsOf(of('repository'), '*/*')) {
    const [owner = '', repository = ''] = text.split('/', 2);
    owners.add(owner);
    repositories.add(repository);
  }
  for (const owner of textsOf(of('repository_owner'), '*')) owners.add(owner);
  for (const ref of ['refs/heads/*', 'refs/tags/*', '*'].flatMap((shape) => textsOf(of('ref'), shape))) refs.add(ref);
  for (const environment of textsOf(of('environment'), '*')) environments.add(environment);
  return { owners, repositories, contexts: contextsOf(refs, environments, others) };
}

/** A job with an environment is named by it, one of a pull request by that, any other by its ref. */
function contextsOf(refs: ReadonlySet<string>, environments: ReadonlySet<string>, others: ReadonlySet<string>): Context[] {
  const contexts: Context[] = [];
  for (const ref of refs) {
    // Names that begin alike may be protected together.
    const kind = { [`refs/heads/${FRESH}`]: 'branch', [`refs/tags/${FRESH}`]: 'tag' }[ref];
    if (!ref.startsWith('refs/pull/')) contexts.push({ text: `ref:${ref}`, ref, environment: null, kind });
    for (const environment of environments) {
      // A workflow may name an environment that is not there: it is made, without rules.
      const open = environment === FRESH && kind === 'branch' ? 'environment' : undefined;
      contexts.push({ text: `environment:${environment}`, ref, environment, kind: open });
    }
  }
  contexts.push({ text: 'pull_request', ref: 'refs/pull/1/merge', environment: null, kind: 'pull_request' });
  for (const text of others) contexts.push({ text, ref: undefined, environment: undefined, kind: undefined });
  return contexts;
}

type Claims = { readonly [claim: string]: readonly string[] | null | undefined };

/** The names in a subject may have their numbers with them: `repo:OWNER@1/REPO@2:…`. */
function claimsOf(owner: string, repository: string, { text, ref, environment }: Context): Claims {
  const [ownerName = '', ownerId] = owner.split('@');
  const [name = '', id] = repository.split('@');
  return {
    sub: [`repo:${owner}/${repository}:${text}`],
    repository: [`${ownerName}/${name}`],
    repository_owner: [ownerName],
    ref: ref === undefined ? undefined : [ref],
    environment: environment === undefined ? undefined : environment === null ? null : [environment],
    ...(ownerId === undefined ? {} : { repository_owner_id: [ownerId] }),
    ...(id === undefined ? {} : { repository_id: [id] }),
  };
}

function contradicts(claims: Claims, chosen: ReadonlyMap<string, Value>): boolean {
  return [...chosen].some(([claim, { text }]) => {
    const told = claims[claim]?.[0];
    return told !== undefined && text !== told;
  });
}

/** The workflow is the caller's own, or one of somebody else's that it may call. */
function workflowsOf(tests: readonly ConditionTest[], { repository, ref }: Claims): Value[] {
  const home = `${repository?.[0] ?? FRESH}/.github/workflows/`;
  const own = [`${home}${FRESH}@${ref?.[0] ?? FRESH}`, ...textsOf(tests, `${home}*@*`)];
  const called = textsOf(tests, '*/*/.github/workflows/*').filter((text) => !text.startsWith(home));
  const lent = (text: string): Value => ({
    text,
    given: isFresh(text.split('/')[0] ?? '') ? TRUE : unknown(`${GITHUB}:job_workflow_ref`),
  });
  return [...plainly(own), ...called.map(lent)];
}

function holdersOf(owner: string, repository: string, chosen: ReadonlyMap<string, Value>): Token['holders'] {
  const [ownerName = '', ownerId] = owner.split('@');
  const [name = '', id] = repository.split('@');
  const isHeld = (claim: string, told: string | undefined): boolean => {
    const text = told ?? chosen.get(claim)?.text;
    return typeof text === 'string' && !isFresh(text);
  };
  if (isHeld('repository_id', id)) return 'repository';
  const isOwnerKnown = !isFresh(ownerName) || isHeld('repository_owner_id', ownerId) || isHeld('enterprise_id', undefined);
  if (!isOwnerKnown) return 'anybody';
  if (name === FRESH) return 'owner';
  return isFresh(name) ? 'names' : isFresh(ownerName) ? 'owner' : 'repository';
}

/** A caller asks for a token for whom it likes; so the audience is its choice, and one that nothing mentions is somebody else's. */
function audiencesOf(door: Door, key: string, tests: readonly ConditionTest[]): string[] {
  const all = new Set([FRESH, ...textsOf(tests, '*'), ...examplesOf(tests)]);
  return fitting(door, key, [...all], (audience) => [audience]);
}

/** The parts of a subject that say whose it is, where more than the first does. */
const SHAPES: readonly { readonly issuer: RegExp; readonly shape: string; readonly parts: RegExp }[] = [
  {
    issuer: /^gitlab\.com$/,
    shape: 'project_path:*/*:ref_type:*:ref:*',
    parts: /^project_path:(?<owner>[^/:]+)\/(?<name>[^:]+):/s,
  },
  {
    issuer: /^app\.terraform\.io$/,
    shape: 'organization:*:project:*:workspace:*:run_phase:*',
    parts: /^organization:(?<owner>[^:]+):project:(?<name>.+):run_phase:/s,
  },
  {
    issuer: /^agent\.buildkite\.com$/,
    shape: 'organization:*:pipeline:*:ref:*',
    parts: /^organization:(?<owner>[^:]+):pipeline:(?<name>[^:]+):/s,
  },
];

const PLAIN = { shape: '*', parts: /^(?:[a-z_]+:)?(?<owner>[^/:]+)(?:[/:](?<name>[^:]+))?/s };

function* plainTokens(door: Door, issuer: string, tests: Tests, account: string): Generator<Token> {
  const of = (claim: string): readonly ConditionTest[] => tests.get(`${issuer}:${claim}`.toLowerCase()) ?? [];
  const { shape, parts } = SHAPES.find((one) => one.issuer.test(issuer)) ?? PLAIN;
  const anybody = shape === '*' ? FRESH : shape.replaceAll('*', FRESH);
  const subjects = new Set([anybody, ...textsOf(of('sub'), shape), ...examplesOf(of('sub'))]);
  // An identity pool has no customers but its own users; the audience is the pool.
  const isPool = issuer === 'cognito-identity.amazonaws.com';
  for (const subject of subjects) {
    const { owner = subject, name } = parts.exec(subject)?.groups ?? {};
    const holders = isFresh(owner) ? 'anybody' : name === FRESH ? 'owner' : isFresh(name ?? '') ? 'names' : 'repository';
    for (const audience of audiencesOf(door, `${issuer}:aud`.toLowerCase(), of('aud'))) {
      yield {
        holders: isPool && holders === 'anybody' && !isFresh(audience) ? 'repository' : holders,
        ref: undefined,
        isForAnybody: audience === FRESH,
        caller: {
          given: TRUE,
          context: (key) => {
            if (key === `${issuer}:sub`.toLowerCase()) return [subject];
            return key === `${issuer}:aud`.toLowerCase() ? [audience] : tokenContext(key, issuer, account);
          },
        },
      };
    }
  }
}

/** Of a call with a token: nobody of AWS makes it. */
export function tokenContext(key: string, issuer: string, account: string): readonly string[] | null | undefined {
  if (key.startsWith(`${issuer}:`.toLowerCase())) return undefined;
  switch (key) {
    case 'aws:securetransport':
      return ['true'];
    case 'aws:principalisawsservice':
    case 'aws:viaawsservice':
      return ['false'];
    case 'aws:resourceaccount':
      return [account];
    default:
      return /^aws:(?:principal(?:arn|account|orgid|orgpaths|type)|userid|username|source(?:arn|account|orgid|orgpaths)|principalservicename(?:slist)?|multifactorauth(?:present|age))$/.test(
        key,
      )
        ? null
        : undefined;
  }
}
