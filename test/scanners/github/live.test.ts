import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { scanGithub } from '../../../scanners/github/live.ts';
import { probeGithub } from '../../../scanners/github/probe.ts';
import type { CoverageObservation, Observation, ServiceTarget } from '../../../src/contracts/index.ts';
import { collect, kinds, type TestContext, type TestContextOverrides, testContext } from '../../helpers/scan-context.ts';
import { auditEvent, fullOrganisation, listOf, secret, sshKey } from './answers.ts';
import { type FakeGithub, forbidden, hidden, startGithub } from './server.ts';

const TOKEN = ['gh', 'p_'].join('') + 'x'.repeat(36);

describe('github live scanner', () => {
  let github: FakeGithub;

  beforeEach(async () => {
    github = await startGithub();
    for (const [path, route] of fullOrganisation()) github.routes.set(path, route);
    // Most of these are about the organisation: its repositories cost eight calls each.
    github.routes.set('/orgs/harbour/repos', []);
  });
  afterEach(async () => {
    await github.close();
  });

  it('reads an organisation over all pages, and says which host it asked', async () => {
    github.routes.set('/orgs/harbour/repos', fullOrganisation().get('/orgs/harbour/repos') ?? []);
    const { observations, context } = await scan(github);

    assert.deepEqual(
      kinds(observations, 'identity')
        .map(({ id }) => id)
        .sort(),
      [
        'github:harbour/docs:oidc-template',
        'github:harbour/docs:workflow-token',
        'github:harbour/shop:deploy-key/1',
        'github:harbour/shop:deploy-key/2',
        'github:harbour/shop:deploy-key/3',
        'github:harbour/shop:environment/prod:eu/secret/DB',
        'github:harbour/shop:oidc-template',
        'github:harbour/shop:runner/builder',
        'github:harbour/shop:secret/AWS_KEY',
        'github:harbour/shop:webhook/7',
        'github:harbour/shop:workflow-token',
        'github:harbour:app-installation/renovate',
        'github:harbour:member/astrid',
        'github:harbour:oidc-template',
        'github:harbour:pat/11',
        'github:harbour:pat/12',
        'github:harbour:pat/13',
        'github:harbour:runner-group/1',
        'github:harbour:runner/big',
        'github:harbour:secret/NPM_TOKEN',
        'github:harbour:token/joonas/abcd1234',
        'github:harbour:workflow-token',
      ],
    );
    assert.deepEqual(context.hosts, [new URL(github.url).host, ...context.hosts.slice(1)]);
    assert.deepEqual(
      notComplete(observations).map(({ subject }) => subject),
      [],
    );
    assert.equal(
      github.asked.every(({ method }) => method === 'GET'),
      true,
    );
  });

  it('says which repositories a token was let in to, and where that could not be read', async () => {
    github.routes.set('/orgs/harbour/personal-access-tokens/1012/repositories', [
      { full_name: 'harbour/a' },
      { full_name: 'harbour/b' },
    ]);
    github.routes.set('/orgs/harbour/personal-access-tokens/1013/repositories', () =>
      forbidden('organization_personal_access_tokens=read'),
    );

    const { observations } = await scan(github);

    const tokens = kinds(observations, 'identity').filter(({ type }) => type === 'pat');
    assert.deepEqual(
      tokens.map(({ detail }) => detail?.repositories),
      [['harbour/shop'], ['harbour/a', 'harbour/b'], undefined],
    );
    const reads = kinds(observations, 'grant').filter(
      ({ capability, viaKind }) => capability === 'reads-data' && viaKind === 'token',
    );
    assert.deepEqual(
      reads.slice(0, 3).map(({ resource }) => resource),
      ['harbour/shop', 'harbour/(selected)', 'harbour/(selected)'],
    );
    const [row] = notComplete(observations);
    assert.deepEqual(
      [row?.subject, row?.outcome, row?.read, row?.failed],
      ['github:harbour repositories of fine-grained tokens', 'partial', 2, 1],
    );
  });

  it('says which repositories a secret for chosen ones is handed to', async () => {
    github.routes.set(
      '/orgs/harbour/actions/secrets',
      listOf('secrets', secret('NPM_TOKEN', { visibility: 'selected' }), secret('ALL', { visibility: 'all' })),
    );
    github.routes.set('/orgs/harbour/dependabot/secrets', listOf('secrets', secret('FEED', { visibility: 'selected' })));
    github.routes.set(
      '/orgs/harbour/actions/secrets/NPM_TOKEN/repositories',
      listOf('repositories', { full_name: 'Harbour/shop' }),
    );
    github.routes.set('/orgs/harbour/dependabot/secrets/FEED/repositories', () =>
      forbidden('organization_dependabot_secrets=read'),
    );

    const { observations } = await scan(github);

    const secrets = kinds(observations, 'credential').filter(
      ({ type, detail }) => type === 'ci-secret' && detail?.level === 'organisation',
    );
    assert.deepEqual(
      secrets.map(({ detail }) => [detail?.secretName, detail?.repositories]),
      [
        ['NPM_TOKEN', ['harbour/shop']],
        ['ALL', undefined],
        ['FEED', undefined],
      ],
    );
    assert.deepEqual(
      notComplete(observations).map(({ subject, outcome }) => [subject, outcome]),
      [['github:harbour repositories of Dependabot secrets', 'denied']],
    );
  });

  it('names the missing right of a refused call, and goes on with the others', async () => {
    github.routes.set('/orgs/harbour/personal-access-tokens', () => forbidden('organization_personal_access_tokens=read'));

    const { observations } = await scan(github);

    const [row] = notComplete(observations);
    assert.equal(row?.outcome, 'denied');
    assert.match(
      row?.why ?? '',
      /"Personal access tokens" \(read\), which only a GitHub App can have \(organization_personal_access_tokens=read\) is missing/,
    );
    assert.deepEqual(row?.covers, ['identity', 'credential', 'grant']);
    assert.equal(notComplete(observations).length, 1);
    assert.ok(kinds(observations, 'identity').some(({ type }) => type === 'app-installation'));
  });

  it('tells a hidden call from one that the server does not have', async () => {
    github.routes.set('/orgs/harbour/hooks', () => hidden('orgs/webhooks#list-organization-webhooks'));
    github.routes.delete('/orgs/harbour/actions/runner-groups');

    const { observations } = await scan(github);

    const rows = new Map(notComplete(observations).map((row) => [row.subject, row]));
    assert.deepEqual([...rows.keys()], ['github:harbour runner groups', 'github:harbour webhooks of the organisation']);
    assert.equal(rows.get('github:harbour webhooks of the organisation')?.outcome, 'denied');
    assert.match(
      rows.get('github:harbour webhooks of the organisation')?.why ?? '',
      /hides it \(HTTP 404\): the organization permission "Webhooks"/,
    );
    assert.equal(rows.get('github:harbour runner groups')?.outcome, 'unsupported');
  });

  it('keeps the pages before a failure, and says that the rest is missing', async () => {
    const list = github.routes.get('/orgs/harbour/personal-access-tokens') as readonly unknown[];
    github.routes.set('/orgs/harbour/personal-access-tokens', (asked) =>
      asked.query.get('page') === '2'
        ? { status: 502, body: { message: 'Server Error' } }
        : { headers: { link: `<${github.url}/orgs/harbour/personal-access-tokens?page=2>; rel="next"` }, body: list.slice(0, 2) },
    );

    const { observations } = await scan(github);

    assert.equal(kinds(observations, 'identity').filter(({ type }) => type === 'pat').length, 2);
    const [row] = notComplete(observations);
    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /HTTP 502, "Server Error"\): scan again later/);
    assert.equal(github.asked.filter(({ path, query }) => path.endsWith('tokens') && query.get('page') === '2').length, 4);
  });

  it('waits when it is asked to, by either limit, and reads on', async () => {
    github.routes.set('/orgs/harbour/repos', fullOrganisation().get('/orgs/harbour/repos') ?? []);
    github.routes.set('/repos/harbour/shop/keys', (_, tried) => {
      if (tried === 0) return { status: 429, headers: { 'retry-after': '1' }, body: { message: 'Too many requests' } };
      if (tried === 1)
        return {
          status: 403,
          headers: { 'retry-after': '2' },
          body: { message: 'You have exceeded a secondary rate limit. Please wait a few minutes.' },
        };
      return { body: [sshKey({ id: 1 })] };
    });

    const { observations } = await scan(github);

    assert.equal(github.count('/repos/harbour/shop/keys'), 3);
    assert.ok(kinds(observations, 'identity').some(({ id }) => id === 'github:harbour/shop:deploy-key/1'));
    assert.deepEqual(notComplete(observations), []);
  });

  it('ends where the calls of the hour are spent, and says when to go on', async () => {
    const reset = Math.floor(Date.now() / 1000) + 1800;
    github.routes.set('/orgs/harbour/installations', () => ({
      status: 403,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) },
      body: { message: 'API rate limit exceeded for installation ID 1.' },
    }));

    const { observations } = await scan(github);

    const rows = notComplete(observations);
    assert.ok(rows.length > 10, 'all that was not asked says so');
    assert.equal(
      rows.every(({ outcome }) => outcome === 'partial'),
      true,
    );
    assert.match(
      rows.find(({ subject }) => subject.endsWith('Apps'))?.why ?? '',
      /^the calls of this hour are spent: scan again after 20/,
    );
    assert.equal(github.count('/orgs/harbour/audit-log'), 0);
  });

  it('hands back the cursor of a page as it was given', async () => {
    const cursors: (string | null)[] = [];
    github.routes.set('/orgs/harbour/audit-log', ({ query }) => {
      cursors.push(query.get('after'));
      const link = `<${github.url}/orgs/harbour/audit-log?after=MS4y:abc{d}%3D%3D&per_page=100>; rel="next"`;
      return { headers: query.has('after') ? {} : { link }, body: [auditEvent()] };
    });

    const { observations } = await scan(github);

    assert.deepEqual(cursors, [null, 'MS4y:abc{d}==']);
    assert.deepEqual(notComplete(observations), []);
  });

  it('reads the newest of a long audit log, and says that more follow', async () => {
    github.routes.set('/orgs/harbour/audit-log', (asked) => {
      const page = Number(asked.query.get('page') ?? 1);
      return { headers: { link: `<${github.url}/orgs/harbour/audit-log?page=${page + 1}>; rel="next"` }, body: [auditEvent()] };
    });

    const observations = await collect(scanGithub(target('harbour'), context(github), { second: 5, mostPages: 3 }));

    assert.match(notComplete(observations)[0]?.why ?? '', /the newest 3 were read, and more follow: export the whole/);
    assert.equal(github.count('/orgs/harbour/audit-log'), 3);
  });

  it('goes on after a cut-off run with what it had read', async () => {
    const kept = new Map<string, unknown>();
    const once: TestContext['once'] = async (step, make) => {
      if (!kept.has(step)) kept.set(step, structuredClone(await make()));
      return kept.get(step) as never;
    };
    github.routes.set('/orgs/harbour/audit-log', [auditEvent({ hashed_token: 'aGFzaGVk' })]);
    const first = await scan(github, { once });
    const asked = github.asked.length;

    const second = await scan(github, { once });

    assert.equal(github.asked.length, asked);
    assert.deepEqual(second.observations, first.observations);
    assert.ok(!JSON.stringify([...kept]).includes(TOKEN));
    assert.ok(!JSON.stringify([...kept]).includes('aGFzaGVk'), 'nor the hash of a token, nor a secret that was found');
    assert.ok(!JSON.stringify([...kept]).includes('planted-value'));
    assert.equal(kinds(first.observations, 'usage').length, 1);
  });

  it('does not keep a step that failed', async () => {
    const kept = new Map<string, unknown>();
    const once: TestContext['once'] = async (step, make) => {
      if (!kept.has(step)) kept.set(step, structuredClone(await make()));
      return kept.get(step) as never;
    };
    const whole = github.routes.get('/orgs/harbour/installations') ?? [];
    github.routes.set('/orgs/harbour/installations', () => forbidden('organization_administration=read'));
    await scan(github, { once });
    github.routes.set('/orgs/harbour/installations', whole);

    const { observations } = await scan(github, { once });

    assert.ok(kinds(observations, 'identity').some(({ type }) => type === 'app-installation'));
  });

  it('says once that the token is not accepted', async () => {
    for (const path of github.routes.keys())
      github.routes.set(path, () => ({
        status: 401,
        body: { message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest' },
      }));

    const { observations } = await scan(github);

    assert.equal(observations.length, 1);
    const [row] = kinds(observations, 'coverage');
    assert.equal(row?.outcome, 'denied');
    assert.match(row?.why ?? '', /does not accept the token, or no more \("Bad credentials"/);
    assert.equal(github.asked.length, 1);
  });

  it('says what is missing without any credentials, and asks nothing', async () => {
    const { observations } = await scan(github, {}, { GITHUB_TOKEN: '' });

    assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /no credentials were found: set GITHUB_TOKEN/);
    assert.equal(github.asked.length, 0);
  });

  it('tells that a token is not authorised for single sign-on, without the address to do it at', async () => {
    github.routes.set('/orgs/harbour', () => ({
      status: 403,
      headers: { 'x-github-sso': 'required; url=https://github.com/orgs/harbour/sso?authorization_request=SECRETPART' },
      body: { message: 'Resource protected by organization SAML enforcement.' },
    }));

    const { observations } = await scan(github);

    const [row] = kinds(observations, 'coverage');
    assert.match(row?.why ?? '', /not authorised for single sign-on/);
    assert.ok(!JSON.stringify(observations).includes('SECRETPART'));
  });

  it('says that single sign-on left something out of a list', async () => {
    const whole = github.routes.get('/orgs/harbour/members') as readonly unknown[];
    github.routes.set('/orgs/harbour/members', () => ({
      headers: { 'x-github-sso': 'partial-results; organizations=21955855' },
      body: whole,
    }));

    const { observations } = await scan(github);

    const [row] = notComplete(observations);
    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /left out what the token is not authorised for/);
  });

  it('asks a second time for an answer that ended in the middle', async () => {
    github.routes.set('/orgs/harbour/repos', fullOrganisation().get('/orgs/harbour/repos') ?? []);
    github.routes.set('/repos/harbour/shop/hooks', (_, tried) => (tried === 0 ? { body: '[{"id": 7, "na' } : { body: [] }));

    const { observations } = await scan(github);

    assert.deepEqual(notComplete(observations), []);
    assert.equal(github.count('/repos/harbour/shop/hooks'), 2);
  });

  it('does not take a connection that broke off for an empty list', async () => {
    github.routes.set('/orgs/harbour/installations', () => ({ body: { total_count: 1, installations: [{ id: 1 }] }, cutAt: 20 }));

    const { observations } = await scan(github);

    const [row] = notComplete(observations);
    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /ended in the middle or is no JSON, twice/);
  });

  it('says that a list holds less than it speaks of', async () => {
    github.routes.set('/orgs/harbour/actions/secrets', () => ({ body: { total_count: 5, secrets: [] } }));

    const { observations } = await scan(github);

    assert.match(notComplete(observations)[0]?.why ?? '', /GitHub speaks of 5 and gave 0/);
  });

  it('follows no page to another host', async () => {
    github.routes.set('/orgs/harbour/members', () => ({ headers: { link: '<http://127.0.0.1:9/next>; rel="next"' }, body: [] }));

    const { observations } = await scan(github);

    assert.match(notComplete(observations)[0]?.why ?? '', /lies on another host \(127\.0\.0\.1:9\)/);
  });

  it('ends pages that go round in circles', async () => {
    github.routes.set('/orgs/harbour/members', () => ({
      headers: { link: `<${github.url}/orgs/harbour/members?page=2>; rel="next"` },
      body: [{ login: 'astrid', type: 'User' }],
    }));

    const { observations } = await scan(github);

    assert.match(notComplete(observations)[0]?.why ?? '', /round in circles/);
  });

  it('says that not all repositories are shown, at all that was asked of them', async () => {
    github.routes.set('/orgs/harbour/repos', [{ full_name: 'harbour/shop', private: true }]);
    github.routes.set('/orgs/harbour', {
      login: 'harbour',
      plan: { name: 'enterprise' },
      public_repos: 1,
      total_private_repos: 3,
    });

    const { observations } = await scan(github);

    const rows = notComplete(observations);
    const keys = rows.find(({ subject }) => subject === 'github:harbour deploy keys');
    assert.deepEqual([keys?.outcome, keys?.read], ['partial', 1]);
    assert.match(keys?.why ?? '', /1 of 4 repositories are shown to these credentials/);
    assert.ok(rows.some(({ subject }) => subject === 'github:harbour repositories'));
    assert.equal(kinds(observations, 'identity').filter(({ type }) => type === 'deploy-key').length, 3);
  });

  it('says that nobody told how many repositories and members there are', async () => {
    github.routes.set('/orgs/harbour/repos', [{ full_name: 'harbour/shop', private: false }]);
    github.routes.set('/orgs/harbour', { login: 'harbour', public_repos: 1 });

    const { observations } = await scan(github);

    const why = (subject: string) =>
      notComplete(observations).find((one) => one.subject === `github:harbour ${subject}`)?.why ?? '';
    assert.match(why('repositories'), /^1 repositories are shown to these credentials, and how many there are is not told/);
    assert.match(why('deploy keys'), /how many there are is not told/);
    assert.match(why('members'), /may see more than public members/);
  });

  it('does not take public members for all, wherever GitHub sends on to', async () => {
    const body = [{ login: 'paul', type: 'User' }];
    github.routes.set('/orgs/harbour/public_members', body);
    github.routes.set('/orgs/harbour/members', () => ({
      status: 302,
      headers: { location: `${github.url}/orgs/harbour/public_members` },
      body: {},
    }));
    const sentOn = (await scan(github)).observations;
    github.routes.set('/orgs/harbour/members', () => ({ headers: { 'x-oauth-scopes': 'repo, gist' }, body }));
    const limited = (await scan(github)).observations;
    github.routes.set('/orgs/harbour/members', () => ({ headers: { 'x-oauth-scopes': 'repo, read:org' }, body }));
    const whole = (await scan(github)).observations;

    for (const observations of [sentOn, limited]) {
      const [row, ...others] = notComplete(observations);
      assert.deepEqual([row?.subject, row?.outcome, others], ['github:harbour members', 'partial', []]);
      assert.match(row?.why ?? '', /only public members are shown to these credentials/);
      assert.ok(kinds(observations, 'identity').some(({ id }) => id === 'github:harbour:member/paul'));
    }
    assert.deepEqual(notComplete(whole), []);
  });

  it('takes the credentials to no other host, wherever it is sent on to', async () => {
    const other = await startGithub();
    other.routes.set('/stolen', { total_count: 1, installations: [{ id: 9, app_slug: 'evil' }] });
    github.routes.set('/orgs/harbour/installations', () => ({
      status: 302,
      headers: { location: `${other.url}/stolen` },
      body: {},
    }));
    github.routes.set('/orgs/harbour/hooks', () => ({
      status: 301,
      headers: { location: `${github.url}/orgs/harbour/hooks` },
      body: {},
    }));

    const { observations } = await scan(github).finally(() => other.close());

    const why = notComplete(observations).map((one) => one.why ?? '');
    assert.deepEqual(other.asked, []);
    assert.ok(why.some((one) => /sends on to 127\.0\.0\.1:\d+, which the credentials are not for/.test(one)));
    assert.ok(why.some((one) => /sends on in circles/.test(one)));
    assert.equal(why.length, 2);
  });

  it('does not unpack an answer without end', async () => {
    const packed = gzipSync(Buffer.alloc(65 * 1024 * 1024, 0x20));
    github.routes.set('/orgs/harbour/installations', () => ({
      headers: { 'content-encoding': 'gzip', 'content-length': String(packed.length) },
      body: packed,
    }));

    const { observations } = await scan(github);

    const [row, ...others] = notComplete(observations);
    assert.deepEqual([row?.outcome, others], ['partial', []]);
    assert.match(row?.why ?? '', /larger than 64 MiB/);
    assert.equal(github.count('/orgs/harbour/installations'), 1);
  });

  it("reads a server of one's own below its prefix", async () => {
    const server = await startGithub({ prefix: '/api/v3' });
    for (const [path, route] of fullOrganisation()) server.routes.set(path, route);
    server.routes.set('/orgs/harbour/repos', []);

    const { observations } = await scan(server, {}, { GITHUB_TOKEN: '', GH_ENTERPRISE_TOKEN: 'own' }).finally(() =>
      server.close(),
    );

    assert.deepEqual(notComplete(observations), []);
    assert.equal(kinds(observations, 'identity').filter(({ type }) => type === 'pat').length, 3);
    assert.equal(
      server.asked.every(({ authorization }) => authorization === 'token own'),
      true,
    );
  });

  it('gives up a right that every repository refuses, and counts what was not read', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `r${index}`);
    github.routes.set(
      '/orgs/harbour/repos',
      names.map((name) => ({ full_name: `harbour/${name}`, private: true })),
    );
    for (const name of names) {
      for (const [path, route] of fullOrganisation())
        if (path.startsWith('/repos/harbour/docs/')) github.routes.set(path.replace('docs', name), route);
      github.routes.set(`/repos/harbour/${name}/keys`, () => hidden('deploy-keys/deploy-keys#list-deploy-keys'));
    }

    const { observations } = await scan(github);

    const [row] = notComplete(observations);
    assert.equal(row?.outcome, 'denied');
    assert.match(
      row?.why ?? '',
      /^20 of 20 repositories were not read: GitHub hides it \(HTTP 404\): the repository permission "Administration" \(read\) is missing/,
    );
    assert.equal(row?.failed, 20);
    const asked = github.asked.filter(({ path }) => path.endsWith('/keys')).length;
    assert.ok(asked >= 10 && asked < 14, String(asked));
  });

  it('reads one repository, its alerts too', async () => {
    const { observations } = await scan(github, {}, {}, 'harbour/shop');

    assert.ok(kinds(observations, 'identity').some(({ id }) => id === 'github:harbour/shop:deploy-key/3'));
    assert.deepEqual(
      kinds(observations, 'credential')
        .filter(({ type }) => type === 'secret-alert')
        .map(({ publicId, status, detail }) => [publicId, status, detail?.publiclyLeaked]),
      [['harbour/shop#42', 'active', true]],
    );
    assert.equal(
      github.asked.some(({ path }) => path.startsWith('/orgs/')),
      false,
    );
  });

  it('asks for alerts without the secrets, and keeps none that is sent all the same', async () => {
    const { observations } = await scan(github);

    const [asked] = github.asked.filter(({ path }) => path.endsWith('/alerts'));
    assert.equal(asked?.query.get('hide_secret'), 'true');
    assert.ok(!JSON.stringify(observations).includes('planted-value'));
  });

  it('says of an organisation that is not shown what to check', async () => {
    const { observations } = await scan(github, {}, {}, 'nobody');

    assert.equal(observations.length, 1);
    const [row] = kinds(observations, 'coverage');
    assert.equal(row?.outcome, 'denied');
    assert.match(row?.why ?? '', /nothing of that name.*name github:OWNER\/REPO/);
  });

  it('knows by the plan that there is no audit log', async () => {
    github.routes.set('/orgs/harbour', { login: 'harbour', total_private_repos: 0, plan: { name: 'team' } });
    github.routes.set('/orgs/harbour/audit-log', () => hidden('orgs/orgs#get-the-audit-log-for-an-organization'));

    const { observations } = await scan(github);

    const [row] = notComplete(observations);
    assert.equal(row?.outcome, 'unsupported');
    assert.match(row?.why ?? '', /the plan of the organisation \(team\) has no audit log/);
  });

  it('ends at once on Ctrl-C, also while it waits', async () => {
    const stop = new AbortController();
    github.routes.set('/orgs/harbour', () => {
      setTimeout(() => stop.abort(new Error('stopped')), 50);
      return { status: 429, headers: { 'retry-after': '60' }, body: { message: 'secondary rate limit' } };
    });
    const begun = performance.now();

    await assert.rejects(scan(github, { signal: stop.signal }, {}, 'harbour', 1000), /stopped/);

    assert.ok(performance.now() - begun < 2000);
  });

  it('refuses to send a token over plain http to another machine', async () => {
    await assert.rejects(scan(github, {}, { GITHUB_API_URL: 'http://github.example/api/v3' }), /without encryption/);
  });

  it('tries each right for the doctor', async () => {
    github.routes.set('/orgs/harbour/repos', fullOrganisation().get('/orgs/harbour/repos') ?? []);
    github.routes.set('/orgs/harbour/hooks', () => forbidden('organization_hooks=read'));

    const probed = await collect(probeGithub(target('harbour'), context(github), { second: 5 }));

    const bad = probed.filter(({ outcome }) => outcome !== 'ok');
    assert.deepEqual(
      bad.map(({ call, outcome }) => [call.operation, outcome]),
      [['GET /orgs/{org}/hooks', 'denied']],
    );
    assert.match(bad[0]?.why ?? '', /organization_hooks=read/);
    assert.equal(
      github.asked.some(({ path }) => path === '/repos/harbour/shop/environments/prod%3Aeu/secrets'),
      true,
    );
  });

  describe('as an app', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const app = { GITHUB_TOKEN: '', GITHUB_APP_ID: '77', GITHUB_APP_PRIVATE_KEY: pem };

    beforeEach(() => {
      github.routes.set('/orgs/harbour/installation', () => ({ body: { id: 5 } }));
      github.routes.set('/app/installations/5/access_tokens', ({ method }) => ({
        status: method === 'POST' ? 201 : 405,
        body: { token: `installation-${github.count('/app/installations/5/access_tokens')}`, expires_at: '2026-06-01T01:00:00Z' },
      }));
    });

    it('signs in with its key, once for all calls', async () => {
      const { observations } = await scan(github, {}, app);

      assert.deepEqual(notComplete(observations), []);
      const jwt = github.asked[0]?.authorization?.replace('bearer ', '').split('.') ?? [];
      const claims = JSON.parse(Buffer.from(jwt[1] ?? '', 'base64url').toString());
      assert.deepEqual(claims, { iat: 1780271940, exp: 1780272540, iss: '77' });
      assert.equal(github.count('/app/installations/5/access_tokens'), 1);
      assert.equal(
        github.asked.slice(2).every(({ authorization }) => authorization === 'token installation-1'),
        true,
      );
    });

    it('signs by the clock of GitHub where that of the machine is wrong', async () => {
      const now = Date.parse('2026-06-01T00:00:00Z');
      github.routes.set('/orgs/harbour/installation', ({ authorization = '' }) => {
        const [, claims = ''] = authorization.split('.');
        const { iat, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString());
        const isValid = iat * 1000 <= now && exp * 1000 > now;
        const headers = { date: new Date(now).toUTCString() };
        return isValid
          ? { headers, body: { id: 5 } }
          : {
              status: 401,
              headers,
              body: { message: "'Expiration time' claim ('exp') must be a numeric value representing the future time" },
            };
      });

      const { observations, context } = await scan(github, { now: () => new Date('2026-05-31T22:00:00Z') }, app);

      assert.deepEqual(notComplete(observations), []);
      assert.match(context.logged.find(({ level }) => level === 'warn')?.message ?? '', /The clock of this machine differs/);
    });

    it('takes a new token before the old one ends', async () => {
      let minutes = 0;
      const now = () => new Date(Date.parse('2026-06-01T00:00:00Z') + minutes++ * 240_000);

      const { observations } = await scan(github, { now }, app);

      assert.deepEqual(notComplete(observations), []);
      assert.ok(github.count('/app/installations/5/access_tokens') >= 2);
    });

    it('says that it is not installed there', async () => {
      github.routes.delete('/orgs/harbour/installation');

      const { observations } = await scan(github, {}, app);

      assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /the app 77 is not installed there: install it/);
    });

    it('says that its key cannot be read, without quoting it', async () => {
      const broken = { ...app, GITHUB_APP_PRIVATE_KEY: 'not-a-key-at-all' };

      await assert.rejects(scan(github, {}, broken), (error: Error) => {
        assert.match(error.message, /holds no private key that can be read/);
        assert.ok(!`${error.message} ${error.stack}`.includes('not-a-key-at-all'));
        return true;
      });
    });
  });
});

function target(address: string): ServiceTarget {
  return { kind: 'service', name: `github:${address}`, scheme: 'github', address };
}

type Extra = TestContextOverrides & { readonly once?: NonNullable<TestContext['once']> };

function context(github: FakeGithub, { once, ...overrides }: Extra = {}, env: { [name: string]: string } = {}): TestContext {
  const made = testContext({ ...overrides, env: { GITHUB_API_URL: github.url, GITHUB_TOKEN: TOKEN, ...env } });
  return once === undefined ? made : { ...made, once };
}

async function scan(
  github: FakeGithub,
  overrides: Extra = {},
  env: { [name: string]: string } = {},
  address = 'harbour',
  second = 5,
): Promise<{ observations: Observation[]; context: TestContext }> {
  const made = context(github, overrides, env);
  return { observations: await collect(scanGithub(target(address), made, { second })), context: made };
}

function notComplete(observations: readonly Observation[]): CoverageObservation[] {
  return kinds(observations, 'coverage')
    .filter(({ outcome }) => outcome !== 'complete')
    .sort((a, b) => (a.subject < b.subject ? -1 : 1));
}
