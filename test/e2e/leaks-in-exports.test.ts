import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli } from '../helpers/cli.ts';

/** Assembled here, so that no push protection stops this file. */
const TOKEN = ['glp', 'at-x7Kq2mWv9RtYb4NcZs1D'].join('');
const KEY = ['sk_', 'live_51Hq8ZtLmN3vXcR7bYw2KpQd'].join('');
const ACCOUNT = '111122223333';
const POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::b/${TOKEN}` }],
};
const TRUST = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::999988887777:root' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': TOKEN } },
    },
  ],
};
const EXPORTS = {
  'aws.json': {
    UserDetailList: [],
    GroupDetailList: [],
    RoleDetailList: [
      {
        Arn: `arn:aws:iam::${ACCOUNT}:role/r`,
        RoleName: 'r',
        CreateDate: '2026-01-01T00:00:00Z',
        AssumeRolePolicyDocument: TRUST,
        RolePolicyList: [{ PolicyName: 'inline', PolicyDocument: POLICY }],
        AttachedManagedPolicies: [],
        Tags: [{ Key: 'note', Value: `pw ${KEY}` }],
      },
    ],
    Policies: [],
  },
  'applications.json': {
    '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#applications',
    value: [
      {
        id: '5c1b0f2e-7a43-4d9c-9a51-3a1f0e6b7c8d',
        appId: '9e2d4b6a-1c3f-4e58-8b7a-6d5c4f3e2b1a',
        displayName: `app ${TOKEN}`,
        createdDateTime: '2025-01-01T00:00:00Z',
        passwordCredentials: [
          { keyId: '33333333-3333-4333-8333-333333333333', displayName: KEY, endDateTime: '2030-12-01T00:00:00Z' },
        ],
        keyCredentials: [],
      },
    ],
  },
  'accounts.json': [
    {
      email: 'deploy@acme-prod.iam.gserviceaccount.com',
      name: 'projects/acme-prod/serviceAccounts/deploy@acme-prod.iam.gserviceaccount.com',
      projectId: 'acme-prod',
      uniqueId: '1001',
      description: `token ${TOKEN}`,
    },
  ],
  'repos_acme_web_keys.json': [
    {
      id: 91,
      key: 'ssh-ed25519 AAAA',
      url: 'https://api.github.com/repos/acme/web/keys/91',
      title: `ci ${TOKEN}`,
      created_at: '2024-01-01T00:00:00Z',
      read_only: false,
    },
  ],
};

describe('credentials in exports, end to end', function () {
  this.timeout(60_000);

  it('are told as leaks, and shown by no report and no store', async () => {
    const root = mkdtempSync(join(tmpdir(), 'nhi-leaks-'));
    try {
      mkdirSync(join(root, 'exports'));
      for (const [name, value] of Object.entries(EXPORTS)) {
        writeFileSync(join(root, 'exports', name), JSON.stringify(value, null, 1));
      }
      const outputs = ['json', 'sarif', 'csv', 'markdown', 'terminal'].flatMap((id) => ['-o', `${id}=report.${id}`]);

      const result = await cli(['scan', 'exports', '-f', 'json', '--store', 'audit.duckdb', ...outputs], { cwd: root });

      assert.equal(result.code, 1, result.stderr);
      for (const name of Object.keys(EXPORTS)) assert(leaksIn(result.stdout).has(name), `${name} has a leak`);
      const files = readdirSync(root).filter((name) => name !== 'exports');
      assert.equal(files.filter((name) => name.startsWith('report.')).length, 5);
      for (const name of files) {
        const bytes = readFileSync(join(root, name));
        assert(!bytes.includes(TOKEN) && !bytes.includes(KEY), `${name} shows one`);
      }
      assert(!result.stdout.includes(TOKEN) && !result.stderr.includes(TOKEN));
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});

/** Files in which a finding has a sighting. */
function leaksIn(report: string): ReadonlySet<string> {
  const { findings } = JSON.parse(report) as {
    readonly findings: readonly {
      readonly evidence: readonly { readonly kind: string; readonly place?: { readonly path?: string } }[];
    }[];
  };
  const places = findings.flatMap(({ evidence }) => evidence.filter(({ kind }) => kind === 'sighting'));
  return new Set(places.map(({ place }) => place?.path ?? ''));
}
