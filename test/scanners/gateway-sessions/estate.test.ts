import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildEstate, type Estate } from '../../../samples/build.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { kinds, tempDir } from '../../helpers/scan-context.ts';
import { recognises, scan } from './helpers.ts';

describe('gateway-sessions scanner: the sample estate', () => {
  let estate: Estate;
  const observations: Observation[] = [];
  before(async () => {
    estate = await buildEstate(tempDir());
    for (const file of readdirSync(join(estate.exports, 'hoop'))) {
      const text = readFileSync(join(estate.exports, 'hoop', file), 'utf8');
      assert.equal(recognises(text, `hoop/${file}`), true, file);
      observations.push(...(await scan(text, `hoop/${file}`)));
    }
  });

  it('reads every file whole', () => {
    for (const coverage of kinds(observations, 'coverage')) assert.equal(coverage.outcome, 'complete', coverage.subject);
  });

  it('leaves the other exports to other scanners', () => {
    for (const file of [
      'aws/access-keys.json',
      'aws/account-authorization-details.json',
      'gcp/service-accounts.json',
      'people/roster.csv',
    ]) {
      assert.equal(recognises(readFileSync(join(estate.exports, file), 'utf8'), `exports/${file}`), false, file);
    }
  });

  it('keeps no planted secret in any observation', () => {
    const text = JSON.stringify(observations);

    for (const { name, value, encoded } of estate.planted) {
      for (const written of [value, ...encoded]) assert.ok(!text.includes(written), name);
    }
  });

  it('links the connection to the key of ml-batch, and its sessions to two callers', () => {
    const key = estate.planted.find(({ name }) => name === 'aws.ml-batch.secret')?.publicId;
    const consumer = kinds(observations, 'consumer').find(
      ({ consumer: id, credential }) => id.endsWith('/aws-prod') && credential !== undefined,
    );
    const callers = new Set(
      kinds(observations, 'usage')
        .filter(({ target }) => target === 'aws-prod')
        .map(({ actorIdentity }) => actorIdentity?.split(':').at(-1)),
    );

    assert.equal(consumer?.credential, `aws:access-key/${key}`);
    assert.deepEqual([...callers].sort(), ['api-key/etl-runner', 'service-account/nightly-train']);
  });

  it('gives each caller of the sessions an identity or person of the inventory, by userId', () => {
    const known = new Set(
      [...kinds(observations, 'identity'), ...kinds(observations, 'person')].map(({ detail }) => detail?.userId),
    );

    for (const { actor, detail } of kinds(observations, 'usage')) assert.ok(known.has(detail?.userId), `${actor}`);
  });

  it('marks the two issued credentials, and nothing else, as bookkeeping', () => {
    const marked = kinds(observations, 'usage').filter(({ bookkeeping }) => bookkeeping === true);

    assert.deepEqual(marked.map(({ usedAt }) => usedAt.slice(0, 10)).sort(), ['2026-11-01', '2026-11-04']);
  });
});
