import assert from 'node:assert/strict';
import fc from 'fast-check';
import { judgeCaller } from '../../../src/iam/admission.ts';
import { readTrust } from '../../../src/iam/index.ts';
import { TRUE } from '../../../src/iam/judgement.ts';
import type { SubjectTests } from '../../../src/iam/token-subjects.ts';
import { ACCOUNT, documentOf, NOW, type RawStatement, trusts } from './build.ts';

const G = 'token.actions.githubusercontent.com:';
const GITHUB = `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`;

const OPERATORS = [
  ...['StringEquals', 'StringLike', 'StringNotEquals', 'StringNotLike', 'StringEqualsIfExists'],
  ...['ForAllValues:StringLike', 'ForAnyValue:StringLike'],
];
const SUBJECTS = [
  ...['*', 'repo:*', 'repo:acme/*', 'repo:acme/app:*', 'repo:*/app:*', 'repo:evil/*', 'repo:ac*/*:pull_request'],
  ...['*:environment:prod', '*:ref:refs/tags/*', 'repo:acme/app:ref:refs/heads/main'],
];
const VALUES: [string, string[]][] = [
  ['sub', SUBJECTS],
  ['repository', ['acme/app', 'acme/*', '*/app', 'evil/*']],
  ['environment', ['prod', 'p*', '*']],
  ['ref', ['refs/heads/main', 'refs/heads/*', 'refs/tags/*']],
  ['repository_id', ['1', '2']],
  ['aud', ['sts', '*', 'x']],
];
const tests = VALUES.map(([claim, values]) =>
  fc.tuple(
    fc.constantFrom(...OPERATORS),
    fc.constant(claim),
    fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }),
  ),
);
const statement = fc.array(fc.oneof(...tests), { minLength: 1, maxLength: 3 });

type Written = readonly (readonly [string, string, readonly string[]])[];

function written(all: Written, Effect: string): RawStatement {
  const Condition: { [operator: string]: { [key: string]: readonly string[] } } = {};
  for (const [operator, claim, values] of all) Condition[operator] = { ...Condition[operator], [`${G}${claim}`]: values };
  return { ...trusts({ Federated: GITHUB }, Condition), Action: 'sts:AssumeRoleWithWebIdentity', Effect };
}

interface Token {
  readonly owner: string;
  readonly id: string;
  readonly sub: string;
  readonly claims: { readonly [claim: string]: readonly string[] | null };
}

const TOKENS: readonly Token[] = ['acme', 'evil', 'zzz', 'acyy'].flatMap((owner) =>
  ['app', 'qq'].flatMap((name) =>
    ['refs/heads/main', 'refs/heads/zz', 'refs/tags/zz', 'refs/pull/1/merge'].flatMap((ref) =>
      (ref.startsWith('refs/pull') ? [null] : [null, 'prod', 'pq', 'zz']).flatMap((environment) =>
        ['1', '2', '9'].map((id) => {
          const context =
            environment !== null ? `environment:${environment}` : ref.startsWith('refs/pull') ? 'pull_request' : `ref:${ref}`;
          const sub = `repo:${owner}/${name}:${context}`;
          const [repository, place] = [[`${owner}/${name}`], environment === null ? null : [environment]];
          return { owner, id, sub, claims: { sub: [sub], repository, ref: [ref], environment: place, repository_id: [id] } };
        }),
      ),
    ),
  ),
);

function like(pattern: string, text: string): boolean {
  const source = pattern.replace(/\\(.)|[%_]|[^\w\s]/g, (found, escaped: string | undefined) =>
    found === '%' ? '.*' : found === '_' ? '.' : `\\${escaped ?? found}`,
  );
  return new RegExp(`^${source}$`, 's').test(text);
}

describe('IAM trust in tokens, against tokens one by one', () => {
  it('never says less than they get, nor is sure of one that does not get in', () => {
    fc.assert(
      fc.property(statement, fc.array(statement, { maxLength: 2 }), (allowed, denied) => {
        const document = documentOf(written(allowed, 'Allow'), ...denied.map((one) => written(one, 'Deny')));
        const rows = readTrust({ document, account: ACCOUNT, partition: 'aws', limits: [], now: NOW }).filter(
          ({ effect }) => effect === 'allow',
        );
        const [allow, ...deny] = document.statements;
        const door = { allow: allow === undefined ? [] : [allow], deny, hasVariables: true, limits: [], action: '', now: NOW };
        const getsIn = ({ claims }: Token): boolean =>
          ['sts', 'x', 'other'].some((aud) => {
            const context = (key: string) => (key === `${G}aud` ? [aud] : claims[key.slice(G.length)]);
            return judgeCaller(door, { context, given: TRUE }).truth === 'true';
          });

        const inside = new Set(TOKENS.filter(getsIn));

        const holders = rows.map(({ detail }) => detail.tokens);
        const isStranger = ({ owner, id }: Token): boolean => id === '9' && (owner === 'zzz' || owner === 'acyy');
        if ([...inside].some(isStranger)) assert.ok(holders.includes('anybody'));
        if (inside.size > 0) assert.ok(holders.some((one) => one !== 'nobody'));
        for (const sub of new Set(TOKENS.map((token) => token.sub))) {
          const mine = TOKENS.filter((token) => token.sub === sub);
          const told = rows.map(({ detail }) => readTold(detail.subjects as unknown as SubjectTests, sub));
          if (mine.some((token) => inside.has(token)))
            assert.ok(
              told.some((one) => one !== 'no'),
              sub,
            );
          if (told.includes('yes'))
            assert.ok(
              mine.every((token) => inside.has(token)),
              sub,
            );
        }
      }),
      { numRuns: 60 },
    );
  });
});

function readTold(tests: SubjectTests, sub: string): 'yes' | 'maybe' | 'no' {
  const isLikeOne = (patterns: readonly string[]): boolean => patterns.some((pattern) => like(pattern, sub));
  if (!tests.like.every(isLikeOne) || isLikeOne(tests.unlike)) return 'no';
  return isLikeOne(tests.maybe) ? 'maybe' : 'yes';
}
