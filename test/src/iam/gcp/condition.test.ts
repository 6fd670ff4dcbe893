import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isPowerfulRole } from '../../../../src/iam/gcp/capability.ts';
import { type Asked, judgeCondition } from '../../../../src/iam/gcp/condition.ts';
import { cpuTime } from '../../../helpers/cpu-time.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
const judge = (expression: string, asked: Partial<Asked> = {}) => judgeCondition({ expression }, { now: NOW, ...asked });
const object = { service: 'storage.googleapis.com', types: ['storage.googleapis.com/Object'] };
const inBucket = { ...object, resourceName: 'projects/_/buckets/reports' };

const ROLES = new Map([
  ['projects/p/roles/super', ['resourcemanager.projects.setIamPolicy']],
  ['projects/p/roles/watch', ['logging.logEntries.list']],
]);
const granting: Partial<Asked> = { isPowerful: (role) => isPowerfulRole(role, ROLES) };
const GRANTS = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', [])";
const secret = {
  service: 'secretmanager.googleapis.com',
  types: ['secretmanager.googleapis.com/SecretVersion', 'secretmanager.googleapis.com/Secret'],
};

const CASES: [what: string, expression: string, asked: Partial<Asked>, truth: string, attributes?: string[]][] = [
  ['an end that is past', 'request.time < timestamp("2026-01-01T00:00:00Z")', {}, 'false'],
  ['an end that is to come', "request.time < timestamp('2027-01-01T00:00:00Z')", {}, 'true'],
  ['an end, written the other way', 'timestamp("2026-01-01T00:00:00Z") > request.time', {}, 'false'],
  ['a start that is past', 'request.time >= timestamp("2026-01-01T00:00:00Z")', {}, 'true'],
  [
    'a start that is to come',
    'request.time > timestamp("2027-01-01T00:00:00Z")',
    {},
    'unknown',
    ['request.time (from 2027-01-01)'],
  ],
  ['hours of the day', 'request.time.getHours("Europe/Berlin") >= 9', {}, 'unknown', ['request.time']],
  ['both, one of them past', 'request.time.getHours("x") > 9 && request.time < timestamp("2020-01-01T00:00:00Z")', {}, 'false'],
  ['either, one of them true', 'request.host == "x" || request.time < timestamp("2027-01-01T00:00:00Z")', {}, 'true'],
  ['a type that it is', 'resource.type == "storage.googleapis.com/Object"', object, 'true'],
  ['a type that it is not', 'resource.type == "storage.googleapis.com/Bucket"', object, 'false'],
  ['any type but one', 'resource.type != "storage.googleapis.com/Bucket"', object, 'true'],
  ['a type nobody knows', 'resource.type == "x/Y"', {}, 'unknown', ['resource.type']],
  ['the type by its service', 'resource.type.startsWith("storage.googleapis.com/")', object, 'true'],
  ['a service that it is not', 'resource.service == "compute.googleapis.com"', object, 'false'],
  [
    'a name in the bucket',
    'resource.name.startsWith("projects/_/buckets/reports/objects/2026")',
    inBucket,
    'unknown',
    ['resource.name'],
  ],
  ['the bucket itself', 'resource.name.startsWith("projects/_/buckets/rep")', inBucket, 'true'],
  ['another bucket', 'resource.name.startsWith("projects/_/buckets/other")', inBucket, 'false'],
  ['any resource of a project', 'resource.name.startsWith("projects/_/buckets/other")', object, 'unknown', ['resource.name']],
  ['a name of another type', 'resource.type != "storage.googleapis.com/Object" && resource.name == "x"', inBucket, 'false'],
  ['the opposite of what is past', '!(request.time < timestamp("2026-01-01T00:00:00Z"))', {}, 'true'],
  ['tags', 'resource.matchTag("1/env", "prod")', {}, 'unknown', ['tags of the resource']],
  [
    'an access level',
    "'accessPolicies/1/accessLevels/x' in request.auth.access_levels",
    {},
    'unknown',
    ['request.auth.access_levels'],
  ],
  ['a list', 'resource.service in ["storage.googleapis.com", "x"]', object, 'true'],
  ['a list without it', 'resource.service in ["x"]', object, 'false'],
  ['a choice', 'resource.service == "storage.googleapis.com" ? true : request.host == "x"', object, 'true'],
  ['always', 'true', {}, 'true'],
  ['never', '1 == 2', {}, 'false'],
  [
    'only grants that give nothing',
    "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/logging.logWriter'])",
    granting,
    'false',
  ],
  [
    'only grants, one of which is powerful',
    "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/browser', 'roles/owner'])",
    granting,
    'true',
  ],
  ['only grants that give nothing, of a call that grants nothing', `${GRANTS}.hasOnly(['roles/logging.viewer'])`, secret, 'true'],
  ["only grants of a powerful role of one's own", `${GRANTS}.hasOnly(['projects/p/roles/super'])`, granting, 'true'],
  ["only grants of a harmless role of one's own", `${GRANTS}.hasOnly(['projects/p/roles/watch'])`, granting, 'false'],
  [
    'only grants of a role that nobody tells of',
    `${GRANTS}.hasOnly(['projects/p/roles/lost'])`,
    granting,
    'unknown',
    ['what projects/p/roles/lost holds'],
  ],
  ['all grants but one', `!${GRANTS}.hasOnly(['roles/owner'])`, granting, 'true'],
  ['a grant, asked for the other way', `'roles/owner' in ${GRANTS}`, granting, 'true'],
  ['the opposite of one type of two', '!(resource.type == "secretmanager.googleapis.com/Secret")', secret, 'true'],
  ['the opposite of each', '!resource.type.startsWith("secretmanager.googleapis.com/")', secret, 'false'],
  [
    'two types at once',
    'resource.type == "secretmanager.googleapis.com/Secret" && resource.type == "secretmanager.googleapis.com/SecretVersion"',
    secret,
    'false',
  ],
  [
    'the opposite of an end that is to come',
    '!(request.time < timestamp("2027-01-01T00:00:00Z"))',
    {},
    'unknown',
    ['request.time (from 2027-01-01)'],
  ],
  [
    'a span that is to come',
    'request.time > timestamp("2027-01-01T00:00:00Z") && request.time < timestamp("2027-02-01T00:00:00Z")',
    {},
    'unknown',
  ],
  [
    'a span that never is',
    'request.time > timestamp("2027-02-01T00:00:00Z") && request.time < timestamp("2027-01-01T00:00:00Z")',
    {},
    'false',
  ],
  ['a chain longer than any condition', Array(6500).fill('a').join('||'), {}, 'unknown'],
  ['a chain of calls', `a${'.b()'.repeat(4900)}`, {}, 'unknown'],
  ['what is no expression', 'request.time <', {}, 'unknown', ['condition request.time <']],
];

describe('conditions of Google Cloud', () => {
  for (const [what, expression, asked, truth, attributes] of CASES) {
    it(`${what}: ${truth}`, () => {
      const judged = judge(expression, asked);

      assert.equal(judged.truth, truth);
      if (attributes !== undefined) assert.deepEqual(judged.attributes, attributes);
    });
  }

  it('names a condition that cannot be read by its title', () => {
    assert.deepEqual(judgeCondition({ title: 'office', expression: '(((' }, { now: NOW }).attributes, ['condition office']);
  });

  it('never throws, whatever a stranger wrote', () => {
    const part = fc.constantFrom(
      'request.time',
      'resource.name',
      '"x"',
      '1',
      '(',
      ')',
      '[',
      ']',
      '&&',
      '||',
      '!',
      '<',
      '==',
      '.',
      'in',
      ',',
      '?',
      ':',
      'timestamp(',
      'api.getAttribute(',
      '.hasOnly(',
      '.startsWith(',
    );

    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(part, { maxLength: 30 }).map((parts) => parts.join(' ')),
          fc.string(),
        ),
        (expression) => {
          assert.ok(['true', 'false', 'unknown'].includes(judge(expression).truth));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('says nothing sure of a condition that hangs on what it does not know', () => {
    const known = fc.constantFrom('true', 'false', 'request.time < timestamp("2027-01-01T00:00:00Z")');
    const operator = fc.constantFrom('&&', '||');
    fc.assert(
      fc.property(known, operator, (side, sign) => {
        const { truth } = judge(`${side} ${sign} request.host == "x"`);
        const value = side !== 'false';

        if (sign === '&&') assert.equal(truth, value ? 'unknown' : 'false');
        else assert.equal(truth, value ? 'true' : 'unknown');
      }),
    );
  });

  it('reads a condition of many parts at once', () => {
    const start = cpuTime();

    judge(`${'('.repeat(5000)}x`);
    judge(Array.from({ length: 400 }, () => 'request.host == "x"').join(' && '));

    assert.ok(cpuTime() - start < 500);
  });
});
