import assert from 'node:assert/strict';
import { type BulkMatch, type CredentialObservation, type Observation, postgresRoleId } from '../../../src/contracts/index.ts';
import { Secret } from '../../../src/util/secret.ts';
import { Passwords } from '../../../src/verify/passwords.ts';
import { isPasswordOf, parseStored } from '../../../src/verify/postgres-verifier.ts';
import { collect, kinds, testContext } from '../../helpers/scan-context.ts';
import { md5Verifier, scramVerifier } from '../../helpers/scram.ts';

const PASSWORD = ['kR7v', 'Qx2m', 'Zt9w'].join('');

function matchOf(fields: Partial<BulkMatch>): BulkMatch {
  return {
    detector: 'postgres-url',
    provider: 'postgres',
    type: 'connection-string',
    credential: 'secret:f1',
    fingerprint: 'f1',
    masked: 'kR…(12)',
    confidence: 'high',
    start: 0,
    end: 1,
    line: 7,
    column: 1,
    endLine: 1,
    endColumn: 1,
    ...fields,
  };
}

function login(password: string, identity: string | undefined, credential = 'secret:f1'): BulkMatch {
  const named = identity === undefined ? { type: 'password', detector: 'database-password-variable' } : { identity };
  return matchOf({ secret: new Secret(password), credential, fingerprint: credential.slice(7), ...named });
}

function verifier(stored: string, identity: string, takenAt?: string): BulkMatch {
  const detector = stored.startsWith('md5') ? 'postgres-md5-verifier' : 'postgres-scram-verifier';
  const fingerprint = `v:${stored.slice(-6)}`;
  return matchOf({
    detector,
    type: 'password-hash',
    secret: new Secret(stored),
    credential: `secret:${fingerprint}`,
    fingerprint,
    identity,
    ...(takenAt === undefined ? {} : { takenAt }),
  });
}

const AT = { path: 'roles.sql', repository: 'exports' };
const ETL = 'postgres:-:role/etl';
const URL = 'postgres:db.harbour.internal/shop:role/etl';

async function hold(
  matches: readonly BulkMatch[],
  options: ConstructorParameters<typeof Passwords>[0] = {},
): Promise<Observation[]> {
  const passwords = new Passwords(options);
  for (const match of matches) passwords.offer(match, AT);
  return await collect(passwords.run(testContext()));
}

function proofs(rows: readonly Observation[]): CredentialObservation[] {
  return kinds(rows, 'credential');
}

describe('found passwords and verifiers', () => {
  for (const [method, stored] of [
    ['SCRAM', scramVerifier(PASSWORD)],
    ['MD5', md5Verifier(PASSWORD, 'etl')],
  ] as const) {
    it(`join by ${method}, whichever came first`, async () => {
      const first = await hold([login(PASSWORD, URL), verifier(stored, ETL)]);
      const last = await hold([verifier(stored, ETL), login(PASSWORD, URL)]);

      assert.deepEqual(first, last);
      const [proof] = proofs(first);
      assert.equal(proof?.id, 'secret:f1');
      assert.equal(proof?.identity, ETL);
      assert.equal(proof?.status, 'active');
      assert.equal(proof?.detail?.basis, 'verifier');
      assert.deepEqual(proof?.at, { ...AT, line: 7 });
      assert.equal(kinds(first, 'coverage')[0]?.outcome, 'complete');
    });

    it(`do not join by ${method} where the password is another one`, async () => {
      const rows = await hold([login(`${PASSWORD}x`, URL), verifier(stored, ETL)]);

      assert.deepEqual(proofs(rows), []);
    });
  }

  it('hold nothing of the password or the verifier', async () => {
    const rows = await hold([login(PASSWORD, URL), verifier(scramVerifier(PASSWORD), ETL)]);

    assert.ok(!/SCRAM-SHA-256\$/.test(JSON.stringify(rows)));
    assert.ok(!JSON.stringify(rows).includes(PASSWORD));
  });

  it('are not compared where the user is another role', async () => {
    const rows = await hold([
      login(PASSWORD, 'postgres:db.harbour.internal/shop:role/app'),
      verifier(scramVerifier(PASSWORD), ETL),
    ]);

    assert.deepEqual(proofs(rows), []);
    assert.equal(kinds(rows, 'coverage')[0]?.seen, 0);
  });

  it('are compared with every role where no user is named', async () => {
    const rows = await hold([
      login(PASSWORD, undefined),
      verifier(scramVerifier('another'), ETL),
      verifier(scramVerifier(PASSWORD), 'postgres:-:role/app'),
    ]);

    assert.deepEqual(
      proofs(rows).map(({ identity, status }) => [identity, status]),
      [['postgres:-:role/app', 'active']],
    );
  });

  const HOST = 'postgres:db.harbour.internal:role/etl';
  const OLD = '2024-01-05T10:00:00.000Z';
  const NEW = '2026-01-05T10:00:00.000Z';

  async function answers(...verifiers: readonly BulkMatch[]): Promise<unknown[]> {
    const rows = proofs(await hold([login('old one', URL), ...verifiers]));
    return rows.map(({ status, detail }) => status ?? detail?.answer);
  }

  it('say what another password tells of which day, where the dump is of the server', async () => {
    const other = scramVerifier(PASSWORD);

    const rows = await hold([login('old one', URL), verifier(other, HOST, NEW)]);
    assert.deepEqual(
      proofs(rows).map(({ status, fingerprint, detail }) => [status, fingerprint, detail?.answer, detail?.takenAt]),
      [[undefined, undefined, 'not the password then', NEW]],
    );
    assert.deepEqual(await answers(verifier(other, HOST)), ['not known']);
    assert.deepEqual(await answers(verifier(other, 'postgres:other.harbour.internal:role/etl', NEW)), []);
    assert.deepEqual(await answers(verifier(other, postgresRoleId('db.harbour.internal:5433/shop', 'etl'), NEW)), []);
  });

  it('go by the newest of several dumps of one server', async () => {
    const [mine, other] = [scramVerifier('old one'), scramVerifier(PASSWORD)];

    assert.deepEqual(await answers(verifier(mine, HOST, OLD), verifier(other, HOST, NEW)), ['revoked']);
    assert.deepEqual(await answers(verifier(mine, HOST, NEW), verifier(other, HOST, OLD)), ['active']);
    assert.deepEqual(await answers(verifier(mine, HOST, NEW), verifier(other, HOST)), ['not known']);
    assert.deepEqual(await answers(verifier(mine, HOST, NEW), verifier(other, HOST, NEW)), ['not known']);
    assert.deepEqual(await answers(verifier(mine, ETL, OLD), verifier(other, ETL, NEW)), ['not known']);
    assert.deepEqual(await answers(verifier(mine, ETL), verifier(other, HOST, NEW)), ['active']);
  });

  it('say where it is not known which is the newest', async () => {
    const rows = await hold([
      login(PASSWORD, URL),
      verifier(scramVerifier(PASSWORD), HOST),
      verifier(scramVerifier('another'), HOST),
    ]);

    assert.match(kinds(rows, 'coverage')[0]?.why ?? '', /whether 1 passwords are current is not known/);
    assert.equal(proofs(rows)[0]?.fingerprint, undefined);
  });

  it('leave out what would take too long, and say so', async () => {
    const slow = verifier(scramVerifier(PASSWORD, { iterations: 1 }).replace('$1:', '$999999999:'), ETL);
    const rows = await hold([login(PASSWORD, URL), slow]);
    const spent = await hold([login(PASSWORD, URL), verifier(scramVerifier(PASSWORD), ETL)], { budget: 4000 });

    for (const all of [rows, spent]) {
      assert.deepEqual(proofs(all), []);
      assert.match(kinds(all, 'coverage')[0]?.why ?? '', /1 of 1 comparisons were left out/);
    }
  });

  it('say how many passwords without a user were not tried', async () => {
    const many = Array.from({ length: 130 }, (_, index) => login(`wrong ${index}`, undefined, `secret:p${index}`));

    const rows = await hold([...many, verifier(md5Verifier(PASSWORD, 'etl'), ETL)]);

    assert.match(kinds(rows, 'coverage')[0]?.why ?? '', /30 passwords without a user's name/);
  });

  it('say that the passwords of an earlier run were not held against new verifiers', async () => {
    const passwords = new Passwords();
    const { secret: _, ...unread } = login(PASSWORD, URL);
    passwords.offer(unread, AT);
    passwords.offer(verifier(scramVerifier(PASSWORD), ETL), AT);

    const unknown = await collect(passwords.run(testContext()));
    const known = await collect(passwords.run(testContext(), { isAnswered: true }));
    const cut = await collect(passwords.run(testContext(), { isAnswered: true, before: ['1 of 2 comparisons were left out'] }));

    assert.match(kinds(unknown, 'coverage')[0]?.why ?? '', /1 passwords lie in files .* scan with --full/);
    assert.equal(kinds(known, 'coverage')[0]?.outcome, 'complete');
    assert.deepEqual(
      kinds(cut, 'coverage').map(({ outcome, why }) => [outcome, why]),
      [['partial', '1 of 2 comparisons were left out']],
    );
  });

  it('are silent where there is no verifier', async () => {
    assert.deepEqual(await hold([login(PASSWORD, URL)]), []);
  });
});

describe('a verifier of PostgreSQL', () => {
  it('is read in both forms, and nothing else is', () => {
    assert.equal(parseStored(scramVerifier('a'))?.method, 'scram-sha-256');
    assert.equal(parseStored(md5Verifier('a', 'b'))?.method, 'md5');
    for (const text of ['', 'md5', 'plain', 'SCRAM-SHA-256$0:AA==$', scramVerifier('a').slice(0, -3)])
      assert.equal(parseStored(text), undefined);
  });

  it('knows a password in whatever form its letters are written', async () => {
    const stored = parseStored(scramVerifier('caf\u00e9 \ufb01ne'));

    assert.ok(stored !== undefined);
    assert.ok(await isPasswordOf(stored, 'cafe\u0301 fine', 'etl'));
    assert.ok(!(await isPasswordOf(stored, 'cafe fine', 'etl')));
  });
});
