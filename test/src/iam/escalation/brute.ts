import { confidenceOf, decideAdmin } from '../../../../src/iam/capability.ts';
import { EXISTING_PASSROLE, MAKE, NEW_PASSROLE, resourceShape } from '../../../../src/iam/escalation/catalogue/index.ts';
import { type Decision, decide, together } from '../../../../src/iam/evaluate.ts';
import type { Estate, Subject } from '../../../../src/iam/index.ts';
import { judgeServiceAdmission } from '../../../../src/iam/trust.ts';
import { somewhere } from '../../../../src/iam/ways.ts';
import { documentOf, user } from '../build.ts';

/** One pair of principals: who gets into whom by which right. `undefined` is every right itself. */
export interface Pair {
  readonly from: Subject;
  readonly to: Subject | undefined;
  /** First call. */
  readonly right: string;
  /** Others that it takes. */
  readonly also?: readonly string[];
  readonly isSure: boolean;
}

/** Somebody may change somebody, whether or not it gets into that one. */
export interface Change {
  readonly from: Subject;
  readonly on: Subject;
  /** Freed of its boundary; absent: given every right. */
  readonly to?: Subject;
  readonly right: string;
  readonly isSure: boolean;
}

export interface World {
  /** Those of the estate, and those of them that have a boundary once more without it. */
  readonly all: readonly Subject[];
  /** The same one with its boundary. */
  readonly boundOf: ReadonlyMap<Subject, Subject>;
  readonly pairs: readonly Pair[];
  readonly changes: readonly Change[];
  readonly admins: ReadonlyMap<Subject, boolean>;
}

/** Every way tried on every pair of principals; slow, and nothing is shared between pairs. */
export function worldOf(estate: Estate, now: Date): World {
  const freed = new Map<Subject, Subject>();
  for (const one of estate.subjects) {
    const limits = one.limits.filter(({ kind = 'boundary' }) => kind !== 'boundary');
    if (limits.length < one.limits.length && one.serviceLinked !== true) freed.set(one, { ...one, limits });
  }
  const boundOf = new Map([...freed].map(([bound, free]) => [free, bound]));
  const all = [...estate.subjects, ...freed.values()];
  const admins = adminsOf(all, now);
  const pairs: Pair[] = [];
  const changes: Change[] = [];
  for (const from of all) {
    if (admins.get(from) === true) continue;
    const sure = (decision: Decision, isProbable = false): boolean => !isProbable && confidenceOf(decision, from) === 'high';
    const add = (to: Subject | undefined, right: string, decision: Decision | undefined, isProbable = false): void => {
      if (decision !== undefined && decision.outcome !== 'deny')
        pairs.push({ from, to, right, isSure: sure(decision, isProbable) });
    };
    for (const [right, decision] of selfDecisions(from, estate, now)) add(undefined, right, decision);
    for (const [right, decision] of makeDecisions(from, estate, now)) add(undefined, right, decision);
    for (const on of all) {
      const isItself = on === from || on === boundOf.get(from) || from === boundOf.get(on);
      if (on.serviceLinked === true || on.account !== from.account) continue;
      const to = freed.get(on);
      if (!isItself && !admins.has(on) && survives(on, now)) {
        for (const [right, decision] of armDecisions(from, on, estate, now)) {
          if (decision.outcome !== 'deny') changes.push({ from, on, right, isSure: sure(decision) });
        }
      }
      if (to === undefined) continue;
      for (const [right, decision] of freeDecisions(from, on, now)) {
        if (decision.outcome !== 'deny') changes.push({ from, on, to, right, isSure: sure(decision) });
        if (on === from) add(to, right, decision);
      }
    }
    for (const to of estate.subjects) {
      if (to === from || to === boundOf.get(from) || to.serviceLinked === true) continue;
      for (const { right, decision, isProbable } of enterDecisions(from, to, estate, now)) {
        add(to, right, decision, isProbable);
        for (const change of changes) {
          if (change.from !== from || decision.outcome === 'deny') continue;
          const isSure = change.isSure && sure(decision, isProbable);
          if (change.on === to) pairs.push({ from, to: change.to, right: change.right, also: [right], isSure });
          // It is freed first, then armed.
          if (change.to !== undefined || boundOf.get(change.on) !== to) continue;
          for (const freeing of changes) {
            if (freeing.from !== from || freeing.on !== to || freeing.to === undefined) continue;
            const also = [freeing.right, right];
            pairs.push({ from, to: undefined, right: change.right, also, isSure: isSure && freeing.isSure });
          }
        }
      }
    }
  }
  return { all, boundOf, pairs, changes, admins };
}

interface Entering {
  readonly right: string;
  readonly decision: Decision;
  readonly isProbable?: boolean;
}

function* enterDecisions(from: Subject, to: Subject, estate: Estate, now: Date): Generator<Entering> {
  const on = (action: string, context = {}): Decision => decideOn(from, to, action, context, now);
  if (to.type === 'role') {
    const decision = assume(from, to, estate, now);
    if (decision !== undefined) yield { right: 'sts:AssumeRole', decision };
  }
  if (to.account !== from.account) return;
  if (to.type === 'user') {
    yield { right: 'iam:CreateAccessKey', decision: on('iam:CreateAccessKey') };
    for (const right of ['iam:CreateLoginProfile', 'iam:UpdateLoginProfile']) yield { right, decision: login(right, to, on) };
    return;
  }
  yield { right: 'iam:UpdateAssumeRolePolicy', decision: on('iam:UpdateAssumeRolePolicy') };
  if (to.trust === undefined) return;
  for (const { actions, service, profile, isProbable = false } of NEW_PASSROLE) {
    if ((profile === true && to.onInstances !== true) || starts(from, actions, now).includes(undefined)) continue;
    const pass = on('iam:PassRole', { 'iam:passedtoservice': [service] });
    const decision = withAdmission([pass, ...starts(from, actions, now)], to, service, now);
    if (decision !== undefined) yield { right: 'iam:PassRole', decision, isProbable };
  }
  for (const { actions, service } of EXISTING_PASSROLE) {
    if (service === 'ec2.amazonaws.com' && to.onInstances !== true) continue;
    const decision = withAdmission(starts(from, actions, now), to, service, now);
    if (decision !== undefined) yield { right: actions[0], decision, isProbable: true };
  }
}

/** Every right given to somebody: by its own policies, by one that it has, by its groups or by another group. */
function* armDecisions(from: Subject, on: Subject, estate: Estate, now: Date): Generator<[string, Decision]> {
  const kind = on.type === 'user' ? 'User' : 'Role';
  const plain = (action: string, resource: string, context = {}): Decision =>
    decide(from, { action, resource, context: { ...NO_BOUNDARY, ...context } }, now);
  const attach = contexts('policy-arn');
  yield [`iam:Put${kind}Policy`, decideOn(from, on, `iam:Put${kind}Policy`, {}, now)];
  for (const one of attach) yield [`iam:Attach${kind}Policy`, decideOn(from, on, `iam:Attach${kind}Policy`, one, now)];
  for (const { name } of on.policies) {
    if (estate.managed.has(name)) yield ['iam:CreatePolicyVersion', plain('iam:CreatePolicyVersion', name)];
  }
  if (on.type === 'role') return;
  for (const { arn } of on.groups) {
    yield ['iam:PutGroupPolicy', plain('iam:PutGroupPolicy', arn)];
    for (const one of attach) yield ['iam:AttachGroupPolicy', plain('iam:AttachGroupPolicy', arn, one)];
  }
  for (const arn of adminGroups(from, estate, now)) yield ['iam:AddUserToGroup', plain('iam:AddUserToGroup', arn)];
}

function* freeDecisions(from: Subject, on: Subject, now: Date): Generator<[string, Decision]> {
  const kind = on.type === 'user' ? 'User' : 'Role';
  const [remove, put] = [`iam:Delete${kind}PermissionsBoundary`, `iam:Put${kind}PermissionsBoundary`];
  yield [remove, decideOn(from, on, remove, {}, now)];
  for (const one of contexts('boundary-arn')) yield [put, decideOn(from, on, put, one, now)];
  const [policy = ''] = boundaryFor('iam:PutUserPolicy', on)['iam:permissionsboundary'] ?? [];
  if (!policy.startsWith('arn:')) return;
  const call = { action: 'iam:CreatePolicyVersion', resource: policy, context: NO_BOUNDARY };
  yield [call.action, decide(from, call, now)];
}

function decideOn(from: Subject, to: Subject, action: string, context: object, now: Date): Decision {
  const known = { ...(action === 'iam:PassRole' ? {} : tagsOf(to)), ...boundaryFor(action, to), ...context };
  return decide(from, { action, resource: to.arn, context: known }, now);
}

/**
 * Does one who gets into some get every right, by plain ways or by one change more among those it got into? By brute force,
 * from one principal at a time.
 */
export function conquers(from: Subject, world: World, onlySure: boolean): boolean {
  const passes = (one: { readonly isSure: boolean }): boolean => one.isSure || !onlySure;
  const own = gotInto(from, world, onlySure);
  if (own === 'every right') return true;
  return world.changes.some((change) => {
    if (!own.has(change.from) || !own.has(change.on) || !passes(change)) return false;
    return change.to === undefined || gotInto(change.to, world, onlySure) === 'every right';
  });
}

function gotInto(from: Subject, { pairs, admins }: World, onlySure: boolean): ReadonlySet<Subject> | 'every right' {
  const own = new Set<Subject>([from]);
  for (let before = 0; before < own.size; ) {
    before = own.size;
    for (const one of own) if (admins.has(one) && (admins.get(one) === true || !onlySure)) return 'every right';
    for (const pair of pairs) {
      if (!own.has(pair.from) || (onlySure && !pair.isSure)) continue;
      if (pair.to === undefined) return 'every right';
      own.add(pair.to);
    }
  }
  return own;
}

/** Administrators, and whether that is sure. */
function adminsOf(subjects: readonly Subject[], now: Date): Map<Subject, boolean> {
  const found = new Map<Subject, boolean>();
  for (const subject of subjects) {
    const decision = decideAdmin(subject, now);
    if (decision.outcome !== 'deny') found.set(subject, confidenceOf(decision, subject) === 'high');
  }
  return found;
}

/** Steps to an administrator by plain ways, by trying longer and longer ones. */
export function distances({ all, pairs, admins }: World): Map<Subject, { hops: number; isSure: boolean }> {
  const found = new Map<Subject, { hops: number; isSure: boolean }>();
  for (const [subject, isSure] of admins) found.set(subject, { hops: 0, isSure });
  for (let hops = 1; hops <= all.length + 1; hops++) {
    const before = new Map(found);
    for (const { from, to, isSure } of pairs) {
      const next = to === undefined ? { hops: 0, isSure: true } : before.get(to);
      const known = found.get(from);
      if (next === undefined || (known !== undefined && known.hops < hops)) continue;
      found.set(from, { hops, isSure: known?.isSure === true || (isSure && next.isSure) });
    }
  }
  return found;
}

function* selfDecisions(subject: Subject, estate: Estate, now: Date): Generator<[string, Decision]> {
  if (subject.serviceLinked === true) return;
  if (survives(subject, now)) yield* armDecisions(subject, subject, estate, now);
  const { free, gain } = freed(subject, estate, now);
  if (free === undefined) return;
  for (const [right, decision] of freeDecisions(subject, subject, now)) yield [right, together([decision, gain])];
}

function adminGroups({ account }: Subject, { groups }: Estate, now: Date): string[] {
  const [joined] = [user('nobody', [], { account, arn: `arn:aws:iam::${account}:user/nobody` })];
  return groups
    .filter(({ arn, policies }) => arn.includes(`:${account}:`) && decideAdmin({ ...joined, policies }, now).outcome !== 'deny')
    .map(({ arn }) => arn);
}

const NEVER: Decision = { outcome: 'deny', explicit: false, by: undefined, keys: [] };

/** Without its boundary, and what that is worth. */
function freed(subject: Subject, estate: Estate, now: Date): { free: Subject | undefined; gain: Decision } {
  const limits = subject.limits.filter(({ kind = 'boundary' }) => kind !== 'boundary');
  if (limits.length === subject.limits.length) return { free: undefined, gain: NEVER };
  const free = { ...subject, limits };
  return { free, gain: best([decideAdmin(free, now), ...[...selfDecisions(free, estate, now)].map(([, one]) => one), NEVER]) };
}

/** Names of which some may be taken and some not, as the policies of the tests tell them apart. */
const NEW_NAMES = ['zz', 'app-zz', 'adz', 'boss', 'ada', 'app-one', 'app-two'];

/** A principal that is not there yet: made, armed and entered like any other. */
function* makeDecisions(from: Subject, estate: Estate, now: Date): Generator<[string, Decision]> {
  for (const { makes, actions, gives } of MAKE) {
    const [make, arm, enter] = actions;
    for (const name of NEW_NAMES) {
      const arn = `arn:aws:iam::${from.account}:${makes}/${name}`;
      if (estate.subjects.some((one) => one.arn === arn)) continue;
      const on = (action: string, resource: string): Decision =>
        best(contexts(gives).map((one) => decide(from, { action, resource, context: { ...NO_BOUNDARY, ...one } }, now)));
      const document = documentOf({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: from.arn } });
      const made: Subject = { ...from, type: 'role', arn, tags: {}, limits: [], policies: [], trust: document };
      const joined = estate.groups.filter(({ arn: group, policies }) => {
        return group.includes(`:${from.account}:`) && decideAdmin({ ...made, policies }, now).outcome !== 'deny';
      });
      const arming = arm === 'iam:AddUserToGroup' ? joined.map((one) => on(arm, one.arn)) : [on(arm, arn)];
      const entering = makes === 'role' ? assume(from, made, estate, now) : on(enter, arn);
      yield [make, together([on(make, arn), best([...arming, NEVER]), entering ?? NEVER])];
    }
  }
}

const NO_BOUNDARY = { 'iam:permissionsboundary': null, 'iam:policyarn': null };

/** The boundary of the target, for calls that look at it. */
function boundaryFor(action: string, { limits }: Subject): { readonly [key: string]: readonly string[] | null } {
  if (!/^iam:(?:(?:Attach|Put)(?:User|Role)Policy|Delete(?:User|Role)PermissionsBoundary)$/.test(action)) return NO_BOUNDARY;
  const [limit] = limits;
  return limit === undefined ? NO_BOUNDARY : { ...NO_BOUNDARY, 'iam:permissionsboundary': [limit.title.split(' ').at(-1) ?? ''] };
}

/** What a call may give, one context each. */
function contexts(gives: string | undefined): { readonly [key: string]: readonly string[] }[] {
  if (gives === undefined) return [{}];
  const key = gives === 'boundary-arn' ? 'iam:permissionsboundary' : 'iam:policyarn';
  return ['AdministratorAccess', 'IAMFullAccess'].map((name) => ({ [key]: [`arn:aws:iam::aws:policy/${name}`] }));
}

function best(decisions: readonly Decision[]): Decision {
  const order = ['allow', 'unknown', 'deny'] as const;
  for (const outcome of order) {
    const found = decisions.find((one) => one.outcome === outcome);
    if (found !== undefined) return found;
  }
  throw new Error('no decision');
}

/** A first password and a new one are two calls, and which of them works hangs on whether there is one. */
function login(action: string, to: Subject, on: (action: string) => Decision): Decision {
  const needed = action === 'iam:UpdateLoginProfile';
  const decision = on(action);
  if (to.hasPassword !== undefined) return to.hasPassword === needed ? decision : { ...decision, outcome: 'deny' };
  const other = on(needed ? 'iam:CreateLoginProfile' : 'iam:UpdateLoginProfile');
  return decision.outcome !== 'allow' || other.outcome === 'allow' ? decision : { ...decision, outcome: 'unknown' };
}

const surviving = new WeakMap<Subject, boolean>();

function survives(subject: Subject, now: Date): boolean {
  const known = surviving.get(subject) ?? outlives(subject, now);
  surviving.set(subject, known);
  return known;
}

function outlives(subject: Subject, now: Date): boolean {
  const everything = { variables: false, statements: [{ ...ALL }] };
  const policy = { name: 'all', kind: 'inline', inline: true, document: everything };
  return decideAdmin({ ...subject, policies: [policy] }, now).outcome !== 'deny';
}

const ALL = {
  number: 1,
  sid: undefined,
  effect: 'allow',
  actions: ['*'],
  notActions: undefined,
  resources: ['*'],
  notResources: undefined,
  principals: undefined,
  notPrincipals: undefined,
  tests: [],
  condition: undefined,
} as const;

function assume(from: Subject, to: Subject, estate: Estate, now: Date): Decision | undefined {
  if (to.trust === undefined) return undefined;
  const policy = { name: 'trust', kind: 'trust', inline: true, document: to.trust };
  const target = {
    account: to.account,
    policy: { title: 'trust', known: true, policies: [policy] },
    limits: estate.resourceLimits?.get(to.account) ?? [],
  };
  return decide(from, { action: 'sts:AssumeRole', resource: to.arn, target, context: { ...tagsOf(to), ...NO_BOUNDARY } }, now);
}

function starts(from: Subject, actions: readonly string[], now: Date): (Decision | undefined)[] {
  return actions.map((action) => {
    const known = started.get(from) ?? new Map<string, Decision | undefined>();
    started.set(from, known);
    if (!known.has(action)) known.set(action, start(from, action, now));
    return known.get(action);
  });
}

const started = new WeakMap<Subject, Map<string, Decision | undefined>>();

function start(from: Subject, action: string, now: Date): Decision | undefined {
  const shape = resourceShape(action);
  return shape === '*' ? decide(from, { action, resource: '*' }, now) : somewhere(from, action, shape, now);
}

function withAdmission(
  decisions: readonly (Decision | undefined)[],
  { trust, account }: Subject,
  service: string,
  now: Date,
): Decision | undefined {
  if (decisions.includes(undefined) || trust === undefined) return undefined;
  const { truth, keys } = judgeServiceAdmission(trust, service, account, now);
  const admission: Decision = {
    outcome: truth === 'true' ? 'allow' : truth === 'false' ? 'deny' : 'unknown',
    explicit: false,
    by: undefined,
    keys,
  };
  return together([...decisions.filter((one) => one !== undefined), admission]);
}

function tagsOf({ tags }: Subject): { [key: string]: readonly string[] } {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => [
      [`aws:resourcetag/${key.toLowerCase()}`, [value]],
      [`iam:resourcetag/${key.toLowerCase()}`, [value]],
    ]),
  );
}
