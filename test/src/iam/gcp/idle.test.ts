import assert from 'node:assert/strict';
import { isIdle } from '../../../../src/iam/gcp/idle.ts';

describe('conditions of providers at Google Cloud', () => {
  for (const condition of [
    '',
    ' true ',
    '(true)',
    '1 == 1',
    "assertion.repository_owner != ''",
    'assertion.sub != "x" && has(assertion.sub)',
    "assertion['repository_owner'] != null",
    "assertion.repository_owner == 'a' || true",
    "(assertion.sub == 'a') || (size(assertion.sub) > 0)",
    "assertion.sub.startsWith('')",
    "assertion.sub.matches('.*')",
    'google.subject == google.subject',
  ]) {
    it(`keeps nobody out: ${condition}`, () => {
      assert.equal(isIdle(condition), true);
    });
  }

  for (const condition of [
    "assertion.repository_owner == 'acme'",
    "assertion.repository_owner == 'acme' && true",
    "assertion.repository_owner in ['acme']",
    "assertion.repository_owner_id == '1' || assertion.repository_owner_id == '2'",
    "(assertion.sub != '' || true) && assertion.ref == 'a'",
    "assertion.sub.startsWith('repo:acme/')",
    "assertion.sub == 'a || true'",
    "assertion.sub == '\\' || true'",
    "assertion.sub.matches('^repo:.*')",
    'false',
    "attribute.x == '' ? true : false",
    ')) || ((',
  ]) {
    it(`may keep somebody out: ${condition}`, () => {
      assert.equal(isIdle(condition), false);
    });
  }

  it('does not read what is longer than Google takes', () => {
    assert.equal(isIdle(`true${' '.repeat(4092)}`), true);
    assert.equal(isIdle(`true${' '.repeat(4093)}`), false);
    assert.equal(isIdle(`${'('.repeat(2000)}true${')'.repeat(2000)}`), true);
  });
});
