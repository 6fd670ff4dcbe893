import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explainCommand } from '../../../src/commands/explain.ts';
import { loadChecks } from '../../../src/correlate/load.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { checkFields, detectorFields, LICENCE } from '../../../src/explain/fields.ts';
import { pageText } from '../../../src/explain/page.ts';
import { loadFrameworks } from '../../../src/frameworks/load.ts';
import { openStore } from '../../../src/store/index.ts';
import { displayWidth, Layout } from '../../../src/util/layout.ts';
import { packageRoot } from '../../../src/util/package-root.ts';
import { testIo } from '../../helpers/io.ts';
import { PLAIN } from '../../helpers/report.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { loadRun, RUN_START } from '../correlate/run-store.ts';

/** The columns of the OWASP index of tools, and what the index asks of each entry. */
const INDEX = [
  'NHI ids',
  'Identity types',
  'Environments',
  'Access',
  'Evidence',
  'Blind spots',
  'False positives',
  'Metadata handling',
  'Licence and upkeep',
];

describe('fields of a rule', () => {
  it('of every check are those of the OWASP index, with risk and fix, and none is empty', async () => {
    const frameworks = await loadFrameworks();

    for (const check of loadChecks()) {
      const told = new Map(checkFields(check, frameworks));
      for (const field of ['Severity', 'Risk', 'Fix', ...INDEX, 'Controls', 'Query']) {
        assert.ok((told.get(field) ?? '').length > 3, `${field} of ${check.meta.id}`);
      }
      assert.doesNotMatch([...told.values()].join('\n'), /undefined|\[object/, check.meta.id);
    }
  });

  it('of every detector, too', async () => {
    const { detectors } = await loadPack({ source: 'yaml' });

    for (const detector of detectors) {
      const told = new Map(detectorFields(detector));
      for (const field of ['Finds', ...INDEX]) assert.ok((told.get(field) ?? '').length >= 3, `${field} of ${detector.id}`);
    }
  });

  it('says of each control whose judgement it is', async () => {
    const frameworks = await loadFrameworks();
    const check = loadChecks().find(({ meta }) => meta.id === 'leaked-admin-key');
    assert.ok(check !== undefined);

    const controls = new Map(checkFields(check, frameworks)).get('Controls') ?? '';

    assert.match(controls, /^NHI2:2025 · Secret Leakage \[OWASP .*; editorial\]$/m);
    assert.match(controls, /^PCI DSS 4\.0\.1: .*8\.6\.2.* \[through owasp-nhi-2025; editorial\]$/m);
    for (const line of controls.split('\n')) assert.match(line, /; (?:editorial|official)\]$/);
  });

  it('names the licence that the package has', () => {
    const { license } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));

    assert.equal(LICENCE, license);
  });
});

describe('page of a rule', () => {
  const fields = [
    ['Risk', 'One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen.'],
    ['Fix', '1. Take the first step of all steps that there are, and then wait.\n2. Go.'],
    ['Nothing', ' '],
    ['References', 'https://example.com/a/rather/long/address/that/is/wider/than/the/window\nhttps://example.com/b'],
  ] as const;
  const page = (width: number | undefined, isTerminal: boolean, rest: object = {}): string =>
    pageText('id', 'Title', fields, new Layout({ ...PLAIN, width, ...rest }), isTerminal);

  it('is wrapped on a terminal, items below their number', () => {
    const text = page(40, true);

    assert.match(text, /\nFix\n {2}1\. Take the first step of all steps\n {5}that there are, and then wait\.\n {2}2\. Go\.\n/);
    assert.doesNotMatch(text, /Nothing/);
    for (const line of text.split('\n')) assert.ok(displayWidth(line) <= 40 || line.includes('https://'), line);
  });

  it('keeps lines in a pipe, and has neither colour nor links there', () => {
    const text = page(undefined, false);

    assert.match(text, /\n {2}One two three .* fifteen\.\n/);
    assert.ok(!text.includes('\u001b'));
  });

  it('has headings in bold and addresses to click where the terminal can', () => {
    const text = page(80, true, { color: true, links: true });

    assert.ok(text.includes('\u001b[1mRisk\u001b[0m\n'));
    assert.ok(text.includes('\u001b]8;;https://example.com/b\u001b\\https://example.com/b\u001b]8;;\u001b\\'));
  });

  it('shows what a rule of strangers holds without obeying it', () => {
    const text = pageText(
      'a\u001b[31m',
      'b\u202e',
      [['Regex', 'c\u0007\rd']],
      new Layout({ ...PLAIN, color: true, links: true }),
      true,
    );

    assert.doesNotMatch(text.replaceAll('\u001b[1m', '').replaceAll('\u001b[0m', '').replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
  });
});

describe('explain with a store', () => {
  it('says how a check ended, what it found, where a detector hit', async () => {
    const root = tempDir();
    const store = await openStore({ mode: 'write', file: join(root, 'a.duckdb') });
    try {
      await loadRun(store, [], { startedAt: RUN_START });
      const finding = {
        fingerprint: 'f'.repeat(64),
        rule: 'owner-left',
        title: 'The owner has left',
        message: 'ada has left; etl runs on.',
        severity: 'high',
        confidence: 'high',
        persona: 'security',
        status: 'new',
        subject: 'etl',
        controls: [],
        evidence: [],
        surfaces: [],
        firstSeen: RUN_START,
        lastSeen: RUN_START,
        fix: 'Name another.',
      } as const;
      const check = { rule: 'owner-left', outcome: 'fail', population: 4, findings: 1, excepted: 0 } as const;
      await store.saveResults({ findings: [finding], checks: [check], controls: [] }, RUN_START);
    } finally {
      store.close();
    }
    const [ran, silent, detector] = [testIo(root), testIo(root), testIo(root)];

    await explainCommand(ran, 'owner-left', { store: 'a.duckdb' });
    await explainCommand(silent, 'leaked-admin-key', { store: 'a.duckdb' });
    await explainCommand(detector, 'aws-access-key', { store: 'a.duckdb' });

    assert.match(
      ran.out(),
      /\nLast found\n {2}run \S+ of \d{4}-\d\d-\d\d: fail; 1 finding, 4 looked at\n {2}- high, new, f{12}: ada has left; etl runs on\.\n/,
    );
    assert.match(silent.out(), /\nLast found\n {2}it did not run in this run\n/);
    assert.match(detector.out(), /\nLast found\n {2}nothing in this run\n/);
  });

  it('refuses a store that is not there', async () => {
    await assert.rejects(explainCommand(testIo(tempDir()), 'owner-left', { store: 'none.duckdb' }), { exit: 2 });
  });
});
