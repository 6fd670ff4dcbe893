import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readKnown } from '../../../src/suppress/known.ts';
import { baselineId, fingerprint } from '../../../src/util/fingerprint.ts';

const KEY = 'key';
const SECRET = 'not-a-real-secret';

describe('files of other tools that know a secret', () => {
  it('recognises the hash of a detect-secrets baseline, and keeps it only under our key', () => {
    const sha1 = createHash('sha1').update(SECRET).digest('hex');
    const baseline = {
      version: '1.5.0',
      results: { './src/a.py': [{ type: 'Secret Keyword', hashed_secret: sha1, line_number: 3 }] },
    };

    const [entry] = readKnown(baseline, '.secrets.baseline', KEY) ?? [];

    assert.equal(entry?.baselineId, baselineId(SECRET, KEY));
    assert.equal(entry?.path, 'src/a.py');
    assert(!JSON.stringify(entry).includes(sha1));
  });

  it('takes the fingerprint of a secret from a gitleaks report, and not the secret', () => {
    const report = [{ RuleID: 'jwt', File: 'a.py', StartLine: 2, Secret: SECRET, Commit: '', Fingerprint: 'a.py:jwt:2' }];

    const [entry] = readKnown(report, 'gitleaks.json', KEY) ?? [];

    assert.equal(entry?.fingerprint, fingerprint(SECRET, KEY));
    assert(!JSON.stringify(entry).includes(SECRET));
  });

  it('takes the place from a redacted gitleaks report', () => {
    const commit = '0123456789abcdef0123456789abcdef01234567';
    const report = [
      { RuleID: 'jwt', File: 'x/a.py', StartLine: 2, Secret: 'REDACTED', Commit: commit, Fingerprint: `${commit}:a.py:jwt:2` },
    ];

    const [entry] = readKnown(report, 'gitleaks.json', KEY) ?? [];

    assert.deepEqual([entry?.path, entry?.line, entry?.commit, entry?.fingerprint], ['a.py', 2, commit, undefined]);
  });

  it('is silent about what is neither', () => {
    assert.equal(readKnown({ findings: [] }, 'x.json', KEY), undefined);
  });

  it('says what is wrong with a broken one', () => {
    assert.throws(
      () => readKnown({ version: '1', results: { a: [{}] } }, '.secrets.baseline', KEY),
      /\.secrets\.baseline looks like/,
    );
    assert.throws(() => readKnown([{ RuleID: 1 }], 'gitleaks.json', KEY), /gitleaks\.json looks like/);
  });
});
