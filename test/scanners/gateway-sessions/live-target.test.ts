import assert from 'node:assert/strict';
import { join } from 'node:path';
import { hoopLive } from '../../../scanners/gateway-sessions/index.ts';
import { isOlder } from '../../../scanners/gateway-sessions/live-calls.ts';
import { daysOf, gatewayOf, keyFrom, windowOf } from '../../../scanners/gateway-sessions/live-target.ts';
import type { ServiceTarget } from '../../../src/contracts/index.ts';
import { TargetError } from '../../../src/util/errors.ts';
import { collect, tempDir, testContext, writeFile } from '../../helpers/scan-context.ts';
import { KEY, newGateway, startGateway } from './gateway.ts';

const NOW = new Date('2026-06-01T10:30:00.000Z');
const DAY = 86_400_000;

function targetOf(address: string): ServiceTarget {
  return { kind: 'service', name: `hoop:${address}`, scheme: 'hoop', address };
}

function dayOf(time: number): string {
  return new Date(time).toISOString();
}

describe('hoop live: the target', () => {
  it('names the host, and the path that calls begin with', () => {
    const addresses = [
      'https://gw.example',
      'https://gw.example/',
      'https://gw.example:8443/hoop/',
      'https://gw.example/hoop/api',
    ];

    assert.deepEqual(
      addresses.map((address) => gatewayOf(targetOf(address)).apiUrl),
      ['https://gw.example/api', 'https://gw.example/api', 'https://gw.example:8443/hoop/api', 'https://gw.example/hoop/api'],
    );
    assert.equal(gatewayOf(targetOf('https://gw.example:8443/hoop')).host, 'gw.example:8443');
  });

  it('may say from when to when, and how much of each session and connection', () => {
    const plain = gatewayOf(targetOf('https://gw.example'));
    const all = gatewayOf(targetOf('https://gw.example?since=2026-03-01&until=2026-03-31&content=streams&connections=settings'));

    assert.deepEqual([plain.since, plain.until, plain.content, plain.settings], [30, undefined, 'reviews', false]);
    assert.deepEqual([all.since, all.until, all.content, all.settings], ['2026-03-01', '2026-03-31', 'streams', true]);
    assert.equal(gatewayOf(targetOf('https://gw.example?since=90d')).since, 90);
  });

  for (const address of [
    '',
    'gw.example',
    'ftp://gw.example',
    'https://',
    'https://gw.example#key',
    'https://gw.example?since=soon',
    'https://gw.example?since=0d',
    'https://gw.example?since=2026-02-30',
    'https://gw.example?until=2026-3-1',
    'https://gw.example?content=everything',
    'https://gw.example?connections=all',
    'https://gw.example?api_key=x',
  ]) {
    it(`is refused as ${JSON.stringify(address)}`, () => {
      assert.throws(() => gatewayOf(targetOf(address)), TargetError);
    });
  }

  it('says no key that somebody wrote into the address', () => {
    for (const address of [
      'https://hpk_4711@gw.example',
      'https://ada:hpk_4711@gw.example/x?since=9d',
      'https://gw.example?api_key=hpk_4711&since=9d',
      'https://gw.example#hpk_4711',
    ]) {
      assert.throws(
        () => gatewayOf(targetOf(address)),
        (error) =>
          error instanceof TargetError && /gw\.example/.test(error.message) && !/4711/.test(`${error.message} ${error.hint}`),
        address,
      );
    }
  });

  it('takes a slip for what it is', () => {
    assert.throws(
      () => gatewayOf(targetOf('https://gw.example?sinse=9d')),
      (error) => error instanceof TargetError && error.hint === 'Did you mean "since"?',
    );
  });

  it('is asked by whole days of UTC, the last one up to now', () => {
    const days = daysOf(windowOf({ since: 2 }, NOW));

    assert.deepEqual(
      days.map(({ from, until }) => [dayOf(from), dayOf(until)]),
      [
        ['2026-06-01T00:00:00.000Z', '2026-06-01T10:30:00.000Z'],
        ['2026-05-31T00:00:00.000Z', '2026-06-01T00:00:00.000Z'],
        ['2026-05-30T00:00:00.000Z', '2026-05-31T00:00:00.000Z'],
      ],
    );
  });

  it('is never asked for days to come, nor for ever', () => {
    const [ahead, backwards, ever] = [
      windowOf({ since: '2026-05-30', until: '2027-01-01' }, NOW),
      windowOf({ since: '2026-07-01' }, NOW),
      windowOf({ since: '1970-01-01' }, NOW),
    ];

    assert.equal(ahead.until, NOW.getTime());
    assert.deepEqual(daysOf(backwards), []);
    assert.equal(ever.until - ever.from, 3660 * DAY);
  });

  it('takes the key from the environment or a file, and never says it', () => {
    const folder = tempDir();
    const file = join(folder, 'key');
    writeFile(folder, 'key', 'hpk_of-a-file\n');

    const keys = [
      keyFrom({ HOOP_API_KEY: ' hpk_given ' }),
      keyFrom({ HOOP_API_KEY_FILE: file }),
      keyFrom({ HOOP_API_KEY: '', HOOP_API_KEY_FILE: file }),
    ];

    assert.deepEqual(
      keys.map((key) => [key.reveal(), String(key)]),
      [
        ['hpk_given', '[secret]'],
        ['hpk_of-a-file', '[secret]'],
        ['hpk_of-a-file', '[secret]'],
      ],
    );
  });

  it('asks for a key where there is none, or none that could be sent', () => {
    const folder = tempDir();
    const empty = join(folder, 'empty');
    writeFile(folder, 'empty', '\n');
    const environments = [
      {},
      { HOOP_API_KEY_FILE: `${folder}/none` },
      { HOOP_API_KEY_FILE: folder },
      { HOOP_API_KEY_FILE: empty },
      { HOOP_API_KEY: 'two\nlines' },
      { HOOP_API_KEY: 'schlüssel' },
    ];

    for (const env of environments) {
      assert.throws(
        () => keyFrom(env),
        (error) => error instanceof TargetError && error.code === 'TARGET_LOGIN' && !/lines|schl/.test(error.message),
        JSON.stringify(env),
      );
    }
  });

  it('is not sent the key in the clear, but where its user says so', async () => {
    await using server = await startGateway(newGateway());
    // This machine, though not by a name that says so.
    const target = targetOf(`http://0.0.0.0:${server.port}`);
    const scan = (env: { readonly [name: string]: string }) =>
      collect(hoopLive.scan(target, testContext({ env: { HOOP_API_KEY: KEY, ...env } })));

    await assert.rejects(scan({}), /without encryption/);
    const before = server.asked.length;
    await scan({ HOOP_ALLOW_HTTP: '1' });

    assert.deepEqual([before, server.asked.length > 30], [0, true]);
  });

  it('is older or newer by the numbers of its version', () => {
    const versions = ['1.46.7', 'v1.58.9', '1.59.0', '1.59.0-rc1', '1.100.0', '2.0.0', 'unknown', undefined];

    assert.deepEqual(
      versions.map((version) => isOlder(version, '1.59.0')),
      [true, true, false, false, false, false, false, false],
    );
  });
});
