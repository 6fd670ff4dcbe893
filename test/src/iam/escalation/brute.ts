import { confidenceOf, decideAdmin } from '../../../../src/iam/capability.ts';
import {
  ARM,
  CATALOGUE,
  EXISTING_PASSROLE,
  MAKE,
  NEW_PASSROLE,
  resourceShape,
  TAKE_OVER,
} from '../../../../src/iam/escalation/catalogue/index.ts';
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
  readonly isSure: boolean;
}

/** Every method of the catalogue tried on every pair of principals; slow, and nothing is shared between pairs. */
export function allPairs(estate: Estate, now: Date): Pair[] {
  const pairs: Pair[] = [];
  const admins = adminsOf(estate, now);
  for (const from of estate.subjects) {
    if (admins.get(from) === true) continue;
    const add = (to: Subject | undefined, right: string, decision: Decision | undefined, isProbable = false): void => {
      if (decision === undefined || decision.outcome === 'deny') return;
      pairs.push({ from, to, right, isSure: !isProbable && confidenceOf(decision, from) === 'high' });
    };
    for (const [right, decision] of selfDecisions(from, estate, now)) add(undefined, right, decision);
    for (const [right, decision] of makeDecisions(from, estate, now)) add(undefined, right, decision);
    for (const to of estate.subjects) {
      if (to === from || to.serviceLinked === true) continue;
      const isNear = to.account === from.account;
      const on = (action: string, context = {}): Decision =>
        decide(
          from,
          {
            action,
            resource: to.arn,
            context: { ...(action === 'iam:PassRole' ? {} : tagsOf(to)), ...boundaryFor(action, to), ...context },
          },
          now,
        );
      const enter = (action: string): Decision | undefined => {
        if (action === 'sts:AssumeRole') return assume(from, to, estate, now);
        return !isNear ? undefined : action.endsWith('LoginProfile') ? login(action, to, on) : on(action);
      };
      for (const { actions, target } of TAKE_OVER) {
        const all = actions.map(enter);
        if (target === to.type && !all.includes(undefined)) add(to, actions[0], together(all.filter((one) => one !== undefined)));
      }
      if (!isNear) continue;
      const canBeArmed = !admins.has(to) && survives(to, now);
      for (const { actions, target, arms, gives } of ARM) {
        const [first, second] = actions;
        const entering = enter(second);
        if (target !== to.type || !canBeArmed || entering === undefined) continue;
        if (arms === 'principal') add(undefined, first, together([best(contexts(gives).map((one) => on(first, one))), entering]));
        else if (arms === 'group-of-principal' || arms === 'admin-group') {
          const groups = arms === 'admin-group' ? adminGroups(from, estate, now) : to.groups.map(({ arn }) => arn);
          const on = groups.flatMap((resource) =>
            contexts(gives).map((one) => decide(from, { action: first, resource, context: { ...NO_BOUNDARY, ...one } }, now)),
          );
          add(undefined, first, together([best([...on, NEVER]), entering]));
        } else {
          for (const { name } of to.policies) {
            if (estate.managed.has(name))
              add(
                undefined,
                first,
                together([decide(from, { action: first, resource: name, context: NO_BOUNDARY }, now), entering]),
              );
          }
        }
      }
      if (to.type !== 'role' || to.trust === undefined) continue;
      for (const { actions, service, profile, isProbable } of NEW_PASSROLE) {
        if (profile === true && to.onInstances !== true) continue;
        const pass = on('iam:PassRole', { 'iam:passedtoservice': [service] });
        add(to, 'iam:PassRole', withAdmission([pass, ...starts(from, actions, now)], to, service, now), isProbable);
      }
      for (const { actions, service } of EXISTING_PASSROLE) {
        if (service === 'ec2.amazonaws.com' && to.onInstances !== true) continue;
        add(to, actions[0], withAdmission(starts(from, actions, now), to, service, now), true);
      }
    }
  }
  return pairs;
}

/** Administrators, and whether that is sure. */
export function adminsOf({ subjects }: Estate, now: Date): Map<Subject, boolean> {
  const found = new Map<Subject, boolean>();
  for (const subject of subjects) {
    const decision = decideAdmin(subject, now);
    if (decision.outcome !== 'deny') found.set(subject, confidenceOf(decision, subject) === 'high');
  }
  return found;
}

/** Steps to an administrator, by trying longer and longer ways. */
export function distances(estate: Estate, pairs: readonly Pair[], now: Date): Map<Subject, { hops: number; isSure: boolean }> {
  const found = new Map<Subject, { hops: number; isSure: boolean }>();
  for (const [subject, isSure] of adminsOf(estate, now)) found.set(subject, { hops: 0, isSure });
  for (let hops = 1; hops <= estate.subjects.length + 1; hops++) {
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

/** Does the principal still reach an administrator when nobody but others of the pairs are left? */
export function reaches(from: Subject, estate: Estate, pairs: readonly Pair[], now: Date): boolean {
  return distances(estate, pairs, now).has(from);
}

function* selfDecisions(subject: Subject, estate: Estate, now: Date): Generator<[string, Decision]> {
  if (subject.serviceLinked === true) return;
  for (const { category, actions, ...entry } of CATALOGUE) {
    if (category !== 'self-escalation' || !('on' in entry) || (entry.caller ?? subject.type) !== subject.type) continue;
    const { free, gain } = freed(subject, estate, now);
    const isBoundary = entry.on === 'own-boundary' || entry.on === 'own-boundary-policy';
    const gains = isBoundary ? free !== undefined && gain.outcome !== 'deny' : survives(subject, now);
    if (!gains) continue;
    const own = subject.policies.flatMap(({ name }) => estate.managed.get(name) ?? []);
    const resources = {
      itself: [subject.arn],
      'own-boundary': [subject.arn],
      'own-group': subject.groups.map(({ arn }) => arn),
      'admin-group': estate.groups
        .filter(({ arn, policies }) => {
          const joined = { ...subject, policies, limits: [] };
          return arn.includes(`:${subject.account}:`) && decideAdmin(joined, now).outcome !== 'deny';
        })
        .map(({ arn }) => arn),
      'own-policy': own.map(({ arn }) => arn),
      'own-older-version': [],
      'own-boundary-policy': [boundaryFor('iam:PutUserPolicy', subject)['iam:permissionsboundary']?.[0] ?? ''].filter((one) =>
        one.startsWith('arn:'),
      ),
      // Nothing here may tag itself that may not do more.
      'own-tags': [],
    }[entry.on];
    for (const resource of resources) {
      const [action] = actions;
      const known = resource === subject.arn ? { ...tagsOf(subject), ...boundaryFor(action, subject) } : NO_BOUNDARY;
      const all = contexts(entry.gives).map((one) => decide(subject, { action, resource, context: { ...known, ...one } }, now));
      yield [action, isBoundary ? together([best(all), gain]) : best(all)];
    }
  }
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

function survives(subject: Subject, now: Date): boolean {
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
    const shape = resourceShape(action);
    return shape === '*' ? decide(from, { action, resource: '*' }, now) : somewhere(from, action, shape, now);
  });
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
