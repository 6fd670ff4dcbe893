import assert from 'node:assert/strict';
import type { GrantObservation } from '../../../src/contracts/index.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { kinds } from '../../helpers/scan-context.ts';
import { details, managedPolicy, policyOf, roleDetail, scanJson, userDetail } from '../../scanners/aws-iam/exports.ts';

const BOUNDARY = { PermissionsBoundary: { PermissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/b' } };
const statement = (Effect: string, Action: unknown, Resource: unknown, more: object = {}) => ({
  Effect,
  Action,
  Resource,
  ...more,
});
const many = (count: number, one: (index: number) => object) => Array.from({ length: count }, (_, index) => one(index));
const user = (statements: object[], more: object = {}) =>
  userDetail('u', { UserPolicyList: [{ PolicyName: 'p', PolicyDocument: policyOf(...statements) }], ...more });
const crossed = (count: number) =>
  details({
    users: [
      user(
        many(count, (k) => statement('Allow', '*', `arn:aws:*:*:*:*a${k}*`)),
        BOUNDARY,
      ),
    ],
    policies: [
      managedPolicy(
        'b',
        policyOf(
          ...many(count, (k) => statement('Allow', '*', `arn:aws:*:*:*:*b${k}*`)),
          ...many(count, (k) => statement('Deny', '*', `arn:aws:*:*:*:*c${k}*`)),
        ),
      ),
    ],
  });

async function judged(json: object) {
  const start = cpuTime();
  const rows = await scanJson(json);
  const took = cpuTime() - start;
  const capabilities = kinds(rows, 'grant').filter((one) => one.capability !== undefined);
  return { took, capabilities, coverage: kinds(rows, 'coverage')[0] };
}

function isOpen({ confidence, detail }: GrantObservation): boolean {
  return confidence === 'medium' && JSON.stringify(detail?.unknown ?? '').includes('too entangled');
}

describe('the time that judging a stranger takes', () => {
  it('does not read a search that was given up as "no"', async () => {
    const secret = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:';
    const letter = (k: number) => String.fromCharCode(97 + (k % 16));
    const denied = Array.from({ length: 40 }, (_, k) => `${secret}*${letter(k)}?${k}*${letter(k * 7)}*`);
    const net = [statement('Deny', 'secretsmanager:GetSecretValue', denied)];
    const hole = { Effect: 'Deny', Action: 'secretsmanager:GetSecretValue', NotResource: `${secret}*q1*q2*q3*` };

    const { capabilities, coverage } = await judged(
      details({ users: [user([statement('Allow', 'secretsmanager:GetSecretValue', '*'), hole, ...net])] }),
    );

    assert.deepEqual(
      capabilities.map((one) => [one.capability, isOpen(one)]),
      [['reads-secrets', true]],
    );
    assert.match(coverage?.why ?? '', /user\/u: policies too entangled/);
  });

  const hostile: { readonly [what: string]: object } = {
    'limits crossed with rights': crossed(40),
    'many of both': crossed(200),
    'ten thousand statements': details({
      users: [
        user(many(10_000, (k) => statement('Allow', ['iam:Put*', 'sts:Assume*'], `arn:aws:iam::111122223333:user/x${k}*y?z`))),
      ],
      roles: [roleDetail('r')],
    }),
    'long lists of numbers': details({
      users: [
        user(
          many(30, (k) =>
            statement('Allow', 'iam:PutUserPolicy', '*', {
              Condition: { 'ForAllValues:NumericLessThanIfExists': { [`x:n${k}`]: many(2_000, (i) => String(i) as never) } },
            }),
          ),
        ),
      ],
    }),
  };
  for (const [what, json] of Object.entries(hostile)) {
    it(`is bounded for ${what}`, async () => {
      const { took, capabilities } = await judged(json);

      assert.ok(took < 20_000, `took ${Math.round(took)} ms`);
      assert.notEqual(capabilities.length, 0);
    });
  }

  it('says what was not settled, and that it was not', async () => {
    const { capabilities, coverage } = await judged(crossed(200));

    assert.ok(capabilities.some(isOpen));
    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /user\/u: policies too entangled to be judged in full/);
  });
});
