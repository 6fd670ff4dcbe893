import assert from 'node:assert/strict';
import { reportRows } from '../../../scanners/aws-iam/credential-report.ts';
import { awsIamFiles } from '../../../scanners/aws-iam/index.ts';
import { decodeText } from '../../../src/files/decode.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { collect, fakeToken, kinds, testContext } from '../../helpers/scan-context.ts';
import { ACCOUNT, details, fileOf, keyOf, report, reportLine, scanJson, scanText, userDetail } from './exports.ts';

const KEY = keyOf('AAAAAA');
const OTHER = keyOf('BBBBBB');
const CI = `aws:${ACCOUNT}:user/ci`;
const meta = (AccessKeyId: string, more: object = {}) => ({
  UserName: 'ci',
  AccessKeyId,
  Status: 'Active',
  CreateDate: '2024-01-02T03:04:05+00:00',
  ...more,
});
const used = (more: object = {}) => ({
  UserName: 'ci',
  AccessKeyLastUsed: { LastUsedDate: '2026-05-20T10:00:00Z', ServiceName: 's3', Region: 'eu-west-1', ...more },
});

describe('aws-iam scanner: access keys', () => {
  it('links an access key to its user', async () => {
    const [key] = kinds(await scanJson({ AccessKeyMetadata: [meta(KEY)] }), 'credential');

    assert.equal(key?.id, `aws:access-key/${KEY}`);
    assert.equal(key?.publicId, KEY);
    assert.equal(key?.identity, CI);
    assert.equal(key?.status, 'active');
    assert.equal(key?.createdAt, '2024-01-02T03:04:05.000Z');
    assert.equal(key?.neverExpires, true);
  });

  it('takes the account from the same file before the one in the key', async () => {
    const foreign = keyOf('CCCCCC', '999900001111');

    const observations = await scanText(
      `${JSON.stringify(details({ users: [userDetail('ci')] }))}${JSON.stringify({ AccessKeyMetadata: [meta(foreign)] })}`,
    );

    assert.equal(kinds(observations, 'credential')[0]?.identity, CI);
  });

  it('leaves the account open where nothing tells it', async () => {
    const [key] = kinds(await scanJson({ AccessKeyMetadata: [meta(['AK', 'IAIOSFODNN7EXAMPLE'].join(''))] }), 'credential');

    assert.equal(key?.identity, 'aws:-:user/ci');
  });

  const forms: [string, string][] = [
    ['one answer', JSON.stringify({ AccessKeyMetadata: [meta(KEY), meta(OTHER)] })],
    ['a list of answers', JSON.stringify([{ AccessKeyMetadata: [meta(KEY)] }, { AccessKeyMetadata: [meta(OTHER)] }])],
    [
      'concatenated answers',
      JSON.stringify({ AccessKeyMetadata: [meta(KEY)] }, null, 4) + JSON.stringify({ AccessKeyMetadata: [meta(OTHER)] }, null, 4),
    ],
    ['bare metadata', JSON.stringify([meta(KEY), meta(OTHER)])],
    ['metadata by line', `${JSON.stringify(meta(KEY))}\n${JSON.stringify(meta(OTHER))}\n`],
    [
      'the same page twice',
      JSON.stringify([{ AccessKeyMetadata: [meta(KEY), meta(OTHER)] }, { AccessKeyMetadata: [meta(KEY), meta(OTHER)] }]),
    ],
  ];
  for (const [what, text] of forms) {
    it(`reads ${what}`, async () => {
      const observations = await scanText(text);

      assert.deepEqual(
        kinds(observations, 'credential').map((one) => one.publicId),
        [KEY, OTHER],
      );
      assert.equal(kinds(observations, 'coverage').at(-1)?.outcome, 'complete');
    });
  }

  it('reads an inactive key', async () => {
    const [key] = kinds(await scanJson([meta(KEY, { Status: 'Inactive' })]), 'credential');

    assert.equal(key?.status, 'inactive');
  });

  it('reads last use from a map by key id', async () => {
    const [key] = kinds(await scanJson({ [KEY]: used() }), 'credential');

    assert.equal(key?.publicId, KEY);
    assert.equal(key?.identity, CI);
    assert.equal(key?.lastUsedAt, '2026-05-20T10:00:00.000Z');
    assert.equal(key?.lastUsedFor, 's3 eu-west-1');
  });

  it('reads last use by the key id in the name of the file', async () => {
    const [key] = kinds(await scanJson(used(), `last-used-${KEY}.json`), 'credential');

    assert.equal(key?.publicId, KEY);
  });

  it('reads last use of the only key of a user, listed before or after', async () => {
    const before = await scanJson([meta(KEY), used()]);
    const after = await scanJson([used(), meta(KEY)]);

    for (const observations of [before, after]) {
      const [key, ...more] = kinds(observations, 'credential');
      assert.equal(key?.lastUsedAt, '2026-05-20T10:00:00.000Z');
      assert.equal(more.length, 0);
    }
  });

  it('does not guess which of two keys was used, and says how to tell', async () => {
    const observations = await scanJson([meta(KEY), meta(OTHER), used()]);

    assert.deepEqual(
      kinds(observations, 'credential').map((one) => one.lastUsedAt),
      [undefined, undefined],
    );
    const coverage = kinds(observations, 'coverage').at(-1);
    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /which key of ci .* file name/);
  });

  it('knows a key that was never used', async () => {
    const [key] = kinds(
      await scanJson({ [KEY]: used({ LastUsedDate: undefined, ServiceName: 'N/A', Region: 'N/A' }) }),
      'credential',
    );

    assert.equal(key?.lastUsedAt, undefined);
    assert.equal(key?.lastUsedFor, undefined);
  });

  it('names the field that is wrong, and reads the rest', async () => {
    const observations = await scanJson({
      AccessKeyMetadata: [meta(KEY), { UserName: 'ci', Status: 'Active' }, meta(OTHER, { CreateDate: {} })],
    });

    const coverage = kinds(observations, 'coverage').at(-1);
    assert.deepEqual(
      kinds(observations, 'credential').map((one) => one.publicId),
      [KEY],
    );
    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /AccessKeyMetadata\[1\]\.AccessKeyId/);
    assert.match(coverage?.why ?? '', /AccessKeyMetadata\[2\]\.CreateDate/);
    assert.deepEqual([coverage?.seen, coverage?.read, coverage?.failed], [3, 1, 2]);
  });

  it('says that a list was cut by --max-items', async () => {
    const coverage = kinds(await scanJson({ AccessKeyMetadata: [meta(KEY)], NextToken: 'x' }), 'coverage').at(-1);

    assert.match(coverage?.why ?? '', /--max-items/);
  });

  it('reads the keys before an error that the CLI wrote into the file', async () => {
    const observations = await scanText(
      `${JSON.stringify({ AccessKeyMetadata: [meta(KEY)] })}\n\nAn error occurred (AccessDenied) when calling the ListAccessKeys operation`,
    );

    assert.equal(kinds(observations, 'credential').length, 1);
    assert.match(kinds(observations, 'coverage').at(-1)?.why ?? '', /is not JSON at byte \d+ \(line 3\)/);
  });

  it('hands a secret that somebody appended to the detectors', async () => {
    const text = `${JSON.stringify(meta(KEY))}\n${JSON.stringify({ AccessKey: { AccessKeyId: OTHER, SecretAccessKey: fakeToken('harbour1') } })}`;

    const observations = await scanText(text);

    assert.equal(kinds(observations, 'sighting').length, 1);
    assert.ok(!JSON.stringify(observations).includes(fakeToken('harbour1')));
  });

  it('reads UTF-16 with a byte order mark', async () => {
    const bytes = Buffer.from(`\ufeff${JSON.stringify([meta(KEY)])}`, 'utf16le');
    const file = { ...fileOf(bytes), text: () => decodeText(bytes) };

    const observations = await collect(awsIamFiles.scan(file, testContext()));

    assert.equal(kinds(observations, 'credential')[0]?.publicId, KEY);
  });

  it('reads a hundred thousand keys in good time', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
    const keys = Array.from({ length: 100_000 }, (_, index) => {
      let tail = '';
      for (let rest = index, i = 0; i < 6; i++, rest = Math.floor(rest / 26)) tail = alphabet.charAt(rest % 26) + tail;
      return meta(KEY.slice(0, 14) + tail, { UserName: `u${index}` });
    });
    const start = cpuTime();

    const observations = await scanJson({ AccessKeyMetadata: keys });

    assert.equal(kinds(observations, 'credential').length, 100_000);
    assert.ok(cpuTime() - start < 10_000);
  });

  it('tells OIDC providers as coverage of trust', async () => {
    const observations = await scanJson({
      Url: 'token.actions.githubusercontent.com',
      ClientIDList: ['sts.amazonaws.com'],
      ThumbprintList: ['x'],
    });

    const [provider] = kinds(observations, 'coverage');
    assert.equal(provider?.subject, 'OIDC provider token.actions.githubusercontent.com');
    assert.deepEqual(provider?.detail?.audiences, ['sts.amazonaws.com']);
    assert.deepEqual(provider?.covers, ['trust']);
  });
});

describe('aws-iam scanner: credential report', () => {
  const scanReport = (...lines: string[]) => scanText(report(...lines), 'report.csv');

  it('tells keys by slot where the report does not tell their ids', async () => {
    const observations = await scanReport(
      reportLine('ci', {
        access_key_1_active: 'true',
        access_key_1_last_rotated: '2024-01-02T03:04:05+00:00',
        access_key_1_last_used_date: '2026-05-20T10:00:00+00:00',
        access_key_1_last_used_region: 'eu-west-1',
        access_key_1_last_used_service: 's3',
        access_key_2_active: 'false',
        access_key_2_last_rotated: '2023-01-02T03:04:05+00:00',
      }),
    );

    const [first, second, ...more] = kinds(observations, 'credential');
    assert.equal(first?.id, `aws:access-key/${ACCOUNT}:ci#1`);
    assert.equal(first?.publicId, undefined);
    assert.equal(first?.identity, CI);
    assert.equal(first?.createdAt, '2024-01-02T03:04:05.000Z');
    assert.equal(first?.lastUsedFor, 's3 eu-west-1');
    assert.deepEqual(first?.detail, { slot: 1 });
    assert.equal(second?.status, 'inactive');
    assert.equal(more.length, 0);
    assert.equal(kinds(observations, 'identity')[0]?.lastUsedAt, '2026-05-20T10:00:00.000Z');
  });

  it('takes a password with MFA for a person, and nothing else', async () => {
    const observations = await scanReport(
      reportLine('person', { password_enabled: 'true', mfa_active: 'true', password_last_used: '2026-05-20T10:00:00+00:00' }),
      reportLine('careless', { password_enabled: 'true' }),
      reportLine('bot'),
    );

    assert.deepEqual(
      kinds(observations, 'identity').map((one) => one.human),
      [true, undefined, undefined],
    );
    assert.deepEqual(
      kinds(observations, 'credential').map((one) => [one.id, one.type, one.detail?.mfa]),
      [
        [`aws:password/${ACCOUNT}:person`, 'password', true],
        [`aws:password/${ACCOUNT}:careless`, 'password', false],
      ],
    );
  });

  it('reads words for "nothing" as nothing', async () => {
    const observations = await scanReport(
      reportLine('ci', {
        password_enabled: 'true',
        password_last_used: 'no_information',
        password_last_changed: 'N/A',
        access_key_1_last_used_date: 'N/A',
      }),
    );

    const [password] = kinds(observations, 'credential');
    assert.equal(password?.lastUsedAt, undefined);
    assert.equal(password?.rotatedAt, undefined);
  });

  it('tells the root user, its keys and what it may do', async () => {
    const observations = await scanReport(
      reportLine('<root_account>', {
        mfa_active: 'true',
        access_key_1_active: 'true',
        access_key_1_last_rotated: '2020-01-01T00:00:00+00:00',
      }),
    );

    const [root] = kinds(observations, 'identity');
    assert.equal(root?.id, `aws:${ACCOUNT}:root`);
    assert.equal(root?.type, 'root');
    assert.deepEqual(
      kinds(observations, 'credential').map((one) => one.id),
      [`aws:access-key/${ACCOUNT}:root#1`],
    );
    assert.equal(kinds(observations, 'grant')[0]?.capability, 'admin');
  });

  it('tells certificates', async () => {
    const [certificate] = kinds(
      await scanReport(reportLine('ci', { cert_1_active: 'true', cert_1_last_rotated: '2024-01-01T00:00:00+00:00' })),
      'credential',
    );

    assert.equal(certificate?.type, 'certificate');
    assert.equal(certificate?.id, `aws:certificate/${ACCOUNT}:ci#1`);
  });

  it('reads the answer as the CLI stores it', async () => {
    const Content = Buffer.from(report(reportLine('ci'))).toString('base64');

    const observations = await scanJson({ Content, ReportFormat: 'text/csv', GeneratedTime: '2026-05-01T00:00:00Z' });

    assert.equal(kinds(observations, 'identity')[0]?.id, CI);
    assert.deepEqual(kinds(observations, 'coverage').at(-1)?.covers, ['identity', 'credential']);
  });

  it('reads two reports in one file, and one line once', async () => {
    const observations = await scanText(
      `${report(reportLine('ci'))}\n${report(reportLine('ci'), reportLine('mara'))}`,
      'report.csv',
    );

    assert.deepEqual(
      kinds(observations, 'identity').map((one) => one.name),
      ['ci', 'mara'],
    );
    assert.equal(kinds(observations, 'coverage').at(-1)?.outcome, 'complete');
  });

  it('reads columns by name, with more or fewer of them', async () => {
    const observations = await scanText(
      `user,arn,user_creation_time,brand_new\nci,arn:aws:iam::${ACCOUNT}:user/ci,2024-01-01T00:00:00Z,x\n`,
      'report.csv',
    );

    assert.equal(kinds(observations, 'identity')[0]?.createdAt, '2024-01-01T00:00:00.000Z');
    assert.equal(kinds(observations, 'coverage').at(-1)?.outcome, 'complete');
  });

  it('names the lines that it cannot read, and reads the rest', async () => {
    const text = `${report(reportLine('ci'), reportLine('odd', { arn: 'nobody' }), reportLine('mara'))}\nida,arn:aws:iam::${ACCOUNT}:us`;

    const observations = await scanText(text, 'report.csv');

    const coverage = kinds(observations, 'coverage').at(-1);
    assert.deepEqual(
      kinds(observations, 'identity').map((one) => one.name),
      ['ci', 'mara'],
    );
    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /line 3: arn is not that of a user/);
    assert.match(coverage?.why ?? '', /line 5: 2 of 22 columns/);
    assert.deepEqual([coverage?.seen, coverage?.read, coverage?.failed], [4, 2, 2]);
  });

  it('says that a report is empty', async () => {
    const coverage = kinds(await scanReport(), 'coverage').at(-1);

    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /no line but its header/);
  });
});

describe('aws-iam scanner, large credential reports', () => {
  it('tells of a user before it has read those that follow', () => {
    const problems: string[] = [];
    const rows = reportRows(report(reportLine('first'), 'half,a line'), problems);

    const first = rows.next();
    const before = [...problems];
    rows.next();

    assert.equal(first.value?.user, 'first');
    assert.deepEqual([before, problems], [[], ['line 3: 2 of 22 columns']]);
  });

  it('reads names with a comma, a mark of the byte order, line ends of Windows and a repeated header', () => {
    const text = `\uFEFF${report(reportLine('"a,b"', { arn: `"arn:aws:iam::${ACCOUNT}:user/a,b"` }), ...report(reportLine('second')).split('\n'))}`;
    const problems: string[] = [];

    const rows = [...reportRows(text.replaceAll('\n', '\r\n'), problems)];

    assert.deepEqual(problems, []);
    assert.deepEqual(
      rows.map(({ user }) => user),
      ['a,b', 'second'],
    );
  });
});
