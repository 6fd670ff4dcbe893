import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { readHeld } from '../../../src/run/held.ts';
import { withRun } from '../correlate/run-store.ts';

const SIGHTING = {
  kind: 'sighting',
  credential: 'secret:f1',
  detector: 'generic-secret',
  provider: 'generic',
  type: 'secret',
  fingerprint: 'f1',
  masked: 'x1…(40)',
  confidence: 'medium',
} as const;

describe('what was observed at each source', () => {
  const heldOf = async (observations: readonly Observation[]) =>
    await withRun(observations, async (store) =>
      [...(await readHeld(store))]
        .map(([surface, kinds]) => [surface, [...kinds].sort()] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );

  it('is of the sources whose coverage is of its kind, and a sighting of where it lies', async () => {
    const looked = { kind: 'coverage', outcome: 'complete' } as const;

    assert.deepEqual(
      await heldOf([
        { ...looked, surface: 'work-tree', subject: 'files', covers: ['sighting'] },
        { ...looked, surface: 'history', subject: 'versions', covers: ['sighting'] },
        { ...looked, surface: 'k8s', subject: 'app.yaml', covers: ['identity', 'consumer'] },
        { kind: 'identity', id: 'k8s:shop:default', provider: 'k8s', type: 'service-account', name: 'default' },
        { ...SIGHTING, place: 'history', at: { path: 'app.env', line: 1 } },
      ]),
      [
        ['history', ['sighting']],
        ['k8s', ['identity']],
      ],
    );
  });

  it('is nothing where nothing was stored', async () => {
    assert.deepEqual(
      await heldOf([{ kind: 'coverage', surface: 'aws', subject: 'keys.json', outcome: 'complete', covers: ['credential'] }]),
      [],
    );
  });
});
