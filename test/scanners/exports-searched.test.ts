import assert from 'node:assert/strict';
import { awsIamFiles } from '../../scanners/aws-iam/index.ts';
import { entraFiles } from '../../scanners/entra/index.ts';
import { gatewaySessions } from '../../scanners/gateway-sessions/index.ts';
import { gcpIam } from '../../scanners/gcp-iam/index.ts';
import { githubFiles } from '../../scanners/github/index.ts';
import { googleWorkspaceFiles } from '../../scanners/google-workspace/index.ts';
import { kubernetesAudit } from '../../scanners/kubernetes-audit/index.ts';
import { oktaFiles } from '../../scanners/okta/index.ts';
import { people } from '../../scanners/people/index.ts';
import { postgresFiles } from '../../scanners/postgres/index.ts';
import { spire } from '../../scanners/spire/index.ts';
import type { FileScanner, SourceFile } from '../../src/contracts/index.ts';
import { headOfBytes } from '../../src/files/source-file.ts';
import { collect, fakeToken, kinds, testContext } from '../helpers/scan-context.ts';
import { app } from './entra/exports.ts';
import { connection, single } from './gateway-sessions/helpers.ts';
import { account } from './gcp-iam/exports.ts';

const TOKEN = fakeToken('harbour1');
/** The same export with nothing but names in it: no word of it is a sign that a secret may be near. */
const EXPORTS: readonly (readonly [scanner: FileScanner, path: string, value: unknown])[] = [
  [
    awsIamFiles,
    'gaad.json',
    {
      UserDetailList: [{ Arn: 'arn:aws:iam::111122223333:user/ci', UserName: 'ci', Tags: [{ Key: 'note', Value: TOKEN }] }],
      GroupDetailList: [],
      RoleDetailList: [],
      Policies: [],
    },
  ],
  [entraFiles, 'applications.json', { '@odata.context': 'x/$metadata#applications', value: [app('ci', { notes: TOKEN })] }],
  [gcpIam, 'accounts.json', [account(undefined, { description: `see ${TOKEN}` })]],
  [
    githubFiles,
    'repos_acme_web_keys.json',
    [{ id: 91, key: 'ssh-ed25519 AAAA', url: 'https://api.github.com/repos/acme/web/keys/91', title: TOKEN, read_only: false }],
  ],
  [oktaFiles, 'acme.okta.com-apps.json', [{ id: '0oa1', label: TOKEN, name: 'oidc_client', signOnMode: 'OPENID_CONNECT' }]],
  [
    googleWorkspaceFiles,
    'tokens.json',
    { kind: 'admin#directory#tokenList', items: [{ clientId: '1.apps', displayText: TOKEN, scopes: [], userKey: '1' }] },
  ],
  [gatewaySessions, 'connections.json', [connection({ connection_tags: { note: TOKEN } })]],
];

describe('exports of identities', () => {
  for (const [scanner, path, value] of EXPORTS) {
    it(`are searched wherever a name stands: ${scanner.id}`, async () => {
      const text = JSON.stringify(value, null, 2);
      const file = fileOf(path, text);

      const observations = await collect(scanner.scan(file, testContext()));

      assert(scanner.recognises(headOfBytes(path, file.bytes)));
      const line = text.slice(0, text.indexOf(TOKEN)).split('\n').length;
      assert.deepEqual(
        kinds(observations, 'sighting').map(({ at, place }) => [at?.path, at?.line, place]),
        [[path, line, 'file']],
      );
    });
  }

  it('tell a secret in a session once, at its place', async () => {
    const file = fileOf('sessions.json', JSON.stringify([single({ script: { data: `SELECT '${TOKEN}'` } })]));

    const sightings = kinds(await collect(gatewaySessions.scan(file, testContext())), 'sighting');

    assert.deepEqual(
      sightings.map(({ place }) => place),
      ['session-log'],
    );
  });

  it('are searched as any file where nobody else does', () => {
    for (const scanner of [kubernetesAudit, people, postgresFiles, spire]) assert.equal(scanner.content, 'shared', scanner.id);
  });
});

function fileOf(path: string, text: string): SourceFile {
  return { path, bytes: Buffer.from(text), text: () => text, at: { path }, place: 'file' };
}
