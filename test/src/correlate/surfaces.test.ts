import assert from 'node:assert/strict';
import type { Evidence } from '../../../src/contracts/finding.ts';
import type { Observation, ObservationKind, Surface } from '../../../src/contracts/observation.ts';
import { surfacesOf, withSurfaces } from '../../../src/correlate/surfaces.ts';
import type { Store } from '../../../src/store/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { RUN_START } from './run-store.ts';

function look(surface: Surface, covers: readonly ObservationKind[]): Observation {
  return { kind: 'coverage', surface, subject: surface, outcome: 'complete', covers };
}

function seen(place: 'work-tree' | 'history' | 'ci', secret: string): Observation {
  return {
    kind: 'sighting',
    credential: `secret:${secret}`,
    detector: 'test',
    provider: 'npm',
    type: 'token',
    fingerprint: secret,
    masked: secret,
    confidence: 'high',
    place,
  };
}

const identity = (name: string): Observation => ({
  kind: 'identity',
  id: `aws:1:user/${name}`,
  provider: 'aws',
  type: 'user',
  name,
});

describe('sources of evidence', () => {
  let store: Store;
  before(async () => {
    store = await openStore({ mode: 'write' });
    await store.beginRun({
      startedAt: RUN_START,
      toolVersion: '0.0.0-test',
      targets: ['.'],
      parameters: {},
      rulesDigest: 'test',
      fingerprintKeyId: 'test',
    });
  });
  after(async () => {
    await store.rollback();
    store.close();
  });

  /** Loads parts, each of its scanner; gives the source of each fact that is no coverage, by what names it. */
  async function tell(...parts: readonly (readonly [scanner: string, ...rows: Observation[]])[]): Promise<object> {
    const evidence = new Map<string, Evidence>();
    for (const [index, [scanner, ...rows]] of parts.entries()) {
      const { part } = store.addPart(
        { scanner, version: 1, target: '.', unit: `${index}`, content: JSON.stringify(rows) },
        RUN_START,
      );
      for (const row of rows) await store.append(part, row);
    }
    await store.endLoading([]);
    const facts = await store.rows(
      `SELECT observation_id, 'sighting' AS kind, masked AS name FROM obs.sightings
       UNION ALL SELECT observation_id, 'identity', name FROM obs.identities`,
    );
    for (const { observation_id, kind, name } of facts) {
      const observation = String(observation_id);
      evidence.set(observation, { observation, kind: kind as ObservationKind, summary: String(name) });
    }
    return Object.fromEntries(
      [...(await withSurfaces(store, evidence)).values()].map(({ summary, surface }) => [summary, surface]),
    );
  }

  it('are those of the looks that their part is of: by place, by kind, else by the scanner', async () => {
    const told = await tell(
      [
        'repository',
        look('work-tree', ['sighting']),
        look('history', ['sighting']),
        seen('work-tree', 'a'),
        seen('history', 'b'),
        seen('ci', 'c'),
      ],
      ['aws', look('aws', ['identity']), look('audit-log', ['usage']), identity('etl')],
      ['aws', identity('late')],
      ['unknown', identity('nowhere')],
    );

    assert.deepEqual(told, { a: 'work-tree', b: 'history', c: 'work-tree', etl: 'aws', late: 'aws', nowhere: undefined });
  });

  it('are listed once each, in the order of the surfaces', () => {
    const fact = (surface?: Surface): Evidence => ({
      observation: 'o',
      kind: 'identity',
      summary: '',
      ...(surface === undefined ? {} : { surface }),
    });

    assert.deepEqual(surfacesOf([fact('gateway'), fact(), fact('aws'), fact('gateway')]), ['aws', 'gateway']);
  });

  it('asks the store for nothing where there is no evidence', async () => {
    const none = { describe: () => Promise.reject(new Error('asked')), rows: () => Promise.reject(new Error('asked')) };

    assert.equal((await withSurfaces(none, new Map())).size, 0);
  });
});
