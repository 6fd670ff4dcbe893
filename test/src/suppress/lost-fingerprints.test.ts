import assert from 'node:assert/strict';
import type { Finding } from '../../../src/contracts/index.ts';
import { loadException } from '../../../src/suppress/exceptions.ts';
import { lostFingerprints } from '../../../src/suppress/lost-fingerprints.ts';

const DAY = '2026-11-22';
const [ONE, OTHER] = ['a'.repeat(64), 'b'.repeat(64)];
const SECRET = 'secret:0123456789abcdef';

/** An exception that names a finding, or a rule. */
function exceptionOf(finding?: string, expires = '2027-01-01'): ReturnType<typeof loadException> {
  const names = finding === undefined ? { rule: 'hardcoded-password' } : { finding };
  return loadException({ ...names, reason: 'x', owner: 'y', expires }, 'file', DAY);
}

function findingOf(fingerprint: string, about: Partial<Finding>): Finding {
  return { fingerprint, status: 'new', subject: SECRET, ...about } as Finding;
}

describe('exceptions by a fingerprint that nothing has', () => {
  const secret = findingOf(ONE, { credential: SECRET });

  it('are told where a secret is open that may be meant', () => {
    const text = lostFingerprints([secret], { exceptions: [exceptionOf(OTHER)], isKeyKept: false });

    assert.match(text ?? '', /^1 exception names a finding by a fingerprint that nothing here has\. 1 open finding may be meant/);
    assert.match(text ?? '', /nhi-audit except --rule/);
  });

  for (const [what, findings, exceptions, isKeyKept] of [
    ['the key is kept', [secret], [exceptionOf(OTHER)], true],
    ['it names one that is here', [secret], [exceptionOf(ONE.slice(0, 12))], false],
    ['it has run out', [secret], [exceptionOf(OTHER, '2026-01-01')], false],
    ['it names no fingerprint', [secret], [exceptionOf()], false],
    ['nothing was found', [], [exceptionOf(OTHER)], false],
    [
      'what is open has an id',
      [findingOf(ONE, { credential: 'aws:1:access-key/AKIA', subject: 'x' })],
      [exceptionOf(OTHER)],
      false,
    ],
    ['the secret is accepted otherwise', [findingOf(ONE, { status: 'excepted' })], [exceptionOf(OTHER)], false],
  ] as const) {
    it(`are not told where ${what}`, () => {
      assert.equal(lostFingerprints(findings, { exceptions, isKeyKept }), undefined);
    });
  }
});
