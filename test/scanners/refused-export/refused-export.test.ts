import assert from 'node:assert/strict';
import fc from 'fast-check';
import { refusedExport } from '../../../scanners/refused-export/index.ts';
import type { SourceFile } from '../../../src/contracts/index.ts';
import { surroundings } from '../../../src/files/surroundings.ts';
import { collect, fakeToken, kinds, testContext } from '../../helpers/scan-context.ts';

function fileOf(path: string, text: string, around?: SourceFile['around']): SourceFile {
  return {
    path,
    bytes: Buffer.from(text),
    text: () => text,
    at: { path },
    place: 'file',
    ...(around === undefined ? {} : { around }),
  };
}

function recognises(path: string, text: string): boolean {
  return refusedExport.recognises({ path, size: Buffer.byteLength(text), head: () => text.slice(0, 4096) });
}

/** The rows of a file that is recognised; none of one that is not. */
async function gapsOf(path: string, text: string, beside: { readonly [path: string]: string } = {}) {
  const files = { ...beside, [path]: text };
  const around = surroundings(
    () => Object.keys(files),
    (name) => fileOf(name, files[name] ?? ''),
  );
  if (!recognises(path, text)) return [];
  return kinds(await collect(refusedExport.scan(fileOf(path, text, around), testContext())), 'coverage');
}

const KEYS = '{"AccessKeyMetadata": [{"UserName": "ci", "AccessKeyId": "x", "Status": "Active"}]}';
const APPS = '[{"appId": "x", "passwordCredentials": []}]';

describe('refused-export scanner', () => {
  it('tells of an empty file that has the name of an export', async () => {
    const [gap, ...more] = await gapsOf('aws-export/authorization-details.json', '');

    assert.deepEqual(more, []);
    assert.equal(gap?.surface, 'aws');
    assert.equal(gap?.outcome, 'denied');
    assert.deepEqual(gap?.covers, ['identity', 'grant', 'trust']);
    assert.match(gap?.why ?? '', /empty: the call of `aws iam get-account-authorization-details` gave no answer/);
  });

  it('tells of an answer of AWS in a form that is not read, and how to export it', async () => {
    const yaml = 'GroupDetailList:\n- Arn: arn:aws:iam::123456789012:group/admins\n  GroupName: admins\n';
    const table = 'user;arn;user_creation_time;password_enabled\nci;arn:aws:iam::123456789012:user/ci;2026-01-01;false\n';

    const [details, ...more] = await gapsOf('aws/details.yaml', yaml);
    const [report] = await gapsOf('aws/report.csv', `\uFEFF${table}`);

    assert.deepEqual(more, []);
    assert.deepEqual([details?.surface, details?.outcome], ['aws', 'unsupported']);
    assert.match(details?.why ?? '', /export it with --output json$/);
    assert.match(report?.why ?? '', /credential report .* with commas$/);
    assert.equal(
      recognises('docs/iam.yaml', 'steps:\n- run: aws iam get-account-authorization-details # GroupDetailList:\n'),
      false,
    );
    assert.equal(recognises('people.csv', 'user;mail;team\nada;ada@harbour.example;core\n'), false);
  });

  it('tells of an empty file beside exports of an inventory, of the right one', async () => {
    const gaps = await gapsOf('x/principals.json', '\n', { 'x/apps.json': APPS });

    assert.deepEqual(
      gaps.map(({ surface, outcome, covers }) => [surface, outcome, covers]),
      [['entra', 'denied', ['identity', 'credential', 'grant']]],
    );
  });

  it('takes the name that fits what lies beside it', async () => {
    const beside = { 'x/apps.json': APPS, 'x/keys.json': KEYS };

    assert.deepEqual((await gapsOf('x/apps2.json', '', beside)).map((gap) => gap.surface).toSorted(), ['aws', 'entra']);
    assert.deepEqual(
      (await gapsOf('x/access-keys.json', '', beside)).map((gap) => gap.surface),
      ['aws'],
    );
  });

  it('leaves ordinary empty files alone', async () => {
    const beside = { 'src/package.json': '{"name": "shop"}', 'other/keys.json': KEYS };

    for (const path of ['src/data.json', 'src/users.json', 'src/roles.json', 'src/schema.sql', 'keys-prod.json', 'src/a.csv']) {
      assert.deepEqual(await gapsOf(path, '', beside), [], path);
    }
    assert(!recognises('authorization-details.txt', ''));
    assert(!recognises('src/tsconfig.json', '// none yet\n{}'));
    assert(!recognises('lambda-iam-policy.json', '{"Version": "2012-10-17", "Resource": {{arn}}}'));
  });

  it('does not say "refused" of what a loop leaves empty where there is nothing', async () => {
    const [gap] = await gapsOf('x/deny-shop.json', '', { 'x/shop-iam-policy.json': '{"bindings": [{"members": ["a"]}]}' });

    assert.equal(gap?.surface, 'gcp');
    assert.equal(gap?.outcome, 'partial');
    assert.match(gap?.why ?? '', /if there is nothing, delete the file/);
  });

  const refusals: [tool: string, text: string, surface: string, operation: string | undefined][] = [
    [
      'aws',
      '\nAn error occurred (AccessDenied) when calling the GetAccountAuthorizationDetails operation: User: arn:aws:iam::123456789012:user/x is not authorized to perform: iam:GetAccountAuthorizationDetails on resource: *',
      'aws',
      'iam:GetAccountAuthorizationDetails',
    ],
    ['aws, old', 'An error occurred (AccessDenied) when calling the ListRoots operation: no', 'aws', 'ListRoots'],
    [
      'aws, without keys',
      '\nUnable to locate credentials. You can configure credentials by running "aws login".',
      'aws',
      undefined,
    ],
    ['gcloud', 'ERROR: (gcloud.iam.roles.list) PERMISSION_DENIED: You do not', 'gcp', 'iam.roles.list'],
    ['az', 'ERROR: AADSTS70043: The refresh token has expired', 'entra', undefined],
    ['gh', 'gh: Not Found (HTTP 404)', 'github', undefined],
    ['pg_dumpall', 'pg_dumpall: error: query failed: ERROR:  permission denied for table pg_authid', 'postgres', undefined],
  ];
  for (const [tool, text, surface, operation] of refusals) {
    it(`quotes the refusal of ${tool}`, async () => {
      const [gap] = await gapsOf('x/out.json', text);

      assert.equal(gap?.surface, surface);
      assert.equal(gap?.outcome, 'denied');
      assert.equal(gap?.detail?.operation, operation);
      assert(gap?.why?.includes(text.trim().slice(0, 30)), gap?.why);
    });
  }

  it('masks what it quotes, and cuts it', async () => {
    const [gap] = await gapsOf('out.json', `gh: ${fakeToken('harbour1')} ${'x'.repeat(200)} (HTTP 401) ${'y'.repeat(900)}`);

    assert(gap?.why !== undefined && !gap.why.includes(fakeToken('harbour1')), gap?.why);
    assert(gap.why.length < 320);
  });

  it('tells of a page of HTML, and of JSON that is no answer, under the name of a call', async () => {
    const path = 'orgs__northpier__installations.json';

    assert.match((await gapsOf(path, '<html>502</html>'))[0]?.why ?? '', /HTML .*gh api orgs\/northpier\/installations/);
    assert.equal((await gapsOf(path, '{"total_count": 1, "inst'))[0]?.outcome, 'denied');
    assert.deepEqual(await gapsOf('src/page.json', '<html></html>'), []);
  });

  it('tells of an export that was cut at once, or written as YAML', async () => {
    const cut = '{"bindings":[{"members":["serviceAccount:a@p.iam.gserviceaccount.com"],"role":';

    assert.equal((await gapsOf('gcp-iam-policy.json', cut))[0]?.surface, 'gcp');
    assert.equal((await gapsOf('a.json', 'UserDetailList:\n- UserName: x\n'))[0]?.surface, 'aws');
    assert.equal(recognises('a.json', KEYS), false);
  });

  it('holds with any text, and never quotes what it does not know', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string(),
        fc.constantFrom('a.json', 'spire-entries.json', 'repos__a__b__keys.json'),
        async (text, path) => {
          for (const gap of await gapsOf(path, text)) {
            assert.equal(gap.read, 0);
            assert.notEqual(gap.outcome, 'complete');
          }
        },
      ),
    );
  });
});
