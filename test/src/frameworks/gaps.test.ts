import assert from 'node:assert/strict';
import type { CoverageObservation } from '../../../src/contracts/index.ts';
import { gapsOf, tellGaps } from '../../../src/frameworks/gaps.ts';

type Row = Pick<CoverageObservation, 'surface' | 'outcome' | 'covers' | 'detail'>;

describe('what checks lack', () => {
  const told = (needs: readonly string[], coverage: readonly Row[]): string => tellGaps(gapsOf(needs, coverage, new Map()));
  const aws: Row = { surface: 'aws', outcome: 'complete', covers: ['identity', 'credential'], detail: { types: ['access-key'] } };

  it('names the source where nothing of it was read', () => {
    assert.equal(told(['grant@aws', 'credential:access-key@aws'], []), 'not collected: AWS IAM');
    assert.equal(told(['grant@aws'], [{ ...aws, covers: ['grant'], outcome: 'denied' }]), 'could not be read: AWS IAM');
  });

  it('names what of a source is lacking where other things of it were read', () => {
    assert.equal(told(['grant@aws'], [aws]), 'not collected: grants of AWS IAM');
    assert.equal(
      told(['grant:policy@aws', 'usage:console@aws', 'credential:service-credential@aws'], [aws]),
      'not collected: policies of AWS IAM, console usage of AWS IAM, service-credentials of AWS IAM',
    );
    assert.equal(told(['credential:access-key@aws'], [aws]), '');
  });

  it('tells alternatives together', () => {
    assert.equal(told(['grant@aws|grant@gcp'], [aws]), 'not collected: grants of AWS IAM or GCP IAM');
  });
});
