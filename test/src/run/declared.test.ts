import assert from 'node:assert/strict';
import type { DeclaredAbsent, Finding } from '../../../src/contracts/index.ts';
import { DECLARED, readFacts } from '../../../src/run/facts.ts';
import { fixedBySameLook } from '../../../src/run/same-look.ts';
import { factsOfNothing } from '../../../src/run/unobserved.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { sampleReport } from '../../helpers/report.ts';
import { checkWith } from '../correlate/checks.ts';
import { loadRun } from '../correlate/run-store.ts';

const OKTA: DeclaredAbsent = { surface: 'okta', reason: 'none here', declaredBy: 'security@example.com', state: 'believed' };
const GCP: DeclaredAbsent = { ...OKTA, surface: 'gcp', state: 'contradicted', why: 'it was looked at (a.json)' };
const LATER = '2026-06-02T00:00:00.000Z';

describe('what is declared absent, kept with a run', () => {
  let store: Store;
  const finding = { ...(sampleReport().findings[0] as Finding), status: 'open' } as const;
  const results = { findings: [finding], checks: [], controls: [] };
  const gateway = { trustZones: { prod: ['pg-*'] } };

  before(async () => {
    store = await openStore({ mode: 'write' });
    await loadRun(store, [], { gateway });
    await store.saveResults({ ...results, parameters: { [DECLARED]: JSON.stringify([GCP, OKTA]) } }, LATER);
  });
  after(() => store.close());

  it('is read back from the store, beside the parameters that were given', async () => {
    const facts = await readFacts(store);

    assert.deepEqual(facts?.declaredAbsent, [GCP, OKTA]);
    assert.deepEqual(facts?.run.parameters, { gateway: JSON.stringify(gateway) });
  });

  it('is no other look: what is fixed is fixed, whatever was declared since', async () => {
    await loadRun(store, [], { gateway, startedAt: LATER });
    const told = async (): Promise<readonly string[]> => {
      return (await fixedBySameLook(store, [{ ...finding, status: 'fixed' }])).map(({ status }) => status);
    };

    const without = await told();
    await store.saveResults({ ...results, findings: [], parameters: { [DECLARED]: JSON.stringify([OKTA]) } }, LATER);
    const changed = await told();
    await loadRun(store, [], { gateway: { ...gateway, egress: ['10.0.0.1'] }, startedAt: LATER });
    const otherwise = await told();
    await store.rollback();

    assert.deepEqual([without, changed, otherwise], [['fixed'], ['fixed'], ['not-observed']]);
  });

  it('is nothing of a run that declares nothing', async () => {
    await loadRun(store, [], { startedAt: LATER });
    await store.saveResults({ findings: [], checks: [], controls: [] }, LATER);

    const facts = await readFacts(store);

    assert.equal(facts !== undefined && 'declaredAbsent' in facts, false);
    assert.deepEqual(facts?.run.parameters, {});
  });

  it('holds for a scan that observed nothing, too', () => {
    const check = checkWith({ head: ['[credential@aws]', '[credential@okta]'] });
    const run = {
      startedAt: LATER,
      finishedAt: LATER,
      targets: ['.'],
      parameters: {},
      rulesDigest: 'd',
      fingerprintKeyId: 'k',
      hosts: [],
    };
    const judgement = { checks: [check], disabled: [], frameworks: [], parameters: {}, overrides: {} };
    const { state: _, ...declaration } = OKTA;

    const facts = factsOfNothing(judgement, [], run, [declaration]);
    const denied = {
      kind: 'coverage',
      surface: 'okta',
      subject: 'apps',
      outcome: 'denied',
      why: 'no right',
      covers: ['credential'],
    } as const;
    const contradicted = factsOfNothing(judgement, [denied], run, [declaration]);

    assert.deepEqual(facts.declaredAbsent, [OKTA]);
    assert.deepEqual(facts.checks, [
      {
        rule: 'old-key',
        outcome: 'not-applicable',
        reason: 'declared absent: Okta (none here; by security@example.com)',
        population: 0,
        findings: 0,
        excepted: 0,
      },
    ]);
    assert.equal(contradicted.declaredAbsent?.[0]?.state, 'contradicted');
    assert.equal(contradicted.checks[0]?.outcome, 'not-assessed');
    assert.equal('declaredAbsent' in factsOfNothing(judgement, [], run), false);
  });
});
