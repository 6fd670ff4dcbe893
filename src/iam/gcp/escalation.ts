import type { Confidence } from '../../contracts/index.ts';
import { isServiceAgent, projectOf } from './accounts.ts';
import type { BoundRole } from './bindings.ts';
import type { EstateFacts } from './estate.ts';
import { accountOf, isContainer, lineage } from './hierarchy.ts';
import { lifting } from './lifting.ts';
import { ACROSS, DELEGATION, METHODS, type Method } from './methods.ts';
import type { Holding, Powers, Standing } from './powers.ts';
import { selfMade } from './self-made.ts';

/** A member can raise its rights, by what, and what binding to cut. */
export interface Escalation {
  readonly member: string;
  readonly capability: 'escalates' | 'reads-data' | 'reads-secrets' | 'manages-identities';
  readonly method: string;
  /** Address of the account that is reached. */
  readonly target?: string;
  readonly path: string;
  readonly cut: BoundRole;
  readonly confidence: Confidence;
  readonly hops: number;
  readonly unknown: readonly string[];
}

interface Way {
  readonly method: Method;
  readonly holdings: readonly Holding[];
}

/** From the administrators back to those who may become them, one step a round, so that the shortest way stands. */
export function escalations(facts: EstateFacts, powers: Powers): Escalation[] {
  const standing = new Map(powers.standing);
  const found = backwards(facts, powers, standing, [...standing.keys()]);
  const lifted = lifting(facts, powers, standing, (all, free) =>
    backwards(all, free, new Map(free.standing), [...free.standing.keys()]),
  );
  for (const one of lifted) standing.set(one.member, standingBy(one));
  found.push(
    ...lifted,
    ...backwards(
      facts,
      powers,
      standing,
      lifted.map(({ member }) => member),
    ),
  );
  found.push(...selfMade(facts, powers, standing));
  return found;
}

/** Each is met once, so that it ends without a limit. */
function backwards(facts: EstateFacts, powers: Powers, standing: Map<string, Standing>, from: readonly string[]): Escalation[] {
  const found: Escalation[] = [];
  let round = from;
  while (round.length > 0) {
    const next: string[] = [];
    for (const target of round) {
      for (const one of takersOf(target, facts, powers, standing)) {
        if (!isLogin(one)) found.push(one);
        next.push(one.member);
        standing.set(one.member, standingBy(one));
      }
    }
    round = next;
  }
  return found;
}

/** Of a longer way the steps are counted, not told: 1,000 in a row would fill 50 MiB. */
const TOLD_HOPS = 6;

function standingBy({ path, hops, confidence, method, target }: Escalation): Standing {
  return {
    which:
      hops > TOLD_HOPS
        ? `is an administrator by ${hops} more steps, the next to ${target ?? 'a pool'}`
        : `by ${path.replace(': ', ' ')}`,
    hops,
    isSure: confidence === 'high',
    byToken: method === 'get-access-token' || method === 'implicit-delegation',
  };
}

/** To become that account is all that a workload of a pool or cluster is there for: its trust tells it. */
function isLogin({ cut, method, member }: Escalation): boolean {
  const isWorkload = !member.startsWith('serviceAccount:') || member.includes('.svc.id.goog[');
  return (
    isWorkload && method === 'get-access-token' && cut.role === 'roles/iam.workloadIdentityUser' && !isContainer(cut.resource)
  );
}

function* takersOf(
  target: string,
  facts: EstateFacts,
  powers: Powers,
  standing: ReadonlyMap<string, Standing>,
): Generator<Escalation> {
  const goal = standing.get(target);
  if (goal === undefined) return;
  yield* poolTakers(target, goal, facts, powers, standing);
  const email = /^serviceAccount:(?<email>[^[?]+@[^[?]+)$/.exec(target)?.groups?.email;
  if (email === undefined) return;
  const project = facts.accounts.get(email) ?? projectOf(email, facts.hierarchy.projectIds);
  const own = `//iam.googleapis.com/projects/${project ?? '-'}/serviceAccounts/${email}`;
  const above = project === undefined ? [] : lineage(`projects/${project}`, facts.hierarchy);
  const chain = [own, ...above];
  const methods = [
    ...METHODS.filter((method) => method.runsAs === undefined || runsAs(method, email)),
    ...(goal.byToken ? [DELEGATION] : []),
  ];
  const mayLeave = isUsedAcross(above, facts);
  for (const member of powers.membersOn(chain)) {
    if (member === target || standing.has(member) || isServiceAgent(member.slice('serviceAccount:'.length))) continue;
    const way = wayOf(methods, member, chain, above, powers);
    if (way !== undefined) {
      yield escalation(member, email, way, goal);
      continue;
    }
    const across = mayLeave ? wayAcross(member, chain, powers, facts) : undefined;
    if (across !== undefined) yield { ...escalation(member, email, across, goal), ...NOT_SURE_ACROSS };
  }
}

/**
 * Organisations forbid by default that resources of another project run as an account: only where a policy says otherwise it is
 * followed. https://cloud.google.com/iam/docs/attach-service-accounts#enabling-cross-project
 */
function isUsedAcross(above: readonly string[], { keptInProject }: EstateFacts): boolean {
  const told = above.find((place) => keptInProject?.has(place) === true);
  return told !== undefined && keptInProject?.get(told) === false;
}

/** Of the other project, its own agent must be let in to the account too. */
const NOT_SURE_ACROSS = {
  confidence: 'medium',
  unknown: ['whether agents of the other project may act as the account'],
} as const;

function wayAcross(member: string, chain: readonly string[], powers: Powers, { hierarchy }: EstateFacts): Way | undefined {
  for (const place of powers.containersOf(member)) {
    if (chain.includes(place)) continue;
    const way = wayOf(ACROSS, member, chain, lineage(place, hierarchy), powers);
    if (way !== undefined) return way;
  }
  return undefined;
}

/** Who may change the providers of a pool lets itself in as any principal of it. */
function* poolTakers(
  target: string,
  goal: Standing,
  { hierarchy }: EstateFacts,
  powers: Powers,
  standing: ReadonlyMap<string, Standing>,
): Generator<Escalation> {
  const place =
    /^principal(?:Set)?:\/\/iam\.googleapis\.com\/projects\/(?<number>\d+)\/locations\/global\/workloadIdentityPools\/(?<pool>[^/]+)\//.exec(
      target,
    )?.groups;
  if (place?.number === undefined) return;
  const chain = lineage(`projects/${hierarchy.projectIds.get(place.number) ?? place.number}`, hierarchy);
  for (const member of powers.membersOn(chain)) {
    if (member === target || standing.has(member) || isServiceAgent(member.slice('serviceAccount:'.length))) continue;
    const holding = POOL_RIGHTS.map((one) => powers.holds(member, chain, one)).find((one) => one !== undefined);
    if (holding === undefined) continue;
    const method: Method = {
      id: 'pool-provider',
      onAccount: [],
      inProject: [],
      does: `lets itself into the pool ${place.pool} as`,
    };
    const { target: _target, ...way } = escalation(
      member,
      target.replace(/^.*\/workloadIdentityPools\//, ''),
      { method, holdings: [holding] },
      goal,
    );
    yield way;
  }
}

const POOL_RIGHTS = [
  'iam.googleapis.com/workloadIdentityPoolProviders.update',
  'iam.googleapis.com/workloadIdentityPoolProviders.create',
];

function runsAs({ runsAs: who }: Method, email: string): boolean {
  if (who === 'cloud-services') return email.endsWith('@cloudservices.gserviceaccount.com');
  return /@cloudbuild\.gserviceaccount\.com$|-compute@developer\.gserviceaccount\.com$/.test(email);
}

/** The surest way, the most direct of equals. */
function wayOf(
  methods: readonly Method[],
  member: string,
  chain: readonly string[],
  above: readonly string[],
  powers: Powers,
): Way | undefined {
  let unsure: Way | undefined;
  for (const method of methods) {
    const holdings = holdingsFor(method, member, chain, above, powers);
    if (holdings === undefined) continue;
    if (holdings.every(({ isSure }) => isSure)) return { method, holdings };
    unsure ??= { method, holdings };
  }
  return unsure;
}

function holdingsFor(
  { onAccount, inProject }: Method,
  member: string,
  chain: readonly string[],
  above: readonly string[],
  powers: Powers,
): Holding[] | undefined {
  const holdings: Holding[] = [];
  for (const permission of onAccount) {
    const held = powers.holds(member, chain, permission);
    if (held === undefined) return undefined;
    holdings.push(held);
  }
  for (const one of inProject) {
    const held = (typeof one === 'string' ? [one] : one)
      .map((each) => powers.holds(member, above, each))
      .find((each) => each !== undefined);
    if (held === undefined) return undefined;
    holdings.push(held);
  }
  return holdings;
}

function escalation(member: string, target: string, { method, holdings }: Way, goal: Standing): Escalation {
  const [first] = holdings;
  if (first === undefined) throw new TypeError('a way needs a right');
  const by = [
    ...new Set(
      holdings.map(
        ({ bound }) =>
          `${bound.role} on ${shortName(bound.resource)}${bound.group === undefined ? '' : ` by the group ${bound.group}`}`,
      ),
    ),
  ].join(' and ');
  const isSure = holdings.every((one) => one.isSure) && goal.isSure && method.id !== 'build';
  return {
    member,
    capability: 'escalates',
    method: method.id,
    target,
    path: `${by}: ${method.does} ${target}, which ${goal.which}`,
    cut: first.bound,
    confidence: isSure ? 'high' : 'medium',
    hops: goal.hops + 1,
    unknown: [...new Set(holdings.flatMap(({ unknown }) => unknown))],
  };
}

function shortName(resource: string): string {
  return accountOf(resource)?.email ?? resource;
}
