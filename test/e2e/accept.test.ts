import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli } from '../helpers/cli.ts';

/** Synthetic tokens, assembled here so that no push protection stops this file. */
const token = (seed: string): string =>
  [['s', 'k-'].join(''), ['T3Blb', 'kFJ'].join('')].map((part, index) => part + letters(`${seed}${index}`)).join('');
const letters = (seed: string): string =>
  createHash('sha256')
    .update(seed)
    .digest('base64')
    .replace(/[^A-Za-z0-9]/g, 'x')
    .slice(0, 20);

interface Report {
  readonly summary: { readonly hidden: { readonly excepted: number } };
  readonly findings: readonly { readonly rule: string; readonly message: string }[];
  readonly accepted: readonly {
    readonly status: string;
    readonly acceptedBy: { readonly source: string; readonly entry: string };
  }[];
  readonly acceptances: readonly {
    readonly source: string;
    readonly state: string;
    readonly place?: string;
    readonly findings: number;
  }[];
}

describe('accepted findings, end to end', function () {
  this.timeout(60_000);
  let root: string;
  const write = (name: string, text: string): void => writeFileSync(join(root, name), text);
  const scan = async (
    ...args: string[]
  ): Promise<{ readonly code: number | null; readonly report: Report; readonly stderr: string }> => {
    const { code, stdout, stderr } = await cli(['scan', '.', '-f', 'json', ...args], { cwd: root });
    assert(stdout !== '', stderr);
    return { code, report: JSON.parse(stdout) as Report, stderr };
  };
  const exception = (fields: string): string =>
    `exceptions:\n  - ${fields}\n    reason: a test account\n    owner: ana@example.com\n`;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'nhi-accept-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('accepts by comment, counts it, and forgets about it on demand', async () => {
    write('a.py', `KEY = "${token('a')}"  # gitleaks:allow\n`);

    const honoured = await scan();
    const strict = await scan('--no-exceptions');

    assert.equal(honoured.code, 0);
    assert.equal(honoured.report.findings.length, 0);
    assert.deepEqual(
      honoured.report.accepted.map(({ status, acceptedBy }) => [status, acceptedBy.source, acceptedBy.entry]),
      [['excepted', 'comment', 'gitleaks:allow']],
    );
    assert.equal(honoured.report.summary.hidden.excepted, 1);
    assert.equal(strict.code, 1);
    assert.equal(strict.report.findings.length, 1);
  });

  it('keeps a credential open that also lies where nothing accepts it', async () => {
    write('a.py', `KEY = "${token('a')}"  # gitleaks:allow\n`);
    write('b.py', `KEY = "${token('a')}"\n`);

    const { code, report } = await scan();

    assert.equal(code, 1);
    assert.equal(report.findings.length, 1);
  });

  it('honours .gitleaksignore, tells stale lines and those it does not understand', async () => {
    write('a.py', `KEY = "${token('a')}"\n`);
    write('.gitleaksignore', 'a.py:openai-api-key:1\ngone.py:openai-api-key:1\nnonsense\n');

    const { code, report, stderr } = await scan();

    assert.equal(code, 0);
    assert.deepEqual(
      report.acceptances.map(({ place, state, findings }) => [place, state, findings]),
      [
        ['.gitleaksignore:1', 'used', 1],
        ['.gitleaksignore:2', 'stale', 0],
      ],
    );
    assert.match(stderr, /\.gitleaksignore:3/);
  });

  it('masks a credential that stands in an ignore file', async () => {
    write('a.py', `KEY = "${token('a')}"\n`);
    write('.gitleaksignore', `${token('b')}.py:openai-api-key:1\n`);

    const { report } = await scan();

    assert.equal(report.acceptances.length, 1);
    assert(!JSON.stringify(report).includes(token('b')));
  });

  it('takes a detect-secrets baseline and a gitleaks report for a baseline', async () => {
    write('a.py', `KEY = "${token('a')}"\n`);
    write('b.py', `KEY = "${token('b')}"\n`);
    const sha1 = createHash('sha1').update(token('a')).digest('hex');
    write(
      '.secrets.baseline',
      JSON.stringify({ version: '1.5.0', results: { 'a.py': [{ type: 'OpenAI', hashed_secret: sha1, line_number: 7 }] } }),
    );
    write(
      'gitleaks.json',
      JSON.stringify([
        { RuleID: 'openai-api-key', File: 'b.py', StartLine: 9, Secret: token('b'), Fingerprint: 'b.py:openai-api-key:9' },
      ]),
    );

    const one = await scan('--baseline', '.secrets.baseline', '--exclude', 'gitleaks.json');
    const other = await scan('--baseline', 'gitleaks.json', '--exclude', 'gitleaks.json');

    assert.deepEqual([one.report.findings.length, one.report.accepted[0]?.acceptedBy.source], [1, 'secrets-baseline']);
    assert.deepEqual([other.report.findings.length, other.report.accepted[0]?.acceptedBy.source], [1, 'gitleaks-report']);
  });

  it('accepts by an exception until its day, then opens the finding again', async () => {
    write('a.py', `KEY = "${token('a')}"\n`);
    write('nhi-audit.exceptions.yml', `${exception('path: a.py')}    expires: 2099-01-01\n`);

    const valid = await scan();
    write('nhi-audit.exceptions.yml', `${exception('path: a.py')}    expires: 2020-01-01\n`);
    const expired = await scan();
    const text = await cli(['scan', '.'], { cwd: root });

    assert.equal(valid.code, 0);
    assert.equal(expired.code, 1);
    assert.deepEqual(
      expired.report.acceptances.map(({ state, findings }) => [state, findings]),
      [['expired', 1]],
    );
    assert.match(text.stdout, /ACCEPTED\n\s+Expired on 2020-01-01, so 1 finding is open again/);
  });

  it('refuses an exception without an owner, in words', async () => {
    write('nhi-audit.exceptions.yml', 'exceptions:\n  - path: a.py\n    reason: x\n    expires: 2099-01-01\n');

    const { code, stderr, stdout } = await cli(['scan', '.'], { cwd: root });

    assert.equal(code, 2);
    assert.match(stderr, /exceptions\.0\.owner/);
    assert.equal(stdout, '');
  });

  it('tells of accepted findings again from a store', async () => {
    write('a.py', `KEY = "${token('a')}"  # gitleaks:allow\n`);

    await scan('--store', 's.duckdb');
    const again = JSON.parse((await cli(['report', '--store', 's.duckdb', '-f', 'json'], { cwd: root })).stdout) as Report;

    assert.equal(again.findings.length, 0);
    assert.equal(again.accepted[0]?.acceptedBy.entry, 'gitleaks:allow');
    assert.equal(again.acceptances.length, 1);
  });
});
