import type { CoverageObservation, Observation, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { type Failure, inParallel, openSession, type Part } from '../../src/live/index.ts';
import { type Address, parseAddress } from './address.ts';
import { openApi } from './api.ts';
import { type Collected, type Collector, collect, type Names } from './collect.ts';
import { defined } from './defined.ts';
import { ENDPOINTS, type Endpoint, type EndpointId, endpointOf } from './endpoints.ts';
import { NotOffered, SERVICE } from './failure.ts';
import { readLogin } from './login.ts';
import type { Place } from './place.ts';
import { readerOf } from './readers.ts';
import type { Environment, Organisation, Repository } from './schema.ts';
import type { App, Installation, PersonalAccessToken, SecretName } from './schema-access.ts';

/** More at a time brings the secondary limit on sooner. https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
const WIDTH = 4;
/** Refusals in a row, without one success, after which the right is taken to be missing altogether. */
const GIVE_UP_AFTER = 10;

const OF_ORGANISATION: readonly EndpointId[] = [
  'members',
  'outside-collaborators',
  'personal-access-tokens',
  'credential-authorizations',
  'installations',
  'org-actions-secrets',
  'org-dependabot-secrets',
  'org-workflow-permissions',
  'org-oidc',
  'org-runners',
  'runner-groups',
  'org-hooks',
  'org-alerts',
  'audit-log',
];
const OF_REPOSITORIES: readonly EndpointId[] = [
  'deploy-keys',
  'actions-secrets',
  'dependabot-secrets',
  'workflow-permissions',
  'oidc',
  'runners',
  'hooks',
];

interface Scan extends Collector {
  readonly target: ServiceTarget;
  readonly address: Address;
}

export interface LiveOptions {
  /** Milliseconds that a second of waiting takes. */
  readonly second?: number;
  /** Of lists that are too long to read to their end. */
  readonly mostPages?: number;
}

export async function* scanGithub(
  target: ServiceTarget,
  context: ScanContext,
  options: LiveOptions = {},
): AsyncIterable<Observation> {
  const scan = await openScan(target, context, options);
  try {
    if (scan.address.repository === undefined) yield* scanOrganisation(scan);
    else yield* scanRepository(scan, scan.address.repository);
  } finally {
    context.progress.end();
  }
}

export async function openScan(target: ServiceTarget, context: ScanContext, options: LiveOptions = {}): Promise<Scan> {
  const address = parseAddress(target.address);
  const owner = address.repository === undefined ? `/orgs/${address.org}` : `/repos/${address.repository}`;
  const api = await openApi({ context, login: readLogin(context.env), owner, ...defined({ second: options.second }) });
  return {
    api,
    context,
    target,
    address,
    ...defined({ mostPages: options.mostPages }),
    session: openSession({ context, target, surface: 'github', service: SERVICE }),
  };
}

async function* scanOrganisation(scan: Scan): AsyncGenerator<Observation> {
  const { address, context } = scan;
  const names = { org: address.org };
  context.progress.phase('GitHub: the organisation', OF_ORGANISATION.length);
  const head = await collect(scan, endpointOf('organisation'), names, false);
  const organisation = head.records[0] as Organisation | undefined;
  if (head.failure !== undefined || organisation === undefined) {
    yield nothingRead(scan, head, 'For the repositories of a person name github:OWNER/REPO.');
    return;
  }
  if (organisation.plan !== undefined) scan.plan = organisation.plan;
  const { login: _, ...flags } = organisation;
  yield coverageOf(scan, endpointOf('organisation'), head, { read: 1, detail: defined(flags) });
  const answers = await inParallel(OF_ORGANISATION, WIDTH, async (id) => {
    const got = await collect(scan, endpointOf(id), names);
    context.progress.advance(1);
    return { endpoint: endpointOf(id), got };
  });
  for (const { endpoint, got } of answers) {
    if (endpoint.id === 'members' && got.failure === undefined && got.problems.length === 0)
      got.problems.push(...hiddenMembers(organisation));
    const makers = endpoint.id === 'installations' ? await makersOf(scan, got.records as Installation[]) : undefined;
    const reach = await reachOf(scan, endpoint.id, got.records);
    const place = { ...placeOf(endpoint, names), ...defined({ makers, reach: reach?.names }) };
    yield* readerOf(endpoint.id).rows(got.records, place);
    if (reach !== undefined && reach.met > 0)
      yield coverageOf(scan, reach.endpoint, reach.got, {
        read: reach.names.size,
        failed: reach.met - reach.names.size,
      });
    yield coverageOf(scan, endpoint, got, { read: got.records.length });
  }
  const list = await collect(scan, endpointOf('repositories'), names);
  const repositories = list.records as Repository[];
  const unseen = unseenOf(organisation.repositories, repositories.length, list.failure);
  if (unseen !== undefined) list.problems.push(unseen);
  yield coverageOf(scan, endpointOf('repositories'), list, { read: repositories.length });
  const gap: Failure | undefined = unseen === undefined ? undefined : { outcome: 'partial', why: unseen, fatal: false };
  yield* scanRepositories(scan, repositories, OF_REPOSITORIES, list.failure ?? gap);
}

/** An app that was let in to some repositories, or a token of a member, is shown those alone, without a word. */
function unseenOf(all: number | undefined, seen: number, failure: Failure | undefined): string | undefined {
  if (failure !== undefined || (all !== undefined && seen >= all)) return undefined;
  if (all !== undefined) return `${seen} of ${all} repositories are shown to these credentials: let them in to all`;
  return `${seen} repositories are shown to these credentials, and how many there are is not told: let an owner scan, or an app`;
}

/** Those who are told neither the plan nor of private repositories are no members to GitHub, and see none who does not show it. */
function hiddenMembers({ plan, repositories }: Organisation): string[] {
  return plan === undefined && repositories === undefined
    ? ['GitHub does not say that these credentials may see more than public members']
    : [];
}

async function* scanRepository(scan: Scan, repository: string): AsyncGenerator<Observation> {
  const endpoint = endpointOf('repository');
  const head = await collect(scan, endpoint, { org: scan.address.org, repository }, false);
  const found = head.records[0] as Repository | undefined;
  if (head.failure !== undefined || found === undefined) {
    yield nothingRead(scan, head);
    return;
  }
  yield coverageOf(scan, endpoint, head, {
    read: 1,
    detail: defined({ visibility: found.visibility, archived: found.archived }),
  });
  yield* scanRepositories(scan, [found], [...OF_REPOSITORIES, 'alerts']);
}

async function* scanRepositories(
  scan: Scan,
  repositories: readonly Repository[],
  ids: readonly EndpointId[],
  failure?: Failure,
): AsyncGenerator<Observation> {
  for (const id of ids) yield* readAll(scan, endpointOf(id), repositories.map(wholeOf), failure);
  const environments: Whose[] = [];
  const found = await ask(scan, endpointOf('environments'), repositories.map(wholeOf));
  for (const { whose, got } of found.answers)
    for (const { name } of got.records as Environment[]) environments.push({ ...whose, environment: name });
  yield across(scan, endpointOf('environments'), found, failure);
  yield* readAll(scan, endpointOf('environment-secrets'), environments, found.failure ?? failure);
}

/** A repository, or an environment of one. */
interface Whose {
  readonly repository: Repository;
  readonly environment?: string;
}

function wholeOf(repository: Repository): Whose {
  return { repository };
}

interface Asked {
  readonly answers: readonly { readonly whose: Whose; readonly got: Collected }[];
  readonly met: number;
  /** The first. */
  readonly failure?: Failure;
}

/** Who made each app, by its slug: one's own is judged otherwise than a stranger's. One that nobody else may see tells none. */
async function makersOf(scan: Scan, installations: readonly Installation[]): Promise<ReadonlyMap<string, string>> {
  const slugs = [...new Set(installations.map(({ slug }) => slug))];
  const makers = new Map<string, string>();
  await inParallel(slugs, WIDTH, async (app) => {
    const { records } = await collect(scan, endpointOf('app'), { org: scan.address.org, entry: app });
    const { maker } = (records[0] ?? {}) as Partial<App>;
    if (maker !== undefined) makers.set(app, maker);
  });
  return makers;
}

/** Entries of a list that are for chosen repositories, and the call that says which. */
function chosenIn(
  id: EndpointId,
  records: readonly unknown[],
): { readonly call: EndpointId; readonly of: readonly string[] } | undefined {
  switch (id) {
    case 'personal-access-tokens': {
      const tokens = (records as PersonalAccessToken[]).filter(
        ({ selection, isExpired }) => selection === 'subset' && !isExpired,
      );
      return { call: 'token-repositories', of: tokens.map(({ grantId }) => grantId) };
    }
    case 'org-actions-secrets':
    case 'org-dependabot-secrets': {
      const secrets = (records as SecretName[]).filter(({ visibility }) => visibility === 'selected');
      const call = id === 'org-actions-secrets' ? 'secret-repositories' : 'dependabot-secret-repositories';
      return { call, of: secrets.map(({ name }) => name) };
    }
    default:
      return undefined;
  }
}

interface Reach {
  readonly endpoint: Endpoint;
  readonly names: ReadonlyMap<string, readonly string[]>;
  readonly met: number;
  readonly got: Collected;
}

/** To which repositories what is for chosen ones was let in. */
async function reachOf(scan: Scan, id: EndpointId, records: readonly unknown[]): Promise<Reach | undefined> {
  const chosen = chosenIn(id, records);
  if (chosen === undefined) return undefined;
  const endpoint = endpointOf(chosen.call);
  const names = new Map<string, readonly string[]>();
  const problems: string[] = [];
  let failure: Failure | undefined;
  await inParallel(chosen.of, WIDTH, async (entry) => {
    const got = await collect(scan, endpoint, { org: scan.address.org, entry });
    failure ??= got.failure;
    problems.push(...got.problems);
    if (got.failure === undefined)
      names.set(
        entry,
        (got.records as Repository[]).map(({ name }) => name),
      );
  });
  return { endpoint, names, met: chosen.of.length, got: { records: [], problems, ...defined({ failure }) } };
}

/** One call for each repository or environment; one coverage row for all. */
async function* readAll(scan: Scan, endpoint: Endpoint, all: readonly Whose[], failure?: Failure): AsyncGenerator<Observation> {
  const asked = await ask(scan, endpoint, all);
  for (const { whose, got } of asked.answers) {
    const { repository, environment } = whose;
    const names = { org: scan.address.org, repository: repository.name, ...defined({ environment }) };
    const place = {
      ...placeOf(endpoint, names),
      ...defined({ visibility: repository.visibility, archived: repository.archived }),
    };
    yield* readerOf(endpoint.id).rows(got.records, place);
  }
  yield across(scan, endpoint, asked, failure);
}

async function ask(scan: Scan, endpoint: Endpoint, all: readonly Whose[]): Promise<Asked> {
  const { context, address } = scan;
  context.progress.phase(`GitHub: ${endpoint.title}`, all.length);
  let refused = 0;
  let isRead = false;
  let failure: Failure | undefined;
  const answers = await inParallel(all, WIDTH, async (whose) => {
    if (!isRead && refused >= GIVE_UP_AFTER) return undefined;
    const names = { org: address.org, repository: whose.repository.name, ...defined({ environment: whose.environment }) };
    const got = await collect(scan, endpoint, names);
    context.progress.advance(1);
    if (got.failure === undefined) isRead = true;
    else if (got.failure.outcome === 'denied' || got.failure instanceof NotOffered) refused++;
    // What the whole server lacks is said before what one repository has switched off.
    failure ??= got.failure;
    return { whose, got };
  });
  return { answers: answers.filter((one) => one !== undefined), met: all.length, ...defined({ failure }) };
}

/** The row of a call that was made for each of many. */
function across(
  scan: Scan,
  endpoint: Endpoint,
  { answers, met, failure }: Asked,
  before: Failure | undefined,
): CoverageObservation {
  const read = answers.filter(({ got }) => got.failure === undefined).length;
  const entries = answers.reduce((sum, { got }) => sum + got.records.length, 0);
  const problems = answers.flatMap(({ whose, got }) => got.problems.map((problem) => `${whose.repository.name}: ${problem}`));
  const what = endpoint.level === 'environment' ? 'environments' : 'repositories';
  const missed =
    failure === undefined ? undefined : counted(failure, met === 1 ? '' : `${met - read} of ${met} ${what} were not read: `);
  return coverageOf(
    scan,
    endpoint,
    { records: [], problems, ...defined({ failure: missed ?? before }) },
    { read, failed: met - read, detail: { entries } },
  );
}

function counted(failure: Failure, words: string): Failure {
  if (words === '') return failure;
  const why = `${words}${failure.why}`;
  return failure instanceof NotOffered
    ? new NotOffered(why, { kind: 'missing' })
    : { ...failure, outcome: failure.outcome, fatal: failure.fatal, why };
}

function coverageOf(scan: Scan, endpoint: Endpoint, got: Collected, part: Partial<Part>): CoverageObservation {
  const { failure, problems } = got;
  const row = scan.session.coverage({
    what: endpoint.title,
    covers: endpoint.covers,
    problems,
    ...defined({ failure }),
    ...part,
    detail: { export: endpoint.id, types: endpoint.types, org: scan.address.org.toLowerCase(), ...part.detail },
  });
  return failure instanceof NotOffered && (part.read ?? 0) === 0 ? { ...row, outcome: 'unsupported' } : row;
}

/** The whole target could not be read: all that it would have told stays unknown. */
function nothingRead(scan: Scan, { failure, problems }: Collected, hint = ''): CoverageObservation {
  const covers = [...new Set(ENDPOINTS.flatMap((endpoint) => endpoint.covers))];
  const why =
    failure === undefined
      ? undefined
      : hint === '' || failure.fatal
        ? failure
        : { ...failure, outcome: failure.outcome, fatal: failure.fatal, why: `${failure.why}. ${hint}` };
  return scan.session.coverage({ what: 'inventory', covers, problems, ...defined({ failure: why }) });
}

function placeOf(endpoint: Endpoint, names: Names): Place {
  return {
    ...names,
    endpoint,
    at: { pointer: `github:${(names.repository ?? names.org).toLowerCase()}` },
  };
}
