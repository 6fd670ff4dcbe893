import assert from 'node:assert/strict';
import { generateKeyPairSync, verify as verifySignature } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Verification } from '../../../src/contracts/detector.ts';
import type { BulkMatch, Observation } from '../../../src/contracts/index.ts';
import { Secret } from '../../../src/util/secret.ts';
import { Verifier } from '../../../src/verify/verifier.ts';
import { testContext } from '../../helpers/scan-context.ts';

interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
type Reply = { readonly status: number; readonly headers?: { readonly [name: string]: string }; readonly body?: string };

const HTTP: Verification = {
  method: 'GET',
  url: 'https://api.example.com/me',
  headers: { authorization: 'Bearer {secret}' },
  active: { status: [200] },
  inactive: { status: [401] },
  identity: 'user.login',
  scopes: 'header:x-scopes',
};
const TOKEN = ['tok', 'en-1234567890'].join('');

function matchOf(fields: Partial<BulkMatch> = {}): BulkMatch {
  return {
    detector: 'example-token',
    provider: 'example',
    type: 'token',
    credential: 'secret:f1',
    fingerprint: 'f1',
    masked: 'tok…',
    confidence: 'high',
    start: 0,
    end: 1,
    line: 1,
    column: 1,
    endLine: 1,
    endColumn: 1,
    secret: new Secret(TOKEN),
    ...fields,
  };
}

describe('live verification', () => {
  let server: Server;
  let requests: Request[];
  let reply: (request: Request) => Reply;
  let origin: string;

  beforeEach(async () => {
    requests = [];
    reply = () => ({ status: 200, body: '{}' });
    server = createServer(async (incoming, outgoing) => {
      let body = '';
      for await (const chunk of incoming) body += String(chunk);
      const request = { method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, body };
      requests.push(request);
      const answer = reply(request);
      outgoing.writeHead(answer.status, answer.headers).end(answer.body ?? '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  async function verified(matches: readonly BulkMatch[], rule: Verification = HTTP, limit?: number) {
    const verifier = new Verifier({
      rules: new Map([['example-token', rule]]),
      origins: {
        'api.example.com': origin,
        'sts.us-east-1.amazonaws.com': origin,
        'oauth2.googleapis.com': origin,
      },
      pace: { gap: 0, inFlight: 2 },
      ...(limit === undefined ? {} : { limit }),
    });
    for (const match of matches) verifier.offer(match);
    const context = testContext();
    const observations: Observation[] = [];
    for await (const observation of verifier.run(context)) observations.push(observation);
    const coverage = observations.find((observation) => observation.kind === 'coverage');
    assert(coverage !== undefined);
    return {
      credentials: observations.filter((observation) => observation.kind === 'credential'),
      coverage,
      hosts: context.hosts,
    };
  }

  it('says that a credential works, whose it is and what it may do', async () => {
    reply = () => ({ status: 200, headers: { 'x-scopes': 'repo, read:org' }, body: '{"user":{"login":"deploy-bot"}}' });

    const { credentials, coverage, hosts } = await verified([matchOf()]);

    assert.equal(requests[0]?.headers.authorization, `Bearer ${TOKEN}`);
    assert.equal(credentials[0]?.status, 'active');
    assert.equal(credentials[0]?.detail?.answeredAs, 'deploy-bot');
    assert.deepEqual(credentials[0]?.detail?.scopes, ['repo', 'read:org']);
    assert.equal(coverage.outcome, 'complete');
    assert.equal(new Set(hosts).size, 1);
  });

  it('says that a credential is refused', async () => {
    reply = () => ({ status: 401 });

    const { credentials } = await verified([matchOf()]);

    assert.equal(credentials[0]?.status, 'inactive');
  });

  for (const status of [403, 404, 500, 302]) {
    it(`does not take HTTP ${status} for a refusal`, async () => {
      reply = () => ({ status, headers: { location: `${origin}/elsewhere` } });

      const { credentials, coverage } = await verified([matchOf()]);

      assert.deepEqual(credentials, []);
      assert.equal(coverage.outcome, 'partial');
      assert.match(coverage.why ?? '', new RegExp(`HTTP ${status}`));
      assert.equal(requests.length, 1);
    });
  }

  it('asks once for a secret that lies in many places', async () => {
    const { coverage } = await verified([matchOf(), matchOf({ line: 9 }), matchOf()]);

    assert.equal(requests.length, 1);
    assert.equal(coverage.seen, 1);
  });

  it('waits as long as it is told, once', async () => {
    reply = () => (requests.length === 1 ? { status: 429, headers: { 'retry-after': '0' } } : { status: 200, body: '{}' });

    const { credentials } = await verified([matchOf()]);

    assert.equal(requests.length, 2);
    assert.equal(credentials[0]?.status, 'active');
  });

  it('stops at its limit, and says so', async () => {
    const matches = ['a', 'b', 'c'].map((fingerprint) => matchOf({ fingerprint }));

    const { coverage } = await verified(matches, HTTP, 2);

    assert.equal(requests.length, 2);
    assert.equal(coverage.skipped, 1);
    assert.match(coverage.why ?? '', /1 more were not asked/);
  });

  it('says that the provider of others cannot be asked', async () => {
    const { coverage } = await verified([matchOf({ detector: 'another' })]);

    assert.equal(requests.length, 0);
    assert.equal(coverage.outcome, 'partial');
  });

  it('sends no header that a secret could break', async () => {
    const { credentials, coverage } = await verified([matchOf({ secret: new Secret('a\r\nx-evil: 1') })]);

    assert.equal(requests.length, 0);
    assert.deepEqual(credentials, []);
    assert.match(coverage.why ?? '', /line break/);
  });

  it('tells nothing of the secret when nobody answers', async () => {
    await new Promise((resolve) => server.close(resolve));

    const { coverage } = await verified([matchOf()]);

    assert.match(coverage.why ?? '', /ECONNREFUSED/);
    assert(!JSON.stringify(coverage).includes(TOKEN));
    server.listen(0, '127.0.0.1');
  });

  it('takes no other address than a loopback one in place of a host', async () => {
    const verifier = new Verifier({
      rules: new Map([['example-token', HTTP]]),
      origins: { 'api.example.com': 'http://192.0.2.1' },
    });
    verifier.offer(matchOf());

    const observations: Observation[] = [];
    for await (const observation of verifier.run(testContext())) observations.push(observation);

    assert.match(observations[0]?.kind === 'coverage' ? (observations[0].why ?? '') : '', /loopback/);
  });

  describe('of an AWS key', () => {
    const key = {
      publicId: ['AK', 'IAIOSFODNN7HARBOUR'].join(''),
      credential: 'aws:access-key/x',
      provider: 'aws',
      type: 'access-key',
    } as const;

    it('signs a request for the caller identity', async () => {
      const arn = 'arn:aws:iam::123456789012:user/ml-batch';
      reply = () => ({ status: 200, body: `<GetCallerIdentityResponse><Arn>${arn}</Arn></GetCallerIdentityResponse>` });

      const { credentials } = await verified([matchOf(key)], 'aws-sts');

      const [request] = requests;
      assert.equal(request?.body, 'Action=GetCallerIdentity&Version=2011-06-15');
      assert.match(
        request?.headers.authorization ?? '',
        new RegExp(
          `^AWS4-HMAC-SHA256 Credential=${key.publicId}/\\d{8}/us-east-1/sts/aws4_request, SignedHeaders=[a-z;-]+, Signature=[0-9a-f]{64}$`,
        ),
      );
      assert.equal(credentials[0]?.status, 'active');
      assert.equal(credentials[0]?.detail?.answeredAs, arn);
      assert(!JSON.stringify(requests).includes(TOKEN));
    });

    it('knows the errors that mean "not this key" from others', async () => {
      reply = () => ({ status: 403, body: '<Code>InvalidClientTokenId</Code>' });
      assert.equal((await verified([matchOf(key)], 'aws-sts')).credentials[0]?.status, 'inactive');

      reply = () => ({ status: 403, body: '<Code>SignatureDoesNotMatch</Code><Message>Signature expired: …</Message>' });
      assert.deepEqual((await verified([matchOf(key)], 'aws-sts')).credentials, []);
    });

    it('does not ask for a temporary key, which needs a third part', async () => {
      const publicId = ['AS', 'IAIOSFODNN7HARBOUR'].join('');

      const { coverage } = await verified([matchOf({ ...key, publicId })], 'aws-sts');

      assert.equal(requests.length, 0);
      assert.match(coverage.why ?? '', /session token/);
    });

    it('does not ask for a key id without its secret', async () => {
      await verified([matchOf({ ...key, secret: new Secret(key.publicId) })], 'aws-sts');

      assert.equal(requests.length, 0);
    });
  });

  describe('of a Google service account key', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const identity = 'gcp:harbour:serviceAccount/etl@harbour.iam.gserviceaccount.com';

    it('sends an assertion that the key has signed', async () => {
      const { credentials } = await verified(
        [matchOf({ secret: new Secret(pem.replaceAll('\n', '\\n')), identity, publicId: '0a1b' })],
        'gcp-token',
      );

      const assertion = new URLSearchParams(requests[0]?.body).get('assertion') ?? '';
      const [header = '', claims = '', signature = ''] = assertion.split('.');
      assert(verifySignature('sha256', Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, 'base64url')));
      assert.equal(JSON.parse(Buffer.from(claims, 'base64url').toString()).iss, 'etl@harbour.iam.gserviceaccount.com');
      assert.equal(credentials[0]?.status, 'active');
    });

    it('takes an invalid grant for a refusal', async () => {
      reply = () => ({ status: 400, body: '{"error":"invalid_grant"}' });

      const { credentials } = await verified([matchOf({ secret: new Secret(pem), identity })], 'gcp-token');

      assert.equal(credentials[0]?.status, 'inactive');
    });

    it('says that a key cannot be read', async () => {
      const { coverage } = await verified([matchOf({ secret: new Secret('-----BEGIN'), identity })], 'gcp-token');

      assert.match(coverage.why ?? '', /cannot be read/);
    });
  });
});
