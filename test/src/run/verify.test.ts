import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config/load.ts';
import { loadScanners } from '../../../src/registry.ts';
import { type ScanOutcome, scan } from '../../../src/run.ts';
import { SILENT_PROGRESS } from '../../../src/util/progress.ts';

const TOKEN = ['har', 'bourpay_Zq4vT7bN2kRx9LmW'].join('');
const PACK = `
vendor: Example
detectors:
  - id: example-pay-token
    title: Example pay token
    provider: example
    type: token
    pattern: '(?<![A-Za-z0-9_])(?<secret>harbourpay_[A-Za-z0-9]{16})(?![A-Za-z0-9])'
    keywords: [harbourpay_]
    caseSensitive: true
    verify:
      url: https://api.example.com/v1/me
      headers: { authorization: 'Bearer {secret}' }
      active: { status: [200] }
      inactive: { status: [401] }
    examples: ['a {{join:harbour:pay_}}{{alnum:16}}', 'b={{join:harbour:pay_}}{{alnum:16}}']
    counterExamples: ['{{join:harbour:pay_}}{{alnum:4}}']
    references: [https://example.com/docs]
`;

describe('a scan with --verify', function () {
  this.timeout(30_000);
  let root: string;
  let server: Server;
  let status: number;
  let asked: string[];

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'nhi-verify-'));
    status = 200;
    asked = [];
    server = createServer((request, response) => {
      asked.push(request.headers.authorization ?? '');
      response.writeHead(status).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    writeFileSync(join(root, 'pack.yml'), PACK);
    writeFileSync(join(root, 'config.yml'), 'rules: { detectors: [pack.yml] }\nexclude: [pack.yml, config.yml]\n');
  });
  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(root, { recursive: true });
  });

  async function run(verify: boolean): Promise<ScanOutcome> {
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return await scan({
      targets: [root],
      directory: root,
      crawl: { history: true, staged: false, exclude: [], own: [] },
      only: [],
      skip: [],
      config: await loadConfig(root, 'config.yml'),
      persona: 'security',
      newOnly: false,
      frameworks: [],
      ...(verify ? { verify: { origins: { 'api.example.com': origin } } } : {}),
      runtime: {
        scanners: await loadScanners(),
        env: {},
        clock: () => new Date('2026-11-22T02:00:00Z'),
        signal: new AbortController().signal,
        log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
        progress: SILENT_PROGRESS,
      },
    });
  }

  for (const [how, files] of [
    ['in a few files', 1],
    ['in many, that threads read', 100],
  ] as const) {
    it(`tells a credential that works, found ${how}`, async () => {
      for (let index = 0; index < files; index++)
        writeFileSync(join(root, `f${index}.txt`), index === 0 ? `x ${TOKEN}\n` : 'nothing\n');

      const { report } = await run(true);

      assert.deepEqual(asked, [`Bearer ${TOKEN}`]);
      assert(report.findings.some(({ rule }) => rule === 'leaked-live-key'));
      assert.equal(report.run.hosts.length, 1);
      assert.equal(report.coverage.find(({ surface }) => surface === 'verification')?.outcome, 'complete');
      assert(!JSON.stringify(report).includes(TOKEN));
    });
  }

  it('does not call a refused credential live', async () => {
    writeFileSync(join(root, 'a.txt'), `x ${TOKEN}\n`);
    status = 401;

    const { report } = await run(true);

    assert.equal(asked.length, 1);
    assert(!report.findings.some(({ rule }) => rule === 'leaked-live-key'));
  });

  it('asks nobody unless it is told to', async () => {
    writeFileSync(join(root, 'a.txt'), `x ${TOKEN}\n`);

    const { report } = await run(false);

    assert.deepEqual(asked, []);
    assert.deepEqual(report.run.hosts, []);
    assert(!report.coverage.some(({ surface }) => surface === 'verification'));
  });
});
