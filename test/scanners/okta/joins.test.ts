import assert from 'node:assert/strict';
import type { Observation } from '../../../src/contracts/index.ts';
import { kinds } from '../../helpers/scan-context.ts';
import { withRun } from '../../src/correlate/run-store.ts';
import { APP, app, clientSecret, HOST, scanJson } from './exports.ts';

const KNOWN = `okta:${HOST}:app/${APP}`;

describe('okta scanner, with what code says', () => {
  it('is the client that a module names without its organisation, where there is one of that id', async () => {
    const inventory = await scanJson([app()]);
    const declared: Observation = {
      kind: 'consumer',
      consumer: 'infra:main.tf#x',
      type: 'code',
      identity: `okta:-:app/${APP}`,
      how: 'static-key',
    };

    const rows = await withRun([...inventory, declared], (store) => store.rows('SELECT identity_id FROM consumers'));
    assert.deepEqual(rows, [{ identity_id: KNOWN }]);
  });

  it('joins a secret that lies in code to the client that it is of', async () => {
    const inventory = await scanJson([app(), clientSecret('ocs1', { client_secret: 'Zq'.repeat(20) })]);
    const fingerprint = kinds(inventory, 'credential')[0]?.fingerprint ?? '';
    const leaked: Observation = {
      kind: 'sighting',
      credential: `secret:${fingerprint}`,
      detector: 'generic-secret',
      provider: 'generic',
      type: 'secret',
      fingerprint,
      masked: 'Zq…(40)',
      confidence: 'medium',
      place: 'work-tree',
      at: { path: 'deploy.sh', line: 3 },
    };

    const rows = await withRun([...inventory, leaked], (store) =>
      store.rows(
        'SELECT s.credential_id, c.identity_id FROM sightings AS s JOIN credential_identities AS c USING (credential_id)',
      ),
    );
    assert.deepEqual(rows, [{ credential_id: 'okta:client-secret/ocs1', identity_id: KNOWN }]);
  });
});
