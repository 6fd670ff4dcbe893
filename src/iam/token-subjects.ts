import { type Door, valuesFor } from './admission.ts';
import { judgeCondition } from './condition.ts';
import type { ConditionTest } from './document.ts';
import { readOperator } from './operator.ts';
import { GITHUB, tokenContext } from './tokens.ts';

/**
 * What a trust says of subjects, for those who know some: patterns of LIKE (with `\` before what stands for itself). A subject gets in
 * that is like one of each list of `like` and like none of `unlike`; one like any of `maybe` only perhaps.
 */
export interface SubjectTests {
  readonly like: readonly (readonly string[])[];
  readonly unlike: readonly string[];
  readonly maybe: readonly string[];
}

export function readSubjectTests(door: Door, issuer: string, account: string): SubjectTests {
  const told = { like: [] as string[][], unlike: [] as string[], maybe: [] as string[] };
  const judged = (tests: readonly ConditionTest[]) =>
    judgeCondition(tests, { context: (key) => tokenContext(key, issuer, account), variables: undefined, now: door.now }).truth;
  const [allow] = door.allow;
  for (const test of allow?.tests ?? []) {
    const said = readTest(test, issuer);
    if (said?.is === 'like') told.like.push(said.patterns);
    else if (said?.is === 'unlike') told.unlike.push(...said.patterns);
    else if (said === undefined) {
      const truth = judged([test]);
      if (truth === 'false') told.like.push([]);
      else if (truth === 'unknown') told.maybe.push('%');
    }
    told.maybe.push(...(said?.maybe ?? []));
  }
  const key = `${issuer}:aud`.toLowerCase();
  const isOfAudience = (tests: readonly ConditionTest[]): boolean => tests.some((test) => test.key.toLowerCase() === key);
  const denials = door.deny.map(({ tests }) => tests);
  const refused = denials.filter(isOfAudience);
  const own = allow?.tests ?? [];
  const canDodgeAll = refused.length > 0 && canDodge(own, refused, key, door.now);
  for (const tests of denials) {
    if (!isOfAudience(tests)) addRefusal(told, tests, issuer, judged, false);
    else if (!canDodgeAll) addRefusal(told, tests, issuer, judged, canDodge(own, [tests], key, door.now));
  }
  return told;
}

/** `isDoubtful`: with some audience it does not refuse. */
function addRefusal(
  told: { like: string[][]; unlike: string[]; maybe: string[] },
  tests: readonly ConditionTest[],
  issuer: string,
  judged: (tests: readonly ConditionTest[]) => string,
  isDoubtful: boolean,
): void {
  const rest = tests.filter((test) => readTest(test, issuer) === undefined);
  const truth = judged(rest);
  if (truth === 'false') return;
  const [said, ...more] = tests.flatMap((test) => readTest(test, issuer) ?? []).filter(({ is }) => is !== 'anything');
  const isSure = truth === 'true' && !isDoubtful && more.length === 0 && (said?.maybe.length ?? 0) === 0;
  if (said === undefined) {
    if (isSure) told.like.push([]);
    else told.maybe.push('%');
  } else if (said.is === 'like') (isSure ? told.unlike : told.maybe).push(...said.patterns);
  else if (said.is === 'unlike' && isSure) told.like.push(said.patterns);
  else told.maybe.push('%');
}

/** Is there an audience that the statement takes and none of the others refuses? Whoever asks for a token says for whom. */
function canDodge(
  allow: readonly ConditionTest[],
  denials: readonly (readonly ConditionTest[])[],
  key: string,
  now: Date,
): boolean {
  const [taken = [], ...refused] = [allow, ...denials].map((tests) => tests.filter((test) => test.key.toLowerCase() === key));
  return valuesFor([taken, ...refused].flat()).some((audience) => {
    if (audience === null || /[*?]/.test(audience)) return false;
    const holds = (tests: readonly ConditionTest[]) =>
      judgeCondition(tests, { context: () => [audience], variables: undefined, now }).truth;
    return holds(taken) === 'true' && refused.every((tests) => holds(tests) === 'false');
  });
}

interface Said {
  readonly is: 'like' | 'unlike' | 'anything';
  readonly patterns: string[];
  /** Subjects that do not tell what the test is about. */
  readonly maybe: readonly string[];
}

/** A test of what a subject tells; `undefined` for any other. */
function readTest(test: ConditionTest, issuer: string): Said | undefined {
  const prefix = `${issuer}:`.toLowerCase();
  const key = test.key.toLowerCase();
  const operator = readOperator(test.operator);
  if (!key.startsWith(prefix) || operator === undefined) return undefined;
  const claim = key.slice(prefix.length);
  // Whoever asks for a token says for whom.
  if (claim === 'aud') return { is: 'anything', patterns: [], maybe: [] };
  if (operator.family === 'null' && claim === 'sub') {
    return test.values.includes('false') ? { is: 'anything', patterns: [], maybe: [] } : { is: 'like', patterns: [], maybe: [] };
  }
  if (operator.family !== 'text') return undefined;
  const wanted = test.values.map((value) => likePattern(value, operator.kind === 'exact'));
  const is = operator.negated ? 'unlike' : 'like';
  if (claim === 'sub') return { is, patterns: wanted, maybe: [] };
  if (issuer !== GITHUB) return undefined;
  switch (claim) {
    case 'repository':
      return { is, patterns: wanted.flatMap((one) => [`repo:${one}:%`, `repo:${one.replace('/', '@%/')}@%:%`]), maybe: [] };
    case 'repository_owner':
      return { is, patterns: wanted.flatMap((one) => [`repo:${one}/%`, `repo:${one}@%/%`]), maybe: [] };
    case 'environment':
      if (operator.negated || operator.ifExists || operator.set === 'all') return undefined;
      return { is, patterns: wanted.map((one) => `%:environment:${one}`), maybe: [] };
    case 'ref':
      if (operator.negated) return undefined;
      return { is, patterns: [...wanted.map((one) => `%:ref:${one}`), '%:environment:%'], maybe: ['%:environment:%'] };
    default:
      return undefined;
  }
}

function likePattern(value: string, isExact: boolean): string {
  const escaped = value.replace(/[\\%_]/g, '\\$&');
  return isExact ? escaped : escaped.replaceAll('*', '%').replaceAll('?', '_');
}
