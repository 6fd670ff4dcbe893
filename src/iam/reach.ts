import { coversAction } from './covers.ts';
import type { Statement } from './document.ts';
import { effortOf, spend } from './effort.ts';
import { type Deciding, exceptedPatterns, judgeStanding, type Request, resourcePatterns } from './evaluate.ts';
import { and, type Judgement, type Truth } from './judgement.ts';
import { commonText, compilePattern, type Pattern } from './pattern.ts';
import { type Budget, ENOUGH, findText, type Region } from './region.ts';
import { speakingOf } from './resources.ts';
import type { Limit, Policy, Subject } from './subject.ts';

/** What is asked: a call on anything of this shape. */
export interface Reach extends Pick<Request, 'action' | 'context'> {
  readonly shape: Pattern;
}

/** From the surest to what hangs on most: which denials are heeded, which allowances of limits are relied on. */
const PASSES: readonly Pass[] = [
  { heeded: ['true', 'unknown'], relied: ['true'] },
  { heeded: ['true', 'unknown'], relied: ['true', 'unknown'] },
  { heeded: ['true'], relied: ['true', 'unknown'] },
];

interface Pass {
  readonly heeded: readonly Truth[];
  readonly relied: readonly Truth[];
}

/**
 * Resources on which an Allow of the subject may lead somewhere: within its patterns and the shape, outside of what is
 * denied, within one exception of every Deny with NotResource and within every limit. The surest comes first. Pattern
 * against pattern, so that a hole left in a net of denials is found wherever it is. A search that takes too long tells so by
 * `undefined`: there may be more.
 */
export function* reachable(
  subject: Subject,
  { policy, statement }: Deciding,
  reach: Reach,
  now: Date,
): Generator<string | undefined> {
  const own = resourcePatterns(statement, policy.document, subject).filter(({ literal }) => literal === undefined);
  if (own.length === 0) return;
  const excepted = exceptedPatterns(statement, policy.document, subject);
  const effort = effortOf(subject);
  const given = Math.min(ENOUGH, effort.left / STEPS_TO_GO_ON, effort.shared.left / STEPS_TO_GO_ON);
  const budget = { left: given };
  for (const pass of PASSES) {
    const standing = (one: Statement, from: Policy): Truth => {
      budget.left--;
      return coversAction(one, reach.action) ? judgeStanding(one, from.document, subject, reach, now).truth : 'false';
    };
    const requirements = requirementsOf(subject, limitsOn(subject, reach.action), pass, standing);
    addRefusals(requirements, subject, reach, pass, (one, from) => {
      budget.left--;
      return judgeStanding(one, from.document, subject, reach, now);
    });
    for (const pattern of own) {
      const text = search({ within: [pattern, reach.shape], outside: excepted }, requirements, reach.shape, budget);
      if (text === undefined) continue;
      yield text;
      break;
    }
    if (budget.left < 0) {
      effort.gaveUp = true;
      yield undefined;
      break;
    }
  }
  spend(effort, (given - budget.left) * STEPS_TO_GO_ON);
}

/** What a step of a search takes, when matching a pattern is 1. */
const STEPS_TO_GO_ON = 5;
/** What it takes to see whether two patterns have a text in common. */
export const STEPS_TO_MEET = 20;

interface Requirements {
  /** Nothing of these. */
  readonly outside: Pattern[];
  /** Of each, one alternative. */
  readonly choices: (readonly Region[])[];
}

/** The subject's, and those of its account for what stands there. */
function limitsOn({ limits, resources, account, serviceLinked }: Subject, action: string): readonly Limit[] {
  if (resources === undefined || serviceLinked === true || /^(?:iam|sts):/i.test(action)) return limits;
  return [...limits, ...resources.limitsOn(account, action)];
}

/** What the policies of resources refuse the subject: each speaks of its own resource alone. */
function addRefusals(
  { outside, choices }: Requirements,
  subject: Subject,
  { action }: Reach,
  { heeded }: Pass,
  standing: (statement: Statement, policy: Policy) => Judgement,
): void {
  if (/^(?:iam|sts):/i.test(action)) return;
  for (const { resource, policy, statement, named } of speakingOf(subject, action, 'deny')) {
    if (!heeded.includes(and(named, standing(statement, policy)).truth)) continue;
    if (statement.notResources === undefined) {
      const mine = resourcePatterns(statement, policy.document, subject);
      outside.push(...mine.filter(({ source }) => source.startsWith(resource.arn)));
    } else {
      const elsewhere = { within: [ANYTHING], outside: [compilePattern(resource.arn), compilePattern(`${resource.arn}/*`)] };
      const excepted = exceptedPatterns(statement, policy.document, subject);
      choices.push([...excepted.map((pattern) => ({ within: [pattern], outside: [] })), elsewhere]);
    }
  }
}

const ANYTHING = compilePattern('*');

function requirementsOf(
  subject: Subject,
  limits: readonly Limit[],
  { heeded, relied }: Pass,
  standing: (statement: Statement, policy: Policy) => Truth,
): Requirements {
  const outside: Pattern[] = [];
  const choices: Region[][] = [];
  // What may not bind is heeded and relied on like what hangs on a condition.
  const binding = limits.filter(({ mayNotBind }) => mayNotBind !== true || heeded.includes('unknown'));
  const everywhere = [...subject.policies, ...binding.flatMap((limit) => limit.policies)];
  for (const policy of everywhere) {
    for (const statement of policy.document.statements) {
      if (statement.effect !== 'deny' || !heeded.includes(standing(statement, policy))) continue;
      const excepted = exceptedPatterns(statement, policy.document, subject);
      if (statement.notResources === undefined) outside.push(...resourcePatterns(statement, policy.document, subject));
      else choices.push(excepted.map((pattern) => ({ within: [pattern], outside: [] })));
    }
  }
  for (const limit of binding) {
    if (!limit.known || (limit.kind === 'scp' && subject.serviceLinked === true)) continue;
    const allowed: Region[] = [];
    for (const policy of limit.policies) {
      for (const statement of policy.document.statements) {
        if (statement.effect !== 'allow' || !relied.includes(standing(statement, policy))) continue;
        const excepted = exceptedPatterns(statement, policy.document, subject);
        for (const pattern of resourcePatterns(statement, policy.document, subject)) {
          allowed.push({ within: [pattern], outside: excepted });
        }
      }
    }
    choices.push(allowed);
  }
  return { outside, choices };
}

function search(start: Region, { outside, choices }: Requirements, shape: Pattern, budget: Budget): string | undefined {
  const touches = (pattern: Pattern): boolean => {
    budget.left -= STEPS_TO_MEET;
    return budget.left >= 0 && commonText(pattern, shape) !== undefined;
  };
  const shut = outside.filter(touches);
  if (budget.left < 0 || shut.some(({ source }) => source === '*')) return undefined;
  const open = choices
    .map((regions) => regions.filter(({ within }) => within.every(touches)))
    .filter((regions) => !regions.some(isEverything));
  if (budget.left < 0 || open.some((regions) => regions.length === 0)) return undefined;
  if (shut.length === 0 && open.length === 0 && start.outside.length === 0) return undefined;
  const choose = (region: Region, place: number): string | undefined => {
    const text = findText(region, budget);
    const regions = open[place];
    if (typeof text !== 'string' || regions === undefined) return text ?? undefined;
    for (const { within, outside: except } of regions) {
      if (budget.left < 0) return undefined;
      const found = choose({ within: [...region.within, ...within], outside: [...region.outside, ...except] }, place + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return choose({ within: start.within, outside: [...start.outside, ...shut] }, 0);
}

function isEverything({ within, outside }: Region): boolean {
  return outside.length === 0 && within.every(({ source }) => source === '*');
}
