import assert from 'node:assert/strict';
import { dockerfile } from '../../../scanners/dockerfile/index.ts';
import { gitlabCi } from '../../../scanners/gitlab-ci/index.ts';
import { repository } from '../../../scanners/repository/index.ts';
import { parseTarget } from '../../../src/config/target.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import type { Part, Sink } from '../../../src/run/sink.ts';
import { readTarget } from '../../../src/run/targets.ts';
import { testContext } from '../../helpers/scan-context.ts';
import { tempRepo } from '../../helpers/temp-repo.ts';

describe('a file whose neighbours changed since an earlier run', () => {
  it('is told anew, and kept while they stay as they are', async () => {
    const repo = tempRepo();
    repo.write('.env', 'DB_PASSWORD=hunter-of-the-harbour-7\n');
    repo.write('Dockerfile', 'FROM alpine:3.20\nCOPY . /app\n');
    repo.write('.gitlab-ci.yml', 'include: [ci/base.yml]\ndeploy:\n  extends: .base\n  script: [./deploy]\n');
    repo.write('ci/base.yml', '.base:\n  variables: {TARGET: $STAGING_TOKEN}\n');
    repo.commit('Base');
    const scan = rescanner(repo.path);

    const first = await scan();
    const second = await scan();
    repo.write('.dockerignore', '.env\n');
    repo.write('ci/base.yml', '.base:\n  variables: {TARGET: $PRODUCTION_TOKEN}\n');
    const third = await scan();

    assert.deepEqual(first, { read: ['.gitlab-ci.yml', 'Dockerfile'], uses: ['deploy STAGING_TOKEN', '0 .env'] });
    assert.deepEqual(second, { ...first, read: [] });
    assert.deepEqual(third, { read: ['.gitlab-ci.yml', 'Dockerfile'], uses: ['deploy PRODUCTION_TOKEN'] });
  });
});

/** Scans that keep the rows of each unit for the next, as a store file does. */
function rescanner(path: string) {
  const kept = new Map<string, Observation[]>();
  return async () => {
    const context = testContext({ options: { history: false } });
    const read: string[] = [];
    const uses: string[] = [];
    const parts: Observation[][] = [];
    const sink: Pick<Sink, 'part' | 'memory'> = {
      memory: async () => undefined,
      part: async (unit): Promise<Part> => {
        const isFile = unit.scanner !== repository.id;
        const key = isFile ? JSON.stringify(unit) : `run ${kept.size}`;
        const known = kept.get(key);
        const rows = known ?? [];
        kept.set(key, rows);
        parts.push(rows);
        if (known === undefined && isFile) read.push(unit.unit);
        return { known: known !== undefined, add: async (row) => void rows.push(row) };
      },
    };
    const target = parseTarget('.', path, []);
    assert.ok(target.kind === 'path');
    await readTarget(target, {
      sink: sink as Sink,
      base: context,
      bulk: context.bulk,
      options: context.options,
      scanners: [repository, gitlabCi, dockerfile],
      rulesDigest: 'test',
      detectors: { base: 'test', digests: new Map() },
      runId: 'run',
      startedAt: '2026-06-01T00:00:00.000Z',
    });
    for (const row of parts.flat()) {
      if (row.kind !== 'consumer' || (row.secretName === undefined && row.detail?.file === undefined)) continue;
      uses.push(`${row.consumer.replace(/^.*#/, '')} ${row.detail?.file ?? row.secretName}`);
    }
    return { read: read.sort(), uses };
  };
}
