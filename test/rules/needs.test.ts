import assert from 'node:assert/strict';
import { SURFACES } from '../../src/contracts/observation.ts';
import { loadChecks } from '../../src/correlate/load.ts';
import { assess, type CoverageRow } from '../../src/correlate/needs.ts';

const checks = new Map(loadChecks().map((check) => [check.meta.id, check.meta]));

function stateOf(id: string, rows: readonly Partial<CoverageRow>[]): string | undefined {
  const meta = checks.get(id);
  if (meta === undefined) return undefined;
  const whole = rows.map((row): CoverageRow => ({ surface: 'aws', subject: 'x', outcome: 'complete', covers: [], ...row }));
  return assess(meta, whole).state;
}

describe('what checks need', () => {
  it('lets leaked-admin-key take what leaked-live-key leaves to it, of every provider', () => {
    const found = { surface: 'work-tree', covers: ['sighting'] };
    const keepers = ['aws', 'gcp', 'entra', 'github', 'okta', 'google-workspace', 'postgres', 'k8s'];

    for (const surface of keepers) {
      assert.ok(surface in SURFACES);
      assert.equal(stateOf('leaked-admin-key', [found, { surface, covers: ['credential', 'grant'] }]), 'complete', surface);
    }
  });

  it('says of no user that it has no password where no report tells of passwords', () => {
    const users = { covers: ['identity', 'grant'], detail: { types: ['user', 'role', 'policy'] } };
    const keys = { covers: ['credential'], detail: { types: ['access-key'] } };
    const report = { covers: ['identity', 'credential'], detail: { types: ['user', 'access-key', 'console-password'] } };

    assert.equal(stateOf('service-user-with-key', [users, keys]), 'missing');
    assert.equal(stateOf('service-user-with-key', [users, keys, report]), 'complete');
  });

  it('takes a look that names no types for none that a check needs', () => {
    const untyped = { surface: 'gateway', covers: ['policy', 'usage'] };
    const inspected = { ...untyped, detail: { types: ['session'] } };
    const audit = { ...untyped, detail: { types: ['admin-audit'] } };
    const cut = { ...untyped, outcome: 'partial' } as const;

    assert.equal(stateOf('policy-changed-without-record', [untyped]), 'missing');
    assert.equal(stateOf('policy-changed-without-record', [inspected]), 'missing');
    assert.equal(stateOf('policy-changed-without-record', [cut]), 'missing');
    assert.equal(stateOf('policy-changed-without-record', [audit]), 'complete');
    // What was not read in whole may have been such entries.
    assert.equal(stateOf('policy-changed-without-record', [audit, cut]), 'partial');
  });
});
