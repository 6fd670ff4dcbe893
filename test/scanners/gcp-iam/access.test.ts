import assert from 'node:assert/strict';
import { gcpIam } from '../../../scanners/gcp-iam/index.ts';
import type { Observation, SourceFile } from '../../../src/contracts/index.ts';
import { surroundings } from '../../../src/files/surroundings.ts';
import { collect, kinds, testContext } from '../../helpers/scan-context.ts';
import {
  ACCOUNT_RESOURCE,
  account,
  bind,
  ETL,
  ETL_ID,
  fileOf,
  found,
  headOf,
  KEY_ID,
  key,
  NUMBER,
  PROJECT,
  PROJECT_RESOURCE,
  policy,
  scanJson,
  scanText,
} from './exports.ts';

const SA = `serviceAccount:${ETL}`;
const CI = `ci@${PROJECT}.iam.gserviceaccount.com`;
const POOL = `projects/${NUMBER}/locations/global/workloadIdentityPools/github`;
const coverageOf = (observations: readonly Observation[]) => kinds(observations, 'coverage').at(-1);
const lines = (...values: object[]) => values.map((one) => JSON.stringify(one)).join('\n');

const provider = (more: object = {}) => ({
  name: `${POOL}/providers/actions`,
  state: 'ACTIVE',
  attributeMapping: { 'google.subject': 'assertion.sub', 'attribute.repository': 'assertion.repository' },
  oidc: { issuerUri: 'https://token.actions.githubusercontent.com/', allowedAudiences: ['https://harbour.example'] },
  ...more,
});
const denyPolicy = (
  denyRule: object,
  name = `policies/cloudresourcemanager.googleapis.com%2Fprojects%2F${PROJECT}/denypolicies/one`,
) => ({
  name,
  kind: 'DenyPolicy',
  rules: [{ denyRule }],
});
const activity = (rest: string, lastAuthenticatedTime?: string) => ({
  activity: lastAuthenticatedTime === undefined ? {} : { lastAuthenticatedTime },
  activityType: rest.includes('/keys/') ? 'serviceAccountKeyLastAuthentication' : 'serviceAccountLastAuthentication',
  fullResourceName: `//iam.googleapis.com/projects/${PROJECT}/serviceAccounts/${rest}`,
  observationPeriod: { startTime: '2026-02-20T07:00:00Z', endTime: '2026-05-29T07:00:00Z' },
});
const insight = (type: string, content: object, more: object = {}) => ({
  name: `projects/${NUMBER}/locations/global/insightTypes/${type}/insights/1`,
  content,
  insightSubtype: 'X',
  lastRefreshTime: '2026-05-30T07:00:00Z',
  observationPeriod: '7776000s',
  targetResources: [`//cloudresourcemanager.googleapis.com/projects/${NUMBER}`],
  ...more,
});
const apiKey = (more: object = {}) => ({
  createTime: '2024-01-01T00:00:00Z',
  displayName: 'maps',
  name: `projects/${NUMBER}/locations/global/keys/0f8fad5b`,
  uid: '0f8fad5b',
  ...more,
});
const hmacId = ['GOOG1E', 'A'.repeat(24)].join('');

describe('gcp-iam scanner: pools', () => {
  const repository = `principalSet://iam.googleapis.com/${POOL}/attribute.repository/harbour/shop`;
  const trusted = found(ACCOUNT_RESOURCE, bind('roles/iam.workloadIdentityUser', repository));

  it('joins a binding to the issuer, audience and subject of its provider', async () => {
    const observations = await scanText(lines(provider(), trusted));

    const [trust] = kinds(observations, 'trust');
    assert.equal(trust?.issuer, 'token.actions.githubusercontent.com');
    assert.equal(trust?.subject, 'repo:harbour/shop:*');
    assert.equal(trust?.audience, 'https://harbour.example');
    assert.equal(trust?.detail?.providerCondition, undefined);
  });

  const conditions: [what: string, condition: string, subject: string | undefined, issuer?: 'none'][] = [
    ['an owner’s number beside the name of the repository', "assertion.repository_owner_id == '1'", 'repo:harbour/shop:*'],
    [
      'one branch',
      "assertion.repository_owner == 'harbour' && assertion.ref == 'refs/heads/main'",
      'repo:harbour/shop:ref:refs/heads/main',
    ],
    [
      'a claim of which a subject tells nothing',
      "assertion.workflow_ref.startsWith('x')",
      'attribute.repository=harbour/shop',
      'none',
    ],
    ['either of two', "assertion.ref == 'a' || assertion.ref == 'b'", 'attribute.repository=harbour/shop', 'none'],
  ];
  for (const [what, attributeCondition, subject, issuer] of conditions) {
    it(`heeds a condition on ${what}`, async () => {
      const [trust] = kinds(await scanText(lines(provider({ attributeCondition }), trusted)), 'trust');

      assert.equal(trust?.subject, subject);
      assert.equal(trust?.issuer, issuer === 'none' ? undefined : 'token.actions.githubusercontent.com');
      assert.equal(trust?.detail?.providerCondition, attributeCondition);
    });
  }

  const wholePool = found(
    ACCOUNT_RESOURCE,
    bind('roles/iam.workloadIdentityUser', `principalSet://iam.googleapis.com/${POOL}/*`),
  );
  for (const [what, attributeCondition, subject, issuer] of [
    ['no condition', undefined, undefined, 'token.actions.githubusercontent.com'],
    ['an owner', "assertion.repository_owner == 'harbour'", 'repo:harbour/*', 'token.actions.githubusercontent.com'],
    ['an owner’s number', "assertion.repository_owner_id == '1'", undefined, undefined],
  ] as const) {
    it(`tells what a whole pool lets in with ${what}`, async () => {
      const [trust] = kinds(await scanText(lines(provider({ attributeCondition }), wholePool)), 'trust');

      assert.deepEqual([trust?.subject, trust?.issuer], [subject, issuer]);
    });
  }

  it('tells whose tokens make a principal that holds roles itself, once', async () => {
    const direct = found(PROJECT_RESOURCE, bind('roles/storage.admin', repository), bind('roles/viewer', repository));

    const trusts = kinds(await scanText(lines(provider(), direct)), 'trust');

    assert.deepEqual(
      trusts.map((one) => [one.identity, one.principal, one.subject]),
      [
        [
          `gcp:${NUMBER}:workloadIdentityPool/github/attribute.repository/harbour/shop`,
          'token.actions.githubusercontent.com',
          'repo:harbour/shop:*',
        ],
      ],
    );
  });

  it('tells a provider, its condition and its mapping', async () => {
    const [fact] = kinds(await scanJson([provider({ attributeCondition: "assertion.repository_owner_id == '1'" })]), 'consumer');

    assert.equal(fact?.identity, `gcp:${NUMBER}:workloadIdentityPool/github`);
    assert.equal(fact?.detail?.condition, "assertion.repository_owner_id == '1'");
    assert.equal(fact?.detail?.enabled, true);
  });

  it('takes no issuer from a provider or pool that is switched off', async () => {
    const off = await scanText(lines(provider({ disabled: true }), trusted));
    const closed = await scanText(lines({ name: POOL, state: 'DELETED' }, provider(), trusted));

    for (const observations of [off, closed]) assert.equal(kinds(observations, 'trust')[0]?.issuer, undefined);
  });

  it('names no single issuer where a pool has two', async () => {
    const second = provider({ name: `${POOL}/providers/gitlab`, oidc: { issuerUri: 'https://gitlab.com' } });

    const [trust] = kinds(await scanText(lines(provider(), second, trusted)), 'trust');

    assert.equal(trust?.issuer, undefined);
    assert.deepEqual(trust?.detail?.issuers, ['token.actions.githubusercontent.com', 'gitlab.com']);
  });
});

describe('gcp-iam scanner: what limits rights', () => {
  const secrets = found(PROJECT_RESOURCE, bind('roles/secretmanager.secretAccessor', SA));
  const reads = (observations: readonly Observation[]) =>
    kinds(observations, 'grant')
      .filter((one) => one.effect === 'allow' && one.capability === 'reads-secrets')
      .map((one) => one.confidence);
  const rule = {
    deniedPrincipals: ['principalSet://goog/public:all'],
    deniedPermissions: ['secretmanager.googleapis.com/versions.access'],
  };

  it('takes away what a deny policy takes away, and counts it', async () => {
    const observations = await scanText(lines(secrets, denyPolicy(rule)));

    assert.deepEqual(reads(observations), []);
    assert.equal(coverageOf(observations)?.detail?.heldBack, 1);
    assert.ok(kinds(observations, 'grant').some((one) => one.effect === 'deny' && one.via?.endsWith('denypolicies/one')));
    assert.ok(kinds(observations, 'grant').some((one) => one.permission === 'roles/secretmanager.secretAccessor'));
  });

  it('leaves an excepted account its right', async () => {
    const excepted = { ...rule, exceptionPrincipals: [`principal://iam.googleapis.com/projects/-/serviceAccounts/${ETL}`] };

    assert.deepEqual(reads(await scanText(lines(secrets, denyPolicy(excepted)))), ['high']);
  });

  it('is not sure where a group decides, and names it', async () => {
    const observations = await scanText(
      lines(secrets, denyPolicy({ ...rule, deniedPrincipals: ['principalSet://goog/group/all@b.example'] })),
    );

    assert.deepEqual(reads(observations), ['medium']);
    assert.match(
      JSON.stringify(kinds(observations, 'grant').find((one) => one.capability === 'reads-secrets')?.detail?.unknown),
      /members of all@b\.example/,
    );
  });

  it('says that a list of deny policies leaves the rules out', async () => {
    const observations = await scanText(
      lines(secrets, {
        name: `policies/cloudresourcemanager.googleapis.com%2Fprojects%2F${PROJECT}/denypolicies/one`,
        kind: 'DenyPolicy',
      }),
    );

    assert.equal(coverageOf(observations)?.outcome, 'partial');
    assert.match(coverageOf(observations)?.why ?? '', /gcloud iam policies get/);
    assert.deepEqual(reads(observations), ['high']);
  });

  it('keeps what lies outside of a boundary out of reach', async () => {
    const policy = 'organizations/2/locations/global/principalAccessBoundaryPolicies/dev';
    const boundary = (resource: string) => [
      { name: policy, details: { rules: [{ effect: 'ALLOW', resources: [resource] }], enforcementVersion: '3' } },
      {
        name: 'organizations/2/locations/global/policyBindings/b',
        policy,
        policyKind: 'PRINCIPAL_ACCESS_BOUNDARY',
        target: { principalSet: '//cloudresourcemanager.googleapis.com/organizations/2' },
      },
    ];

    const tables = found(PROJECT_RESOURCE, bind('roles/bigquery.dataViewer', SA));
    const capable = (observations: readonly Observation[]) =>
      kinds(observations, 'grant')
        .filter(({ capability }) => capability !== undefined)
        .map(({ confidence, detail }) => [confidence, detail?.unknown]);
    const outside = boundary('//cloudresourcemanager.googleapis.com/projects/other');

    assert.deepEqual(capable(await scanText(lines(tables, ...outside))), []);
    assert.deepEqual(capable(await scanText(lines(secrets, ...outside))), [
      ['medium', [`whether ${policy} can block secretmanager.versions.access (${policy})`]],
    ]);
    assert.deepEqual(reads(await scanText(lines(secrets, ...boundary('//cloudresourcemanager.googleapis.com/folders/1')))), [
      'high',
    ]);
  });
});

describe('gcp-iam scanner: lists of none', () => {
  it('says by the name of the file what there is none of', async () => {
    const none = await scanText('[]\n[]', 'gcp/keys-harbour-prod.json');
    const some = await scanText(`[]\n${JSON.stringify([key()])}`, 'gcp/keys-harbour-prod.json');

    assert.deepEqual(coverageOf(none)?.covers, ['credential']);
    assert.equal(coverageOf(none)?.outcome, 'complete');
    assert.equal(kinds(some, 'credential').length, 1);
  });
});

describe('gcp-iam scanner: policies of the organisation', () => {
  const across = (enforce: boolean) => ({
    etag: 'CNbA',
    name: `projects/${NUMBER}/policies/iam.disableCrossProjectServiceAccountUsage`,
    spec: { etag: 'CNbA', rules: [{ enforce }] },
  });
  const other = { name: `projects/${NUMBER}/policies/iam.disableServiceAccountCreation`, spec: { rules: [{ enforce: true }] } };
  const project = { projectId: PROJECT, projectNumber: NUMBER, lifecycleState: 'ACTIVE', name: 'Harbour' };
  const bindings = [
    found(PROJECT_RESOURCE, bind('roles/owner', SA)),
    found(ACCOUNT_RESOURCE, bind('roles/iam.serviceAccountUser', 'serviceAccount:ci@lab.iam.gserviceaccount.com')),
    {
      ...found(
        '//cloudresourcemanager.googleapis.com/projects/lab-1',
        bind('roles/run.admin', 'serviceAccount:ci@lab.iam.gserviceaccount.com'),
      ),
      project: 'projects/999',
      folders: [],
    },
  ];
  const methods = (observations: readonly Observation[]) =>
    kinds(observations, 'grant').flatMap(({ detail }) => (typeof detail?.method === 'string' ? [detail.method] : []));

  it('let code run as accounts of another project', async () => {
    const open = await scanText(lines(project, other, across(false), ...bindings));
    const closed = await scanText(lines(project, other, across(true), ...bindings));

    assert.deepEqual(methods(open), ['run-service-call']);
    assert.deepEqual(methods(closed), []);
    assert.equal(coverageOf(open)?.outcome, 'complete');
    assert.equal(gcpIam.recognises(headOf(JSON.stringify(across(false), null, 2))), true);
  });
});

describe('gcp-iam scanner: use', () => {
  it('tells when an account and a key were last used, and since when that is on record', async () => {
    const observations = await scanText(
      lines(account(), key(), activity(ETL, '2026-05-20T07:00:00Z'), activity(`${ETL}/keys/${KEY_ID}`)),
    );

    const [identity] = kinds(observations, 'identity');
    const [credential] = kinds(observations, 'credential');
    assert.equal(identity?.lastUsedAt, '2026-05-20T07:00:00.000Z');
    assert.equal(credential?.lastUsedAt, undefined);
    assert.equal(credential?.detail?.observedFrom, '2026-02-20T07:00:00.000Z');
    assert.ok(coverageOf(observations)?.covers.includes('usage'));
  });

  it('knows an account by its number', async () => {
    const observations = await scanText(lines(account(), activity('100000000000000000001', '2026-05-20T07:00:00Z')));

    assert.equal(kinds(observations, 'identity').length, 1);
    assert.equal(kinds(observations, 'identity')[0]?.lastUsedAt, '2026-05-20T07:00:00.000Z');
  });

  it('tells of an account of which there is a last use alone', async () => {
    const [identity, ...more] = kinds(await scanJson([activity(ETL, '2026-05-20T07:00:00Z')]), 'identity');

    assert.equal(identity?.id, ETL_ID);
    assert.equal(more.length, 0);
  });

  it('takes the insight of the recommender for it too', async () => {
    const observations = await scanText(
      lines(account(), insight('google.iam.serviceAccount.Insight', { email: ETL, serviceAccountId: '1' })),
    );

    assert.equal(kinds(observations, 'identity')[0]?.detail?.observedFrom, '2026-03-01T07:00:00.000Z');
    assert.ok(!coverageOf(observations)?.covers.includes('usage'));
  });

  it('proposes roles that are enough', async () => {
    const policy = insight('google.iam.policy.Insight', {
      role: 'roles/editor',
      member: SA,
      exercisedPermissions: [{ permission: 'storage.objects.get' }],
      inferredPermissions: [],
      currentTotalPermissionsCount: '3120',
    });

    const [identity] = kinds(
      await scanText(lines(account(), found(PROJECT_RESOURCE, bind('roles/editor', SA)), policy)),
      'identity',
    );

    const proposal = identity?.detail?.leastPrivilege as { status: string; removed: string[]; text: string } | undefined;
    assert.equal(proposal?.status, 'proposed');
    assert.deepEqual(proposal?.removed, [`roles/editor on projects/${PROJECT}`]);
    assert.match(proposal?.text ?? '', /storage\.objects\.get/);
  });
});

describe('gcp-iam scanner: API and HMAC keys', () => {
  it('tells an API key and its limits', async () => {
    const limited = apiKey({
      uid: '1',
      restrictions: { browserKeyRestrictions: { allowedReferrers: ['x'] }, apiTargets: [{ service: 'maps.googleapis.com' }] },
    });

    const credentials = kinds(await scanJson([apiKey(), limited]), 'credential');

    assert.deepEqual(
      credentials.map((one) => [one.id, one.detail?.restricted, one.detail?.callers, one.detail?.services]),
      [
        ['gcp:api-key/0f8fad5b', false, undefined, undefined],
        ['gcp:api-key/1', true, 'browser', ['maps.googleapis.com']],
      ],
    );
  });

  it('links an API key to the account that it acts as, and knows a deleted one', async () => {
    const [bound, deleted] = kinds(
      await scanJson([apiKey({ serviceAccountEmail: ETL }), apiKey({ uid: '2', deleteTime: '2026-01-01T00:00:00Z' })]),
      'credential',
    );

    assert.equal(bound?.identity, ETL_ID);
    assert.equal(deleted?.status, 'revoked');
  });

  it('keeps the fingerprint of a key string, and never the string', async () => {
    const keyString = ['AIza', 'x'.repeat(35)].join('');

    const observations = await scanJson([apiKey({ keyString })]);

    assert.match(kinds(observations, 'credential')[0]?.fingerprint ?? '', /^[0-9a-f]{64}$/);
    assert.ok(!JSON.stringify(observations).includes(keyString));
  });

  it('reads HMAC keys as the API and as gcloud spell them', async () => {
    const api = {
      kind: 'storage#hmacKeyMetadata',
      accessId: hmacId,
      serviceAccountEmail: ETL,
      state: 'ACTIVE',
      timeCreated: '2025-01-01T00:00:00Z',
    };
    const gcloud = {
      access_id: `${hmacId}B`,
      service_account_email: ETL,
      state: 'INACTIVE',
      time_created: '2025-01-01T00:00:00Z',
    };

    const credentials = kinds(await scanJson([api, gcloud]), 'credential');

    assert.deepEqual(
      credentials.map((one) => [one.publicId, one.identity, one.status, one.createdAt]),
      [
        [hmacId, ETL_ID, 'active', '2025-01-01T00:00:00.000Z'],
        [`${hmacId}B`, ETL_ID, 'inactive', '2025-01-01T00:00:00.000Z'],
      ],
    );
  });
});

describe('gcp-iam scanner: hierarchy', () => {
  it('reaches accounts below a folder, and says from where', async () => {
    const onFolder = {
      resource: '//cloudresourcemanager.googleapis.com/folders/1',
      assetType: 'cloudresourcemanager.googleapis.com/Folder',
      folders: ['folders/1'],
      organization: 'organizations/2',
      policy: { bindings: [bind('roles/iam.serviceAccountTokenCreator', `serviceAccount:${CI}`)] },
    };

    const trusts = kinds(await scanText(lines(account(), found(PROJECT_RESOURCE, bind('roles/editor', SA)), onFolder)), 'trust');

    assert.deepEqual(
      trusts.map((one) => [one.identity, one.principal, one.detail?.inheritedFrom]),
      [[ETL_ID, `gcp:${PROJECT}:serviceAccount/${CI}`, 'folders/1']],
    );
  });

  it('knows an account by its number', async () => {
    const byNumber = found(
      `//iam.googleapis.com/projects/${NUMBER}/serviceAccounts/100000000000000000001`,
      bind('roles/iam.serviceAccountTokenCreator', `serviceAccount:${CI}`),
    );

    const [trust] = kinds(await scanText(lines(found(PROJECT_RESOURCE), account(), byNumber)), 'trust');

    assert.equal(trust?.identity, ETL_ID);
  });

  it('needs something that runs as the account, to become it by acting as it', async () => {
    const acts = found(ACCOUNT_RESOURCE, bind('roles/iam.serviceAccountUser', `serviceAccount:${CI}`));
    const may = async (...roles: string[]) =>
      kinds(
        await scanText(
          lines(
            acts,
            ...(roles.length === 0 ? [] : [found(PROJECT_RESOURCE, ...roles.map((role) => bind(role, `serviceAccount:${CI}`)))]),
          ),
        ),
        'trust',
      ).length;

    assert.equal(await may('roles/run.admin'), 1);
    assert.equal(await may('roles/logging.logWriter'), 0);
    // The policy of the project is not there: it may be able to.
    assert.equal(await may(), 1);
  });

  it('tells so many accounts below and no more, and says it', async () => {
    const accounts = Array.from({ length: 150 }, (_, index) => account(`a${index}@${PROJECT}.iam.gserviceaccount.com`));

    const observations = await scanText(
      lines(...accounts, found(PROJECT_RESOURCE, bind('roles/iam.serviceAccountTokenCreator', `serviceAccount:${CI}`))),
    );

    assert.equal(kinds(observations, 'trust').length, 100);
    assert.deepEqual(
      kinds(observations, 'coverage').map(({ outcome, covers }) => [outcome, covers]),
      [
        ['complete', ['identity', 'grant', 'trust']],
        ['partial', ['trust']],
      ],
    );
    assert.match(coverageOf(observations)?.why ?? '', /50 edges of inherited impersonation/);
  });

  it('tells the most privileged first', async () => {
    const accounts = Array.from({ length: 150 }, (_, index) => account(`a${index}@${PROJECT}.iam.gserviceaccount.com`));
    const last = `zz@${PROJECT}.iam.gserviceaccount.com`;
    const policies = found(
      PROJECT_RESOURCE,
      bind('roles/iam.serviceAccountTokenCreator', `serviceAccount:${CI}`),
      bind('roles/editor', `serviceAccount:${last}`),
    );

    const trusts = kinds(await scanText(lines(...accounts, account(last), policies)), 'trust');

    assert.equal(trusts[0]?.identity, `gcp:${PROJECT}:serviceAccount/${last}`);
  });

  it('lets nobody inherit from an account that was deleted, nor from an owner', async () => {
    const policies = found(
      PROJECT_RESOURCE,
      bind('roles/iam.serviceAccountTokenCreator', `deleted:serviceAccount:${CI}?uid=1`),
      bind('roles/owner', `serviceAccount:${CI}`),
      bind('roles/iam.serviceAccountTokenCreator', `serviceAccount:service-${NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com`),
    );

    assert.deepEqual(kinds(await scanText(lines(account(), policies)), 'trust'), []);
  });

  it('takes a label of the project for its environment', async () => {
    const project = {
      createTime: '2020-01-01T00:00:00Z',
      lifecycleState: 'ACTIVE',
      labels: { env: 'Production' },
      name: 'x',
      projectId: PROJECT,
      projectNumber: NUMBER,
    };

    const observations = await scanText(lines(project, account(), found(PROJECT_RESOURCE, bind('roles/editor', SA))));

    assert.equal(kinds(observations, 'identity')[0]?.environment, 'prod');
    assert.equal(kinds(observations, 'grant').find((one) => one.capability === 'admin')?.detail?.environment, 'prod');
  });

  it('takes folder and organisation from the name of a policy file', async () => {
    for (const [path, resource] of [
      ['folders-123-iam-policy.json', 'folders/123'],
      ['organization_456.iam_policy.json', 'organizations/456'],
    ] as const) {
      assert.equal(
        kinds(await scanJson({ bindings: [bind('roles/viewer', SA)], etag: 'BwYAAAAAAAA=' }, path), 'grant')[0]?.resource,
        resource,
      );
    }
  });
});

describe('gcp-iam scanner: exports side by side', () => {
  async function scanAll(files: { readonly [path: string]: string }): Promise<Map<string, Observation[]>> {
    const around = surroundings(
      () => Object.keys(files),
      (path): SourceFile => ({ ...fileOf(files[path] ?? '', path), around }),
    );
    const context = testContext();
    const found = new Map<string, Observation[]>();
    for (const [path, text] of Object.entries(files)) {
      if (gcpIam.recognises(headOf(text, path)))
        found.set(path, await collect(gcpIam.scan({ ...fileOf(text, path), around }, context)));
    }
    return found;
  }
  const role = `projects/${PROJECT}/roles/loader`;

  it('reads on where a file beside cannot be read, and says so', async () => {
    const files = { 'gcp/accounts.json': JSON.stringify([account()]), 'gcp/bad.json': JSON.stringify([account(CI)]) };
    const around = surroundings(
      () => Object.keys(files),
      (path): SourceFile => {
        if (path === 'gcp/bad.json') throw new RangeError('Maximum call stack size exceeded');
        return { ...fileOf(files['gcp/accounts.json'], path), around };
      },
    );

    const observations = await collect(
      gcpIam.scan({ ...fileOf(files['gcp/accounts.json'], 'gcp/accounts.json'), around }, testContext()),
    );

    assert.equal(kinds(observations, 'identity').length, 1);
    assert.equal(coverageOf(observations)?.outcome, 'partial');
    assert.match(coverageOf(observations)?.why ?? '', /^1 of the files beside it could not be read/);
  });

  describe('of several projects', () => {
    const OTHER = 'harbour-labs';
    const EMAIL = `loader@${OTHER}.iam.gserviceaccount.com`;
    const other = account(EMAIL, { name: `projects/${OTHER}/serviceAccounts/${EMAIL}`, projectId: OTHER, uniqueId: '2' });
    const held = key('9'.repeat(40), {
      keyType: 'SYSTEM_MANAGED',
      name: `projects/${OTHER}/serviceAccounts/${EMAIL}/keys/${'9'.repeat(40)}`,
    });
    const files = {
      [`gcp/accounts-${PROJECT}.json`]: JSON.stringify([account()]),
      [`gcp/accounts-${OTHER}.json`]: JSON.stringify([other]),
      [`gcp/keys-${PROJECT}.json`]: JSON.stringify([key()]),
    };
    async function missing(more: { readonly [path: string]: string }): Promise<(string | undefined)[][]> {
      const all = await scanAll({ ...files, ...more });
      return [...all.values()]
        .flatMap((observations) => kinds(observations, 'coverage'))
        .filter(({ subject }) => subject.startsWith('Google Cloud exports'))
        .map(({ subject, outcome, covers, why }) => [subject.replace('Google Cloud exports: ', ''), outcome, covers.join(), why]);
    }

    it('says once which of them lacks a list that the others have', async () => {
      assert.deepEqual(await missing({}), [
        [
          `service-account keys of ${OTHER}`,
          'partial',
          'credential',
          `the service-account keys of the project ${OTHER} were not exported, those of ${PROJECT} were: export them too`,
        ],
      ]);
    });

    it('takes an empty list for one, by its name, and keys that Google holds, and one list of all', async () => {
      const whole = [
        { name: '//iam', assetType: 'iam.googleapis.com/ServiceAccountKey', resource: { data: { ...key('8'.repeat(40)) } } },
      ];

      assert.deepEqual(await missing({ [`gcp/keys-${OTHER}.json`]: '[]' }), []);
      assert.deepEqual(await missing({ 'gcp/keys-loader.json': '[]' }), []);
      assert.deepEqual(await missing({ 'gcp/more.json': JSON.stringify([held]) }), []);
      assert.deepEqual(await missing({ 'gcp/assets.json': JSON.stringify(whole) }), []);
      assert.deepEqual(await missing({ [`gcp/keys-${OTHER}.json`]: 'ERROR: (gcloud) denied' }), []);
      assert.deepEqual(await missing({ [`gcp/accounts-${OTHER}.json`]: '[]' }), []);
    });

    it('says that grants are judged without deny policies', async () => {
      const policies = {
        [`gcp/keys-${OTHER}.json`]: '[]',
        [`gcp/${PROJECT}-iam-policy.json`]: JSON.stringify(policy(bind('roles/viewer', SA))),
        [`gcp/${OTHER}-iam-policy.json`]: JSON.stringify(policy()),
      };

      const [without, ...others] = await missing(policies);

      assert.deepEqual([without?.[0], without?.[2], others], ['deny policies', '', []]);
      assert.match(String(without?.[3]), /^grants are judged without deny policies/);
      assert.deepEqual(await missing({ ...policies, [`gcp/deny-${PROJECT}.json`]: '' }), []);
    });
  });

  it('reads roles, deny policies, pools and use from the files beside', async () => {
    const all = await scanAll({
      'gcp/policies/policies.json': JSON.stringify([
        found(PROJECT_RESOURCE, bind(role, SA), bind('roles/iam.serviceAccountTokenCreator', `serviceAccount:${CI}`)),
      ]),
      'gcp/roles.json': JSON.stringify([
        {
          name: role,
          title: 'x',
          includedPermissions: ['secretmanager.versions.access', 'resourcemanager.projects.setIamPolicy'],
        },
      ]),
      'gcp/deny.json': JSON.stringify(
        denyPolicy({
          deniedPrincipals: ['principalSet://goog/public:all'],
          deniedPermissions: ['secretmanager.googleapis.com/versions.access'],
        }),
      ),
      'gcp/accounts.json': JSON.stringify([account()]),
      'gcp/activity.json': JSON.stringify([activity(ETL, '2026-05-20T07:00:00Z')]),
    });

    const policies = all.get('gcp/policies/policies.json') ?? [];
    assert.equal(coverageOf(policies)?.outcome, 'complete');
    assert.ok(!kinds(policies, 'grant').some((one) => one.capability === 'reads-secrets'));
    assert.ok(kinds(policies, 'grant').some((one) => one.identity.endsWith(CI) && one.detail?.method === 'get-access-token'));
    assert.ok(
      kinds(policies, 'trust').some((one) => one.identity === ETL_ID && one.detail?.inheritedFrom === `projects/${PROJECT}`),
    );
    assert.equal(kinds(all.get('gcp/accounts.json') ?? [], 'identity')[0]?.lastUsedAt, '2026-05-20T07:00:00.000Z');
  });

  it('does not mix the exports of two directories', async () => {
    const all = await scanAll({
      'a/policies.json': JSON.stringify([found(PROJECT_RESOURCE, bind(role, SA))]),
      'b/roles.json': JSON.stringify([{ name: role, title: 'x', includedPermissions: ['secretmanager.versions.access'] }]),
    });

    assert.match(coverageOf(all.get('a/policies.json') ?? [])?.why ?? '', /permissions are not known/);
  });

  it('leaves alone what lies beside and is no export', async () => {
    const all = await scanAll({
      'gcp/package.json': JSON.stringify({ name: 'x', version: '1.0.0' }),
      'gcp/broken.json': '{"accounts": [{"email": ',
      'gcp/accounts.json': JSON.stringify([account()]),
    });

    assert.equal(kinds(all.get('gcp/accounts.json') ?? [], 'identity').length, 1);
    assert.equal(coverageOf(all.get('gcp/accounts.json') ?? [])?.outcome, 'complete');
  });
});

describe('gcp-iam scanner recognises beside accounts and policies', () => {
  const hits: [string, object | object[]][] = [
    ['providers', [provider()]],
    ['pools of the API', { workloadIdentityPools: [{ name: POOL, state: 'ACTIVE' }] }],
    ['a deny policy', denyPolicy({ deniedPrincipals: [] })],
    ['a boundary', { name: 'organizations/2/locations/global/principalAccessBoundaryPolicies/x', details: {} }],
    ['boundary bindings', [{ name: 'organizations/2/locations/global/policyBindings/x', policy: 'x' }]],
    ['last authentications', [activity(ETL)]],
    ['insights', [insight('google.iam.policy.Insight', {})]],
    ['API keys', [apiKey()]],
    ['HMAC keys', [{ accessId: hmacId, serviceAccountEmail: ETL }]],
    ['projects', [{ createTime: 'x', lifecycleState: 'ACTIVE', name: 'x', projectId: PROJECT, projectNumber: NUMBER }]],
  ];
  for (const [what, value] of hits) {
    it(what, async () => {
      const text = JSON.stringify(value, null, 2);

      assert.equal(gcpIam.recognises(headOf(text)), true);
      assert.deepEqual(
        (await scanText(text)).filter((one) => one.kind === 'coverage' && /not a GCP IAM answer/.test(one.why ?? '')),
        [],
      );
    });
  }

  for (const [what, value] of [
    ['a Firebase configuration', { projectId: 'x', appId: 'y', apiKey: 'z' }],
    ['a project file of something else', { name: 'x', projectId: 'abc', state: 'open' }],
    ['a message with an access id', { accessId: 'abc', id: 'x' }],
    ['state of Terraform', { version: 4, terraform_version: '1.9.0', resources: [{ name: `${POOL}/providers/x` }] }],
  ] as const) {
    it(`not ${what}`, () => {
      assert.equal(gcpIam.recognises(headOf(JSON.stringify(value))), false);
    });
  }
});
