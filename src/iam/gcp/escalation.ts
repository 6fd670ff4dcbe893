import type { Confidence } from '../../contracts/index.ts';
import { isServiceAgent, projectOf } from './accounts.ts';
import type { BoundRole, Known } from './bindings.ts';
import { capabilitiesOf, permissionsOf } from './capability.ts';
import type { EstateFacts } from './estate.ts';
import { accountOf, isContainer, lineage } from './hierarchy.ts';
import { judgeOf } from './judge.ts';
import { DELEGATION, METHODS, type Method, STARTS } from './methods.ts';

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

/** A right that a member has somewhere, and the binding that gives it. */
interface Holding {
  readonly bound: BoundRole;
  readonly permission: string;
  readonly isSure: boolean;
  readonly unknown: readonly string[];
}

interface Way {
  readonly method: Method;
  readonly holdings: readonly Holding[];
}

/** How somebody is an administrator: outright, or by a way to one who is. */
interface Standing {
  /** `has roles/editor on projects/p`, `by … mints access tokens of …, which has …`: what follows "which". */
  readonly which: string;
  readonly hops: number;
  readonly isSure: boolean;
  /** Reached by minting tokens of the next: then who may delegate through it has them too. */
  readonly byToken: boolean;
}

export interface Powers {
  readonly isPrivileged: (email: string) => boolean;
  readonly runsCode: NonNullable<Known['runsCode']>;
  readonly standing: ReadonlyMap<string, Standing>;
  readonly holds: (member: string, chain: readonly string[], permission: string) => Holding | undefined;
  /** Members with anything on any of these. */
  readonly membersOn: (chain: readonly string[]) => Iterable<string>;
}

/** An index of who holds what where, and who is an administrator outright. */
export function powersOf({ bindings, hierarchy, roles, limits, now }: EstateFacts, known: Known): Powers {
  const byMember = new Map<string, Map<string, BoundRole[]>>();
  const byResource = new Map<string, Set<string>>();
  const standing = new Map<string, Standing>();
  const sets = new Map<string, ReadonlySet<string>>();
  const permissionSet = (role: string) => {
    const set = sets.get(role) ?? new Set(permissionsOf(role, roles) ?? []);
    sets.set(role, set);
    return set;
  };
  const judging = { limits, hierarchy, now };
  const told = new Set<string>();
  for (const bound of bindings) {
    told.add(bound.resource);
    const isWide = isContainer(bound.resource);
    if (!isWide && accountOf(bound.resource) === undefined) continue;
    for (const member of bound.members) {
      if (!isMachine(member)) continue;
      const places = getOr(byMember, member, () => new Map<string, BoundRole[]>());
      getOr(places, bound.resource, () => []).push(bound);
      getOr(byResource, bound.resource, () => new Set<string>()).add(member);
      if (isWide) noteStanding(standing, member, bound, known);
    }
  }
  const holds: Powers['holds'] = (member, chain, permission) => {
    const places = byMember.get(member);
    if (places === undefined) return undefined;
    let best: Holding | undefined;
    for (const resource of chain) {
      for (const bound of places.get(resource) ?? []) {
        if (!permissionSet(bound.role).has(permission)) continue;
        const { truth, attributes } = judgeOf(bound, member, judging, chain[0])(permission);
        if (truth === 'true') return { bound, permission, isSure: true, unknown: [] };
        if (truth === 'unknown') best ??= { bound, permission, isSure: false, unknown: attributes };
      }
    }
    return best;
  };
  return {
    standing,
    holds,
    isPrivileged: (email) => standing.has(`serviceAccount:${email}`),
    runsCode(member, project) {
      const chain = lineage(`projects/${project}`, hierarchy);
      // Of people nothing is kept; and where the project's policy is not there, nothing is known.
      if (!isMachine(member) || !told.has(`projects/${project}`)) return undefined;
      return STARTS.some((permission) => holds(member, chain, permission) !== undefined);
    },
    *membersOn(chain) {
      const seen = new Set<string>();
      for (const resource of chain) {
        for (const member of byResource.get(resource) ?? []) {
          if (seen.has(member)) continue;
          seen.add(member);
          yield member;
        }
      }
    },
  };
}

function getOr<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function isMachine(member: string): boolean {
  return member.startsWith('serviceAccount:') || /^principal(?:Set)?:\/\//.test(member);
}

function noteStanding(standing: Map<string, Standing>, member: string, bound: BoundRole, known: Known): void {
  const permissions = known.roles.get(bound.role);
  const judge = judgeOf(bound, member, known);
  const wins = capabilitiesOf(bound.role, permissions, bound.resource, judge).find(
    ({ capability }) => capability === 'escalates' || capability === 'admin',
  );
  if (wins === undefined) return;
  const isSure = (wins.unknown ?? []).length === 0;
  const before = standing.get(member);
  if (before !== undefined && (before.isSure || !isSure)) return;
  standing.set(member, { which: `has ${bound.role} on ${bound.resource}`, hops: 0, isSure, byToken: false });
}

/** From the administrators back to those who may become them, one step a round, so that the shortest way stands. */
export function escalations(facts: EstateFacts, powers: Powers): Escalation[] {
  const found: Escalation[] = [];
  const standing = new Map(powers.standing);
  let round = [...standing.keys()];
  for (let hops = 1; round.length > 0 && hops <= MAX_HOPS; hops++) {
    const next: string[] = [];
    for (const target of round) {
      for (const one of takersOf(target, facts, powers, standing)) {
        if (!isLogin(one)) found.push(one);
        next.push(one.member);
        const byToken = one.method === 'get-access-token' || one.method === 'implicit-delegation';
        standing.set(one.member, {
          which: `by ${one.path.replace(': ', ' ')}`,
          hops,
          isSure: one.confidence === 'high',
          byToken,
        });
      }
    }
    round = next;
  }
  found.push(...selfMade(facts, powers, standing));
  return found;
}

const MAX_HOPS = 6;

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
  for (const member of powers.membersOn(chain)) {
    if (member === target || standing.has(member) || isServiceAgent(member.slice('serviceAccount:'.length))) continue;
    const way = wayOf(methods, member, chain, above, powers);
    if (way === undefined) continue;
    yield escalation(member, email, way, goal);
  }
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
  const by = [...new Set(holdings.map(({ bound }) => `${bound.role} on ${shortName(bound.resource)}`))].join(' and ');
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

/** Methods that lead to no account: own roles, organisation policies, keys of storage and APIs. */
function* selfMade(facts: EstateFacts, powers: Powers, standing: ReadonlyMap<string, Standing>): Generator<Escalation> {
  const ownRoles = customRolesByMember(facts);
  const done = new Set<string>();
  for (const bound of facts.bindings) {
    if (!isContainer(bound.resource)) continue;
    const permissions = new Set(permissionsOf(bound.role, facts.roles) ?? []);
    for (const member of bound.members) {
      if (!isMachine(member) || powers.standing.has(member) || isServiceAgent(member.slice('serviceAccount:'.length))) continue;
      for (const make of SELF_MADE) {
        const one = make(member, bound, permissions, facts, powers, ownRoles);
        if (one === undefined || (one.capability === 'escalates' && standing.has(member))) continue;
        const key = `${member} ${one.method} ${one.target ?? bound.resource}`;
        if (done.has(key)) continue;
        done.add(key);
        yield one;
      }
    }
  }
}

type Maker = (
  member: string,
  bound: BoundRole,
  permissions: ReadonlySet<string>,
  facts: EstateFacts,
  powers: Powers,
  ownRoles: ReadonlyMap<string, readonly string[]>,
) => Escalation | undefined;

function right(
  member: string,
  bound: BoundRole,
  permission: string,
  { limits, hierarchy, now }: EstateFacts,
): Holding | undefined {
  const { truth, attributes } = judgeOf(bound, member, { limits, hierarchy, now })(permission);
  return truth === 'false' ? undefined : { bound, permission, isSure: truth === 'true', unknown: attributes };
}

const SELF_MADE: readonly Maker[] = [
  /** Who may change a role of one's own that it has writes into it what it wants. */
  (member, bound, permissions, facts, _powers, ownRoles) => {
    if (!permissions.has('iam.roles.update')) return undefined;
    const role = ownRoles.get(member)?.find((one) => isDefinedIn(one, bound.resource, facts));
    const held = role === undefined ? undefined : right(member, bound, 'iam.roles.update', facts);
    if (role === undefined || held === undefined) return undefined;
    return made(
      member,
      'escalates',
      'update-role',
      `${bound.role} on ${bound.resource}: adds permissions to ${role}, which it has itself`,
      held,
    );
  },
  (member, bound, permissions, facts) => {
    const held = permissions.has('orgpolicy.policy.set') ? right(member, bound, 'orgpolicy.policy.set', facts) : undefined;
    if (held === undefined) return undefined;
    const path = `${bound.role} on ${bound.resource}: lifts the organisation policies that hold others back`;
    return made(member, 'manages-identities', 'set-organisation-policy', path, held);
  },
  /** An HMAC key is as good as its account, but for storage alone. */
  (member, bound, permissions, facts, powers) => {
    if (!permissions.has('storage.hmacKeys.create') || !bound.resource.startsWith('projects/')) return undefined;
    const project = bound.resource.slice('projects/'.length);
    const chain = lineage(bound.resource, facts.hierarchy);
    if (powers.holds(member, chain, 'storage.objects.get') !== undefined) return undefined;
    const reader = [...powers.membersOn(chain)].find(
      (one) =>
        one !== member &&
        facts.accounts.get(one.slice('serviceAccount:'.length)) === project &&
        powers.holds(one, chain, 'storage.objects.get'),
    );
    const held = reader === undefined ? undefined : right(member, bound, 'storage.hmacKeys.create', facts);
    if (reader === undefined || held === undefined) return undefined;
    const target = reader.slice('serviceAccount:'.length);
    return {
      ...made(
        member,
        'reads-data',
        'create-hmac-key',
        `${bound.role} on ${bound.resource}: makes an HMAC key of ${target}, which reads its storage`,
        held,
      ),
      target,
    };
  },
  (member, bound, permissions, facts) => {
    const permission = ['serviceusage.apiKeys.list', 'apikeys.keys.getKeyString'].find((one) => permissions.has(one));
    if (permission === undefined || !bound.resource.startsWith('projects/')) return undefined;
    const keys = facts.boundKeys.get(bound.resource.slice('projects/'.length));
    const held = keys === undefined ? undefined : right(member, bound, permission, facts);
    if (keys === undefined || held === undefined) return undefined;
    const path = `${bound.role} on ${bound.resource}: reads the API keys of the project (${keys.slice(0, 3).join(', ')})`;
    return made(member, 'reads-secrets', 'read-api-keys', path, held);
  },
  (member, bound, permissions, facts) => {
    const permission = ['serviceusage.apiKeys.create', 'apikeys.keys.create'].find((one) => permissions.has(one));
    const held = permission === undefined ? undefined : right(member, bound, permission, facts);
    if (held === undefined) return undefined;
    return made(
      member,
      'manages-identities',
      'create-api-key',
      `${bound.role} on ${bound.resource}: makes API keys that are nobody's`,
      held,
    );
  },
];

function made(member: string, capability: Escalation['capability'], method: string, path: string, held: Holding): Escalation {
  const confidence = held.isSure ? (capability === 'escalates' ? 'high' : 'medium') : 'medium';
  return { member, capability, method, path, cut: held.bound, confidence, hops: 1, unknown: held.unknown };
}

function customRolesByMember({ bindings }: EstateFacts): Map<string, string[]> {
  const roles = new Map<string, string[]>();
  for (const { role, members, resource } of bindings) {
    if (role.startsWith('roles/') || !isContainer(resource)) continue;
    for (const member of members) if (isMachine(member)) getOr(roles, member, () => []).push(role);
  }
  return roles;
}

/** `projects/p/roles/x` can be changed by a right on the project or above it. */
function isDefinedIn(role: string, resource: string, { hierarchy }: EstateFacts): boolean {
  const home = /^(?<home>(?:projects|organizations)\/[^/]+)\/roles\//.exec(role)?.groups?.home;
  return home !== undefined && lineage(home, hierarchy).includes(resource);
}
