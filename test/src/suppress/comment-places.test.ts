import assert from 'node:assert/strict';
import type { AcceptanceUse, Finding, Location, Observation } from '../../../src/contracts/index.ts';
import { type Acceptors, acceptFindings } from '../../../src/suppress/accept.ts';
import { acceptanceLines } from '../../../src/util/acceptance-text.ts';
import { sampleReport } from '../../helpers/report.ts';
import { withRun } from '../correlate/run-store.ts';

const ACCEPTORS: Acceptors = {
  comments: true,
  ignored: new Map(),
  known: [],
  exceptions: [],
  detectors: new Set(['generic-secret']),
  isKeyKept: true,
  isWholeLook: true,
  mask: (text) => text.replaceAll('topsecret', '…'),
};

function seen(
  credential: string,
  at: Location,
  allowedBy = 'gitleaks:allow',
  place: 'work-tree' | 'history' = 'work-tree',
): Observation {
  return {
    kind: 'sighting',
    credential: `secret:${credential}`,
    detector: 'generic-secret',
    provider: 'generic',
    type: 'secret',
    fingerprint: credential,
    masked: 'x1…(40)',
    confidence: 'medium',
    place,
    at,
    detail: { allowedBy },
  };
}

/** One finding for each credential, which rests on all of its sightings. */
async function accepted(observations: readonly Observation[]): Promise<readonly AcceptanceUse[]> {
  const [template] = sampleReport().findings;
  return await withRun(observations, async (store) => {
    const rows = await store.rows(
      'SELECT credential_id, list(observation_id ORDER BY observation_id) AS ids FROM sightings GROUP BY ALL ORDER BY credential_id',
    );
    const findings = rows.map(
      ({ credential_id: id, ids }): Finding => ({
        ...(template as Finding),
        fingerprint: `finding of ${id}`,
        status: 'open',
        evidence: (ids as string[]).map((observation) => ({ observation, kind: 'sighting', summary: 'seen' })),
      }),
    );
    return (await acceptFindings(store, findings, [], ACCEPTORS)).uses;
  });
}

const placesOf = (uses: readonly AcceptanceUse[]) =>
  uses.map(({ place, repository, author, accepts }) => [place, repository, author, accepts]).sort();

describe('comments beside a secret', () => {
  it('have a row for each place, with its repository and the findings that it accepts', async () => {
    const uses = await accepted([
      seen('a', { repository: 'harbour/shop', path: 'app.env', line: 3 }),
      seen('b', { repository: 'harbour/shop', path: 'app.env', line: 7 }),
      seen('b', { repository: 'harbour/etl', path: 'app.env', line: 7 }),
    ]);

    assert.deepEqual(placesOf(uses), [
      ['app.env:3', 'harbour/shop', undefined, ['finding of secret:a']],
      ['app.env:7', 'harbour/etl', undefined, ['finding of secret:b']],
      ['app.env:7', 'harbour/shop', undefined, ['finding of secret:b']],
    ]);
    assert.ok(
      uses.every(
        ({ source, entry, state, findings }) => `${source} ${entry} ${state} ${findings}` === 'comment gitleaks:allow used 1',
      ),
    );
  });

  it('name who wrote the line first, of one place in many versions', async () => {
    const line = { repository: 'harbour/shop', path: 'app.env', line: 3 };
    const uses = await accepted([
      seen('a', { ...line, commit: 'c2', author: 'eve@harbour.example', date: '2026-02-01T00:00:00Z' }, undefined, 'history'),
      seen(
        'a',
        { ...line, commit: 'c1', author: 'topsecret@harbour.example', date: '2026-01-01T00:00:00Z' },
        undefined,
        'history',
      ),
      seen('a', line),
    ]);

    assert.deepEqual(placesOf(uses), [['app.env:3', 'harbour/shop', '…@harbour.example', ['finding of secret:a']]]);
  });

  it('accept nothing where one place of the credential has none', async () => {
    const uses = await accepted([
      seen('a', { repository: 'harbour/shop', path: 'app.env', line: 3 }),
      { ...seen('a', { repository: 'harbour/shop', path: 'b.env', line: 1 }), detail: {} } as Observation,
    ]);

    assert.deepEqual(
      uses.map(({ place, findings, accepts }) => [place, findings, accepts]),
      [['app.env:3', 0, undefined]],
    );
  });

  it('are told together by their wording, each finding once', async () => {
    const uses = await accepted([
      seen('a', { repository: 'harbour/shop', path: 'app.env', line: 3 }),
      seen('a', { repository: 'harbour/shop', path: 'b.env', line: 1 }),
      seen('b', { repository: 'harbour/shop', path: 'c.env', line: 1 }, 'nhi-audit:allow'),
    ]);

    const lines = acceptanceLines({ ...sampleReport(), acceptances: uses }).map(({ text }) => text);
    assert.deepEqual(lines.sort(), [
      '1 finding by the comment c.env:1 nhi-audit:allow',
      '1 finding by the comment gitleaks:allow at 2 places',
    ]);
  });
});
