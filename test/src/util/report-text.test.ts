import assert from 'node:assert/strict';
import type { CoverageObservation } from '../../../src/contracts/observation.ts';
import {
  controlLabel,
  count,
  firstSentence,
  firstStep,
  list,
  placeText,
  summariseCoverage,
} from '../../../src/util/report-text.ts';

describe('words of reports', () => {
  it('counts', () => {
    assert.equal(count(1, 'place'), '1 place');
    assert.equal(count(1_204_000, 'place'), '1,204,000 places');
    assert.equal(count(0, 'identity', 'identities'), '0 identities');
    assert.equal(list(['a']), 'a');
    assert.equal(list(['a', 'b', 'c']), 'a, b and c');
  });

  it('takes the first sentence, not the first dot', () => {
    assert.equal(firstSentence('The key in config.yml is v1.2 old. Rotate it.'), 'The key in config.yml is v1.2 old.');
    assert.equal(firstSentence('No end'), 'No end');
    assert.equal(firstSentence('Over two\nlines. Next.'), 'Over two lines.');
  });

  it('puts advice of several steps in one line', () => {
    assert.equal(firstStep('Delete it. Then rest.'), 'Delete it.');
    assert.equal(
      firstStep('1. Deactivate the key\n   at once. Not later.\n2. Read the log.\n3. Rest.\n'),
      'Deactivate the key at once. (first of 3 steps)',
    );
    assert.equal(
      firstStep('Break the path:\n- limit the policy;\n- name the role.'),
      'Break the path: limit the policy; (one of 2 ways)',
    );
    assert.equal(firstStep('- Just this.'), 'Just this.');
  });

  it('writes places', () => {
    assert.equal(placeText({ path: 'a.py', line: 3 }), 'a.py:3');
    assert.equal(placeText({ path: 'n.ipynb', line: 41, cell: 3, part: 'output' }), 'n.ipynb:41 cell 3 output');
    assert.equal(
      placeText({ repository: 'o/r', path: 'a', line: 1, commit: '1234567890', date: '2024-01-02T00:00:00Z', atHead: false }),
      'o/r a:1 in commit 12345678 (2024-01-02), gone from HEAD',
    );
    assert.equal(placeText({ pointer: 'arn:aws:iam::1:user/a' }), 'arn:aws:iam::1:user/a');
    assert.equal(placeText({ repository: 'shop', pointer: 'object 1f2e', line: 1 }), 'object 1f2e in shop, line 1');
    assert.equal(placeText({}), '');
  });

  it('shows the CSF 1.1 id beside the new one, unless it is the same number', () => {
    const label = (control: string, title: string, formerly: string[], framework = 'nist-csf-2.0') =>
      controlLabel({ framework, control, title, formerly });

    assert.equal(label('PR.AA-05', 'least privilege', ['PR.AC-4', 'PR.AC-1']), 'PR.AA-05 · least privilege (CSF 1.1: PR.AC-4)');
    assert.equal(label('ID.AM-02', 'inventory', ['ID.AM-2']), 'ID.AM-02 · inventory');
    assert.equal(label('PR.AA-04', 'assertions', []), 'PR.AA-04 · assertions');
    assert.equal(label('Cross-Layer', 'Cross-Layer', [], 'csa-maestro'), 'Cross-Layer');
    assert.equal(label('b', 'B', ['a'], 'other'), 'b · B (formerly: a)');
  });

  it('calls a surface complete only if every look at it was', () => {
    const look = (outcome: CoverageObservation['outcome'], subject: string): CoverageObservation => ({
      kind: 'coverage',
      surface: 'aws',
      subject,
      outcome,
      covers: [],
      seen: 2,
      read: 1,
    });
    const outcomeOf = (...rows: CoverageObservation[]) => summariseCoverage(rows).looked[0]?.outcome;

    assert.equal(outcomeOf(look('complete', 'a'), look('complete', 'b')), 'complete');
    assert.equal(outcomeOf(look('complete', 'a'), look('denied', 'b')), 'partial');
    assert.equal(outcomeOf(look('denied', 'a'), look('denied', 'b')), 'denied');
    const summary = summariseCoverage([look('complete', 'a'), look('denied', 'b')]);
    assert.deepEqual([summary.looked[0]?.seen, summary.looked[0]?.read, summary.looked[0]?.gaps.length], [4, 2, 1]);
    assert.equal(summary.notLooked.length, 18);
  });
});
