import assert from 'node:assert/strict';
import { decide, type Limit, type Policy, type Request, readPolicyDocument, type Subject } from '../../../src/iam/index.ts';
import { ACCOUNT, NOW, type RawStatement } from './build.ts';
import { type Row, readCases } from './cases.ts';
import { allowedIn, type Rights, type World } from './reference.ts';

function policy(kind: string, statements: readonly RawStatement[], isOld = false): Policy {
  const read = readPolicyDocument({ Version: isOld ? '2008-10-17' : '2012-10-17', Statement: statements });
  if (!read.ok) throw new Error(read.why);
  return { name: kind, kind, inline: true, document: read.document };
}

function limit(kind: NonNullable<Limit['kind']>, title: string, level: readonly RawStatement[] | 'missing'): Limit {
  return level === 'missing'
    ? { kind, title, known: false, policies: [] }
    : { kind, title, known: true, policies: [policy(kind, level)] };
}

function levels(kind: 'scp' | 'rcp', all: Row['scp']): Limit[] {
  return all.map((level, index) => limit(kind, `level ${index + 1}`, level));
}

function subjectOf(row: Row): Subject {
  const name = row.who === 'user' ? 'mara' : 'deploy';
  return {
    arn: `arn:aws:iam::${ACCOUNT}:${row.who}/${name}`,
    partition: 'aws',
    account: ACCOUNT,
    type: row.who,
    name,
    tags: row.tags,
    policies: [policy('inline', row.identity, row.isOld)],
    limits: [
      ...(row.boundary === undefined ? [] : [limit('boundary', 'boundary', row.boundary)]),
      ...(row.sessionPolicy === undefined ? [] : [limit('session', 'session policy', row.sessionPolicy)]),
      ...levels('scp', row.scp),
    ],
    missing: [],
    groups: [],
    serviceLinked: row.isServiceLinked,
  };
}

function requestOf({ action, on, context, owner, resource, rcp }: Row): Request {
  const request = { action, resource: on, context };
  if (owner === undefined && resource === undefined && rcp === undefined) return request;
  const target = {
    ...(owner === undefined ? {} : { account: owner }),
    ...(resource === undefined ? {} : { policy: limitOfResource(resource) }),
    limits: levels('rcp', rcp ?? []),
  };
  return { ...request, target };
}

function limitOfResource(resource: NonNullable<Row['resource']>): Limit {
  const title = 'policy of the resource';
  if (resource === 'missing') return { title, known: false, policies: [] };
  return { title, known: true, policies: [policy('resource', resource)] };
}

/** The row as one fully known call: what it does not tell is absent, or for the key under test some value. */
function worldOf(row: Row, subject: Subject): World {
  const known: [string, string | undefined][] = [
    ['aws:principalarn', subject.arn],
    ['aws:principalaccount', ACCOUNT],
    ['aws:principaltype', row.who === 'user' ? 'User' : 'AssumedRole'],
    ['aws:username', row.who === 'user' ? subject.name : undefined],
    ['aws:principalisawsservice', 'false'],
    ['aws:viaawsservice', 'false'],
    ['aws:securetransport', 'true'],
    ['aws:resourceaccount', row.owner ?? (row.on.split(':')[4] || ACCOUNT)],
    ['aws:currenttime', NOW.toISOString()],
    ['aws:epochtime', String(NOW.getTime() / 1000)],
    ...Object.entries(row.tags).map(([key, value]): [string, string] => [`aws:principaltag/${key.toLowerCase()}`, value]),
  ];
  const context = new Map<string, readonly string[]>([
    ['k:key', [/"Bool/.test(JSON.stringify(row.identity)) ? 'true' : '203.0.113.9']],
  ]);
  for (const [key, value] of known) if (value !== undefined) context.set(key, [value]);
  for (const [key, values] of Object.entries(row.context)) {
    if (values === null) context.delete(key);
    else context.set(key, values);
  }
  const { arn, account } = subject;
  const { session } = row;
  return {
    caller: { type: row.who, arn, account, isServiceLinked: row.isServiceLinked, ...(session === undefined ? {} : { session }) },
    action: row.action,
    resource: row.on,
    owner: row.owner ?? (row.on.split(':')[4] || ACCOUNT),
    context,
  };
}

function rightsOf({ identity, boundary, sessionPolicy, scp, rcp, resource, isOld }: Row): Rights {
  // A level that is missing from the input may be anything; where the outcome is sure, it is so for nothing at all.
  const known = (level: Row['scp'][number]): readonly RawStatement[] => (level === 'missing' ? [] : level);
  return {
    identity,
    isOld,
    scp: scp.map(known),
    rcp: (rcp ?? []).map(known),
    ...(boundary === undefined ? {} : { boundary }),
    ...(sessionPolicy === undefined ? {} : { session: sessionPolicy }),
    ...(resource === undefined ? {} : { resource: known(resource) }),
  };
}

const OUTCOME = { allowed: 'allow', denied: 'deny', 'denied explicitly': 'deny', unknown: 'unknown' } as const;

describe('IAM evaluator, by the vendor’s pages', () => {
  const groups = readCases();

  for (const { group, page, rows } of groups) {
    describe(`${group} (${page.slice(page.lastIndexOf('/') + 1)})`, () => {
      for (const row of rows) {
        it(`${row.is}: ${row.it}`, () => {
          const subject = subjectOf(row);

          const decision = decide(subject, requestOf(row), NOW);

          assert.equal(decision.outcome, OUTCOME[row.is]);
          assert.equal(decision.explicit, row.is === 'denied explicitly');
          if (row.keys !== undefined) assert.deepEqual(decision.keys, row.keys);
          if (row.is === 'unknown') assert.ok(decision.keys.length > 0);
          else assert.equal(allowedIn(worldOf(row, subject), rightsOf(row)), row.is === 'allowed', 'by the reference');
        });
      }
    });
  }

  it('has at least 400 cases, each of its own, and a page for every group', () => {
    const rows = groups.flatMap((one) => one.rows.map((row) => `${one.group}: ${row.it}`));

    assert.ok(rows.length >= 400, `${rows.length} cases`);
    assert.deepEqual(rows, [...new Set(rows)]);
    for (const { page } of groups) assert.match(page, /^https:\/\/docs\.aws\.amazon\.com\//);
  });
});
