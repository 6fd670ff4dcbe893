import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { type TrimInput, trimRoles } from '../../../../src/iam/gcp/trim.ts';

const EDITOR = { role: 'roles/editor', resource: 'projects/p' };
const use = (more: Partial<TrimInput['uses'][number]> = {}) => ({
  ...EDITOR,
  exercised: ['storage.objects.get', 'storage.objects.list'],
  inferred: ['storage.buckets.get'],
  total: 3120,
  days: 90,
  until: '2026-05-30T00:00:00.000Z',
  ...more,
});
const trim = (more: Partial<TrimInput>) => trimRoles({ member: 'serviceAccount:etl@p', bindings: [EDITOR], uses: [], ...more });

describe('trimmed roles', () => {
  it('puts what was used in the place of a wide role', () => {
    const { status, text, removed, window } = trim({ uses: [use()] });

    assert.equal(status, 'proposed');
    assert.deepEqual(removed, ['roles/editor on projects/p']);
    assert.equal(window, '90 days until 2026-05-30 (policy insights)');
    assert.deepEqual(parse(text), {
      'projects/p': [
        { remove: 'roles/editor' },
        {
          grant: 'a role of your own',
          includedPermissions: ['storage.objects.get', 'storage.objects.list', 'storage.buckets.get'],
        },
      ],
    });
    assert.match(text, /2 of 3120 permissions were used/);
  });

  it('takes what Google recommends, where it does', () => {
    const recommended = [
      {
        member: 'serviceAccount:etl@p',
        resource: 'projects/p',
        removed: 'roles/editor',
        added: ['roles/storage.objectViewer'],
        days: 90,
      },
    ];

    assert.deepEqual(parse(trim({ uses: [use()], recommended }).text), {
      'projects/p': [{ remove: 'roles/editor' }, { grant: 'roles/storage.objectViewer' }],
    });
  });

  it('removes a role that was not used', () => {
    const { status, removed } = trim({ uses: [use({ exercised: [], inferred: [] })] });

    assert.equal(status, 'proposed');
    assert.deepEqual(removed, ['roles/editor on projects/p']);
  });

  it('keeps a role of which all is used', () => {
    assert.equal(trim({ uses: [use({ total: 2 })] }).status, 'unchanged');
  });

  it('is inconclusive where the window is short', () => {
    const { status, removed, open } = trim({ uses: [use({ days: 30 })] });

    assert.equal(status, 'inconclusive');
    assert.deepEqual(removed, []);
    assert.match(open[0] ?? '', /30 days are on record, 90 are needed/);
  });

  it('is inconclusive where nothing tells which permissions were used', () => {
    const lastUse = { at: '2026-05-20T00:00:00Z', from: '2026-02-01T00:00:00Z', until: '2026-05-30T00:00:00Z' };

    assert.equal(trim({}).status, 'inconclusive');
    assert.equal(trim({ lastUse }).status, 'inconclusive');
    assert.equal(trim({ bindings: [] }).status, 'inconclusive');
  });

  it('removes all of an account that did not authenticate, and says what that does not see', () => {
    const { status, removed, window } = trim({ lastUse: { from: '2026-02-01T00:00:00Z', until: '2026-05-30T00:00:00Z' } });

    assert.equal(status, 'proposed');
    assert.equal(removed.length, 1);
    assert.match(window, /118 days until 2026-05-30 without an authentication \(calls with API keys are not seen\)/);
  });

  it('says what is open beside what it proposes', () => {
    const bindings = [EDITOR, { role: 'roles/viewer', resource: 'projects/q' }];

    const { status, open } = trim({ bindings, uses: [use()] });

    assert.equal(status, 'proposed');
    assert.deepEqual(open, ['roles/viewer on projects/q: nothing tells which of its permissions were used']);
  });
});
