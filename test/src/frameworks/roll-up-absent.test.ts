import assert from 'node:assert/strict';
import type { CheckMeta, CheckOutcome } from '../../../src/contracts/check.ts';
import type { ControlResult } from '../../../src/contracts/framework.ts';
import type { DeclaredAbsent } from '../../../src/contracts/reporter.ts';
import { believedOf } from '../../../src/correlate/absent.ts';
import { type CheckWithMeta, rollUp } from '../../../src/frameworks/roll-up.ts';
import { ORCHARD } from '../../helpers/orchard.ts';
import { sampleReport } from '../../helpers/report.ts';

const ABSENT: readonly DeclaredAbsent[] = [
  { surface: 'okta', reason: 'none', declaredBy: 'a@example.com', state: 'believed' },
  { surface: 'spire', reason: 'none', declaredBy: 'a@example.com', state: 'believed' },
  { surface: 'image', reason: 'none', declaredBy: 'a@example.com', state: 'expired', why: 'it was last reviewed long ago' },
];

const meta = sampleReport().checks[0]?.meta as CheckMeta;

function check(rule: string, outcome: CheckOutcome, needs: readonly string[], more: Partial<CheckWithMeta> = {}): CheckWithMeta {
  const own = { ...meta, id: rule, controls: ['orchard:apple', 'orchard:pear'], needs: [...needs] };
  const population = outcome === 'not-applicable' || outcome === 'not-assessed' ? 0 : 10;
  return { meta: own, rule, outcome, population, findings: outcome === 'fail' ? 1 : 0, excepted: 0, ...more };
}

function absent(rule: string, ...needs: readonly string[]): CheckWithMeta {
  return check(rule, 'not-applicable', needs, { reason: 'declared absent: Okta (none; by a@example.com)' });
}

function judged(...checks: readonly CheckWithMeta[]): readonly [apple: ControlResult, pear: ControlResult] {
  return rollUp([ORCHARD], checks, [], [], believedOf(ABSENT)) as unknown as readonly [ControlResult, ControlResult];
}

describe('roll-up of checks of what is declared absent', () => {
  const A = absent('a', 'credential:api-token@okta');
  const B = absent('b', 'identity@spire', 'identity@gcp');

  it('lets a control pass by the checks that apply, and says how many do not', () => {
    const [apple] = judged(check('c', 'pass', ['identity@gcp']), A, B);

    assert.equal(apple.outcome, 'pass');
    assert.equal(
      apple.reason,
      '1 of 3 checks ran on 10 items and found nothing; 2 not applicable: declared absent (Okta and SPIRE).',
    );
  });

  it('tells what had nothing to judge from what is declared absent', () => {
    const nothing = check('n', 'not-applicable', ['identity@gcp']);

    assert.match(
      judged(check('c', 'pass', ['identity@gcp']), nothing, A)[0].reason,
      /; 1 had nothing to judge; 1 not applicable: declared absent \(Okta\)\.$/,
    );
    assert.equal(
      judged(nothing, A)[0].reason,
      'Nothing of the kind that 1 of its 2 checks judge was found; 1 not applicable: declared absent (Okta).',
    );
    assert.equal(judged(nothing, A)[0].outcome, 'not-applicable');
  });

  it('makes a control not applicable none of whose checks applies; people judge theirs', () => {
    const [apple, pear] = judged(A, B);

    assert.equal(apple.outcome, 'not-applicable');
    assert.equal(apple.reason, 'None of its 2 checks applies; 2 not applicable: declared absent (Okta and SPIRE).');
    assert.equal(judged(A)[0].reason, 'Its check does not apply; 1 not applicable: declared absent (Okta).');
    assert.equal(pear.outcome, 'not-assessed');
    assert.match(pear.reason, /^For people to judge; none of its checks applies; 2 not applicable: declared absent/);
  });

  it('leaves a control partial or failed as it is', () => {
    const fails = judged(check('f', 'fail', ['identity@gcp']), A)[0];
    const silent = check('s', 'not-assessed', ['grant@okta|grant@gcp']);
    const partial = judged(check('c', 'pass', ['identity@gcp']), silent, A)[0];

    assert.equal(fails.outcome, 'fail');
    assert.equal(fails.reason, '1 open finding from 1 of 2 checks; 1 not applicable: declared absent (Okta).');
    assert.equal(partial.outcome, 'partial');
    // Nobody is asked for what is declared absent, nor is that told as a lack.
    assert.match(partial.reason, /1 could not run \(not collected: GCP IAM\); 1 not applicable: declared absent \(Okta\)\.$/);
  });

  it('tells how many of all could not run', () => {
    const [apple, pear] = judged(check('s', 'not-assessed', ['identity@gcp']), A);

    assert.equal(
      apple.reason,
      '1 of its 2 checks could not run (not collected: GCP IAM); 1 not applicable: declared absent (Okta).',
    );
    assert.match(pear.reason, /^For people to judge; 1 of its 2 checks could not run/);
  });

  it('lacks what was declared, and is not believed', () => {
    const [apple] = judged(check('s', 'not-assessed', ['consumer@image']));

    assert.equal(apple.outcome, 'not-assessed');
    assert.match(apple.reason, /not collected: Container images/);
  });
});
