import { type GrantObservation, identityIdFromArn, type JsonObject, type Location } from '../contracts/index.ts';
import { type Action, actionsMatching, isKnownAction } from './actions.ts';
import type { Capability } from './capability.ts';
import { type Statement, statementName } from './document.ts';
import { effortOf, TOO_MUCH } from './effort.ts';
import type { Judge } from './judge.ts';
import { type Policy, policyPath, type Subject } from './subject.ts';

/** Plain rows of one policy and of one principal beyond which they are only counted: a reader of 1,000 actions learns no more. */
const MAX_ROWS_OF_POLICY = 150;
const MAX_ROWS_OF_SUBJECT = 500;

/** What the rows leave out; becomes the coverage row. */
export interface GrantTally {
  /** Policies and groups that are referred to but not in the input. */
  readonly missing: Set<string>;
  /** Documents that could not be read, with the reason. */
  readonly malformed: Set<string>;
  /** Plain rows not written because of the caps. */
  cut: number;
}

export function newTally(): GrantTally {
  return { missing: new Set(), malformed: new Set(), cut: 0 };
}

/** One plain row a statement and action pattern, then what it all amounts to. */
export function* grantRows(subject: Subject, judge: Judge, at: Location, tally: GrantTally): Generator<GrantObservation> {
  const identity = identityIdFromArn(subject.arn) ?? subject.arn;
  let left = MAX_ROWS_OF_SUBJECT;
  for (const policy of subject.policies) {
    let room = Math.min(left, MAX_ROWS_OF_POLICY);
    for (const statement of policy.document.statements) {
      const actions = statement.actions ?? ['*'];
      for (const permission of actions) {
        if (room === 0) {
          tally.cut++;
          continue;
        }
        room--;
        left--;
        yield plainRow(identity, subject, judge, policy, statement, permission, at);
      }
    }
  }
  for (const capability of judge.capabilities(subject)) {
    tally.cut += capability.leftOut ?? 0;
    yield derivedRow(identity, capability, subject, judge.unheard, at);
  }
  if (effortOf(subject).gaveUp) tally.malformed.add(`${subject.arn}: ${TOO_MUCH}; some rights are told as possible only`);
}

function plainRow(
  identity: string,
  subject: Subject,
  judge: Judge,
  policy: Policy,
  statement: Statement,
  permission: string,
  at: Location,
): GrantObservation {
  const isNamed = statement.effect === 'allow' && statement.actions !== undefined;
  const isPlain = statement.condition === undefined && resourceOf(statement) === '*';
  const leftOf = (actions: readonly Action[]): readonly Action[] => (isPlain ? judge.left(subject, actions) : actions);
  const detail = {
    ...statementDetail(statement),
    ...(isNamed ? actionDetail(permission, leftOf) : {}),
    ...(policy.summary === true ? { summary: true } : {}),
  };
  return {
    kind: 'grant',
    identity,
    effect: statement.effect,
    permission,
    resource: resourceOf(statement),
    ...(statement.condition === undefined ? {} : { condition: statement.condition }),
    via: policy.name,
    viaKind: policy.kind,
    at: policy.place?.(statement.number) ?? at,
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  };
}

/** Actions that AWS does not have, and how much a whole service is; what is left of it, where that is less. */
function actionDetail(permission: string, leftOf: (actions: readonly Action[]) => readonly Action[]): JsonObject {
  if (permission === '*') return {};
  if (isKnownAction(permission) === false) return { noSuchAction: true };
  if (!/^[a-z0-9-]+:\*$/i.test(permission)) return {};
  const all = actionsMatching(permission);
  if (all.length === 0) return {};
  const left = leftOf(all);
  return { ...amountOf(all), ...(left.length === all.length ? {} : { left: amountOf(left) }) };
}

function amountOf(actions: readonly Action[]): JsonObject {
  const changing = actions.filter(({ level }) => level !== 'List' && level !== 'Read');
  return { actions: actions.length, changing: changing.length };
}

/** `NotAction` and `NotResource` read as "everything", with the exceptions beside it. */
function statementDetail(statement: Statement): JsonObject {
  return {
    ...(statement.sid === undefined ? {} : { sid: statement.sid }),
    ...(statement.notActions === undefined ? {} : { exceptActions: statement.notActions }),
    ...(statement.notResources === undefined ? {} : { exceptResources: statement.notResources }),
  };
}

function resourceOf(statement: Statement): string {
  const { resources } = statement;
  return resources === undefined || resources.includes('*') ? '*' : resources.join(', ');
}

function derivedRow(
  identity: string,
  capability: Capability,
  subject: Subject,
  unheard: readonly string[],
  at: Location,
): GrantObservation {
  const { by } = capability;
  const limits = [...subject.limits.map((limit) => limit.title), ...unheard];
  return {
    kind: 'grant',
    identity,
    effect: 'allow',
    permission: capability.permission,
    resource: capability.resource,
    ...(by?.statement.condition === undefined ? {} : { condition: by.statement.condition }),
    ...(by === undefined ? {} : { via: by.policy.name, viaKind: by.policy.kind }),
    capability: capability.capability,
    confidence: capability.confidence,
    at: by?.policy.place?.(by.statement.number) ?? at,
    detail: {
      path: capability.path ?? plainPath(capability),
      ...(by === undefined ? {} : { statement: statementName(by.statement) }),
      ...(capability.method === undefined ? {} : { method: capability.method }),
      ...(capability.methods === undefined ? {} : { methods: capability.methods }),
      ...(capability.category === undefined ? {} : { category: capability.category }),
      ...(capability.hops === undefined ? {} : { hops: capability.hops.map((hop) => ({ ...hop })) }),
      ...(capability.cut === undefined ? {} : { cut: { ...capability.cut } }),
      ...(capability.target === undefined ? {} : { target: capability.target }),
      ...(capability.targetsNotNamed === undefined ? {} : { targetsNotNamed: capability.targetsNotNamed }),
      ...(capability.keys.length === 0 ? {} : { unknown: capability.keys }),
      ...(capability.also === undefined || capability.also.length === 0 ? {} : { also: capability.also }),
      ...(limits.length === 0 ? {} : { limits }),
      ...(subject.missing.length === 0 ? {} : { policiesWithoutDocument: subject.missing }),
    },
  };
}

function plainPath({ by, permission, resource }: Capability): string {
  const right = `${permission} on ${resource}`;
  return by === undefined ? right : `${policyPath(by.policy)} → ${right}`;
}
