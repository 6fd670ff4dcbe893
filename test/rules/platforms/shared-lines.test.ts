import assert from 'node:assert/strict';
import { loadChecks } from '../../../src/correlate/load.ts';
import { runChecks } from '../../../src/correlate/run.ts';
import { RUN_START, withPassingRun } from '../../src/correlate/run-store.ts';
import { FULL_COVERAGE } from '../checks/facts.ts';
import { observe } from './observe.ts';

/** What a check knows its findings on a Compose file by. */
async function fingerprints(id: string, text: string): Promise<readonly string[]> {
  const checks = loadChecks().filter(({ meta }) => meta.id === id);
  const observations = await observe({ 'compose.yml': text }, 'harbour/shop');
  return await withPassingRun([...FULL_COVERAGE, ...observations], async (store) => {
    const { findings } = await runChecks(store, checks, { now: RUN_START, parameters: {} });
    return findings.map(({ fingerprint }) => fingerprint).sort();
  });
}

function shared(value: string, services: readonly string[]): string {
  const each = services.map((name) => `  ${name}: {image: app, environment: *env}\n`).join('');
  return `x-env: &env\n  DB_PASSWORD: ${value}\nservices:\n${each}`;
}

describe('findings on lines that services share', () => {
  for (const [id, value] of [
    ['default-password', 'postgres'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as Compose writes it
    ['secret-in-service-environment', '${DB_PASSWORD}'],
  ] as const) {
    it(`stay the same when services come and go (${id})`, async () => {
      const before = await fingerprints(id, shared(value, ['cron', 'web']));

      const more = await fingerprints(id, shared(value, ['api', 'cron', 'web']));
      const fewer = await fingerprints(id, shared(value, ['web']));
      const moved = await fingerprints(id, `# Moved.\n${shared(value, ['cron', 'web'])}`);

      assert.equal(before.length, 1);
      assert.deepEqual([more, fewer, moved], [before, before, before]);
    });

    it(`stay the same when another service takes the lines of one (${id})`, async () => {
      const one = `services:\n  web:\n    image: app\n    environment: &env\n      DB_PASSWORD: ${value}\n`;
      const before = await fingerprints(id, one);

      const after = await fingerprints(id, `${one}  api: {image: app, environment: *env}\n`);
      const merged = await fingerprints(id, `${one}  api:\n    image: app\n    environment:\n      <<: *env\n`);

      assert.equal(before.length, 1);
      assert.deepEqual([after, merged], [before, before]);
    });

    it(`are two where two anchors stand, or services have lines of their own (${id})`, async () => {
      const anchors = `x-a: &a\n  DB_PASSWORD: ${value}\nx-b: &b\n  DB_PASSWORD: ${value}\nservices:\n  web: {environment: *a}\n  api: {environment: *b}\n`;
      const own = `services:\n  web:\n    environment:\n      DB_PASSWORD: ${value}\n  api:\n    environment:\n      DB_PASSWORD: ${value}\n`;

      const found = [await fingerprints(id, anchors), await fingerprints(id, own)];

      assert.deepEqual(
        found.map((all) => new Set(all).size),
        [2, 2],
      );
    });
  }
});
