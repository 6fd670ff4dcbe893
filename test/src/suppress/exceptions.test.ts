import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../../src/contracts/index.ts';
import { readExceptions } from '../../../src/suppress/exceptions.ts';
import { sampleReport } from '../../helpers/report.ts';

const TODAY = new Date('2026-11-21T23:00:00Z');

describe('exceptions', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nhi-except-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const [sample] = sampleReport().findings;
  assert(sample !== undefined);
  const finding: Finding = {
    ...sample,
    rule: 'credential-in-work-tree',
    fingerprint: 'ab'.repeat(32),
    evidence: [
      { observation: '1', kind: 'sighting', summary: '', at: { repository: 'harbour/shop', path: 'test/a.py' } },
      { observation: '2', kind: 'identity', summary: '' },
    ],
  };
  const read = (entry: string) => {
    const file = join(directory, 'exceptions.yml');
    writeFileSync(file, `exceptions:\n  - ${entry.split('\n').join('\n    ')}\n`);
    return readExceptions(file, TODAY, true);
  };
  const rest = 'reason: a test\nowner: ana@example.com\nexpires: 2026-11-21';

  it('selects by any mixture of what names a finding', () => {
    assert(read(`finding: ${'ab'.repeat(8)}\n${rest}`)[0]?.covers(finding));
    assert(read(`rule: credential-in-work-tree\npath: test/**\nrepository: harbour/shop\n${rest}`)[0]?.covers(finding));
    assert(!read(`rule: credential-in-work-tree\npath: src/**\n${rest}`)[0]?.covers(finding));
    assert(!read(`rule: leaked-live-key\npath: test/**\n${rest}`)[0]?.covers(finding));
    assert(!read(`path: test/**\nrepository: harbour/other\n${rest}`)[0]?.covers(finding));
  });

  it('does not cover a finding that also lies elsewhere', () => {
    const elsewhere = { observation: '3', kind: 'sighting', summary: '', at: { path: 'src/b.py' } } as const;

    const [exception] = read(`path: test/**\n${rest}`);

    assert(!exception?.covers({ ...finding, evidence: [...finding.evidence, elsewhere] }));
    assert(!exception?.covers({ ...finding, evidence: [] }));
  });

  it('does not cover what has become graver than was accepted', () => {
    const [exception] = read(`finding: ${'ab'.repeat(8)}\nseverity: low\n${rest}`);
    const [other] = read(`finding: ${'cd'.repeat(8)}\nseverity: low\n${rest}`);

    assert(exception !== undefined);
    assert(exception.covers({ ...finding, severity: 'low' }));
    assert(!exception.covers({ ...finding, severity: 'medium' }));
    assert(exception.isOutgrownBy({ ...finding, severity: 'medium' }));
    assert(!exception.isOutgrownBy({ ...finding, severity: 'info' }));
    assert(!other?.isOutgrownBy({ ...finding, severity: 'high' }));
  });

  it('holds to the end of its last day', () => {
    assert.equal(read(`rule: x\n${rest}`)[0]?.isExpired, false);
    assert.equal(read(`rule: x\n${rest.replace('11-21', '11-20')}`)[0]?.isExpired, true);
  });

  for (const [what, entry, problem] of [
    ['without a selector', rest, /names nothing/],
    ['without an owner', 'rule: x\nreason: y\nexpires: 2027-01-01', /owner/],
    ['without an end', 'rule: x\nreason: y\nowner: z', /expires/],
    ['with a severity that is none', `rule: x\nseverity: bad\n${rest}`, /severity/],
    ['with a misspelt key', `rule: x\nressource: y\n${rest}`, /ressource/],
    ['with a day that is none', 'rule: x\nreason: y\nowner: z\nexpires: 2027-13-01', /expires/],
  ] as const) {
    it(`refuses one ${what}`, () => {
      assert.throws(() => read(entry), problem);
    });
  }

  it('has none where no file is, unless one was named', () => {
    assert.deepEqual(readExceptions(join(directory, 'none.yml'), TODAY, false), []);
    assert.throws(() => readExceptions(join(directory, 'none.yml'), TODAY, true), /no exceptions file/);
  });
});
