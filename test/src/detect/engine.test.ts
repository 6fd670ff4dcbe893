import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import type { Match } from '../../../src/contracts/index.ts';
import { createEngine, type Engine, identityFrom } from '../../../src/detect/engine.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { OVERLAP } from '../../../src/detect/file-scan.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { baselineId, fingerprint } from '../../../src/util/fingerprint.ts';

const KEY = 'test key';

function make(text: string, seed = 'engine'): string {
  return expandExample(text, seed).text;
}

function summary(matches: readonly Match[]): string[] {
  return matches.map((match) => `${match.detector} ${match.line}:${match.column}-${match.endLine}:${match.endColumn}`);
}

describe('detection engine', () => {
  let engine: Engine;
  before(async () => {
    engine = createEngine({ pack: await loadPack(), fingerprintKey: KEY });
  });

  it('reports what, where and whose, and holds the secret apart', () => {
    const token = make('{{ghcrc:ghp_}}');

    const [match] = engine.detect(`# ci\ntoken: ${token}\n`);

    assert.ok(match !== undefined);
    assert.equal(match.secret.reveal(), token);
    const { secret: _, ...rest } = match;
    assert.deepEqual(rest, {
      detector: 'github-pat',
      provider: 'github',
      type: 'token',
      credential: `secret:${fingerprint(token, KEY)}`,
      fingerprint: fingerprint(token, KEY),
      masked: 'ghp_…(40)',
      baselineId: baselineId(token, KEY),
      confidence: 'high',
      // What GitHub shows of it, and what its audit log calls it.
      detail: {
        lastEight: token.slice(-8),
        hashedToken: fingerprint(createHash('sha256').update(token).digest('base64'), KEY),
      },
      start: 12,
      end: 52,
      line: 2,
      column: 8,
      endLine: 2,
      endColumn: 48,
    });
  });

  it('never lets a secret into JSON', () => {
    const token = make('{{ghcrc:ghp_}}');

    assert.ok(!JSON.stringify(engine.detect(`token=${token}`)).includes(token.slice(4)));
  });

  describe('AWS access keys', () => {
    const id = make('{{awskey:AKIA}}');
    const secret = make('{{base64:40}}', 'pair');

    it('are named by their id and fingerprinted by their secret half', () => {
      const [match, ...others] = engine.detect(`aws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`);

      assert.deepEqual(others, []);
      assert.equal(match?.credential, `aws:access-key/${id}`);
      assert.equal(match?.publicId, id);
      assert.equal(match?.fingerprint, fingerprint(secret, KEY));
      assert.equal(match?.confidence, 'high');
      assert.equal(match?.line, 2);
    });

    it('are paired in any order and with escaped slashes', () => {
      const slashed = `${secret.slice(0, 20)}/${secret.slice(21)}`;

      const [match] = engine.detect(`{"SecretAccessKey":"${slashed.replaceAll('/', '\\/')}","AccessKeyId":"${id}"}`);

      assert.equal(match?.fingerprint, fingerprint(slashed, KEY));
    });

    it('without the secret near by are sightings of less confidence', () => {
      const [match, ...others] = engine.detect(`AWS_ACCESS_KEY_ID=${id}\n`);

      assert.deepEqual(others, []);
      assert.equal(match?.confidence, 'medium');
      assert.equal(match?.fingerprint, fingerprint(id, KEY));
      assert.equal(match?.credential, `aws:access-key/${id}`);
    });

    it('each keep their own secret in a file with several profiles', () => {
      const profiles = ['one', 'two', 'three'].map((name) => ({
        id: make('{{awskey:AKIA}}', name),
        secret: make('{{base64:40}}', name),
      }));
      const text = profiles.map((p) => `[p]\naws_access_key_id=${p.id}\naws_secret_access_key=${p.secret}\n`).join('\n');

      const matches = engine.detect(text);

      assert.deepEqual(
        matches.map((match) => [match.publicId, match.fingerprint]),
        profiles.map((p) => [p.id, fingerprint(p.secret, KEY)]),
      );
    });
  });

  describe('GCP service account files', () => {
    const file = JSON.stringify({
      type: 'service_account',
      project_id: 'harbour-prod',
      private_key_id: make('{{hex:40}}'),
      private_key: make('{{pem:PRIVATE KEY}}'),
      client_email: 'etl@harbour-prod.iam.gserviceaccount.com',
    });
    const keyId: string = JSON.parse(file).private_key_id;

    for (const [name, text] of [
      ['as they are', file],
      ['indented', JSON.stringify(JSON.parse(file), undefined, 2)],
      ['escaped in a string', JSON.stringify({ key: file })],
      ['escaped twice', JSON.stringify(JSON.stringify({ key: file }))],
    ] as const) {
      it(`are joined to their service account: ${name}`, () => {
        const matches = engine.detect(text);

        assert.deepEqual(
          matches.map((m) => [m.detector, m.credential, m.identity, m.fingerprint, m.confidence]),
          [
            [
              'gcp-service-account-key',
              `gcp:service-account-key/${keyId}`,
              'gcp:harbour-prod:serviceAccount/etl@harbour-prod.iam.gserviceaccount.com',
              fingerprint(JSON.parse(file).private_key, KEY),
              'high',
            ],
          ],
        );
      });
    }
  });

  it('reads role, host and database from a connection string', () => {
    const password = make('{{alnum:18}}');

    const [match] = engine.detect(`DATABASE_URL=postgres://shop_app:${password}@db.harbour.internal:5432/shop`);

    assert.equal(match?.identity, 'postgres:db.harbour.internal/shop:role/shop_app');
    assert.equal(match?.fingerprint, fingerprint(password, KEY));
  });

  for (const [host, scope] of [
    ['127.0.0.1:54391', '127.0.0.1%3A54391'],
    ['localhost:5433', 'localhost%3A5433'],
    ['127.0.0.1:5432', '127.0.0.1'],
    // A pooler may stand there before the server that is meant.
    ['db.harbour.internal:6432', 'db.harbour.internal'],
  ] as const) {
    it(`takes the port into the name of a server of this machine alone: ${host}`, () => {
      const [match] = engine.detect(`DATABASE_URL=postgres://shop_app:${make('{{alnum:18}}')}@${host}/shop`);

      assert.equal(match?.identity, `postgres:${scope}/shop:role/shop_app`);
    });
  }

  it('fingerprints the password itself, not its percent encoding', () => {
    const [match] = engine.detect('postgres://shop_app:p%40ss9w0rd%2Fx7@db.harbour.internal/shop');

    assert.equal(match?.fingerprint, fingerprint('p@ss9w0rd/x7', KEY));
  });

  describe('logins', () => {
    const password = make('{{alnum:18}}', 'login');
    const credentials = (text: string): unknown[] => engine.detect(text).map((m) => m.credential);

    it('are a credential each, even with the same password, which can still be told', () => {
      const [app, root] = engine.detect(
        `postgres://app:${password}@db1.harbour.internal/app\npostgres://root:${password}@db2.harbour.internal/admin`,
      );

      assert.notEqual(app?.credential, root?.credential);
      assert.equal(app?.fingerprint, root?.fingerprint);
      const named = createHmac('sha256', KEY).update(`postgres:db1.harbour.internal/app:role/app\0${password}`).digest('hex');
      assert.equal(app?.credential, `secret:${named}`);
    });

    it('are one credential wherever they are written, however the host is spelled', () => {
      const [one, ...more] = credentials(
        `postgres://app:${password}@DB1.Harbour.internal/app\npostgresql://app:${password}@db1.harbour.internal:5432/app?sslmode=require\npostgres://app:${password}@db1.harbour.internal`,
      );

      assert.deepEqual(more, [one, one]);
    });

    for (const [name, login, other] of [
      [
        'jdbc',
        `jdbc:mysql://db1.harbour.internal/a?user=app&password=${password}`,
        `jdbc:mysql://db2.harbour.internal/a?user=app&password=${password}`,
      ],
      ['https', `https://ci:${password}@git.harbour.internal/a`, `https://bot:${password}@git.harbour.internal/a`],
      [
        'redis without user',
        `redis://:${password}@c1.harbour.internal:6379/0`,
        `redis://:${password}@c2.harbour.internal:6379/0`,
      ],
    ] as const) {
      it(`are told apart in ${name}`, () => {
        assert.equal(new Set(credentials(`${login}\n${other}\n${login}`)).size, 2);
      });
    }

    it('name the first of several hosts, and the database of the role where none is named', () => {
      const text = `postgres://etl:${password}@pg-1.harbour.internal:5432,pg-2.harbour.internal:5432/shop\npostgres://etl:${password}@pg-1.harbour.internal?sslmode=require`;

      assert.deepEqual(
        engine.detect(text).map((m) => m.identity),
        ['postgres:pg-1.harbour.internal/shop:role/etl', 'postgres:pg-1.harbour.internal/etl:role/etl'],
      );
    });

    it('with passwords of letters are believed unless a dictionary has them', () => {
      const letters = make('{{letters:14}}', 'letters');

      assert.deepEqual(
        ['qwLkzRtvBnMp', letters, 'databasepassword', 'short'].map((word) =>
          engine.detect(`mysql://app:${word}@db.harbour.internal/shop`).map((m) => m.confidence),
        ),
        [['high'], ['high'], ['low'], ['low']],
      );
    });
  });

  it('reads the service account of a Kubernetes token', () => {
    const [match] = engine.detect(make('token: {{jwt:k8s}}'));

    assert.equal(match?.identity, 'k8s:-:shop/checkout');
  });

  it('reads the application beside an Entra secret', () => {
    const [tenant, client] = [make('{{uuid}}', 'tenant'), make('{{uuid}}', 'client')];

    const [match] = engine.detect(
      make(`AZURE_TENANT_ID=${tenant}\nAZURE_CLIENT_ID=${client}\nAZURE_CLIENT_SECRET={{alnum:3}}8Q~{{base64url:34}}\n`),
    );

    assert.equal(match?.identity, `entra:${tenant}:app/${client}`);
  });

  describe('placeholders and references', () => {
    const values = [
      'changeme1',
      ['$', '{DB_PASSWORD1}'].join(''),
      ['$', '{{ secrets.DB_PASSWORD1 }}'].join(''),
      '$(cat /run/secret1)',
      '{{ vault_password1 }}',
      '<your-password1>',
      'process.env.DB_PASSWORD1',
      "os.environ['PASSWORD1']",
      'secrets.DB_PASSWORD1',
      'xxxxxxxx1xxx',
      '********1***',
      'vault:secret/data/db#password1',
      'op://vault/item1/password',
      'ENC[AES256_GCM,data:abc1]',
      '0123456789abcd',
      'abab1ababab1ab',
      'EXAMPLE-9f8e7d6c',
    ];
    for (const value of values) {
      it(`are no secrets: ${value}`, () => {
        const texts = [`DB_PASSWORD=${value}`, `password: "${value}"`, `postgres://app:${value}@db.harbour.internal/shop`];

        for (const text of texts) assert.deepEqual(summary(engine.detect(text)), [], text);
      });
    }

    it('are told from a secret in the same place', () => {
      const value = 'q8Vw-t2LmZ7x';

      assert.deepEqual(summary(engine.detect(`DB_PASSWORD=${value}`)), ['generic-password 1:13-1:25']);
    });

    it('hold for the key ids of the documentation', () => {
      assert.deepEqual(engine.detect(['AKIA', 'IOSFODNN7EXAMPLE'].join('')), []);
    });
  });

  describe('overlapping detectors', () => {
    it('leave the place to the more telling one', () => {
      const token = make('{{ghcrc:ghp_}}');

      assert.deepEqual(
        engine.detect(`password = "${token}"\nurl = https://bot:${token}@github.com/harbour/shop`).map((m) => m.detector),
        ['github-pat', 'github-pat'],
      );
    });

    it('do not guess about the id of a pair', () => {
      const text = make('{"AccessKeyId": "{{awskey:AKIA}}", "SecretAccessKey": "{{base64:40}}"}');

      assert.deepEqual(
        engine.detect(text).map((m) => m.detector),
        ['aws-access-key'],
      );
    });
  });

  it('leaves guesses out when asked', () => {
    const text = 'DB_PASSWORD=q8Vw-t2LmZ7x';

    assert.equal(engine.detect(text).length, 1);
    assert.equal(engine.detect(text, { specificOnly: true }).length, 0);
  });

  describe('bytes', () => {
    const token = make('{{ghcrc:ghp_}}');

    it('in binary files are searched, but not for guesses', () => {
      const bytes = Buffer.from(`\0\0\u0001DB_PASSWORD=q8Vw-t2LmZ7x\0token ${token}\0`, 'latin1');

      assert.deepEqual(
        engine.detect(bytes).map((m) => m.detector),
        ['github-pat'],
      );
    });

    for (const [name, encode] of [
      ['UTF-16 little endian with mark', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
      ['UTF-16 big endian with mark', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
      ['UTF-16 little endian without mark', (text: string) => Buffer.from(text, 'utf16le')],
      ['UTF-16 big endian without mark', (text: string) => Buffer.from(text, 'utf16le').swap16()],
    ] as const) {
      it(`in ${name} have true places`, () => {
        const text = `first line é\r\n$token = "${token}"\r\n`;
        const bytes = encode(text);

        const [match] = engine.detect(bytes);

        assert.equal(match?.detector, 'github-pat');
        assert.deepEqual([match.line, match.column, match.endColumn], [2, 11, 51]);
        const found = bytes.subarray(match.start, match.end);
        assert.equal((name.includes('big') ? Buffer.from(found).swap16() : found).toString('utf16le'), token);
        assert.equal(match.fingerprint, fingerprint(token, KEY));
      });
    }

    it('of a byte order mark are no column, and CRLF is one line end', () => {
      const matches = engine.detect(Buffer.from(`\ufeff${token}\r\n\r\n ${token}\n`, 'utf8'));

      assert.deepEqual(summary(matches), ['github-pat 1:1-1:41', 'github-pat 3:2-3:42']);
    });

    it('that are not valid UTF-8 do no harm', () => {
      const bytes = Buffer.concat([Buffer.from([0xff, 0xc3, 0x28, 0x0a]), Buffer.from(token), Buffer.from([0xe2, 0x82])]);

      assert.deepEqual(summary(engine.detect(bytes)), ['github-pat 2:1-2:41']);
    });

    it('count characters, not bytes, in columns', () => {
      const line = `naïve 🙂 ${token}`;

      const [fromBytes] = engine.detect(Buffer.from(line));
      const [fromText] = engine.detect(line);

      assert.equal(fromBytes?.column, line.indexOf(token) + 1);
      assert.equal(fromText?.column, line.indexOf(token) + 1);
    });
  });

  it('gives UTF-16 offsets for strings', () => {
    const token = make('{{ghcrc:ghp_}}');
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '€', '🙂', '\n', ' '), maxLength: 60 });

    fc.assert(
      fc.property(text, text, (head, middle) => {
        const whole = `${head} ${token} ${middle} ${token}\n`;

        const matches = engine.detect(whole);

        assert.deepEqual(
          matches.map((match) => whole.slice(match.start, match.end)),
          [token, token],
        );
      }),
    );
  });

  describe('pieces', () => {
    it('give the same matches as the whole, wherever a secret lies', () => {
      const secrets = [
        make('{{ghcrc:ghp_}}'),
        make('aws_access_key_id={{awskey:AKIA}}\naws_secret_access_key={{base64:40}}'),
        make('{{pem:RSA PRIVATE KEY}}'),
        make('token: {{jwt:user}}'),
      ];
      const size = 3 * OVERLAP;
      for (let shift = -600; shift <= 600; shift += 150) {
        const gap = 'lorem é ipsum\n';
        const head = gap.repeat(Math.ceil((size - OVERLAP + shift) / Buffer.byteLength(gap)));
        const whole = Buffer.from(head + secrets.join(`\n${gap.repeat(300)}`) + gap.repeat(6000));

        const scan = engine.open();
        let [at, end] = [0, Math.min(size, whole.length)];
        while (end < whole.length) {
          at += scan.feed(whole.subarray(at, end), false);
          end = Math.min(at + size, whole.length);
        }
        scan.feed(whole.subarray(at), true);

        const pieces = engine.matches(scan.finish());
        assert.deepEqual(JSON.stringify(pieces), JSON.stringify(engine.detect(whole)));
        assert.equal(pieces.length, 4);
      }
    });
  });

  it('caps what one detector may say of one file, and counts the rest', () => {
    const scan = engine.open();
    const lines = Array.from({ length: 1200 }, (_, index) => make('{{ghcrc:ghp_}}', String(index)));

    scan.feed(Buffer.from(lines.join('\n')), true);
    const result = scan.finish();

    assert.equal(result.found.length, 1000);
    assert.equal(result.dropped, 200);
  });

  it('fills an identity only when all its parts are known', () => {
    assert.equal(
      identityFrom('gcp:{project}:serviceAccount/{email}', { project: 'p', email: 'a@b' }),
      'gcp:p:serviceAccount/a@b',
    );
    assert.equal(identityFrom('gcp:{project}:serviceAccount/{email}', { project: 'p' }), undefined);
    assert.equal(identityFrom('redis:{host}:user/{user}', { host: 'h', user: '' }), undefined);
    assert.equal(identityFrom('{provider}:{scope}:{local}', { provider: 'k8s', scope: '', local: 'ns/a' }), 'k8s:-:ns/a');
    assert.equal(identityFrom(undefined, {}), undefined);
  });
});
