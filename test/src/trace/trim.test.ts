import assert from 'node:assert/strict';
import { parseAllDocuments } from 'yaml';
import type { Observation } from '../../../src/contracts/index.ts';
import { trimIdentity } from '../../../src/trace/trim.ts';
import type { Trimmed } from '../../../src/trace/trimmed.ts';
import { Fact } from '../../rules/checks/facts.ts';
import { withRun } from '../correlate/run-store.ts';

const ROLE = 'aws:1:role/etl';
const ACCOUNT = 'gcp:p:serviceAccount/a@p.iam.gserviceaccount.com';
const DATABASE = 'postgres:db/shop:role/etl';
const POD = 'k8s:prod:shop/checkout';

function fact(fields: object): Observation {
  return Fact.parse(fields);
}

async function trim(identity: string, ...observations: readonly Observation[]): Promise<Trimmed> {
  return await withRun([fact({ kind: 'identity', id: identity }), ...observations], (store) => trimIdentity(store, identity));
}

describe('rights cut down to what was used', () => {
  describe('of AWS', () => {
    const unused = (detail: object): Observation =>
      fact({
        kind: 'grant',
        identity: ROLE,
        permission: 's3',
        viaKind: 'unused',
        at: { path: JSON.stringify(detail).slice(0, 40) },
        detail,
      });

    it('are the policy that the evaluator wrote, with what went and the window', async () => {
      const detail = {
        windowDays: 400,
        takenAt: '2026-05-30T00:00:00Z',
        trimmedPolicy: '{"Version":"2012-10-17"}',
        removed: ['s3:* on * (Old): not used'],
        removedCount: 3,
      };

      const trimmed = await trim(ROLE, unused(detail));

      assert.deepEqual(trimmed, {
        identity: ROLE,
        what: 'IAM policy',
        text: '{"Version":"2012-10-17"}',
        removed: ['s3:* on * (Old): not used', 'and 2 more'],
        window: '400 days up to 2026-05-30',
        notes: [],
      });
    });

    it('are inconclusive where the window is short, or no policy could be made', async () => {
      const short = await trim(ROLE, unused({ windowDays: 20, trimmedPolicy: '{}' }));
      const bare = await trim(ROLE, unused({ unusedServices: ['glue'], takenAt: '2026-05-30T00:00:00Z' }));

      assert.match(short.inconclusive ?? '', /reaches back 20 days, and 90 are needed/);
      assert.match(bare.inconclusive ?? '', /how long the record reaches back is not told/);
      assert.deepEqual(bare.removed, ['glue:*']);
      assert.equal(bare.text, undefined);
    });

    it('rest on the longest window of several records', async () => {
      const trimmed = await trim(
        ROLE,
        unused({ windowDays: 100, trimmedPolicy: '{"a":1}' }),
        unused({ windowDays: 300, trimmedPolicy: '{"b":1}' }),
        unused({ windowDays: 900 }),
      );

      assert.equal(trimmed.text, '{"b":1}');
    });

    it('are unknown where no record was read, and the words say what to give', async () => {
      const trimmed = await trim(ROLE);

      assert.equal(trimmed.text, undefined);
      assert.match(trimmed.inconclusive ?? '', /get-service-last-accessed-details/);
    });
  });

  describe('of Google Cloud', () => {
    it('are the roles that its insights leave', async () => {
      const leastPrivilege = {
        status: 'proposed',
        text: '- remove: roles/editor\n',
        removed: ['roles/editor on projects/p'],
        window: '120 days',
        open: ['roles/x: not told'],
      };

      const trimmed = await trim(ACCOUNT, fact({ kind: 'identity', id: ACCOUNT, detail: { leastPrivilege } }));

      assert.deepEqual(
        [trimmed.text, trimmed.removed, trimmed.window, trimmed.inconclusive, trimmed.notes],
        ['- remove: roles/editor\n', ['roles/editor on projects/p'], '120 days', undefined, ['roles/x: not told']],
      );
    });

    it('are inconclusive where those say nothing', async () => {
      const leastPrivilege = {
        status: 'inconclusive',
        text: '',
        removed: [],
        window: '20 days',
        open: ['roles/x: 20 days are on record'],
      };

      const trimmed = await trim(ACCOUNT, fact({ kind: 'identity', id: ACCOUNT, detail: { leastPrivilege } }));

      assert.equal(trimmed.inconclusive, 'roles/x: 20 days are on record');
    });
  });

  describe('of PostgreSQL', () => {
    const grant = (permission: string, resource: string): Observation =>
      fact({ kind: 'grant', identity: DATABASE, permission, resource, viaKind: 'acl' });
    const session = (action: string, usedAt: string, objects: readonly string[] = []): Observation =>
      fact({
        kind: 'usage',
        identity: DATABASE,
        action,
        usedAt,
        sessionId: `${action}${usedAt}`,
        ...(objects.length === 0 ? {} : { objects }),
      });
    const granted = [
      grant('SELECT', 'table app.*'),
      grant('INSERT', 'table app.*'),
      grant('SELECT', 'table hr.*'),
      grant('CREATE', 'schema app'),
    ];

    it('keep what its sessions did, in the schemas that they named', async () => {
      const trimmed = await trim(
        DATABASE,
        ...granted,
        session('read', '2026-01-01T00:00:00Z', ['app.orders']),
        session('read', '2026-05-01T00:00:00Z', ['app.items']),
      );

      assert.deepEqual(trimmed.removed, ['CREATE on schema app', 'INSERT on table app.*', 'SELECT on table hr.*']);
      assert.equal(trimmed.inconclusive, undefined);
      assert.match(trimmed.text ?? '', /^GRANT SELECT ON ALL TABLES IN SCHEMA app TO etl;$/m);
      assert.match(trimmed.text ?? '', /^REVOKE SELECT ON ALL TABLES IN SCHEMA hr FROM etl;/m);
      assert.match(trimmed.window, /^120 days up to 2026-05-01 of gateway sessions, 2 of them its own$/);
    });

    it('go by the kind of right where the tables are not told', async () => {
      const trimmed = await trim(
        DATABASE,
        ...granted,
        session('write', '2026-01-01T00:00:00Z'),
        session('read', '2026-05-01T00:00:00Z'),
      );

      assert.deepEqual(trimmed.removed, ['CREATE on schema app']);
      assert.match(trimmed.notes.join(' '), /Which tables were used is not told/);
    });

    it('are inconclusive where it is not known what a session did, or the log is short', async () => {
      const trimmed = await trim(
        DATABASE,
        ...granted,
        session('unknown', '2026-04-01T00:00:00Z'),
        session('read', '2026-05-01T00:00:00Z'),
      );

      assert.match(trimmed.inconclusive ?? '', /reaches back 30 days.*of 1 of 2 sessions it is not known what they did/);
    });

    it('quote names that are no plain words', async () => {
      const odd = 'postgres:db/shop:role/x"; DROP TABLE y';
      const trimmed = await trim(
        odd,
        fact({ kind: 'grant', identity: odd, permission: 'SELECT', resource: 'table app.*', viaKind: 'acl' }),
        fact({ kind: 'usage', identity: odd, action: 'write', usedAt: '2026-01-01T00:00:00Z' }),
      );

      assert.match(trimmed.text ?? '', /TO "x""; DROP TABLE y";/);
    });
  });

  describe('of Kubernetes', () => {
    const rule = (detail: object): Observation =>
      fact({
        kind: 'grant',
        identity: 'k8s:prod:rbac-role/shop/app',
        permission: JSON.stringify(detail),
        resource: 'x',
        viaKind: 'rule',
        detail: {
          kind: 'Role',
          namespace: 'shop',
          role: 'app',
          groups: [''],
          names: [],
          powers: [],
          named: [],
          cluster: [],
          namespaced: [],
          ...detail,
        },
      });
    const binding = fact({
      kind: 'trust',
      identity: 'k8s:prod:rbac-role/shop/app',
      principal: POD,
      principalType: 'identity',
      detail: {
        basis: 'role binding',
        kind: 'RoleBinding',
        binding: 'app',
        namespace: 'shop',
        roleKind: 'Role',
        role: 'app',
        subjectKind: 'ServiceAccount',
        subject: 'checkout',
        subjectNamespace: 'shop',
      },
    });
    const use = (verb: string, resource: string, usedAt: string): Observation =>
      fact({
        kind: 'usage',
        identity: POD,
        via: 'direct',
        usedAt,
        sessionId: verb + resource,
        detail: { verb, group: '', resource, namespace: 'shop' },
      });
    const granted = [
      rule({ verbs: ['*'], resources: ['configmaps'] }),
      rule({ verbs: ['get'], resources: ['secrets'], names: ['tls'] }),
      rule({ verbs: ['create'], resources: ['pods'] }),
      binding,
    ];

    it('are a Role of the verbs that the audit log has, for the names that were granted', async () => {
      const trimmed = await trim(
        POD,
        ...granted,
        use('get', 'configmaps', '2026-01-01T00:00:00Z'),
        use('list', 'configmaps', '2026-02-01T00:00:00Z'),
        use('get', 'secrets', '2026-05-01T00:00:00Z'),
      );

      assert.deepEqual(trimmed.removed, ['create pods in shop (Role app)']);
      assert.equal(trimmed.inconclusive, undefined);
      const [role] = parseAllDocuments(trimmed.text ?? '').map((document) => document.toJS());
      assert.equal(role.kind, 'Role');
      assert.equal(role.metadata.namespace, 'shop');
      assert.deepEqual(role.rules, [
        { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] },
        { apiGroups: [''], resources: ['secrets'], resourceNames: ['tls'], verbs: ['get'] },
      ]);
    });

    it('leave nothing to an account that did nothing, once the log is long enough', async () => {
      const other = 'k8s:prod:shop/other';
      const log = ['2026-01-01T00:00:00Z', '2026-05-01T00:00:00Z'].map((usedAt) =>
        fact({ kind: 'usage', identity: other, via: 'direct', usedAt, sessionId: usedAt }),
      );

      const trimmed = await trim(POD, ...granted, ...log);

      assert.equal(trimmed.removed.length, 3);
      assert.match(trimmed.text ?? '', /^# shop\/checkout used none of its rights/);
      assert.equal(trimmed.inconclusive, undefined);
    });

    it('are inconclusive on a day of audit log, and unknown without one', async () => {
      const day = await trim(POD, ...granted, use('get', 'configmaps', '2026-05-01T00:00:00Z'));
      const none = await trim(POD, ...granted);

      assert.match(day.inconclusive ?? '', /reaches back 0 days/);
      assert.match(none.inconclusive ?? '', /audit log of the cluster/);
    });
  });

  it('of another provider are not known, and said so', async () => {
    assert.match((await trim('okta:o:app/x')).inconclusive ?? '', /no source that is read tells/);
  });
});
