import assert from 'node:assert/strict';
import { parseFormat, shippedFormats } from '../../../src/logs/load.ts';
import { mappedFormats } from '../../../src/logs/mapping.ts';
import { proveFormats } from '../../../src/store/log-prove.ts';

function format(select: string) {
  return parseFormat(
    `/*---
id: lines
title: Lines of a test
surface: audit-log
via: direct
as: jsonl
recognises: { head: ['"rid"'] }
columns: { rid: VARCHAR, t: TIMESTAMP }
---*/
${select}`,
    'lines.sql',
  );
}

describe('the proof of log formats', () => {
  it('finds nothing wrong with those that ship', async () => {
    assert.deepEqual(await proveFormats([...shippedFormats(), ...mappedFormats([])]), []);
  });

  for (const [what, select, says] of [
    ['a column that is not there', 'SELECT file, nobody AS record_id, t AS used_at FROM records', /does not run: .*nobody/],
    ['no time', 'SELECT file, rid AS record_id FROM records', /gives no used_at/],
    ['a column that nothing takes', 'SELECT file, rid AS record_id, t AS used_at, rid AS colour FROM records', /column colour/],
  ] as const) {
    it(`tells of ${what}`, async () => {
      const problems = await proveFormats([format(select)]);

      assert.equal(problems.length, 1);
      assert.match(problems[0]?.what ?? '', says);
      assert.deepEqual([problems[0]?.file, problems[0]?.rule], ['lines.sql', 'lines']);
    });
  }
});
