import assert from 'node:assert/strict';
import type { Check } from '../../../src/contracts/index.ts';
import { parseCheck } from '../../../src/correlate/load.ts';

export const HEAD = `id: old-key
title: A key is older than allowed
severity: medium
confidence: high
about: credential
identityFields: [credential_id]
needs: [credential@aws]
population: credentials
parameters: { maxAgeDays: 90 }
controls: ['owasp-nhi-2025:NHI7:2025']
why: It has been copied to more places than anyone remembers.
fix: Rotate the key.
since: '0.1'`;

export const SELECT = `SELECT credential_id, identity_id, concat(public_id, ' is old.') AS message, evidence
FROM credentials
WHERE days_since(created_at) > $maxAgeDays`;

/** A check made of the sample above, with parts replaced. */
export function checkWith(
  change: { readonly head?: readonly [string, string]; readonly sql?: string; readonly file?: string } = {},
): Check {
  const head = change.head === undefined ? HEAD : HEAD.replace(...change.head);
  assert.ok(change.head === undefined || head !== HEAD, 'the head was not changed');
  const text = `/*---\n${head}\n---*/\n${change.sql ?? SELECT};\n`;
  const parsed = parseCheck(text, change.file ?? 'rules/checks/aws/old-key.sql');
  assert.ok(!('what' in parsed), 'what' in parsed ? parsed.what : '');
  return parsed;
}
