import assert from 'node:assert/strict';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { fakeToken, kinds } from '../../helpers/scan-context.ts';
import { account, bind, ETL, ETL_ID, KEY_ID, key, NUMBER, PROJECT, policy, scanJson, scanText } from './exports.ts';

const coverageOf = (observations: Parameters<typeof kinds>[0]) => kinds(observations, 'coverage').at(-1);

describe('gcp-iam scanner: service accounts', () => {
  it('tells a service account with its project and environment', async () => {
    const [found] = kinds(await scanJson([account()]), 'identity');

    assert.equal(found?.id, ETL_ID);
    assert.equal(found?.type, 'service-account');
    assert.equal(found?.name, ETL);
    assert.equal(found?.scope, PROJECT);
    assert.equal(found?.environment, 'prod');
    assert.equal(found?.enabled, true);
    assert.equal(found?.detail?.uniqueId, '100000000000000000001');
  });

  it('tells a disabled one', async () => {
    assert.equal(kinds(await scanJson([account(ETL, { disabled: true })]), 'identity')[0]?.enabled, false);
  });

  const descriptions: [string, string | undefined][] = [
    ['nightly load, owner: ida@harbour.example', 'ida@harbour.example'],
    ['Contact = data+ops@harbour.example.', 'data+ops@harbour.example'],
    ['ida@harbour.example', 'ida@harbour.example'],
    ['runs as other@p.iam.gserviceaccount.com', undefined],
    ['mails reports to ida@harbour.example and ben@harbour.example each day', undefined],
    ['', undefined],
  ];
  for (const [description, owner] of descriptions) {
    it(`reads the owner ${owner ?? 'nobody'} from "${description}"`, async () => {
      const [found] = kinds(await scanJson([account(ETL, { description })]), 'identity');

      assert.equal(found?.owner, owner);
      assert.equal(found?.ownerBasis, owner === undefined ? undefined : 'description');
    });
  }

  const emails: [string, string, string, { managed?: boolean; default?: boolean }][] = [
    ['the default compute account', `${NUMBER}-compute@developer.gserviceaccount.com`, PROJECT, { default: true }],
    ['the App Engine account', `${PROJECT}@appspot.gserviceaccount.com`, PROJECT, { default: true }],
    ['a service agent', `service-${NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com`, PROJECT, { managed: true }],
    ['an older service agent', `service-${NUMBER}@compute-system.iam.gserviceaccount.com`, PROJECT, { managed: true }],
    ['the API agent', `${NUMBER}@cloudservices.gserviceaccount.com`, PROJECT, { managed: true }],
    ['an account that only sounds so', `service-desk@${PROJECT}.iam.gserviceaccount.com`, PROJECT, {}],
  ];
  for (const [what, email, scope, expected] of emails) {
    it(`knows ${what}`, async () => {
      const [found] = kinds(await scanJson([account(email)]), 'identity');

      assert.equal(found?.scope, scope);
      assert.equal(found?.managed, expected.managed);
      assert.equal(found?.detail?.default, expected.default);
    });
  }

  it('reads environments off project names only where they stand alone', async () => {
    const environments = ['hc-prod', 'staging-data', 'hc-dev-2', 'product-catalog', 'devices-1'].map(async (projectId) => {
      const [found] = kinds(await scanJson([account(`etl@${projectId}.iam.gserviceaccount.com`, { projectId })]), 'identity');
      return found?.environment;
    });

    assert.deepEqual(await Promise.all(environments), ['prod', 'staging', 'dev', undefined, undefined]);
  });

  it('tells an account once, however often it is listed', async () => {
    const observations = await scanText(`${JSON.stringify([account()])}\n${JSON.stringify({ accounts: [account()] })}`);

    assert.equal(kinds(observations, 'identity').length, 1);
  });
});

describe('gcp-iam scanner: keys', () => {
  it('links a key to its account', async () => {
    const [found] = kinds(await scanJson([key()]), 'credential');

    assert.equal(found?.id, `gcp:service-account-key/${KEY_ID}`);
    assert.equal(found?.publicId, KEY_ID);
    assert.equal(found?.identity, ETL_ID);
    assert.equal(found?.createdAt, '2024-01-02T03:04:05.000Z');
    assert.equal(found?.neverExpires, true);
    assert.equal(found?.expiresAt, undefined);
    assert.equal(found?.status, 'active');
  });

  it('counts the keys that Google holds, and lists them not', async () => {
    const observations = await scanJson([
      key(),
      key('aa', { keyType: 'SYSTEM_MANAGED', validBeforeTime: '2026-07-01T00:00:00Z' }),
    ]);

    assert.equal(kinds(observations, 'credential').length, 1);
    assert.equal(coverageOf(observations)?.detail?.systemManagedKeys, 1);
  });

  const states: [string, object, string][] = [
    ['a key that ended', { validBeforeTime: '2026-01-01T00:00:00Z' }, 'expired'],
    ['a key that will end', { validBeforeTime: '2027-01-01T00:00:00Z' }, 'active'],
    ['a key that was switched off', { disabled: true }, 'inactive'],
  ];
  for (const [what, more, status] of states) {
    it(`reads ${what} as ${status}`, async () => {
      assert.equal(kinds(await scanJson([key('aa', more)]), 'credential')[0]?.status, status);
    });
  }

  it('keeps why Google switched a leaked key off', async () => {
    const more = {
      disabled: true,
      disableReason: 'SERVICE_ACCOUNT_KEY_DISABLE_REASON_EXPOSED',
      extendedStatus: [{ key: 'EXPOSED', value: 'https://x' }],
    };

    const [found] = kinds(await scanJson([key('aa', more)]), 'credential');

    assert.equal(found?.detail?.disableReason, 'SERVICE_ACCOUNT_KEY_DISABLE_REASON_EXPOSED');
    assert.deepEqual(found?.detail?.extendedStatus, ['EXPOSED']);
  });

  it('names the field that is wrong, and reads the rest', async () => {
    const observations = await scanJson([key(), key('aa', { name: 'keys/aa' }), key('bb', { disabled: 'no' })]);

    const coverage = coverageOf(observations);
    assert.equal(kinds(observations, 'credential').length, 1);
    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /\[1\]\.name: projects\/P/);
    assert.match(coverage?.why ?? '', /\[2\]\.disabled/);
    assert.deepEqual([coverage?.seen, coverage?.read, coverage?.failed], [3, 1, 2]);
  });

  it('says that pages are missing', async () => {
    assert.match(coverageOf(await scanJson({ accounts: [account()], nextPageToken: 'x' }))?.why ?? '', /next page/);
  });

  it('keeps the whole keys of a file that is cut off', async () => {
    const text = JSON.stringify([key('aa'), key('bb'), key('cc')]);
    const cut = text.slice(0, text.indexOf('/keys/cc'));

    const observations = await scanText(cut);

    assert.deepEqual(
      kinds(observations, 'credential').map((one) => one.publicId),
      ['aa', 'bb'],
    );
    assert.match(coverageOf(observations)?.why ?? '', new RegExp(`at byte ${cut.length} `));
  });

  it('reads a hundred thousand keys in good time', async () => {
    const keys = Array.from({ length: 100_000 }, (_, index) => JSON.stringify(key(index.toString(16).padStart(40, '0'))));
    const start = cpuTime();

    const observations = await scanText(keys.join('\n'));

    assert.equal(kinds(observations, 'credential').length, 100_000);
    assert.ok(cpuTime() - start < 10_000);
  });

  it('hands a key file that was appended to the detectors', async () => {
    const text = `${JSON.stringify([key()])}\n${JSON.stringify({ type: 'service_account', private_key: fakeToken('harbour1') })}`;

    const observations = await scanText(text);

    assert.equal(kinds(observations, 'sighting').length, 1);
    assert.equal(coverageOf(observations)?.outcome, 'partial');
    assert.ok(!JSON.stringify(observations).includes(fakeToken('harbour1')));
  });
});

describe('gcp-iam scanner: assets', () => {
  const asset = (assetType: string, name: string, more: object) => ({ name, assetType, ancestors: [], ...more });
  const lines = [
    asset('cloudresourcemanager.googleapis.com/Project', '//cloudresourcemanager.googleapis.com/projects/123456789012', {
      resource: { data: { projectId: PROJECT, projectNumber: NUMBER } },
    }),
    asset('iam.googleapis.com/ServiceAccount', `//iam.googleapis.com/projects/${PROJECT}/serviceAccounts/1`, {
      resource: { data: account() },
    }),
    asset('iam.googleapis.com/ServiceAccountKey', `//iam.googleapis.com/x`, { resource: { data: key() } }),
    asset('cloudresourcemanager.googleapis.com/Project', `//cloudresourcemanager.googleapis.com/projects/${PROJECT}`, {
      iamPolicy: policy(bind('roles/editor', `serviceAccount:${NUMBER}-compute@developer.gserviceaccount.com`)),
    }),
  ];

  it('reads an export by line', async () => {
    const observations = await scanText(lines.map((line) => JSON.stringify(line)).join('\n'), 'assets.ndjson');

    assert.equal(kinds(observations, 'identity')[0]?.id, ETL_ID);
    assert.equal(kinds(observations, 'credential')[0]?.identity, ETL_ID);
    assert.equal(
      kinds(observations, 'grant')[0]?.identity,
      `gcp:${PROJECT}:serviceAccount/${NUMBER}-compute@developer.gserviceaccount.com`,
    );
    assert.equal(coverageOf(observations)?.outcome, 'complete');
    assert.deepEqual([...(coverageOf(observations)?.covers ?? [])].sort(), ['credential', 'grant', 'identity', 'trust']);
  });

  it('reads the spelling of exports to a bucket', async () => {
    const text = JSON.stringify({
      name: `//cloudresourcemanager.googleapis.com/projects/${PROJECT}`,
      asset_type: 'x.googleapis.com/Y',
      iam_policy: policy(bind('roles/owner', `serviceAccount:${ETL}`)),
    });

    assert.equal(kinds(await scanText(text), 'grant')[0]?.resource, `projects/${PROJECT}`);
  });

  it('hands assets of other kinds, which may hold anything, to the detectors', async () => {
    const machine = asset('compute.googleapis.com/Instance', '//compute.googleapis.com/x', {
      resource: { data: { metadata: { items: [{ value: fakeToken('harbour1') }] } } },
    });

    const observations = await scanText([...lines, machine].map((line) => JSON.stringify(line)).join('\n'));

    assert.equal(kinds(observations, 'sighting').length, 1);
    assert.equal(coverageOf(observations)?.skipped, 1);
    assert.equal(coverageOf(observations)?.outcome, 'complete');
  });
});
