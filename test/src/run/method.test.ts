import assert from 'node:assert/strict';
import { join } from 'node:path';
import { defaults } from '../../../src/config/defaults.ts';
import type { Finding } from '../../../src/contracts/index.ts';
import { methodOf, tellRunMethod } from '../../../src/run/method.ts';
import { readMethod } from '../../../src/run/parts/method.ts';
import { openStore } from '../../../src/store/index.ts';
import { sha256 } from '../../../src/util/digest.ts';
import { shownPath } from '../../../src/util/shown-path.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

const CONFIG = { ...defaults(), file: undefined, isNamed: false };
const FRAMEWORK = { id: 'soc-2', version: '2017 (2022)' };
const given = { config: CONFIG, directory: '/home/ada/shop', frameworks: [FRAMEWORK] as never, mask: (text: string) => text };

describe('what a run is given', () => {
  it('is told with its command line, every secret in it masked', async () => {
    const password = ['hunter', '2'].join('');
    const method = methodOf({
      ...given,
      commandLine: ['scan', `postgres://audit:${password}@db.example/orders`, 'TOKEN', '--store', 'my audit.duckdb'],
      mask: (text) => text.replace('TOKEN', 'tok…(40)'),
    });

    const { commandLine } = await tellRunMethod(method);

    assert.equal(commandLine, "nhi-audit scan postgres://audit@db.example/orders 'tok…(40)' --store 'my audit.duckdb'");
  });

  it('has the digest of its configuration, whatever file it came from, and its text', async () => {
    const elsewhere = methodOf({ ...given, config: { ...CONFIG, file: '/etc/nhi-audit.yml', isNamed: true } });
    const other = methodOf({ ...given, config: { ...CONFIG, exclude: ['vendor/'] } });

    const [first, second, third] = [
      await tellRunMethod(methodOf(given)),
      await tellRunMethod(elsewhere),
      await tellRunMethod(other),
    ];

    assert.equal(first.configDigest, second.configDigest);
    assert.notEqual(first.configDigest, third.configDigest);
    assert.match(third.config, /^exclude:\n {2}- vendor\/$/m);
  });

  it('has the digest of every rule file, of the user too, and of the catalogues', async () => {
    const root = tempDir();
    writeFile(root, 'own/mine.sql', 'SELECT 1');
    const config = { ...CONFIG, rules: { ...CONFIG.rules, checks: [join(root, 'own')] } };

    const { rules, catalogues } = await tellRunMethod(methodOf({ ...given, config, directory: root }));

    assert.deepEqual(
      rules.filter(({ file }) => file.endsWith('mine.sql')),
      [{ file: 'own/mine.sql', sha256: sha256('SELECT 1') }],
    );
    for (const kind of ['rules/checks/', 'rules/detectors/', 'rules/logs/']) {
      assert.ok(
        rules.some(({ file }) => file.startsWith(kind)),
        kind,
      );
    }
    assert.deepEqual(
      rules,
      [...rules].sort((a, b) => (a.file < b.file ? -1 : 1)),
    );
    assert.match(catalogues[0]?.sha256 ?? '', /^[0-9a-f]{64}$/);
  });
});

describe('where a run was', () => {
  it('is told neither by its configuration nor by its rules', async () => {
    const [root, elsewhere] = [tempDir(), tempDir()];
    for (const file of ['ci/own/deep/mine.sql', 'ci/pack.yml', 'typed.yml', 'ci/leaks.toml']) writeFile(root, file, file);
    writeFile(elsewhere, 'theirs/other.sql', 'SELECT 2');
    const config = {
      ...CONFIG,
      file: join(root, 'ci/nhi-audit.config.yml'),
      rules: {
        ...CONFIG.rules,
        checks: [join(root, 'ci/own'), join(elsewhere, 'theirs')],
        detectors: [join(root, 'ci/pack.yml')],
        imported: [join(root, 'ci/leaks.toml')],
        overlay: join(root, 'ci/overlay.yml'),
      },
      accept: { ...CONFIG.accept, exceptions: join(root, 'exceptions.yml') },
      typed: { imported: [], detectors: [join(root, 'typed.yml')] },
    };

    const method = methodOf({ ...given, config, directory: root });
    const { rules, config: text } = await tellRunMethod(method);

    const own = rules.map(({ file }) => file).filter((file) => !file.startsWith('rules/'));
    assert.deepEqual(own, ['leaks.toml', 'own/deep/mine.sql', 'pack.yml', 'typed.yml', '…/theirs/other.sql']);
    assert.match(text, /^ {2}checks:\n {4}- own\n {4}- …\/theirs$/m);
    assert.match(text, /^ {2}exceptions: …\/exceptions\.yml$/m);
    for (const told of Object.values(method)) {
      for (const place of [root, elsewhere]) assert(!told.includes(place), told.slice(0, 200));
    }
  });

  it('is not told by the name of its configuration', () => {
    const at = (file: string): string => shownPath(file, '/home/ada/shop');

    assert.deepEqual(
      ['/home/ada/shop/ci/a.yml', '/home/ada/shop', '/home/ada/shop..yml', '/home/ada/shop/..a/b', '/etc/a.yml'].map(at),
      ['ci/a.yml', '.', '…/shop..yml', '..a/b', '…/a.yml'],
    );
  });
});

describe('what a store keeps of a run', () => {
  const day = (n: number): string => `2026-06-0${n}T00:00:00.000Z`;
  const found: Finding = {
    fingerprint: 'f'.repeat(64),
    rule: 'r',
    title: 't',
    message: 'm',
    severity: 'low',
    confidence: 'high',
    persona: 'dev',
    status: 'open',
    subject: 's',
    controls: [],
    evidence: [],
    surfaces: [],
    firstSeen: day(1),
    lastSeen: day(1),
    fix: 'f',
  };

  /** Runs one after the other, each with its findings; gives the method that each is told with. */
  async function runs(findings: readonly (readonly Finding[])[]): Promise<Awaited<ReturnType<typeof readMethod>>[]> {
    const store = await openStore({ mode: 'write', file: join(tempDir(), 'audit.duckdb') });
    const told = [];
    for (const [index, of] of findings.entries()) {
      await store.beginRun({
        startedAt: day(index + 1),
        toolVersion: '0.0.0-test',
        targets: ['.'],
        parameters: {},
        rulesDigest: 'test',
        fingerprintKeyId: 'test',
        method: methodOf({ ...given, commandLine: ['scan', '.'] }),
      });
      await store.endLoading([]);
      await store.saveResults({ findings: of, checks: [], controls: [] }, day(index + 1));
      told.push(await readMethod(store));
    }
    store.close();
    return told;
  }

  let [chain, other]: Awaited<ReturnType<typeof runs>>[] = [];
  before(async function () {
    this.timeout(60_000);
    [chain, other] = [await runs([[found], [], []]), await runs([[{ ...found, severity: 'high' }], [], []])];
  });

  it('is what it was given, told again as it was', async () => {
    assert.deepEqual(chain?.[0], await tellRunMethod(methodOf({ ...given, commandLine: ['scan', '.'] })));
  });

  it('has the digest of the run before it: another result then is another digest', () => {
    assert.equal(chain?.[0]?.previous, undefined);
    assert.match(chain?.[1]?.previous?.digest ?? '', /^[0-9a-f]{64}$/);
    assert.equal(other?.[1]?.previous?.run, chain?.[1]?.previous?.run);
    assert.notEqual(other?.[1]?.previous?.digest, chain?.[1]?.previous?.digest);
  });

  it('forms a chain: what followed has another digest as well', () => {
    assert.equal(other?.[2]?.previous?.run, chain?.[2]?.previous?.run);
    assert.notEqual(other?.[2]?.previous?.digest, chain?.[2]?.previous?.digest);
  });

  it('is nothing for a run of an earlier version', async () => {
    const store = await openStore({ mode: 'write' });

    assert.deepEqual(await readMethod(store), {
      configDigest: 'not kept with this run',
      config: '',
      rules: [],
      catalogues: [],
      platform: 'not kept with this run',
    });
    store.close();
  });
});
