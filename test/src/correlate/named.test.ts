import assert from 'node:assert/strict';
import type { Check, CheckResult, Observation, Surface } from '../../../src/contracts/index.ts';
import { loadChecks } from '../../../src/correlate/load.ts';
import { type Named, unaskedOf } from '../../../src/correlate/named.ts';
import { assess, type CoverageRow } from '../../../src/correlate/needs.ts';
import { runChecks } from '../../../src/correlate/run.ts';
import { checkWith } from './checks.ts';
import { RUN_START, withRun } from './run-store.ts';

const LEAK = ['sighting', 'credential', 'grant@aws|grant@gcp|grant@iac'];

describe('what several providers are asked for', () => {
  it('is missing of a provider of which the run speaks', () => {
    const missing = unasked(LEAK, [told('gcp', ['credential', 'grant'])], [seen('aws'), seen('gcp')]);

    assert.equal(missing?.isAll, false);
    assert.match(missing?.reason ?? '', /^credentials \(access-key\) of AWS IAM or grants of AWS IAM were not collected: give /);
  });

  it('is missing in whole, when nothing is there of any provider of which it speaks', () => {
    const missing = unasked(LEAK, [told('gcp', ['credential', 'grant'])], [seen('aws')]);

    assert.equal(missing?.isAll, true);
  });

  it('is not missing of providers of which the run says nothing, or of which a check cannot speak', () => {
    const coverage = [told('aws', ['credential', 'grant'], ['access-key', 'policy'])];

    assert.equal(unasked(LEAK, coverage, []), undefined);
    assert.equal(unasked(LEAK, coverage, [seen('aws')]), undefined);
    assert.equal(unasked(['trust@aws|trust@gcp'], [told('aws', ['trust'])], [seen('okta', 'identity')]), undefined);
    assert.equal(unasked(['grant@aws|grant@iac'], [], [seen('aws'), seen('gcp')]), undefined);
  });

  it('is not given by code, by a look that was denied, or by answers of another type', () => {
    for (const row of [
      told('iac', ['credential', 'grant']),
      { ...told('aws', ['credential', 'grant']), outcome: 'denied' as const },
      told('aws', ['credential'], ['console-password']),
      told('aws', ['credential']),
    ]) {
      assert.equal(unasked(LEAK, [row], [seen('aws')])?.isAll, true, JSON.stringify(row));
    }
  });

  it('rests on what the check reads: keys in files, users of identities, clusters, or anything', () => {
    const all = [seen('aws', 'sighting'), seen('gcp', 'consumer'), seen('entra', 'trust'), seen('okta', 'agent')];
    const of = (needs: string[]) => unasked(needs, [], all)?.reason.match(/grants of \w+/g);
    const grants = 'grant@aws|grant@gcp|grant@entra|grant@okta';

    assert.deepEqual(of(['sighting@work-tree', grants]), of(['sighting', grants]));
    assert.deepEqual(of(['sighting', grants]), ['grants of AWS']);
    assert.equal(of(['consumer@ci', grants])?.length, 1);
    assert.equal(of(['trust@k8s', grants])?.length, 1);
    assert.equal(of(['consumer@agent-config|identity@gateway', grants])?.length, 1);
    assert.equal(of([grants])?.length, 4);
  });

  it('makes a check partial that finds nothing, and not assessed where nobody was asked', async () => {
    const check = checkWith({ head: ['[credential@aws]', '[credential@aws|credential@gcp]'] });
    const user = (provider: 'aws' | 'gcp', id: string): Observation => ({
      kind: 'identity',
      id,
      provider,
      type: 'user',
      name: 'x',
    });
    const aws = user('aws', 'aws:123456789012:user/etl');
    const gcp = user('gcp', 'gcp:shop:serviceAccount/etl@shop.iam.gserviceaccount.com');
    const asked: Observation = { kind: 'coverage', surface: 'gcp', subject: 'keys', outcome: 'complete', covers: ['credential'] };

    const both = await result([asked, gcp, aws], check);
    const other = await result([asked, aws], check);

    assert.equal(both?.outcome, 'partial');
    assert.match(both?.reason ?? '', /^credentials of AWS IAM were not collected/);
    assert.equal(other?.outcome, 'not-assessed');
  });
});

describe('a need that ends in a question mark', () => {
  const needs = ['usage@gateway', 'usage:session-list@gateway?'];
  const meta = { ...checkWith().meta, needs };

  it('lets a check run without it, which then passes nothing', () => {
    const one = assess(meta, [told('gateway', ['usage'], ['session'])]);
    const all = assess(meta, [told('gateway', ['usage'], ['session', 'session-list'])]);

    assert.equal(one.state, 'partial');
    assert.match(one.reason ?? '', /^lists of gateway sessions were not collected: give /);
    assert.equal(all.state, 'complete');
    assert.equal(assess(meta, []).state, 'missing');
  });

  it('says which export of the gateway it is that is missing', () => {
    const { reason } = assess({ ...meta, needs: ['usage:admin-audit@gateway'] }, [told('gateway', ['usage'], ['session-list'])]);

    assert.equal(
      reason,
      "entries of the gateway's log of administrators were not collected: give an export of the admin audit log of hoop (GET /api/audit/logs), or the target hoop:https://HOST",
    );
  });
});

describe('the owner of a user of AWS', () => {
  const user = 'aws:123456789012:user/etl';
  const report: Observation = {
    kind: 'coverage',
    surface: 'aws',
    subject: 'credential report',
    outcome: 'complete',
    covers: ['identity', 'credential'],
    detail: { types: ['user', 'access-key'] },
  };
  const etl: readonly Observation[] = [
    { kind: 'identity', id: user, provider: 'aws', type: 'user', name: 'etl' },
    { kind: 'credential', id: 'aws:access-key/AKIAETL1', provider: 'aws', type: 'access-key', identity: user, status: 'active' },
  ];
  const unowned = loadChecks().filter(({ meta }) => meta.id === 'unowned-identity');

  it('is not missing where nobody was asked for tags', async () => {
    const [check] = unowned;
    assert.ok(check !== undefined);

    assert.equal((await result([report, ...etl], check))?.findings, 0);
    assert.equal(
      (await result([report, { ...report, subject: 'details', detail: { types: ['role'] } }, ...etl], check))?.findings,
      1,
    );
  });
});

function unasked(needs: string[], coverage: readonly CoverageRow[], named: readonly Named[]) {
  return unaskedOf({ ...checkWith().meta, needs }, coverage, named);
}

function seen(surface: Surface, kind: Named['kind'] = 'sighting'): Named {
  return { kind, surface };
}

function told(surface: Surface, covers: string[], types?: string[]): CoverageRow {
  return { surface, subject: 'a file', outcome: 'complete', covers, ...(types === undefined ? {} : { detail: { types } }) };
}

async function result(given: readonly Observation[], check: Check): Promise<CheckResult | undefined> {
  return await withRun(given, async (store) => (await runChecks(store, [check], { now: RUN_START })).results[0]);
}
