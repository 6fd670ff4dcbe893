import { confidenceOf, decideAdmin, somewhere } from '../../../../src/iam/capability.ts';
import {
  ARM,
  CATALOGUE,
  EXISTING_PASSROLE,
  NEW_PASSROLE,
  resourceShape,
  TAKE_OVER,
} from '../../../../src/iam/escalation/catalogue/index.ts';
import { type Decision, decide, together } from '../../../../src/iam/evaluate.ts';
import type { Estate, Subject } from '../../../../src/iam/index.ts';
import { judgeServiceAdmission } from '../../../../src/iam/trust.ts';

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
    for (const to of estate.subjects) {
      if (to === from || to.serviceLinked === true) continue;
      const isNear = to.account === from.account;
      const on = (action: string, context = {}): Decision =>
        decide(
          from,
          { action, resource: to.arn, context: { ...(action === 'iam:PassRole' ? {} : tagsOf(to)), ...context } },
          now,
        );
      const enter = (action: string): Decision | undefined => {
        return action === 'sts:AssumeRole' ? assume(from, to, estate, now) : isNear ? on(action) : undefined;
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
        const context = gives === 'policy-arn' ? { 'iam:policyarn': ['arn:aws:iam::aws:policy/AdministratorAccess'] } : {};
        if (arms === 'principal') add(undefined, first, together([on(first, context), entering]));
        else {
          for (const { name } of to.policies) {
            if (estate.managed.has(name))
              add(undefined, first, together([decide(from, { action: first, resource: name }, now), entering]));
          }
        }
      }
      if (to.type !== 'role' || to.trust === undefined) continue;
      for (const { actions, service } of NEW_PASSROLE) {
        const pass = on('iam:PassRole', { 'iam:passedtoservice': [service] });
        add(to, 'iam:PassRole', withAdmission([pass, ...starts(from, actions, now)], to, service, now));
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
    const free = { ...subject, limits: subject.limits.filter(({ kind = 'boundary' }) => kind !== 'boundary') };
    const gains =
      entry.on === 'own-boundary'
        ? free.limits.length < subject.limits.length && decideAdmin(free, now).outcome !== 'deny'
        : survives(subject, now);
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
    }[entry.on];
    const wanted = entry.gives === 'boundary-arn' ? 'iam:permissionsboundary' : 'iam:policyarn';
    const context = entry.gives === undefined ? {} : { [wanted]: ['arn:aws:iam::aws:policy/AdministratorAccess'] };
    for (const resource of resources) {
      const tags = resource === subject.arn ? tagsOf(subject) : {};
      yield [actions[0], decide(subject, { action: actions[0], resource, context: { ...tags, ...context } }, now)];
    }
  }
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
  return decide(from, { action: 'sts:AssumeRole', resource: to.arn, target, context: tagsOf(to) }, now);
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
