import { type Decision, decide, together } from '../evaluate.ts';
import { mentionedCalls } from '../mentions.ts';
import type { Subject } from '../subject.ts';
import { somewhere } from '../ways.ts';
import { ABSENT, type Search } from './call.ts';
import {
  EXISTING_PASSROLE,
  type ExistingPassRoleEntry,
  NEW_PASSROLE,
  type NewPassRoleEntry,
  resourceShape,
} from './catalogue/index.ts';
import { cellsOf } from './cells.ts';
import { type Edge, edgeFrom } from './edge.ts';
import type { ServiceRoles } from './estate.ts';

const PASS = 'iam:PassRole';

/** Ways by which something new, or something that is there, runs the subject's code under a role. */
export function* passRoleWays(search: Search): Generator<Edge> {
  const { subject, targets } = search;
  const node = targets.nodes.get(subject);
  if (node === undefined) return;
  const calls = mentionedCalls(subject);
  const asked = new Map<string, Decision | undefined>();
  const start = (action: string): Decision | undefined => {
    if (!calls.has(action)) return undefined;
    if (!asked.has(action)) asked.set(action, decideStart(search, action));
    return asked.get(action);
  };
  if (calls.has(PASS)) {
    for (const entries of NEW_BY_NEEDS) {
      const [entry] = entries;
      if (entry === undefined) continue;
      const { service, profile, isProbable } = entry;
      for (const { id, actions, decision } of startable(entries, start)) {
        for (const { population, keys, onInstances } of targets.byService.get(`${subject.account} ${service}`) ?? []) {
          if (profile === true && !onInstances) continue;
          const cells = cellsOf(search, [PASS], population, (role) => decidePass(search, role, service));
          for (const cell of cells) {
            const all = hanging(together([cell.decision, decision]), keys);
            const found = { methods: id, actions: [PASS, ...actions] as const, decision: all, to: cell.hub };
            yield edgeFrom(node, subject, isProbable === true ? { ...found, isProbable } : found);
          }
        }
      }
    }
  }
  for (const [service, entries] of EXISTING_BY_SERVICE) {
    for (const { id, actions, decision } of startable(entries, start)) {
      for (const roles of targets.byService.get(`${subject.account} ${service}`) ?? []) {
        if (!mayRun(service, roles)) continue;
        const all = hanging(decision, roles.keys);
        // Functions and machines are not in an export of IAM: that one runs as the role is probable, not more.
        yield edgeFrom(node, subject, { methods: id, actions, decision: all, to: roles.population.whole, isProbable: true });
      }
    }
  }
}

/** In China some services have names of their own. https://docs.amazonaws.cn/en_us/aws/latest/userguide/iam.html */
function decidePass({ subject, now }: Search, role: Subject, service: string): Decision {
  const names = subject.partition === 'aws-cn' ? [service, `${service}.cn`] : [service];
  let best: Decision | undefined;
  for (const name of names) {
    const context = { 'iam:passedtoservice': [name], ...ABSENT };
    const decision = decide(subject, { action: PASS, resource: role.arn, context }, now);
    if (decision.outcome === 'allow') return decision;
    if (best === undefined || best.outcome === 'deny') best = decision;
  }
  return best ?? NEVER;
}

const NEVER: Decision = { outcome: 'deny', explicit: false, by: undefined, keys: [] };

/** A machine runs with a role only through an instance profile, and of those the export tells. */
function mayRun(service: string, { onInstances }: ServiceRoles): boolean {
  return service !== 'ec2.amazonaws.com' || onInstances;
}

/** The call on anything that it works on. */
function decideStart({ subject, now }: Search, action: string): Decision | undefined {
  const shape = resourceShape(action);
  if (shape !== '*') return somewhere(subject, action, shape, now);
  const decision = decide(subject, { action, resource: '*' }, now);
  return decision.outcome === 'deny' ? undefined : decision;
}

interface Startable {
  readonly id: readonly string[];
  readonly actions: readonly [string, ...string[]];
  readonly decision: Decision;
}

/** The methods that the subject can carry out, those that begin with the same right as one; the surest decides. */
function startable(
  entries: readonly (NewPassRoleEntry | ExistingPassRoleEntry)[],
  start: (action: string) => Decision | undefined,
): Startable[] {
  const found = new Map<string, Startable & { readonly id: string[] }>();
  for (const { id, category, actions } of entries) {
    const decisions = actions.map(start);
    if (decisions.includes(undefined)) continue;
    const decision = together(decisions.filter((one) => one !== undefined));
    const right = category === 'new-passrole' ? PASS : actions[0];
    const known = found.get(right);
    if (known === undefined) found.set(right, { id: [id], actions, decision });
    else if (known.decision.outcome === 'unknown' && decision.outcome === 'allow') {
      found.set(right, { id: [id, ...known.id], actions, decision });
    } else known.id.push(id);
  }
  return [...found.values()];
}

function hanging(decision: Decision, keys: readonly string[]): Decision {
  if (keys.length === 0 || decision.outcome === 'deny') return decision;
  return { ...decision, outcome: 'unknown', keys: [...new Set([...decision.keys, ...keys])] };
}

const NEW_BY_NEEDS: readonly (readonly NewPassRoleEntry[])[] = [
  ...Map.groupBy(NEW_PASSROLE, ({ service, profile, isProbable }) => [service, profile, isProbable].join()).values(),
];
const EXISTING_BY_SERVICE = Map.groupBy(EXISTING_PASSROLE, ({ service }) => service);
