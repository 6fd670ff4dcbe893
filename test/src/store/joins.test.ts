import assert from 'node:assert/strict';
import type {
  CredentialObservation,
  IdentityObservation,
  Observation,
  SightingObservation,
} from '../../../src/contracts/index.ts';
import { parseIdentityId } from '../../../src/contracts/index.ts';
import type { Row } from '../../../src/store/index.ts';
import { withRun } from '../correlate/run-store.ts';

const SSH = `SHA256:${'q'.repeat(43)}`;
const SHA1 = '9f'.repeat(20);

function seen(fields: Partial<SightingObservation> & Pick<SightingObservation, 'credential'>): SightingObservation {
  return {
    kind: 'sighting',
    detector: 'example',
    provider: 'example',
    type: 'token',
    fingerprint: `f:${fields.credential}`,
    masked: 'ab…(40)',
    confidence: 'high',
    place: 'work-tree',
    at: { repository: 'shop', path: 'a.txt', line: 1 },
    ...fields,
  };
}

function held(fields: Partial<CredentialObservation> & Pick<CredentialObservation, 'id'>): CredentialObservation {
  return { kind: 'credential', provider: fields.id.split(':')[0] as string, type: 'token', status: 'active', ...fields };
}

async function whose(rows: readonly Observation[], credential: string): Promise<Row | undefined> {
  return await withRun(rows, async (store) => {
    // As a scan does: binding views over views takes longer than running them.
    await store.materialise();
    const [row] = await store.rows(
      `SELECT ci.identity_id, ci.basis, m.confidence, l.inventory_id, l.status
       FROM credential_identities AS ci
       LEFT JOIN credential_matches AS m USING (credential_id)
       LEFT JOIN leaked_credentials AS l USING (credential_id)
       WHERE credential_id = '${credential}'`,
    );
    await store.dematerialise();
    return row;
  });
}

describe('the join of a private key', () => {
  const key = `generic-key:private-key/${SSH}`;
  const sighting = seen({ credential: key, publicId: SSH, type: 'private-key' });

  it('knows a deploy key by its public half', async () => {
    const deployKey = held({ id: `ssh:key/${SSH}`, publicId: SSH, identity: 'github:acme/shop:deploy-key/7', type: 'ssh-key' });

    assert.deepEqual(await whose([sighting, deployKey], key), {
      identity_id: 'github:acme/shop:deploy-key/7',
      basis: 'its public half in an inventory',
      confidence: 'high',
      inventory_id: `ssh:key/${SSH}`,
      status: 'active',
    });
  });

  it('knows a deploy key by what code declares, and rather by what its host says', async () => {
    const declared = held({
      id: `ssh:key/${SSH}`,
      publicId: SSH,
      identity: 'github:acme/shop:deploy-key/mirror',
      type: 'ssh-key',
      detail: { platform: 'terraform' },
    });
    const kept = held({ id: `ssh:key/${SSH}`, publicId: SSH, identity: 'github:acme/shop:deploy-key/7', type: 'ssh-key' });

    const code = await whose([sighting, declared], key);
    const both = await whose([sighting, declared, kept], key);

    assert.deepEqual(
      [code?.identity_id, code?.basis, code?.inventory_id],
      ['github:acme/shop:deploy-key/mirror', 'its public half in code', null],
    );
    assert.equal(both?.identity_id, 'github:acme/shop:deploy-key/7');
  });

  it('knows the SSH key of an IAM user, whose id is another', async () => {
    const iam = held({
      id: 'aws:ssh-key/APKA1',
      publicId: 'APKA1',
      identity: 'aws:111122223333:user/git',
      type: 'ssh-key',
      detail: { keyFingerprint: SSH },
    });

    assert.equal((await whose([sighting, iam], key))?.identity_id, 'aws:111122223333:user/git');
  });

  it('knows an Entra certificate by the thumbprint of the one beside it', async () => {
    const pair = { ...sighting, detail: { thumbprint: SHA1 } };
    const certificate = held({ id: `entra:certificate/${SHA1}`, publicId: SHA1, identity: 'entra:t:app/a', type: 'certificate' });
    const other = held({
      id: 'entra:certificate/other',
      publicId: 'aa'.repeat(20),
      identity: 'entra:t:app/b',
      type: 'certificate',
    });

    assert.equal((await whose([pair, certificate, other], key))?.identity_id, 'entra:t:app/a');
  });

  it('joins nothing where the fingerprint is another', async () => {
    const deployKey = held({ id: 'ssh:key/SHA256:other', publicId: 'SHA256:other', identity: 'github:acme/shop:deploy-key/7' });

    assert.equal(await whose([sighting, deployKey], key), undefined);
  });
});

describe('the join of a GitHub token', () => {
  const sighting = seen({ credential: 'secret:g', detail: { lastEight: 'vI2gVAzj', hashedToken: 'h1' } });
  const byEnd = (id: string, lastEight = 'vI2gVAzj') =>
    held({ id: `github:token/${id}`, publicId: id, identity: `github:acme:token/ada/${id}`, detail: { lastEight } });

  it('goes by its hash in the audit log', async () => {
    const used = held({ id: 'github:hashed-token/h1', identity: 'github:acme:pat/9', detail: { hashedToken: 'h1' } });

    const row = await whose([sighting, used], 'secret:g');

    assert.deepEqual([row?.identity_id, row?.basis, row?.confidence], ['github:acme:pat/9', 'its hash in an inventory', 'high']);
  });

  it('goes by its last eight characters, if they are those of one', async () => {
    const one = await whose([sighting, byEnd('1'), byEnd('2', 'xxxxxxxx')], 'secret:g');
    const two = await whose([sighting, byEnd('1'), byEnd('2')], 'secret:g');

    assert.equal(one?.identity_id, 'github:acme:token/ada/1');
    assert.equal(two, undefined);
  });
});

describe('the join of an Entra secret', () => {
  const at = { repository: 'shop', path: 'a.env', line: 1, date: '2026-03-01T00:00:00.000Z' };
  const sighting = seen({ credential: 'secret:e', type: 'client-secret', detail: { hint: 'Ab1' }, at });
  const secret = (app: string, fields: Partial<CredentialObservation> = {}) =>
    held({
      id: `entra:client-secret/${app}`,
      identity: `entra:t:app/${app}`,
      type: 'client-secret',
      createdAt: '2026-01-01T00:00:00.000Z',
      expiresAt: '2026-12-01T00:00:00.000Z',
      detail: { hint: 'Ab1' },
      ...fields,
    });

  it('is of medium confidence by its beginning and the application beside it', async () => {
    const row = await whose([{ ...sighting, identity: 'entra:t:app/a' }, secret('a'), secret('b')], 'secret:e');

    assert.deepEqual(
      [row?.identity_id, row?.confidence, row?.inventory_id],
      ['entra:t:app/a', 'medium', 'entra:client-secret/a'],
    );
  });

  it('is of low confidence by its beginning alone, and calls nothing live', async () => {
    const row = await whose([sighting, secret('a')], 'secret:e');

    assert.deepEqual([row?.identity_id, row?.confidence, row?.inventory_id], ['entra:t:app/a', 'low', null]);
  });

  it('leaves out what was not there when it was committed', async () => {
    const later = { createdAt: '2026-06-01T00:00:00.000Z' };
    const before = { expiresAt: '2026-02-01T00:00:00.000Z' };

    const row = await whose([sighting, secret('a'), secret('b', later), secret('c', before)], 'secret:e');

    assert.equal(row?.identity_id, 'entra:t:app/a');
  });

  it('says nothing where two may be it', async () => {
    assert.equal(await whose([sighting, secret('a'), secret('b')], 'secret:e'), undefined);
  });
});

describe('the join of an HMAC key', () => {
  it('goes by its id', async () => {
    const id = 'gcp:hmac-key/GOOG1E1';
    const row = await whose(
      [
        seen({ credential: id, publicId: 'GOOG1E1', type: 'hmac-key' }),
        held({ id, publicId: 'GOOG1E1', identity: 'gcp:p:serviceAccount/etl@p.iam.gserviceaccount.com' }),
      ],
      id,
    );

    assert.equal(row?.identity_id, 'gcp:p:serviceAccount/etl@p.iam.gserviceaccount.com');
  });
});

describe('roles of PostgreSQL', () => {
  function role(id: string, repository = 'exports'): IdentityObservation {
    const { name = '', provider = '' } = parseIdentityId(id) ?? {};
    return {
      kind: 'identity',
      id,
      provider,
      type: 'database-role',
      name,
      at: { repository, path: 'roles.sql' },
      detail: { catalog: 'dump' },
    };
  }
  const url = (identity: string, credential = `secret:${identity}`) => seen({ credential, identity, type: 'connection-string' });

  async function named(rows: readonly Observation[]): Promise<unknown[]> {
    return await withRun(rows, async (store) => [
      (await store.rows('SELECT identity_id FROM identities ORDER BY ALL')).map((row) => row.identity_id),
      (await store.rows('SELECT identity_id FROM sightings ORDER BY ALL')).map((row) => row.identity_id),
    ]);
  }

  it('of a dump are those of the only host that connection strings have them at', async () => {
    const shop = 'postgres:db.acme.internal/shop:role/etl';

    assert.deepEqual(await named([role('postgres:-:role/etl'), url(shop), url('postgres:db.acme.internal/orders:role/etl')]), [
      ['postgres:db.acme.internal/orders:role/etl'],
      ['postgres:db.acme.internal/orders:role/etl', 'postgres:db.acme.internal/orders:role/etl'],
    ]);
  });

  it('of a dump stay of no host where there are two, or only this machine', async () => {
    const two = [url('postgres:a.acme.internal/shop:role/etl'), url('postgres:b.acme.internal/shop:role/etl')];

    assert.deepEqual(await named([role('postgres:-:role/etl'), ...two]), [
      ['postgres:-:role/etl'],
      ['postgres:a.acme.internal/shop:role/etl', 'postgres:b.acme.internal/shop:role/etl'],
    ]);
    assert.deepEqual(await named([role('postgres:-:role/etl'), url('postgres:127.0.0.1/shop:role/etl')]), [
      ['postgres:-:role/etl'],
      ['postgres:127.0.0.1/shop:role/etl'],
    ]);
  });

  it('of a dump are those of the host whose connection string has the password', async () => {
    const [prod, staging] = ['postgres:prod.acme.internal/shop:role/etl', 'postgres:staging.acme.internal/shop:role/etl'];
    const kept = held({
      id: 'postgres:password/-@exports/roles.sql:etl',
      identity: 'postgres:-:role/etl',
      type: 'password',
      at: { repository: 'exports', path: 'roles.sql' },
      detail: { method: 'scram-sha-256', verifier: 'v1' },
    });
    const proof = { ...kept, id: 'secret:p', fingerprint: 'f:secret:p', detail: { basis: 'verifier', verifier: 'v1' } };

    const rows = [role('postgres:-:role/etl'), kept, proof, url(prod, 'secret:p'), url(staging, 'secret:s')];

    assert.deepEqual(await named(rows), [[prod], [prod, staging]]);
    assert.deepEqual(await whose(rows, 'secret:p'), {
      identity_id: prod,
      basis: 'its verifier',
      confidence: null,
      inventory_id: 'secret:p',
      status: 'active',
    });
  });

  it('are those of the cluster, whichever database a connection string names', async () => {
    const live = 'postgres:db.acme.internal/postgres:role/etl';

    assert.deepEqual(await named([role(live), url('postgres:db.acme.internal/shop:role/etl')]), [[live], [live]]);
    assert.deepEqual(await named([role(live), role('postgres:db.acme.internal/shop:role/etl')]), [[live], []]);
  });

  it('of a server on this machine are those of connection strings to that very port', async () => {
    const live = 'postgres:127.0.0.1%3A54391/postgres:role/etl';
    const server = { ...role(live), detail: { catalog: 'live' } };
    const other = 'postgres:127.0.0.1/shop:role/etl';

    const rows = [server, url('postgres:127.0.0.1%3A54391/shop:role/etl', 'secret:a'), url(other, 'secret:b')];

    assert.deepEqual(await named(rows), [[live], [live, other]]);
    assert.deepEqual(await named([role(live), url('postgres:127.0.0.1%3A54391/shop:role/etl')]), [
      [live],
      ['postgres:127.0.0.1%3A54391/shop:role/etl'],
    ]);
  });

  it('on two ports of one host are two', async () => {
    const [one, two] = ['postgres:db.acme.internal/a:role/etl', 'postgres:db.acme.internal%3A5433/a:role/etl'];

    assert.deepEqual(await named([role(one), role(two), url('postgres:db.acme.internal/b:role/etl')]), [
      [two, one],
      ['postgres:db.acme.internal/b:role/etl'],
    ]);
  });

  it('of one name in two repositories are two, where nobody tells their hosts', async () => {
    assert.deepEqual(await named([role('postgres:-:role/etl', 'one'), role('postgres:-:role/etl', 'two')]), [
      ['postgres:-@one:role/etl', 'postgres:-@two:role/etl'],
      [],
    ]);
  });
});
